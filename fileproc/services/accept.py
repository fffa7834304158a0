"""Accept: objects that landed become jobs, durably, before anybody is told so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from fileproc.domain.events import Event, Ignored, Malformed, ObjectCreated, ObjectRemoved, ObjectRestored
from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Added, NewJob
from fileproc.errors import BadRequest, Unavailable

#: What `CIRCUIT_BREAKER_ON_OPEN` makes of a job that arrives while the breaker is open.
STATE_WHEN_OPEN = {"hold": JobState.HELD, "skip": JobState.CANCELLED}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of one message: its answer for `POST /`, the word for metrics, and how many jobs are new."""

    outcome: str  # accepted, duplicate, held, skipped, ignored
    document: dict[str, Any] = field(default_factory=dict)
    new: int = 0
    job_ids: tuple[int, ...] = ()  # of all its files, those that were known included


def accept(
    events: Sequence[Event],
    *,
    add: Callable[[list[NewJob]], list[Added]],
    cancel: Callable[[ObjectRef], int],
    restored: Callable[[ObjectRef], int],
    breaker_open: bool,
    on_open: str,
    retry_after: float = 60.0,
    message_id: str | None = None,
    shut: Collection[str] = (),
) -> Acceptance:
    """Write the jobs of one message through `add` and say what to answer. `add` returns only after the durable write.

    `breaker_open` is about all buckets, `shut` names those whose own circuit is open.

    Raises:
        BadRequest: no record could be read.
        Unavailable: the breaker is open and `on_open` is reject, or the journal cannot be written; nothing was written.
    """
    created = [event for event in events if isinstance(event, ObjectCreated)]
    _refuse_if_nothing_was_read(events)
    for event in events:
        if isinstance(event, ObjectRemoved):
            cancel(event.ref)
        elif isinstance(event, ObjectRestored):
            restored(event.ref)
    if not created:
        return Acceptance("ignored", {"status": "ignored", "reason": _why_ignored(events)})
    kept_back = [breaker_open or event.ref.bucket in shut for event in created]
    if any(kept_back) and on_open == "reject":
        raise Unavailable("the breaker is open", retry_after=max(1, round(retry_after)))
    states = [STATE_WHEN_OPEN[on_open] if back else JobState.AVAILABLE for back in kept_back]
    added = add([_new_job(event, state, message_id) for event, state in zip(created, states, strict=True)])
    return _told(created, added, others=[event for event in events if not isinstance(event, ObjectCreated)])


def _new_job(event: ObjectCreated, state: JobState, message_id: str | None) -> NewJob:
    return NewJob(event.ref, state, message_id, event.region, event.event_time)


def _told(created: Sequence[ObjectCreated], added: Sequence[Added], others: Sequence[Event]) -> Acceptance:
    jobs = [
        {"id": str(one.job_id), "bucket": event.ref.bucket, "key": event.ref.key}
        for event, one in zip(created, added, strict=True)
        if not one.duplicate
    ]
    ids = tuple(one.job_id for one in added)
    document: dict[str, Any]
    if not jobs:
        document = {"status": "duplicate", "jobs": [{"id": str(one.job_id)} for one in added]}
        return Acceptance("duplicate", document, job_ids=ids)
    states = {one.state for one in added if not one.duplicate}
    document = {"status": "accepted", "jobs": jobs}
    outcome = "accepted"
    if len(states) > 1:  # buckets differ: each job tells what became of it
        new = [one for one in added if not one.duplicate]
        document["jobs"] = [job | {"state": one.state.value} for job, one in zip(jobs, new, strict=True)]
    elif JobState.HELD in states:
        outcome, document = "held", {"status": "skipped", "held": True, "jobs": jobs}
    elif JobState.CANCELLED in states:
        outcome, document = "skipped", {"status": "skipped", "held": False, "jobs": jobs}
    if duplicates := sum(one.duplicate for one in added):
        document["duplicates"] = duplicates
    if others:
        document["others"] = [_described(event) for event in others]
    return Acceptance(outcome, document, new=len(jobs), job_ids=ids)


def _refuse_if_nothing_was_read(events: Sequence[Event]) -> None:
    malformed = [event.reason for event in events if isinstance(event, Malformed)]
    if malformed and len(malformed) == len(events):
        raise BadRequest(f"no record could be read: {malformed[0]}")


def _why_ignored(events: Sequence[Event]) -> str:
    return "; ".join(dict.fromkeys(_described(event)["reason"] for event in events))


def _described(event: Event) -> dict[str, str]:
    if isinstance(event, Ignored):
        return {"status": "ignored", "reason": event.reason}
    if isinstance(event, Malformed):
        return {"status": "malformed", "reason": event.reason}
    if isinstance(event, ObjectRestored):
        return {"status": "ignored", "reason": "object restored: what waits for it runs"}
    return {"status": "ignored", "reason": "object removed"}
