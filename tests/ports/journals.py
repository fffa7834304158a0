"""Words that the journal's suites share: small jobs, pools, and a job brought into each state."""

from __future__ import annotations

from fileproc.domain.jobs import Job, JobClass, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Journal, NewJob, PoolIdentity, Settlement

LIMIT = 10_000
REPORT = {"verdict": "pass", "summary": "As agreed.", "contract": {"name": "orders"}}
PASSED = Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict="pass", report=REPORT)
DIED = Settlement(JobState.DEAD, JobClass.CRASH, "died", verdict="error", evidence={"exit_code": -9})
AGAIN = Settlement(JobState.RETRYABLE, JobClass.INFRA, "S3 is down")


def new(key: str, state: JobState = JobState.AVAILABLE, **ref: str) -> NewJob:
    return NewJob(ObjectRef("b", key, **({"etag": "e"} | ref)), state)


def pool(name: str = "p1", host: str = "here", pid: int = 1, boot: str = "boot") -> PoolIdentity:
    return PoolIdentity(name, host, boot, pid, 7)


def keys(jobs: list[Job]) -> list[str]:
    return [job.ref.key for job in jobs]


def state_of(journal: Journal, key: str) -> JobState:
    """What the journal says to a second event about the same object."""
    return journal.add([new(key)], limit=LIMIT)[0].state


def in_state(journal: Journal, state: JobState, key: str = "a") -> Job:
    """A job that got into `state` the way jobs do; the Job as its last attempt knew it."""
    first = state if state in (JobState.HELD, JobState.CANCELLED) else JobState.AVAILABLE
    (added,) = journal.add([new(key, first)], limit=LIMIT)
    job = Job(added.job_id, new(key).ref, first)
    if first is not state:
        claimed = journal.claim_one("p1", added.job_id)
        assert claimed is not None
        job = claimed
    endings = {JobState.COMPLETED: PASSED, JobState.DEAD: DIED, JobState.RETRYABLE: AGAIN}
    if state in endings:
        assert journal.settle(job, endings[state])
    return job
