"""The spool: rows of a binary format as text on disk, so that the engine scans them in memory that does not grow."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fileproc.quality import sql
from fileproc.quality.reading.line_file import LineFile
from fileproc.quality.reading.source import Source
from fileproc.quality.reading.survey import LONGEST_LINE

#: Columns of a spooled file: the engine holds some thousand values of each in memory at once.
MOST_COLUMNS = 1_000

#: A little less than the engine allows for one row.
LONGEST_ROW = LONGEST_LINE - 1_024


class Spool:
    """Rows of `width` texts, each with the record or row of the file that it is. `writing` while rows come."""

    def __init__(self, folder: Path, width: int) -> None:
        self.path = folder / secrets.token_hex(8)
        self.width = width
        self.count = 0
        self._lines = LineFile(folder / secrets.token_hex(8))
        self._file = self.path.open("x", encoding="utf-8", newline="")

    def __enter__(self) -> Self:
        self._lines.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lines.__exit__(kind, error, at)
        self._file.close()

    def add(self, number: int, cells: Sequence[str | None]) -> bool:
        """False for a row that is too long to be read. Raises UnicodeEncodeError for text that is none."""
        row = ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)
        if len(row.encode()) > LONGEST_ROW:
            return False
        self._file.write(f'"",{row}\n')  # the first cell keeps a row of nothing but nulls from being a blank line
        self._lines.add(number)
        self.count += 1
        return True

    def table(self) -> str:
        """The rows as a relation of the columns x0, x1 …"""
        columns = ", ".join(["'x': 'VARCHAR'", *(f"'x{number}': 'VARCHAR'" for number in range(self.width))])
        return (
            f"read_csv({sql.text(str(self.path))}, columns={{{columns}}}, auto_detect=false, header=false, delim=',', "
            "quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false, strict_mode=true, "
            f"max_line_size={LONGEST_LINE}, new_line='\\n')"
        )

    def lines_of(self, records: list[int]) -> dict[int, int]:
        """The numbers that rows have in the file."""
        return self._lines.lines_of(records)

    def counted(self, source: Source, accepted: int) -> Source:
        """Every row must have come by; a reader that loses one in silence is our fault, not the file's."""
        if accepted != self.count:
            raise ValueError(f"{self.count} rows were expected in the scan, {accepted} came")
        return source
