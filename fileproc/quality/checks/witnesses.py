"""Witnesses: cells that speak for a whole column, all different ones or the least and the greatest."""

from __future__ import annotations

from collections.abc import Sequence

from fileproc.quality import sql
from fileproc.quality.checks.aggregates import Aggregates
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.checks.sampling import Sampled
from fileproc.quality.reading.source import Column, Source


class Witnesses:
    """Asked for before the scan, heard after it."""

    def __init__(self, source: Source, sampled: Sampled) -> None:
        self._source = source
        self._sampled = sampled
        self._asked: list[CellCheck] = []
        self._cells: dict[int, list[str]] = {}
        self._held: set[str] = set()

    def knows(self, column: Column) -> bool:
        """Whether all different cells of a column will be known."""
        return column.number in self._sampled.repeating and not column.derived and not column.is_opened

    def ask(self, check: CellCheck) -> list[str]:
        """The aggregates that bring the witnesses of this check."""
        self._asked.append(check)
        return [_all_of(check.column)] if self.knows(check.column) else self._outermost(check.column)

    def hear(self, sums: Aggregates) -> None:
        """Hold every check against its witnesses. Raises duckdb.Error."""
        by_column: dict[int, list[CellCheck]] = {}
        for check in self._asked:
            by_column.setdefault(check.column.number, []).append(check)
        for number, checks in by_column.items():
            column = checks[0].column
            if self.knows(column):
                self._cells[number] = [one for one in sums.value(_all_of(column)) or [] if one is not None]
                cells: Sequence[str] = self._cells[number]
            else:
                cells = [one for one in map(sums.value, self._outermost(column)) if one is not None]
            self._held |= self._against(checks, cells)

    def speak_for(self, check: CellCheck) -> bool:
        """Whether no witness speaks against it."""
        return check.id in self._held

    def are_long(self, column: Column, length: int) -> bool:
        """Whether every cell of a known column has so many characters."""
        return column.number in self._cells and all(len(one) == length for one in self._cells[column.number])

    def are_without(self, column: Column, sign: str) -> bool:
        """Whether no cell of a known column has this sign in it."""
        return column.number in self._cells and not any(sign in one for one in self._cells[column.number])

    def has_asked(self, column: Column) -> bool:
        """Whether all different cells of a column are among the witnesses."""
        return self.knows(column) and any(check.column is column for check in self._asked)

    def _outermost(self, column: Column) -> list[str]:
        value = f"d{column.number}" if column.number in self._sampled.scales else column.value
        return [f"min({value})::VARCHAR", f"max({value})::VARCHAR"]

    def _against(self, checks: list[CellCheck], cells: Sequence[str]) -> set[str]:
        column = checks[0].column
        rows = f"SELECT unnest($1::VARCHAR[]) AS {column.cell}"
        if column.value_type is not None and column.value != column.cell:
            rows = f"SELECT *, {column.value_type.value} AS {column.value} FROM ({rows})"
        counts = ", ".join(sql.count_if(check.bad) for check in checks)
        found = self._source.connection.execute(f"SELECT {counts} FROM ({rows})", [list(cells)]).fetchall()[0]
        return {check.id for check, count in zip(checks, found, strict=True) if not count}


def _all_of(column: Column) -> str:
    return f"list(DISTINCT {column.cell})"
