"""Why a job has no verdict yet, in one sentence. Pure: the facts are asked for by whoever calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fileproc.breaker.view import BreakerView
from fileproc.domain.costs import FIRST_SECONDS, LARGE_SECONDS
from fileproc.domain.jobs import CLASSES, JobClass, JobState

#: Jobs ahead are counted up to here; what is beyond is "more than".
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known besides the job. `breaker` is None where this host has no page of it.

    `ahead` jobs came before it, `ahead_here` of them of its own bucket; `seconds` is what it is predicted to take.
    """

    now: datetime
    ahead: int = 0
    ahead_here: int = 0
    seconds: float = FIRST_SECONDS
    pools: int = 0
    suspects: int = 0
    breaker: BreakerView | None = None


def why(job: dict[str, Any], facts: Facts) -> str:
    """What a job (as the views show it) waits for."""
    state = JobState(job["state"])
    if state is JobState.RUNNING:
        return f"It waits for nothing: a worker has had it since {job['started_at']}."
    if state is JobState.DEAD:
        what = f"it is dead ({job['job_class']}: {job['reason']})"
        return f"It waits for somebody: {what}. `fileproc replay {job['id']}` runs it again."
    if state in (JobState.COMPLETED, JobState.CANCELLED):
        return f"It waits for nothing: it is {state} with the verdict {job['verdict']}."
    return _waiting(job, state, facts)


def _waiting(job: dict[str, Any], state: JobState, facts: Facts) -> str:
    if state is JobState.RETRYABLE and job["job_class"] == JobClass.ARCHIVED and _until(job, facts.now) > 0:
        return _archived(job, facts.now)
    if state is JobState.RETRYABLE and (seconds := _until(job, facts.now)) > 0:
        return f"It waits for its next attempt in {seconds:.0f} s, after {_attempt(job)}."
    if not facts.pools:
        return "It waits for a pool: none has beaten in the last 30 s. Start `fileproc pool`, or look at its log."
    if (shut := _shut(job, state, facts.breaker)) is not None:
        return shut
    if job["suspect"]:
        return "It waits to run alone: its pool died while it ran, so nothing may run beside it."
    if facts.suspects:
        return f"It waits until {facts.suspects:,} jobs have run that must run alone, since their pool died with them."
    return (
        f"It waits for a free worker: {_counted(facts.ahead)} jobs came before it, {_counted(facts.ahead_here)} of "
        f"them of its bucket. Buckets take turns; it will take about {facts.seconds:.1f} s, so it runs among the "
        f"{'large' if facts.seconds >= LARGE_SECONDS else 'small'} ones."
    )


def _archived(job: dict[str, Any], now: datetime) -> str:
    return (
        f"It waits for its object to be restored ({job['reason']}). The event ObjectRestore:Completed runs it at once; "
        f"without one we look again in {_until(job, now) / 60:.0f} min. Waiting costs it no attempt."
    )


def _counted(number: int) -> str:
    return f"more than {COUNTED:,}" if number > COUNTED else f"{number:,}"


def _until(job: dict[str, Any], now: datetime) -> float:
    moment = job["not_before"]
    return (datetime.fromisoformat(moment) - now).total_seconds() if moment else 0.0


def _attempt(job: dict[str, Any]) -> str:
    """Which budget the last attempt used, and how much of it."""
    kind = JobClass(job["job_class"])
    used = job["crashes"] if kind is JobClass.CRASH else job["attempts"]
    return f"attempt {used} of {CLASSES[kind].retries + 1} ended with {kind} ({job['reason']})"


def _shut(job: dict[str, Any], state: JobState, breaker: BreakerView | None) -> str | None:
    if breaker is None:
        return "It waits for the breaker, which was open when it came." if state is JobState.HELD else None
    if breaker.active or state is JobState.HELD:
        return f"It waits for the breaker, which is {breaker.state} ({breaker.cooldown_remaining:.0f} s are left)."
    if job["bucket"] in breaker.shut:
        left = breaker.remaining(frozenset({job["bucket"]}))
        return f"It waits for the circuit of bucket {job['bucket']}, which failed too often ({left:.0f} s are left)."
    return None
