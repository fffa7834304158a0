"""Words that both kinds of workbook share: sheets, rows and cells that say themselves what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: (kind, text): what a cell is, in the engine's words (VARCHAR, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, TIME, ERROR).
Cell = tuple[str, str]

#: As Excel itself has it.
MOST_COLUMNS = 16_384


class Damaged(Exception):
    """A workbook that cannot be read; `code` and `fix` are for the finding."""

    def __init__(self, why: str, *, code: str = "corrupt", fix: str = "send it again, or save it anew") -> None:
        super().__init__(why)
        self.code = code
        self.fix = fix


@dataclass(slots=True)
class Row:
    """One row: its number as Excel shows it, and its cells from column A on; None is an empty one."""

    number: int
    cells: list[Cell | None]
    is_hidden: bool = False
    uncalculated: int = 0  # formulas without a value

    @property
    def is_empty(self) -> bool:
        return all(cell is None for cell in self.cells)


@dataclass(slots=True)
class Seen:
    """What a sheet tells besides its rows, once they have been read."""

    hidden_columns: set[int] = field(default_factory=set)  # from 0
    merged: list[int] = field(default_factory=list)  # the rows where merged cells begin
    merged_count: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet, to be read once."""

    name: str
    is_visible: bool
    rows: Callable[[Seen], Iterator[Row]]


def number_cell(value: float) -> Cell:
    """A number as Excel shows it at most: fifteen digits, and no point where there is nothing behind it."""
    if value != value or value in (float("inf"), float("-inf")):
        return "ERROR", str(value)
    if value == int(value) and abs(value) < 1e15:
        return "BIGINT", str(int(value))
    return "DOUBLE", f"{value:.15g}"


def date_cell(serial: float, *, is_1904: bool, has_date: bool) -> Cell:
    """A number that is shown as a date. The old calendar has a 29 February 1900, which never was."""
    if not has_date and 0 <= serial < 1:
        return "TIME", _rounded(datetime(2000, 1, 1) + timedelta(days=serial)).time().isoformat()
    if serial < (0 if is_1904 else 1) or (not is_1904 and 60 <= serial < 61):
        return number_cell(serial)
    epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    try:
        at = _rounded(epoch + timedelta(days=serial))
    except OverflowError:
        return number_cell(serial)
    if at.hour or at.minute or at.second or at.microsecond:
        return "TIMESTAMP", at.isoformat()
    return "DATE", at.date().isoformat()


def _rounded(at: datetime) -> datetime:
    """Days are stored as fractions; a millisecond is what they are good for."""
    return datetime.fromisoformat((at + timedelta(microseconds=500)).isoformat(timespec="milliseconds"))
