"""Rows to nouns and back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from fileproc.domain.jobs import FINISHED, Job, JobClass, JobState
from fileproc.domain.objects import ObjectRef, weight_of
from fileproc.domain.ports import NewJob
from fileproc.errors import IllegalTransition
from fileproc.store.tables import jobs

#: How a job may begin: to be run, to be held, or skipped on purpose.
FIRST = frozenset({JobState.AVAILABLE, JobState.HELD, JobState.CANCELLED})

#: What a text column cannot hold: PostgreSQL has no NUL in texts, UTF-8 has no half characters.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str | None) -> str | None:
    """The text with U+FFFD for what no database can hold.

    Reasons and summaries quote hostile files. A result that cannot be written would be tried for ever.
    """
    return None if text is None else UNSTORABLE.sub("\ufffd", text)


def json_text(document: dict[str, Any]) -> str:
    """A document as the text that is stored; JSON escapes its NULs itself."""
    return UNSTORABLE.sub("\ufffd", json.dumps(document, ensure_ascii=False))


def identity_of(ref: ObjectRef) -> str:
    """A fixed-size digest of the identity: keys have up to 1,024 bytes, index entries should not."""
    return hashlib.sha256(ref.identity.encode("utf-8", "surrogatepass")).hexdigest()


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
        event_time=row["event_time"],
        accepted_at=row["accepted_at"],
        not_before=row["not_before"],
        suspect=bool(row["suspect"]),
        short_of_memory=row["job_class"] == JobClass.MEMORY.value,
    )


def ref_of(row: RowMapping) -> ObjectRef:
    return ObjectRef(row["bucket"], row["key"], row["version_id"], row["etag"], row["sequencer"], row["size"])


def row_of(job: NewJob, accepted_at: datetime, here: datetime) -> dict[str, Any]:
    """A new row. A job that is skipped on purpose is finished from the start, and says so.

    `accepted_at` is by the database's clock, `here` by our own, as all endings are.

    Raises:
        IllegalTransition: no job begins in this state.
    """
    ref = job.ref
    skipped = job.state is JobState.CANCELLED
    return {
        "identity": identity_of(ref),
        "bucket": ref.bucket,
        "key": ref.key,
        "version_id": ref.version_id,
        "etag": ref.etag,
        "sequencer": ref.sequencer,
        "size": ref.size,
        "weight": weight_of(ref.size),
        "region": job.region,
        "state": _first(job.state).value,
        "message_id": job.message_id,
        "event_time": job.event_time,
        "accepted_at": accepted_at,
        "finished_at": here if skipped else None,
        "verdict": "skipped" if skipped else None,
        "reason": "the breaker was open" if skipped else None,
    }


def finished_before(moment: datetime, only: Mapping[str, str]) -> list[Any]:
    """The condition for jobs that finished earlier; `only` holds values of columns that they must have besides."""
    finished = jobs.c.state.in_(sorted(state.value for state in FINISHED))
    return [finished, jobs.c.finished_at < moment, *(jobs.c[name] == storable(value) for name, value in only.items())]


def _first(state: JobState) -> JobState:
    if state not in FIRST:
        raise IllegalTransition(f"a job cannot begin as {state}")
    return state
