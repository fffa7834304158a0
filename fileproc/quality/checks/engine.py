"""The engine: one scan that measures everything; each check is an aggregate of it.

A second scan is only for what has failed: `grouping.py` groups failing cells, `surplus.py` finds surplus rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import duckdb

from fileproc import logs
from fileproc.quality.checks.exact import ExactScan
from fileproc.quality.checks.kinds import Measures, Plan
from fileproc.quality.checks.proof import ProofScan, Proved
from fileproc.quality.checks.sampling import look
from fileproc.quality.checks.spilled import count_apart
from fileproc.quality.reading.source import Source

log = logs.get("engine")

T = TypeVar("T")

#: Bytes of text below which the exact scan is quick enough.
WORTH_PROVING = 4 << 20


def measure(source: Source, plan: Plan, extras: Sequence[str] = (), *, folder: Path | None = None) -> Measures:
    """All numbers of a plan, in one scan where that can be. Raises duckdb.Error.

    `extras` are aggregates over the same cells that somebody else asks for: they cost no scan of their own. `folder` is
    where pieces of a large text are looked at, to choose how it is proved. A rule that breaks the scan (SQL with a cast
    that fails) is taken out and run apart, and so are keys that do not fit into memory.
    """
    try:
        return _measured(source, plan, extras, folder)
    except duckdb.OutOfMemoryException:
        if not plan.keys:
            raise
    _forget_rejects(source)
    measures = _measured(source, replace(plan, keys=[]), extras, folder)
    count_apart(source, plan.keys, measures)
    return measures


def _measured(source: Source, plan: Plan, extras: Sequence[str], folder: Path | None) -> Measures:
    try:
        proved = _prove(source, plan, extras, folder)
        if proved is not None:
            return _completed(source, proved, extras)
        return _whole(source, lambda: ExactScan(source, plan, extras).run(), lambda measures: measures.rows)
    except duckdb.OutOfMemoryException:
        raise
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
        if isinstance(error, duckdb.OutOfMemoryException) and plan.keys:
            raise  # most likely the keys: they are counted in another way, which the exact scan is spared
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
