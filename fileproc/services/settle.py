"""Settle: how an attempt ended → what becomes of the job. Pure; the journal writes what is decided here.

The class table (`domain.jobs.CLASSES`) says what is worth another attempt. A job whose budget is used up is `dead`, and
still gets a report with verdict `error`: no file is ever without an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fileproc.clock import iso
from fileproc.domain.jobs import CLASSES, Job, JobClass, JobOutcome, JobState
from fileproc.domain.ports import Settlement
from fileproc.domain.reports import Failure, FileInfo, Report, Times, Verdict

#: Classes whose attempt is the last one and whose job is finished with what it found.
FINAL = frozenset({JobClass.VERDICT, JobClass.GONE})


def decide(job: Job, outcome: JobOutcome, *, now: datetime, jitter: Callable[[], float]) -> Settlement:
    """The settlement of one attempt. `jitter` returns a number from 0 to 1, so that retries do not come in step."""
    if outcome.job_class in FINAL:
        return _finished(job, outcome, JobState.COMPLETED, now)
    if outcome.job_class is JobClass.INTERRUPTED:
        return Settlement(JobState.AVAILABLE, outcome.job_class, outcome.reason, evidence=outcome.evidence)
    if _used(job, outcome.job_class) < CLASSES[outcome.job_class].retries:
        retry_in = _next_attempt(job, outcome, now, jitter)
        return Settlement(
            JobState.RETRYABLE, outcome.job_class, outcome.reason, retry_in=retry_in, evidence=outcome.evidence
        )
    return _finished(job, outcome, JobState.DEAD, now)


def error_report(job: Job, outcome: JobOutcome, now: datetime) -> dict[str, Any]:
    """The report of a file that could not be checked: verdict `error`, with class and reason."""
    ref = job.ref
    file = FileInfo(ref.bucket, ref.key, ref.version_id, ref.etag, ref.sequencer, ref.size)
    reason = outcome.reason or "no reason was given"
    report = Report(
        id=str(job.id),
        file=file,
        times=Times(event=iso(job.event_time), accepted=iso(job.accepted_at), finished=iso(now)),
        attempt=1 + job.attempts + job.crashes + job.interruptions,
        error=Failure(outcome.job_class.value, reason),
    )
    return report.to_document()


def _finished(job: Job, outcome: JobOutcome, state: JobState, now: datetime) -> Settlement:
    report = outcome.report
    if report is None or (state is JobState.DEAD and report.get("verdict") != Verdict.ERROR):
        report = error_report(job, outcome, now)
    return Settlement(
        state,
        outcome.job_class,
        outcome.reason,
        verdict=report["verdict"],
        report=report,
        evidence=outcome.evidence,
    )


def _used(job: Job, job_class: JobClass) -> int:
    """How much of its budget the job has used: crashes are counted apart from its own errors."""
    return job.crashes if job_class is JobClass.CRASH else job.attempts


def _age(job: Job, now: datetime) -> float:
    return (now - job.accepted_at).total_seconds() if job.accepted_at else 0.0


def _next_attempt(job: Job, outcome: JobOutcome, now: datetime, jitter: Callable[[], float]) -> float | None:
    """Seconds to wait: doubled from the first delay to the cap, between half and all of it; None is at once."""
    first, cap = CLASSES[outcome.job_class].delay
    seconds = min(cap, first * 2.0**job.attempts) * (0.5 + 0.5 * jitter())
    if outcome.job_class is JobClass.ARCHIVED:  # no attempt is charged, so its age is what doubles
        seconds = min(cap, max(first, _age(job, now))) * (0.5 + 0.5 * jitter())
    if outcome.retry_after is not None:
        seconds = max(seconds, min(outcome.retry_after, cap or outcome.retry_after))
    return seconds if seconds > 0 else None
