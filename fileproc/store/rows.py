"""Rows to nouns and back. SQLite keeps no time zone: what comes out without one is UTC."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping

from fileproc.domain.jobs import Job, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob


def identity_of(ref: ObjectRef) -> str:
    """A fixed-size digest of the identity: keys have up to 1,024 bytes, index entries should not."""
    return hashlib.sha256(ref.identity.encode("utf-8", "surrogatepass")).hexdigest()


def aware(moment: datetime | None) -> datetime | None:
    """The instant with its zone."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def job_of(row: RowMapping) -> Job:
    """A claimed row as a Job."""
    return Job(
        id=row["id"],
        ref=ref_of(row),
        state=JobState(row["state"]),
        fence=row["fence"],
        attempts=row["attempts"],
        crashes=row["crashes"],
        interruptions=row["interruptions"],
        region=row["region"],
        event_time=aware(row["event_time"]),
        accepted_at=aware(row["accepted_at"]),
        not_before=aware(row["not_before"]),
    )


def ref_of(row: RowMapping) -> ObjectRef:
    return ObjectRef(row["bucket"], row["key"], row["version_id"], row["etag"], row["sequencer"], row["size"])


def row_of(job: NewJob, accepted_at: datetime) -> dict[str, Any]:
    """A new row but for its identity. A job that is skipped on purpose is finished from the start, and says so."""
    ref = job.ref
    skipped = job.state is JobState.CANCELLED
    return {
        "bucket": ref.bucket,
        "key": ref.key,
        "version_id": ref.version_id,
        "etag": ref.etag,
        "sequencer": ref.sequencer,
        "size": ref.size,
        "region": job.region,
        "state": job.state.value,
        "message_id": job.message_id,
        "event_time": job.event_time,
        "accepted_at": accepted_at,
        "finished_at": accepted_at if skipped else None,
        "verdict": "skipped" if skipped else None,
        "reason": "the breaker was open" if skipped else None,
    }
