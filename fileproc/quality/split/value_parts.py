"""Formats that are no text, in two parts of CSV: their values as the check saw them, in UTF-8."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Any, BinaryIO

from fileproc.quality.finding import Finding
from fileproc.quality.split.counted import Counted
from fileproc.quality.split.fault import Fault
from fileproc.quality.split.wording import Structure, extra_names, joined

#: The code of a record that has no values.
UNREADABLE = "unreadable_row"


class ValueParts:
    """Writes both parts row by row; an empty cell is a null, an empty text is quoted."""

    def __init__(self, accepted: BinaryIO, rejected: BinaryIO, columns: list[str]) -> None:
        self._accepted = io.TextIOWrapper(accepted, encoding="utf-8", errors="backslashreplace", newline="")
        self._rejected = io.TextIOWrapper(rejected, encoding="utf-8", errors="backslashreplace", newline="")
        self._width = len(columns)
        self.extra = extra_names(columns)[:-1]
        self.counted = Counted()
        _write(self._accepted, columns)
        _write(self._rejected, [*columns, *self.extra])

    def run(self, rows: Iterator[tuple[int, int, list[Any], tuple[Fault, ...]]]) -> None:
        """(number, line, cells, why it is rejected) of every row that could be read."""
        for number, line, cells, faults in rows:
            self.counted.read += 1
            self.counted.put(faults)
            if faults:
                _write(self._rejected, [*cells, line, number, *(one or None for one in joined(faults))])
            else:
                _write(self._accepted, cells)

    def unreadable(self, count: int, findings: Iterable[Finding], structure: Structure) -> None:
        """Records without values: each is a rejected row, so that every record of the file is in one part.

        Of each kind the first lines are known, and how many there are.
        """
        told = ((one.code, line) for one in findings for line in islice(chain(one.lines, repeat(None)), one.count))
        for code, line in islice(chain(told, repeat((UNREADABLE, None))), count):
            faults = (structure.fault(code),)
            self.counted.broken += 1
            self.counted.put(faults)
            _write(self._rejected, [*[None] * self._width, line, None, *(one or None for one in joined(faults))])

    def close(self) -> None:
        """Write what is held; the files below are somebody else's to close."""
        for sink in (self._accepted, self._rejected):
            sink.flush()
            sink.detach()


def _write(sink: io.TextIOWrapper, cells: list[Any]) -> None:
    line = ",".join(_cell(cell) for cell in cells)
    sink.write(line + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    if text == "" or any(sign in text for sign in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
