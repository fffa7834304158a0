"""The engine: one scan that measures everything, and a second one only for what has failed.

Each check is an aggregate of the first scan. The second groups failing cells by check and shape, with true totals,
first lines and a few samples, in memory that does not follow the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb

from fileproc import logs
from fileproc.quality import sql
from fileproc.quality.checks.exact import ExactScan
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Measures, Plan
from fileproc.quality.checks.proof import ProofScan, Proved
from fileproc.quality.checks.sampling import look
from fileproc.quality.reading.source import Source

log = logs.get("engine")

T = TypeVar("T")

#: Bytes of text below which the exact scan is quick enough.
WORTH_PROVING = 4 << 20

#: Shapes that are told apart for one check; the rest is one more, with its true total.
MOST_SHAPES = 20

#: Lines that a cause names.
FIRST = 10

#: A cell's beginning decides its shape; what comes later is only longer.
SHAPED = 48


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


def measure(source: Source, plan: Plan, extras: Sequence[str] = (), *, folder: Path | None = None) -> Measures:
    """All numbers of a plan, in one scan where that can be. Raises duckdb.Error.

    `extras` are aggregates over the same cells that somebody else asks for: they cost no scan of their own. `folder` is
    where pieces of a large text are looked at, to choose how it is proved. A rule that breaks the scan (SQL with a cast
    that fails) is taken out and run apart.
    """
    try:
        proved = _prove(source, plan, extras, folder)
        if proved is not None:
            return _completed(source, proved, extras)
        return _whole(source, lambda: ExactScan(source, plan, extras).run(), lambda measures: measures.rows)
    except duckdb.Error:
        if not plan.take_apart():
            raise
        return _whole(source, lambda: ExactScan(source, plan, extras).run(), lambda measures: measures.rows)


def _prove(source: Source, plan: Plan, extras: Sequence[str], folder: Path | None) -> Proved | None:
    """The cheaper way for a large text; None where it is not worth it, or needs more memory than there is."""
    if folder is None or source.text is None or source.text.stat().st_size < WORTH_PROVING:
        return None
    sampled = look(source, plan, folder)
    if sampled is None:
        return None
    try:
        proof = ProofScan(source, plan, sampled, extras)
        return _whole(source, proof.run, lambda proved: proved.measures.rows)
    except duckdb.Error as error:
        log.info("not_proved", reason=str(error)[:200])
        _forget_rejects(source)
        return None


def _completed(source: Source, proved: Proved, extras: Sequence[str]) -> Measures:
    """What was proved, and the exact numbers of the rest, of the same rows."""
    rest, measures = proved.rest, proved.measures
    if not (rest.cells or rest.keys or rest.measures or proved.with_extras):
        return measures
    counted = ExactScan(source, rest, extras if proved.with_extras else ()).run()
    measures.tested |= counted.tested
    measures.bad |= counted.bad
    measures.values |= counted.values
    measures.failing_rows = counted.failing_rows
    if proved.with_extras:
        measures.extras = counted.extras
    return measures


def _whole(source: Source, run: Callable[[], T], rows: Callable[[T], int]) -> T:
    """Scan until the source is content: it may have to be repaired, and is scanned again then."""
    while True:
        found = run()
        source.rejected = max(source.rejected, 0)
        if source.after_scan is None:
            return found
        source.after_scan(source, rows(found))
        if source.rejected >= 0:
            return found
        _forget_rejects(source)


def _forget_rejects(source: Source) -> None:
    source.connection.execute("DROP TABLE IF EXISTS reject_errors")
    source.connection.execute("DROP TABLE IF EXISTS reject_scans")


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
