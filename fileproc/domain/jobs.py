"""Jobs and attempts: the states a job may be in, the moves between them, and what each failure class means.

Two tables are the whole truth. `TRANSITIONS` lists every legal move; anything else raises `IllegalTransition` and
changes nothing. `CLASSES` says what an outcome does to the breaker and how often it is worth a retry; the evidence
for its numbers is in docs/explanation/design.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from fileproc.domain.objects import ObjectRef
from fileproc.errors import FileprocError, IllegalTransition


class JobState(StrEnum):
    """Where a job is in its life. "failed" is not among them: that word is for data."""

    AVAILABLE = "available"  # waits for a worker
    HELD = "held"  # accepted while the breaker was open; waits for it to close
    RUNNING = "running"  # a worker has it, under a fence
    RETRYABLE = "retryable"  # waits for its next attempt
    COMPLETED = "completed"  # has its verdict
    DEAD = "dead"  # no attempt left; keeps its evidence, can be replayed
    CANCELLED = "cancelled"  # superseded, object removed, or skipped on purpose


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.AVAILABLE: frozenset({JobState.RUNNING, JobState.HELD, JobState.CANCELLED}),
    JobState.HELD: frozenset({JobState.AVAILABLE, JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {JobState.COMPLETED, JobState.RETRYABLE, JobState.DEAD, JobState.AVAILABLE, JobState.CANCELLED}
    ),
    JobState.RETRYABLE: frozenset({JobState.RUNNING, JobState.AVAILABLE, JobState.CANCELLED}),
    JobState.COMPLETED: frozenset({JobState.AVAILABLE}),  # replay
    JobState.DEAD: frozenset({JobState.AVAILABLE}),  # replay
    JobState.CANCELLED: frozenset({JobState.AVAILABLE}),  # replay
}

WAITING = frozenset({JobState.AVAILABLE, JobState.HELD, JobState.RETRYABLE})
FINISHED = frozenset({JobState.COMPLETED, JobState.DEAD, JobState.CANCELLED})


def move(current: JobState, new: JobState) -> JobState:
    """`new`, if the table allows the move from `current`.

    Raises:
        IllegalTransition: the table does not know this move.
    """
    if new not in TRANSITIONS[current]:
        raise IllegalTransition(f"a job cannot go from {current} to {new}")
    return new


class Outcome(StrEnum):
    """What the end of an attempt means to the breaker."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"  # neither counts nor resets


class JobClass(StrEnum):
    """How an attempt ended. `VERDICT` is the good one, whatever the verdict says of the file."""

    VERDICT = "verdict"
    GONE = "gone"
    ARCHIVED = "archived"
    DENIED = "denied"
    INFRA = "infra"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    INTERRUPTED = "interrupted"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class ClassRule:
    """One row of the class table. `delay` is (first, cap) seconds of the back-off; `(0, 0)` is at once."""

    outcome: Outcome
    retries: int
    delay: tuple[float, float] = (0.0, 0.0)


CLASSES: dict[JobClass, ClassRule] = {
    JobClass.VERDICT: ClassRule(Outcome.SUCCESS, 0),
    JobClass.GONE: ClassRule(Outcome.NEUTRAL, 0),
    JobClass.ARCHIVED: ClassRule(Outcome.NEUTRAL, 1_000_000, (3_600, 43_200)),  # charged to no budget: it only waits
    JobClass.DENIED: ClassRule(Outcome.FAILURE, 3, (60, 900)),
    JobClass.INFRA: ClassRule(Outcome.FAILURE, 8, (2, 600)),
    JobClass.TIMEOUT: ClassRule(Outcome.FAILURE, 1),
    JobClass.MEMORY: ClassRule(Outcome.NEUTRAL, 1),
    JobClass.CRASH: ClassRule(Outcome.FAILURE, 1),
    JobClass.INTERRUPTED: ClassRule(Outcome.NEUTRAL, 1_000_000),
    JobClass.BUG: ClassRule(Outcome.FAILURE, 2, (2, 60)),
}


@dataclass(frozen=True, slots=True)
class Job:
    """One object to be checked, as the pool claimed it.

    `fence` is known only to the current attempt; every write about this attempt carries it. `attempts`, `crashes`
    and `interruptions` are budgets kept apart: a deploy never uses up a job's retries. A `suspect` was running when its
    whole pool died; it may be the reason, so it runs with nothing beside it. One that was `short_of_memory` the last
    time may get more: `memory_bytes` is what this attempt has, where that may differ from the usual.
    """

    id: int
    ref: ObjectRef
    state: JobState
    fence: int = 0
    attempts: int = 0
    crashes: int = 0
    interruptions: int = 0
    region: str | None = None
    event_time: datetime | None = None
    accepted_at: datetime | None = None
    not_before: datetime | None = None
    suspect: bool = False
    short_of_memory: bool = False
    memory_bytes: int | None = None

    @property
    def came_at(self) -> datetime | None:
        """When the object came: what S3 says, else when we were told."""
        return self.event_time or self.accepted_at


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How an attempt ended, as the worker (or the pool, for a worker that died) tells it.

    `report` is the report document where there is one. `evidence` holds what `dead` must keep: stack dump, exit
    code, peak memory.
    """

    job_class: JobClass
    reason: str | None = None
    report: dict[str, Any] | None = None
    retry_after: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution of a job, as its pool saw it: where, since when, for how long, and the most memory it had."""

    host: str
    pid: int
    started_at: datetime
    seconds: float
    peak_bytes: int | None = None


class FetchError(FileprocError):
    """The object could not be read; `job_class` says what that means for job and breaker.

    `retry_after` is what the other side asked for, in seconds.
    """

    def __init__(self, job_class: JobClass, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.job_class = job_class
        self.reason = reason
        self.retry_after = retry_after


class StoreError(FileprocError):
    """A result could not be written outside of the journal; the fields mean what they mean for `FetchError`."""

    def __init__(self, job_class: JobClass, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.job_class = job_class
        self.reason = reason
        self.retry_after = retry_after
