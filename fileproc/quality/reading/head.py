"""The head: where the data begins, what the columns are called, and what is wrong above the first row.

What is declared is obeyed. What is not is found out, with the evidence told in a finding. The engine's own sniffer is
never asked: it guesses from the data, and a guess that differs from file to file is worse than an error.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.quality.contracts.contract import Dialect, SchemaObject
from fileproc.quality.finding import Finding, plural
from fileproc.quality.reading.detect import HEADER_AMONG, detect
from fileproc.quality.reading.encoding import Text, as_utf8
from fileproc.quality.reading.grammar import Grammar
from fileproc.quality.reading.rows_of_head import HeadRow, first_rows

__all__ = ["Head", "Text", "as_utf8", "nearest", "read_head"]

HEAD_BYTES = 1 << 20

#: DuckDB reads at most so many columns a file here; more is no table that anybody agreed on.
MOST_COLUMNS = 10_000

#: Cells that are data and no names, by the type that a column was agreed to have.
DATA = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "number": re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?"),
    "date": re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}"),
    "timestamp": re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}.*"),
}


@dataclass(slots=True)
class Head:
    """How the rows are written. `names` are the columns in file order; the data begins at byte `start`."""

    grammar: Grammar
    delimiter: str
    names: list[str]
    header_line: int | None
    first_line: int
    start: int
    findings: list[Finding] = field(default_factory=list)
    skipped: int = 0  # records before the data, as the engine counts them: blank ones included
    quoted_newlines: int = 0  # line ends inside of quotes before the data
    refused: bool = False  # nothing tells how the rows are to be read

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.names)


def read_head(path: Path, dialect: Dialect, schema: SchemaObject | None, name: str) -> Head:
    """Dialect and header of a UTF-8 text file."""
    with path.open("rb") as file:
        sample = file.read(HEAD_BYTES)
    wanted = [prop.column for prop in schema.properties] if schema else []
    if dialect.delimiter is not None and (signs := Grammar.of(dialect, dialect.delimiter, _quote(dialect))).contradicts:
        return Head(signs, dialect.delimiter, [], None, 1, 0, [_contradiction(dialect.delimiter)], refused=True)
    found = detect(sample, dialect, wanted, name)
    grammar = Grammar.of(dialect, found.delimiter, found.quote)
    head = Head(grammar, found.delimiter, [], None, 1, 0, [*found.findings], refused=found.refused)
    if head.refused:
        return head
    rows = first_rows(sample, grammar, HEADER_AMONG)
    if dialect.header is False:
        head.names = _positional(wanted, _width(rows, wanted))
        return head
    _take_header(head, rows, dialect, schema, wanted)
    if head.width > MOST_COLUMNS:
        head.refused = True
        head.findings = [*found.findings, _too_many()]  # of so long a line only the beginning was looked at
    return head


def _width(rows: list[HeadRow], wanted: list[str]) -> int:
    """Without a header the agreed number of columns counts where any row has it: the first one may be broken."""
    widths = [len(row.cells) for row in rows]
    return len(wanted) if len(wanted) in widths else next(iter(widths), 0)


def _take_header(
    head: Head, rows: list[HeadRow], dialect: Dialect, schema: SchemaObject | None, wanted: list[str]
) -> None:
    """The declared header rows; else the first row with agreed names; else the first one."""
    if dialect.header_rows:
        _declared_rows(head, rows, dialect.header_rows)
        return
    if not rows:
        head.names = wanted or [""]
        head.findings.append(_nothing())
        return
    place = _place_of_header(rows, wanted)
    header = rows[place]
    if place == 0 and _is_data(header.cells, schema):
        head.names = _positional(wanted, len(header.cells))
        head.start, head.first_line = header.start, header.line
        head.findings.append(_no_header(header.line))
        return
    if place:
        head.findings.append(_preamble(rows[:place]))
    _begin_behind(head, header, [header])


def _begin_behind(head: Head, last: HeadRow, headers: list[HeadRow]) -> None:
    width = max(len(row.cells) for row in headers)
    cells = [
        " ".join(row.cells[number] for row in headers if number < len(row.cells) and row.cells[number].strip())
        for number in range(width)
    ] if len(headers) > 1 else headers[0].cells  # fmt: skip
    head.names = _unique_names(cells)
    head.header_line = headers[0].line
    head.start, head.first_line = last.end, last.last_line + 1
    head.quoted_newlines = sum(row.last_line - row.line for row in headers)
    head.skipped = last.last_line - head.quoted_newlines
    head.findings += _header_findings(cells, headers[0].line)


def _declared_rows(head: Head, rows: list[HeadRow], declared: tuple[int, ...]) -> None:
    """Names are joined where several rows hold them; what stands above them is agreed on."""
    headers = [row for row in rows if row.line in declared]
    if len(headers) < len(declared):
        missing = sorted(set(declared) - {row.line for row in headers})
        head.refused = True
        head.findings.append(_no_such_row(missing))
        return
    _begin_behind(head, headers[-1], headers)


def _place_of_header(rows: list[HeadRow], wanted: list[str]) -> int:
    """Where the header is: the first row, unless a later one has the agreed names and the first one none."""
    agreed = {name.strip().casefold() for name in wanted}
    scores = [len({cell.strip().casefold() for cell in row.cells} & agreed) for row in rows]
    enough = max(1, (len(wanted) + 1) // 2)
    if not wanted or scores[0] > 0:
        return 0
    return next((place for place, score in enumerate(scores) if score >= enough), 0)


def _is_data(cells: list[str], schema: SchemaObject | None) -> bool:
    """Whether a first row is data: as wide as agreed, no name among the cells, and values where values are agreed."""
    properties = schema.properties if schema else ()
    names = {prop.column.strip().casefold() for prop in properties}
    if len(cells) != len(properties) or names & {cell.strip().casefold() for cell in cells}:
        return False
    pairs = [(DATA[prop.logical_type], cell) for prop, cell in zip(properties, cells, strict=True)
             if prop.logical_type in DATA]  # fmt: skip
    return bool(pairs) and all(pattern.fullmatch(cell.strip()) for pattern, cell in pairs)


def _quote(dialect: Dialect) -> str:
    return dialect.quote_char if dialect.quote_char is not None else '"'


def _contradiction(delimiter: str) -> Finding:
    return Finding.structure(
        "contradicting_dialect", f"the contract declares one sign for two things: {delimiter!r} as the delimiter",
        "declare delimiter, quoteChar and commentChar as different signs that are no line ends",
        agreed="a dialect that can be read",
    )  # fmt: skip


def _no_header(line: int) -> Finding:
    return Finding.structure(
        "missing_header", "the first line is data, not the names of the columns",
        "write the names of the columns above the data, or declare header: false",
        agreed="the names of the columns in the first line", lines=[line],
    )  # fmt: skip


def _nothing() -> Finding:
    return Finding.structure(
        "missing_header", "there is nothing in the file, not even the names of the columns",
        "send the file again; a table without rows has a line with the names of its columns",
        agreed="the names of the columns in the first line", lines=[1],
    )  # fmt: skip


def _no_such_row(missing: list[int]) -> Finding:
    return Finding.structure(
        "missing_header", f"there is no header in line {', '.join(map(str, missing))}",
        "write the header where it was agreed, or change headerRows in the contract",
        agreed="names of columns in the declared header rows", lines=missing,
    )  # fmt: skip


def _preamble(rows: list[HeadRow]) -> Finding:
    lines = [row.line for row in rows]
    return Finding.structure(
        "preamble", f"{plural(len(lines), 'line')} above the names of the columns",
        f"write nothing above the header, or declare headerRows: [{rows[-1].last_line + 1}]",
        agreed="the names of the columns in the first line", count=len(lines), lines=lines,
    )  # fmt: skip


def _too_many() -> Finding:
    return Finding.structure(
        "too_many_columns", f"the header has more than {MOST_COLUMNS:,} columns, which are not read",
        "check the delimiter, or send a table with fewer columns", agreed=f"at most {MOST_COLUMNS:,} columns",
        lines=[1],
    )  # fmt: skip


def _positional(wanted: list[str], width: int) -> list[str]:
    """Without a header the contract's order names the columns."""
    extra = [f"column {number}" for number in range(len(wanted) + 1, width + 1)]
    return (wanted + extra)[: max(width, 1)]


