"""Results: how an attempt ended, written under its fence, and the report that it left.

The statements are made once and kept: a pool that settles many small files a second would otherwise spend more time on
building them than the database on running them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from fileproc.domain.jobs import FINISHED, Job, JobClass, JobState
from fileproc.domain.ports import Settlement
from fileproc.store.rows import json_text, storable
from fileproc.store.tables import jobs, reports

#: Which budget an attempt is charged to, by class; a verdict and an interruption cost nothing.
CHARGES: dict[JobClass, str] = {
    JobClass.DENIED: "attempts",
    JobClass.INFRA: "attempts",
    JobClass.TIMEOUT: "attempts",
    JobClass.MEMORY: "attempts",
    JobClass.BUG: "attempts",
    JobClass.CRASH: "crashes",
    JobClass.INTERRUPTED: "interruptions",
}

#: What the end of an attempt says of a job.
TOLD = ("state", "job_class", "reason", "verdict", "summary", "contract", "not_before", "evidence", "finished_at")


def settle(
    connection: Connection, job: Job, settlement: Settlement, *, next_attempt: datetime | None, now: datetime
) -> bool:
    """Write how an attempt ended; False when the fence is old, and then nothing is written."""
    report = settlement.report or {}
    values = {
        "job_id": job.id,
        "job_fence": job.fence,
        "state": settlement.state.value,
        "job_class": settlement.job_class.value,
        "reason": storable(settlement.reason),
        "verdict": settlement.verdict,
        "summary": storable(report.get("summary")),
        "contract": storable((report.get("contract") or {}).get("name")),
        "not_before": next_attempt,
        "evidence": json_text(settlement.evidence) if settlement.evidence else None,
        "finished_at": now if settlement.state in FINISHED else None,
    }
    return connection.execute(_settled(CHARGES.get(settlement.job_class)), values).rowcount == 1


def store(connection: Connection, documents: Mapping[int, dict[str, Any]], now: datetime) -> None:
    """Reports by job id, each in place of an earlier one."""
    rows = [{"job_id": job_id, "document": json_text(report), "stored_at": now}
            for job_id, report in documents.items()]  # fmt: skip
    if rows:
        connection.execute(_stored(connection.dialect.name), rows)


@cache
def _settled(budget: str | None) -> Update:
    values: dict[Any, Any] = {jobs.c[name]: bindparam(name, type_=jobs.c[name].type) for name in TOLD}
    values |= {jobs.c.pool_id: None, jobs.c.suspect: 0}  # whatever became of it, its pool is still there
    if budget is not None:
        values[jobs.c[budget]] = jobs.c[budget] + 1
    return update(jobs).where(*_under_fence()).values(values)


def _under_fence() -> list[Any]:
    this_one = [jobs.c.id == bindparam("job_id"), jobs.c.fence == bindparam("job_fence")]
    return [*this_one, jobs.c.state == JobState.RUNNING.value]


@cache
def _stored(dialect: str) -> Any:
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(reports)
    new = {name: statement.excluded[name] for name in ("document", "stored_at")}
    return statement.on_conflict_do_update(index_elements=["job_id"], set_=new)
