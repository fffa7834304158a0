"""Deliveries of a job: written in the commit that stores its report, shown to people, gone with the job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from fileproc.clock import iso
from fileproc.domain.deliveries import DeliveryState
from fileproc.domain.jobs import Job
from fileproc.store.tables import deliveries

#: The sinks that want to be told of a report, by name.
Wanted = Callable[[Mapping[str, Any]], Sequence[str]]

#: What a new verdict makes of a delivery that an earlier one left.
ANEW = ("fence", "state", "tries", "not_before", "finished_at", "reason", "note")


def nobody(_report: Mapping[str, Any]) -> Sequence[str]:
    """No sink wants anything."""
    return ()


def write(
    connection: Connection,
    told: Iterable[tuple[Job, dict[str, Any]]],
    wanted: Wanted,
    now: Callable[[Connection], datetime],
) -> None:
    """One for each report and sink, in place of an earlier one of the same job. `now` is asked if there is any."""
    which = [{"job_id": job.id, "sink": sink, "fence": job.fence} for job, report in told for sink in wanted(report)]
    if which:
        new = dict.fromkeys(("finished_at", "reason", "note"))
        new |= {"state": DeliveryState.WAITING.value, "tries": 0, "not_before": now(connection)}
        connection.execute(_written(connection.dialect.name), [row | new for row in which])


def of_job(connection: Connection, job_id: int) -> list[dict[str, Any]]:
    """As people are shown them, by sink."""
    query = select(deliveries).where(deliveries.c.job_id == job_id).order_by(deliveries.c.sink)
    return [shown(dict(row._mapping)) for row in connection.execute(query)]


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """One as people see it."""
    instants = {name: iso(row[name]) for name in ("not_before", "finished_at")}
    waits = row["state"] == DeliveryState.WAITING.value
    return {
        "job_id": str(row["job_id"]),
        "sink": row["sink"],
        "state": row["state"],
        "tries": row["tries"],
        "next_try": instants["not_before"] if waits else None,
        "finished_at": instants["finished_at"],
        "reason": row["reason"],
    }


def remove(connection: Connection, job_ids: Sequence[int]) -> None:
    connection.execute(delete(deliveries).where(deliveries.c.job_id.in_(job_ids)))


@cache
def _written(dialect: str) -> Any:
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(deliveries)
    new = {name: statement.excluded[name] for name in ANEW}
    return statement.on_conflict_do_update(index_elements=["job_id", "sink"], set_=new)
