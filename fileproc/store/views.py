"""Views: read-only queries for API, pages and command line. Newest first, paged by key, bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, func, select, text

from fileproc.clock import Clock, SystemClock, iso
from fileproc.domain.jobs import JobState
from fileproc.domain.ports import Known
from fileproc.store import attempts, deliveries
from fileproc.store.engine import database_now, reading
from fileproc.store.rows import finished_before, storable
from fileproc.store.tables import LARGEST_ID, SUSPECTS, UNFINISHED, jobs, pools, reports

LARGEST_PAGE = 1_000

SHOWN = (
    "id", "bucket", "key", "version_id", "etag", "size", "state", "verdict", "summary", "contract", "job_class",
    "reason", "attempts", "crashes", "interruptions", "event_time", "accepted_at", "started_at", "finished_at",
    "not_before",
)  # fmt: skip


class Views:
    """What people ask of the store. Ids are strings, instants ISO 8601, in every dictionary that leaves.

    A text or number that no row could hold finds nothing; it is not an error.
    """

    def __init__(self, engine: Engine, *, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()

    def files(
        self,
        *,
        verdict: str | None = None,
        state: str | None = None,
        bucket: str | None = None,
        prefix: str | None = None,
        contract: str | None = None,
        job_class: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """One page, newest first; `before_id` is the last id of the page before."""
        equal = {"verdict": verdict, "state": state, "bucket": bucket, "contract": contract, "job_class": job_class}
        if any(storable(text) != text for text in (*equal.values(), prefix)):
            return []
        query = select(*(jobs.c[name] for name in SHOWN)).order_by(jobs.c.id.desc())
        for name, value in equal.items():
            if value is not None:
                query = query.where(jobs.c[name] == value)
        if prefix is not None:
            # Not LIKE: it has wildcards, and SQLite's takes `A` for `a`, which are two keys to S3.
            query = query.where(func.substr(jobs.c.key, 1, len(prefix)) == prefix)
        if since is not None:
            query = query.where(jobs.c.accepted_at >= since)
        if until is not None:
            query = query.where(jobs.c.accepted_at < until)
        if before_id is not None and before_id <= LARGEST_ID:
            query = query.where(jobs.c.id < before_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(max(1, min(limit, LARGEST_PAGE)))).all()
        return [_shown(row._mapping) for row in rows]

    def job(self, job_id: int) -> dict[str, Any] | None:
        """One job with its evidence, or None."""
        query = select(*(jobs.c[name] for name in (*SHOWN, "fence", "message_id", "suspect", "evidence")))
        row = self._one(query, jobs.c.id, job_id)
        if row is None:
            return None
        shown = _shown(row._mapping)
        shown["evidence"] = json.loads(row.evidence) if row.evidence else {}
        return shown

    def attempts(self, job_id: int) -> list[dict[str, Any]]:
        """Every attempt of a job that has ended, oldest first."""
        if job_id > LARGEST_ID:
            return []
        with reading(self._engine) as connection:
            return attempts.of_job(connection, job_id)

    def deliveries(self, job_id: int) -> list[dict[str, Any]]:
        """Which sinks were told of a job's report, or will be."""
        if job_id > LARGEST_ID:
            return []
        with reading(self._engine) as connection:
            return deliveries.of_job(connection, job_id)

    def waiting_before(self, job_id: int, *, most: int, bucket: str | None = None) -> int:
        """How many available jobs (of a bucket) were accepted before this one; counted up to one more than `most`."""
        ahead = select(jobs.c.id).where(text(UNFINISHED), jobs.c.state == JobState.AVAILABLE.value, jobs.c.id < job_id)
        ahead = ahead if bucket is None else ahead.where(jobs.c.bucket == bucket)
        return self._count(ahead.limit(most + 1))

    def known(self, bucket: str, keys: list[str]) -> dict[str, list[Known]]:
        """The jobs of these keys, by key; keys that no row could hold have none."""
        wanted = [key for key in keys if storable(key) == key]
        query = select(jobs.c.key, jobs.c.version_id, jobs.c.etag, jobs.c.state).where(jobs.c.bucket == bucket)
        found: dict[str, list[Known]] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(wanted), LARGEST_PAGE):
                for row in connection.execute(query.where(jobs.c.key.in_(wanted[start : start + LARGEST_PAGE]))):
                    found.setdefault(row.key, []).append(Known(row.version_id, row.etag, JobState(row.state)))
        return found

    def finished_before(self, days: int, only: Mapping[str, str]) -> int:
        """How many jobs finished longer than so many days ago, and have the values `only` in their columns."""
        moment = self._clock.utcnow() - timedelta(days=days)
        return self._count(select(jobs.c.id).where(*finished_before(moment, only)))

    def suspects(self) -> int:
        """How many jobs wait to run alone."""
        return self._count(select(jobs.c.id).where(text(SUSPECTS)).limit(LARGEST_PAGE))

    def pools(self, *, ttl: float) -> int:
        """How many pools have beaten in the last `ttl` seconds, by the database's clock."""
        with reading(self._engine) as connection:
            now = database_now(connection, self._clock)
            alive = select(func.count()).select_from(pools).where(pools.c.beat_at >= now - timedelta(seconds=ttl))
            return connection.scalar(alive) or 0

    def _count(self, query: Select[Any]) -> int:
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(query.subquery())) or 0

    def report(self, job_id: int) -> dict[str, Any] | None:
        """The report document of a job, or None while there is none."""
        row = self._one(select(reports.c.document), reports.c.job_id, job_id)
        return None if row is None else json.loads(row.document)

    def _one(self, query: Select[Any], column: ColumnElement[Any], job_id: int) -> Any:
        if job_id > LARGEST_ID:
            return None
        with reading(self._engine) as connection:
            return connection.execute(query.where(column == job_id)).one_or_none()


def _shown(row: Any) -> dict[str, Any]:
    shown = {name: iso(value) if isinstance(value, datetime) else value for name, value in row.items()}
    shown["id"] = str(shown["id"])
    return shown
