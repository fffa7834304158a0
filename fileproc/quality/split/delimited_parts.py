"""Delimited text in two parts: accepted rows byte for byte as they were, rejected ones with more columns behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from fileproc.quality.split.counted import Counted
from fileproc.quality.split.delimited_cut import Cut, Kind, Written
from fileproc.quality.split.fault import Fault, Refused
from fileproc.quality.split.lines import Coding
from fileproc.quality.split.wording import Structure, extra_names, joined


class DelimitedParts:
    """Writes both parts; `run` walks the file and the rejected records side by side."""

    def __init__(
        self, accepted: BinaryIO, rejected: BinaryIO, written: Written, coding: Coding, columns: list[str]
    ) -> None:
        self._accepted = accepted
        self._rejected = rejected
        self._cells = _Cells(written, coding)
        self._coding = coding
        self.extra = extra_names(columns)
        self.counted = Counted()

    def run(self, head: list[Cut], records: Iterator[Cut], refused: Iterator[Refused], structure: Structure) -> None:
        """Write everything. The head goes to both parts, its last record with the names of the extra columns."""
        self._write_head(head)
        following = next(refused, None)
        for cut in records if head else self._unmarked(records):
            faults: tuple[Fault, ...] = ()
            record = None
            if cut.kind is Kind.ASIDE:
                self.counted.aside += 1
                continue
            if cut.kind is Kind.ROW:
                self.counted.read += 1
                record = self.counted.read
                if following is not None and following.record == record:
                    faults, following = following.faults, next(refused, None)
            if cut.code:
                faults = (structure.fault(cut.code), *faults)
            self._put(cut, record, faults)

    def _write_head(self, head: list[Cut]) -> None:
        for number, cut in enumerate(head, 1):
            self._accepted.write(cut.raw)
            last = number == len(head)
            self._rejected.write(self._cells.longer(cut.raw, self.extra) if last else cut.raw)
        if not head:  # then the mark stands before the first row, which goes to one part only
            self._accepted.write(self._coding.mark)
            self._rejected.write(self._coding.mark)

    def _unmarked(self, records: Iterator[Cut]) -> Iterator[Cut]:
        for cut in records:
            yield replace(cut, raw=cut.raw.removeprefix(self._coding.mark)) if cut.line == 1 else cut

    def _put(self, cut: Cut, record: int | None, faults: tuple[Fault, ...]) -> None:
        self.counted.put(faults)
        self.counted.broken += cut.kind is Kind.BROKEN
        if not faults:
            self._accepted.write(cut.raw)
            return
        told = (str(cut.line), "" if record is None else str(record), *joined(faults))
        if cut.kind is Kind.ROW and cut.code == "":
            self._rejected.write(self._cells.longer(cut.raw, (*told, "")))
        else:
            self._rejected.write(self._cells.instead(cut.raw, told))


class _Cells:
    """Cells as this dialect writes them."""

    def __init__(self, written: Written, coding: Coding) -> None:
        self._written = written
        self._coding = coding
        self._delimiter = coding.encode(written.delimiter)
        ends = (written.end,) if written.end else ("\r\n", "\n", "\r")
        self._ends = tuple(coding.encode(end) for end in ends)
        self._end = coding.encode(written.end or "\n")
        signs = [written.delimiter, written.quote, written.escape, written.comment, written.end, "\r", "\n", " "]
        self._special = re.compile("|".join(re.escape(sign) for sign in signs if sign))

    def longer(self, raw: bytes, cells: tuple[str, ...]) -> bytes:
        """A row with more cells behind its own."""
        end = next((one for one in self._ends if raw.endswith(one)), b"")
        self._end = end or self._end
        body = raw[: len(raw) - len(end)] if end else raw
        return b"".join([body, *(self._delimiter + self._cell(cell) for cell in cells), self._end])

    def instead(self, raw: bytes, cells: tuple[str, ...]) -> bytes:
        """A row of empty cells for one that could not be read, with its text in the last column."""
        end = next((one for one in self._ends if raw.endswith(one)), b"")
        self._end = end or self._end
        text = raw[: len(raw) - len(end)].decode(self._coding.codec, "backslashreplace").removeprefix("\ufeff")
        empty = self._delimiter * (self._written.width - 1)
        more = (*cells, text.replace("\0", "\\x00"))
        return b"".join([empty, *(self._delimiter + self._cell(cell) for cell in more), self._end])

    def _cell(self, text: str) -> bytes:
        if text == "" or self._special.search(text) is None:
            return self._coding.encode(text)
        quote, escape = self._written.quote, self._written.escape
        if not quote:
            return self._coding.encode(self._unquoted(text))
        if escape and escape != quote:
            text = text.replace(escape, escape + escape).replace(quote, escape + quote)
        else:
            text = text.replace(quote, quote + quote)
        return self._coding.encode(f"{quote}{text}{quote}")

    def _unquoted(self, text: str) -> str:
        """Where nothing can be quoted, signs of the dialect become escapes."""
        text = text.replace("\\", "\\\\")
        signs = (self._written.delimiter, self._written.comment, self._written.end, "\r", "\n")
        for sign in signs:
            if sign:
                text = text.replace(sign, "".join(f"\\x{ord(one):02x}" for one in sign))
        return text
