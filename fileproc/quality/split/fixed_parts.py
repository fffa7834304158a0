"""Fixed width in two parts: lines as they were; behind a rejected one a tab, and the causes as JSON."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from fileproc.quality.contracts.contract import Match
from fileproc.quality.contracts.odcs_layout import Field, fields_of
from fileproc.quality.split.counted import Counted
from fileproc.quality.split.fault import Fault
from fileproc.quality.split.json_parts import Record
from fileproc.quality.split.lines import Coding, Line
from fileproc.quality.split.wording import Structure, as_object


class FixedParts:
    """Writes both parts of lines without delimiters."""

    def __init__(self, accepted: BinaryIO, rejected: BinaryIO, coding: Coding, match: Match) -> None:
        self._accepted = accepted
        self._rejected = rejected
        self._coding = coding
        self._dialect = match.dialect
        ends = [one.end for one in fields_of(match.schema.properties) if isinstance(one, Field)]
        self._length = match.dialect.line_length or max(ends, default=0)
        self._ends = tuple(coding.encode(end) for end in ("\r\n", "\n", "\r"))
        self.counted = Counted()

    def head(self, lines: Iterable[Line]) -> None:
        """Lines above the data go to both parts."""
        for line in lines:
            self._accepted.write(line.raw)
            self._rejected.write(line.raw)

    def run(self, records: Iterator[Record], structure: Structure) -> None:
        """All data lines. The last ones are no data where the contract says so; totals of all rows fit no part."""
        footer = self._dialect.footer_rows or 0
        waiting: deque[Record] = deque()
        for record in records:
            waiting.append(record)
            if len(waiting) > footer:
                self._put(*waiting.popleft(), structure)
        self.counted.aside += len(waiting)

    def _put(
        self, number: int, raw: bytes, line: int, was_read: bool, faults: tuple[Fault, ...], structure: Structure
    ) -> None:
        end = next((one for one in self._ends if raw.endswith(one)), b"")
        body = raw[: len(raw) - len(end)] if end else raw
        text = body.decode(self._coding.codec, "backslashreplace")
        comment = self._dialect.comment_char
        if not was_read and (not text.strip() or (comment and text.startswith(comment))):
            self.counted.aside += 1
            return
        told = faults if was_read else (structure.fault(self._code(body, text, structure)), *faults)
        self.counted.read += was_read
        self.counted.broken += not was_read
        self.counted.put(told)
        if not told:
            self._accepted.write(raw)
            return
        causes = json.dumps(as_object(line, number, told), ensure_ascii=False)
        self._rejected.write(body + self._coding.encode(f"\t{causes}") + (end or self._ends[1]))

    def _code(self, body: bytes, text: str, structure: Structure) -> str:
        length = len(body) if self._dialect.width_unit == "bytes" else len(text)
        otherwise = (
            "short_line" if length < self._length else ("long_line" if length > self._length else "cut_character")
        )
        return structure.code_of(text, otherwise)
