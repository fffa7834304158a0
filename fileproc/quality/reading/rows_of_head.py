"""The first records of a text, from a sample of its beginning."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fileproc.quality.reading.glance import newlines
from fileproc.quality.reading.grammar import Grammar

_BLANK = re.compile(rb"[\r\n]+")


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One record: its cells, the lines it begins and ends in, and the byte behind it."""

    cells: list[str]
    line: int
    last_line: int
    start: int
    end: int


def first_rows(sample: bytes, grammar: Grammar, most: int) -> list[HeadRow]:
    """Up to so many records that are neither blank nor a comment; a broken one is its first line."""
    rows: list[HeadRow] = []
    position, line = 0, 1
    while position < len(sample) and len(rows) < most:
        if not grammar.end and (blank := _BLANK.match(sample, position)) is not None:
            line += newlines(blank[0])
            position = blank.end()
            continue
        record = sample[position : grammar.line.match(sample, position).end()]  # type: ignore[union-attr]
        is_data = bool(record.strip(b"\r\n ")) and not (grammar.comment and record.startswith(grammar.comment))
        if is_data and (whole := grammar.any_record.match(sample, position)) is not None:
            record = whole[0]
        end, lines = position + len(record), newlines(record)
        if is_data and (end < len(sample) or not rows or record.endswith((b"\n", b"\r"))):
            cells = [text.decode("utf-8", "replace") for text, _ in grammar.cells(record)]
            rows.append(HeadRow(cells, line, line + max(0, lines - 1), position, end))
        position, line = end, line + lines
    return rows
