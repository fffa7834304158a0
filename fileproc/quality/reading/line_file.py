"""Line numbers on disk: record number n → the line of the file where it begins, in memory that does not grow."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

ITEM = 8
HELD = 65_536


class LineFile:
    """Written once in order, then asked. `writing` while records come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = array("Q")
        self._file = path.open("xb")

    def add(self, line: int) -> None:
        self._held.append(line)
        if len(self._held) >= HELD:
            self._flush()

    def extend(self, lines: Iterable[int]) -> None:
        self._held.extend(lines)
        self._flush()

    def _flush(self) -> None:
        self._held.tofile(self._file)
        self._held = array("Q")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._flush()
        self._file.close()

    def lines_of(self, records: list[int]) -> dict[int, int]:
        """The lines of these records (from 1); of none that was not written."""
        found: dict[int, int] = {}
        with self._path.open("rb") as file:
            for record in sorted(set(records)):
                file.seek(max(0, record - 1) * ITEM)
                item = file.read(ITEM)
                if len(item) == ITEM:
                    found[record] = array("Q", item)[0]
        return found