def _unique_names(cells: list[str]) -> list[str]:
    """Names as they are told; a second column of the same name gets a number, blank ones their position."""
    names: dict[str, None] = {}
    for position, cell in enumerate(cells or [""], 1):
        name = cell if cell.strip() else f"column {position}"
        names[name if name not in names else f"{name} ({position})"] = None
    return list(names) if len(names) == len(cells or [""]) else [f"column {number + 1}" for number in range(len(cells))]


def _header_findings(cells: list[str], line: int) -> list[Finding]:
    findings = []
    blank = [position for position, cell in enumerate(cells, 1) if not cell.strip()]
    if blank and len(cells) > 1:
        places = ", ".join(map(str, blank[:5]))
        findings.append(
            Finding.structure(
                "blank_header",
                f"{len(blank)} columns have no name (column {places})",
                "name every column, or remove the empty ones",
                agreed="a name for every column",
                count=len(blank),
                lines=[line],
            )
        )
    twice = sorted(cell for cell, count in Counter(cells).items() if count > 1 and cell.strip())
    if twice:
        findings.append(
            Finding.structure(
                "duplicate_header",
                f"the column name {twice[0]!r} stands more than once",
                "give every column its own name",
                agreed="every column name once",
                count=len(twice),
                lines=[line],
            )
        )
    return findings


def nearest(name: str, names: list[str]) -> str | None:
    """A name that was likely meant: the same but for case and blanks, or nearly the same letters."""
    folded = {other.strip().casefold().replace(" ", "_"): other for other in names}
    same = folded.get(name.strip().casefold().replace(" ", "_"))
    if same is not None:
        return same
    parts = [other for other in names if len(other) > 3 and (other in name or name in other)]
    close = difflib.get_close_matches(name, names, 1, cutoff=0.7)
    return close[0] if close else (parts[0] if len(parts) == 1 else None)
