"""The engine: one scan that measures everything, and a second one only for what has failed.

Each check is an aggregate of the first scan. The second groups failing cells by check and shape, with true totals,
first lines and a few samples, in memory that does not follow the size of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from fileproc.quality import sql
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Plan
from fileproc.quality.reading.source import Source

#: Shapes that are told apart for one check; the rest is one more, with its true total.
MOST_SHAPES = 20

#: Lines that a cause names.
FIRST = 10

#: A cell's beginning decides its shape; what comes later is only longer.
SHAPED = 48


@dataclass(slots=True)
class Measures:
    """The numbers of the first scan: rows, and per check how many were tested and how many are bad."""

    rows: int = 0
    failing_rows: int | None = None
    tested: dict[str, int] = field(default_factory=dict)
    bad: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)  # of measure checks that were part of the scan
    extras: tuple[Any, ...] = ()  # what the caller's own expressions came to, in their order


@dataclass(slots=True)
class ShapeGroup:
    """Failing cells of one check and shape. `records` are accepted record numbers."""

    check: str
    shape: str
    count: int
    first: int
    last: int
    records: list[int]
    samples: list[tuple[int, str | None, list[str | None]]]  # (record, bad cell, all cells)


def measure(source: Source, plan: Plan, extras: Sequence[str] = ()) -> Measures:
    """The one scan. A rule that breaks it (SQL with a cast that fails) is taken out and run apart. Raises duckdb.Error.

    `extras` are aggregates over the same cells that somebody else asks for: they cost no scan of their own.
    """
    try:
        return _scanned(source, plan, extras)
    except duckdb.Error:
        if not plan.take_apart():
            raise
        return _scanned(source, plan, extras)


def _scanned(source: Source, plan: Plan, extras: Sequence[str]) -> Measures:
    """May run again when the source had to be repaired."""
    while True:
        row = source.connection.execute(_first_scan(source, plan, extras)).fetchall()[0]
        source.rejected = max(source.rejected, 0)
        measures = _read(row, plan)
        measures.extras = row[len(row) - len(extras) :]
        if source.after_scan is None:
            return measures
        source.after_scan(source, measures.rows)
        if source.rejected >= 0:
            return measures
        source.connection.execute("DROP TABLE IF EXISTS reject_errors")
        source.connection.execute("DROP TABLE IF EXISTS reject_scans")


def _first_scan(source: Source, plan: Plan, extras: Sequence[str]) -> str:
    aggregates = ["count(*)"]
    for check in plan.cells:
        aggregates += [check.tested, f"count(*) FILTER ({check.bad})"]
    for key in plan.keys:
        aggregates += [f"count({key.key})", f"count({key.key}) - count(DISTINCT {key.key})"]
    conditions = [f"({check.bad})" for check in plan.cells if check.operator is None]
    aggregates.append(f"count(*) FILTER ({' OR '.join(conditions)})" if conditions else "0")
    aggregates += [check.expression for check in plan.measures if check.expression is not None]
    # Every column is decoded, checked or not: a corrupt page or byte in one that nobody asked about still counts.
    aggregates += [_touched(source, column.cell) for column in source.columns]
    aggregates += extras  # last, so that they are found from the end
    return f"SELECT {', '.join(aggregates)} FROM ({source.scan()})"


def _touched(source: Source, cell: str) -> str:
    return f"max(length({cell}))" if source.kind == "parquet" else f"count({cell})"


def _read(row: tuple[Any, ...], plan: Plan) -> Measures:
    measures = Measures(rows=int(row[0]))
    position = 1
    for check_id in [*(check.id for check in plan.cells), *(key.id for key in plan.keys)]:
        measures.tested[check_id] = int(row[position] or 0)
        measures.bad[check_id] = int(row[position + 1] or 0)
        position += 2
    measures.failing_rows = int(row[position] or 0)
    folded = [check.id for check in plan.measures if check.expression is not None]
    measures.values = dict(zip(folded, row[position + 1 :], strict=False))
    return measures


def shapes(source: Source, failed: list[CellCheck], *, samples: int) -> list[ShapeGroup]:
    """The second scan: failing cells by check and shape, most frequent first."""
    if not failed:
        return []
    entries = [
        f"CASE WHEN {check.bad} THEN {{'k': {number}, 'v': {check.shown}}} END" for number, check in enumerate(failed)
    ]
    cells = sql.list_of([column.cell for column in source.columns])
    anything = " OR ".join(f"({check.bad})" for check in failed)
    query = f"""
        WITH bad AS (
            SELECT rn, {cells} AS cells, unnest(list_filter({sql.list_of(entries)}, lambda x: x IS NOT NULL)) AS f
            FROM ({source.scan(numbered=True)}) WHERE {anything}
        ), shaped AS (
            SELECT f.k AS k, {_shape("f.v")} AS shape, count(*) AS n, min(rn) AS first, max(rn) AS last,
                   min(rn, {FIRST}) AS records,
                   arg_min({{'rn': rn, 'v': f.v, 'cells': cells}}, rn, {max(1, samples)}) AS samples
            FROM bad GROUP BY ALL
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY k ORDER BY n DESC, first) AS place FROM shaped
        )
        SELECT k, CASE WHEN place <= {MOST_SHAPES} THEN shape ELSE NULL END AS told, sum(n), min(first), max(last),
               list_sort(flatten(list(records)))[:{FIRST}], flatten(list(samples))[:{max(1, samples)}]
        FROM ranked GROUP BY k, told ORDER BY k, told IS NULL, sum(n) DESC, min(first)
    """
    groups = []
    for number, shape, count, first, last, records, picked in source.connection.execute(query).fetchall():
        told = [(one["rn"], one["v"], list(one["cells"])) for one in picked][:samples]
        name = "\0other" if shape is None else shape
        groups.append(ShapeGroup(failed[number].id, name, int(count), first, last, list(records), told))
    return groups


def _shape(cell: str) -> str:
    """Runs of digits → 9, of capitals → A, of small letters → a; an empty cell has a shape of its own."""
    text = f"{cell}[:{SHAPED}]"
    for pattern, sign in (("[0-9]+", "9"), (r"\p{Lu}+", "A"), (r"[\p{Ll}\p{Lo}]+", "a"), (r"\x{00A0}", "␣")):
        text = f"regexp_replace({text}, {sql.text(pattern)}, {sql.text(sign)}, 'g')"
    return f"CASE WHEN {cell} IS NULL THEN chr(1) || 'null' ELSE {text} END"


def duplicates(source: Source, key: KeyCheck, *, samples: int) -> ShapeGroup | None:
    """Where the surplus rows of a key are; None when telling that would need more memory than there is."""
    cells = sql.list_of([column.cell for column in source.columns])
    query = f"""
        WITH numbered AS (SELECT *, {key.key} AS k FROM ({source.scan(numbered=True)})),
        twice AS (SELECT k, min(rn) AS original FROM numbered WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1),
        surplus AS (SELECT rn, k, {cells} AS cells FROM numbered JOIN twice USING (k) WHERE rn > original)
        SELECT count(*), min(rn), max(rn), min(rn, {FIRST}),
               arg_min({{'rn': rn, 'v': k::VARCHAR, 'cells': cells}}, rn, {max(1, samples)}) FROM surplus
    """
    try:
        count, first, last, records, picked = source.connection.execute(query).fetchall()[0]
    except duckdb.OutOfMemoryException:
        return None
    if not count:
        return None
    told = [(one["rn"], one["v"], list(one["cells"])) for one in picked or []][:samples]
    return ShapeGroup(key.id, "duplicate", int(count), first, last, list(records), told)
