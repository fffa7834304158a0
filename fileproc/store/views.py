"""Views: read-only queries for API, pages and command line. Newest first, paged by key, bounded."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from fileproc.clock import iso
from fileproc.store.engine import reading
from fileproc.store.rows import aware
from fileproc.store.tables import jobs, reports

LARGEST_PAGE = 1_000

SHOWN = (
    "id", "bucket", "key", "version_id", "etag", "size", "state", "verdict", "summary", "contract", "job_class",
    "reason", "attempts", "crashes", "interruptions", "event_time", "accepted_at", "started_at", "finished_at",
    "not_before",
)  # fmt: skip


class Views:
    """What people ask of the store. Ids are strings, instants ISO 8601, in every dictionary that leaves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def files(
        self,
        *,
        verdict: str | None = None,
        state: str | None = None,
        bucket: str | None = None,
        prefix: str | None = None,
        contract: str | None = None,
        since: datetime | None = None,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """One page, newest first; `before_id` is the last id of the page before."""
        query = select(*(jobs.c[name] for name in SHOWN)).order_by(jobs.c.id.desc())
        equal = {"verdict": verdict, "state": state, "bucket": bucket, "contract": contract}
        for name, value in equal.items():
            if value is not None:
                query = query.where(jobs.c[name] == value)
        if prefix is not None:
            query = query.where(jobs.c.key.startswith(prefix, autoescape=True))
        if since is not None:
            query = query.where(jobs.c.accepted_at >= since)
        if before_id is not None:
            query = query.where(jobs.c.id < before_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(max(1, min(limit, LARGEST_PAGE)))).all()
        return [_shown(row._mapping) for row in rows]

    def job(self, job_id: int) -> dict[str, Any] | None:
        """One job with its evidence, or None."""
        query = select(*(jobs.c[name] for name in (*SHOWN, "fence", "message_id", "evidence")))
        with reading(self._engine) as connection:
            row = connection.execute(query.where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            return None
        shown = _shown(row._mapping)
        shown["evidence"] = json.loads(row.evidence) if row.evidence else {}
        return shown

    def report(self, job_id: int) -> dict[str, Any] | None:
        """The report document of a job, or None while there is none."""
        with reading(self._engine) as connection:
            document = connection.scalar(select(reports.c.document).where(reports.c.job_id == job_id))
        return None if document is None else json.loads(document)


def _shown(row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in row.items():
        shown[name] = iso(aware(value)) if isinstance(value, datetime) else value
    shown["id"] = str(shown["id"])
    return shown
