"""Attempts: every execution of a job that ended, however; written with its end, gone with its job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from fileproc.clock import iso
from fileproc.domain.jobs import Attempt, Job, JobClass, JobState
from fileproc.domain.ports import Settlement
from fileproc.store.rows import storable
from fileproc.store.tables import attempts

#: Made once: it is executed with every result.
_written = insert(attempts)

#: Attempts of one job that are shown, the newest.
MOST_SHOWN = 100

OF_A_DEAD_POOL = "its pool died"


def write(connection: Connection, endings: Iterable[tuple[Job, Settlement]]) -> None:
    """Those of the endings that were attempts, in one statement."""
    rows = [_row(job, ending, attempt) for job, ending in endings if (attempt := ending.attempt) is not None]
    if rows:
        connection.execute(_written, rows)


def write_interrupted(connection: Connection, running: Sequence[tuple[int, int, datetime | None]]) -> None:
    """(Job, fence, begin) of what a pool took with it when it died."""
    ending = {"job_class": JobClass.INTERRUPTED.value, "state": JobState.AVAILABLE.value, "reason": OF_A_DEAD_POOL}
    rows = [{"job_id": job_id, "fence": fence, "started_at": begin} | ending for job_id, fence, begin in running]
    if rows:
        connection.execute(insert(attempts), rows)


def remove(connection: Connection, job_ids: Sequence[int]) -> None:
    connection.execute(delete(attempts).where(attempts.c.job_id.in_(job_ids)))


def of_job(connection: Connection, job_id: int) -> list[dict[str, Any]]:
    """Oldest first, as people are shown them."""
    newest = select(attempts).where(attempts.c.job_id == job_id).order_by(attempts.c.fence.desc()).limit(MOST_SHOWN)
    return [_shown(row._mapping) for row in reversed(connection.execute(newest).all())]


def _row(job: Job, settlement: Settlement, attempt: Attempt) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "fence": job.fence,
        "host": storable(attempt.host),
        "pid": attempt.pid,
        "started_at": attempt.started_at,
        "seconds": round(attempt.seconds, 6),
        "peak_bytes": attempt.peak_bytes,
        "job_class": settlement.job_class.value,
        "state": settlement.state.value,
        "reason": storable(settlement.reason),
    }


def _shown(row: Any) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("job_id", "fence")}
    begin, seconds = shown["started_at"], shown["seconds"]
    ended = None if begin is None or seconds is None else begin + timedelta(seconds=seconds)
    return shown | {"started_at": iso(begin), "ended_at": iso(ended)}
