"""The exact scan: every check is an aggregate, so one pass gives every count."""

from __future__ import annotations

from collections.abc import Sequence

from fileproc.quality import sql
from fileproc.quality.checks.aggregates import Aggregates
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Measures, Plan
from fileproc.quality.reading.source import Source

ROWS = "count(*)"


class ExactScan:
    """Counts of all checks of a plan."""

    def __init__(self, source: Source, plan: Plan, extras: Sequence[str] = ()) -> None:
        self._source = source
        self._plan = plan
        self._extras = [*extras]
        self._sums = Aggregates()
        self._sums.add(ROWS)
        self._flags = {check.id: f"b{number}" for number, check in enumerate(plan.cells)}
        for check in plan.cells:
            self._sums.add(check.tested)
            self._sums.add(self._bad(check))
        for key in plan.keys:
            for expression in _of_key(key):
                self._sums.add(expression)
        self._failing = self._sums.add(self._failing_rows())
        for expression in (*(one.expression for one in plan.measures if one.expression), *self._extras):
            self._sums.add(expression)
        for column in () if source.decodes_apart else source.columns:
            self._sums.add(touched(source, column.cell))

    def run(self) -> Measures:
        """Scan. Raises duckdb.Error."""
        self._sums.run(self._source.connection, self._flagged())
        measures = Measures(rows=self._sums.number(ROWS))
        for check in self._plan.cells:
            measures.tested[check.id] = self._sums.number(check.tested)
            measures.bad[check.id] = self._sums.number(self._bad(check))
        for key in self._plan.keys:
            present, distinct = (self._sums.number(expression) for expression in _of_key(key))
            measures.tested[key.id], measures.bad[key.id] = present, present - distinct
        measures.failing_rows = self._sums.number(self._failing)
        for one in self._plan.measures:
            if one.expression is not None:
                measures.values[one.id] = self._sums.value(one.expression)
        measures.extras = self._sums.values(self._extras)
        return measures

    def _flagged(self) -> str:
        """Each condition once, as a column: the counts and the failing rows both look at it."""
        conditions = [f"({check.bad}) AS {self._flags[check.id]}" for check in self._plan.cells]
        scan = self._source.scan()
        return f"SELECT *, {', '.join(conditions)} FROM ({scan})" if conditions else scan

    def _bad(self, check: CellCheck) -> str:
        return sql.count_if(self._flags[check.id])

    def _failing_rows(self) -> str:
        flags = [self._flags[check.id] for check in self._plan.cells if check.operator is None]
        return sql.count_if(" OR ".join(flags)) if flags else "0"


def touched(source: Source, cell: str) -> str:
    """Every column is decoded, checked or not: a corrupt page or byte in one that nobody asked about still counts."""
    return f"max(length({cell}))" if source.kind == "parquet" else f"count({cell})"


def _of_key(key: KeyCheck) -> tuple[str, str]:
    """How many rows have a key, and how many different ones there are."""
    return f"count({key.key})", f"count(DISTINCT {key.key})"
