"""What pool and worker say to one another: a few frozen values, as JSON, and nothing else.

Every frame carries the worker's generation, and, where it is about a job, the job's id and fence. A frame that does not
match what its worker was given is dropped: the late answer of a job that was taken away can never be another job's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from fileproc.clock import iso
from fileproc.domain.jobs import Job, JobClass, JobOutcome, JobState
from fileproc.domain.objects import ObjectRef


@dataclass(frozen=True, slots=True)
class Ready:
    """Worker → pool: everything is loaded, give me a job."""

    generation: int


@dataclass(frozen=True, slots=True)
class Assign:
    """Pool → worker: this one, in so many seconds."""

    generation: int
    job: Job
    seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Started:
    """Worker → pool: I have begun."""

    generation: int
    job_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class Done:
    """Worker → pool: how it ended. A large outcome is in a file, named with its digest."""

    generation: int
    job_id: int
    fence: int
    outcome: JobOutcome | None = None
    spill: str | None = None
    sha256: str | None = None


Message = Ready | Assign | Started | Done
KINDS: dict[str, type[Ready] | type[Started] | type[Done] | type[Assign]] = {
    "ready": Ready,
    "assign": Assign,
    "started": Started,
    "done": Done,
}


def to_document(message: Message) -> dict[str, Any]:
    """The message as JSON values."""
    kind = type(message).__name__.lower()
    document: dict[str, Any] = {"kind": kind, "generation": message.generation}
    if isinstance(message, Assign):
        document |= {"job": job_to_document(message.job), "seconds": message.seconds}
    if isinstance(message, Started | Done):
        document |= {"job_id": message.job_id, "fence": message.fence}
    if isinstance(message, Done):
        document |= {"spill": message.spill, "sha256": message.sha256}
        document["outcome"] = None if message.outcome is None else outcome_to_document(message.outcome)
    return document


def from_document(document: dict[str, Any]) -> Message:
    """The message that a document carries.

    Raises:
        ValueError: it carries none.
    """
    fields = dict(document)
    try:
        kind = KINDS[fields.pop("kind")]
        if kind is Assign:
            fields["job"] = job_from_document(fields["job"])
        if kind is Done and fields.get("outcome") is not None:
            fields["outcome"] = outcome_from_document(fields["outcome"])
        return kind(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message between pool and worker: {error}") from error


def job_to_document(job: Job) -> dict[str, Any]:
    document = asdict(job)
    for name in ("event_time", "accepted_at", "not_before"):
        document[name] = iso(document[name])
    return document


def job_from_document(document: dict[str, Any]) -> Job:
    fields = dict(document)
    fields["ref"] = ObjectRef(**fields["ref"])
    fields["state"] = JobState(fields["state"])
    for name in ("event_time", "accepted_at", "not_before"):
        fields[name] = None if fields[name] is None else datetime.fromisoformat(fields[name])
    return Job(**fields)


def outcome_to_document(outcome: JobOutcome) -> dict[str, Any]:
    return {
        "job_class": outcome.job_class.value,
        "reason": outcome.reason,
        "report": outcome.report,
        "retry_after": outcome.retry_after,
        "evidence": outcome.evidence,
    }


def outcome_from_document(document: dict[str, Any]) -> JobOutcome:
    return JobOutcome(**document | {"job_class": JobClass(document["job_class"])})
