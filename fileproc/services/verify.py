"""Verify: one job, from object to report. Runs in a worker.

Fetch the exact version, find its contract, check it, tell how it went. A file that is bad is a good outcome
(`verdict`); only what kept us from checking has another class.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fileproc.clock import Clock, iso
from fileproc.domain.jobs import FetchError, Job, JobClass, JobOutcome, StoreError
from fileproc.domain.ports import Fetched, ObjectStore
from fileproc.domain.reports import Failure, FileInfo, Report, Skip, Times
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.services.apart import Outlet, wanted, written

#: Engine failures that the check reports by name; anything else it could not do is a bug of ours.
ERROR_CLASSES = {JobClass.MEMORY.value: JobClass.MEMORY, JobClass.INFRA.value: JobClass.INFRA}

#: Nothing is written anywhere.
NOWHERE = Outlet(None, reason="FILEPROC_SPLIT_TO is not set")


@dataclass(frozen=True, slots=True)
class Keys:
    """Where keys of accepted files are remembered; a dry run only `looks`."""

    folder: Path | None = None
    looks: bool = False


NO_KEYS = Keys()


def check_job(
    job: Job,
    folder: Path,
    *,
    store: ObjectStore,
    catalogue: Catalogue,
    limits: Limits,
    clock: Clock,
    outlet: Outlet = NOWHERE,
    keys: Keys = NO_KEYS,
) -> JobOutcome:
    """Check the job's object in the private `folder`; never raises for what a file or S3 may do.

    `keys` are those that references are held against; `outlet` is where accepted and rejected rows go when the contract
    asks for them.
    """
    started = iso(clock.utcnow())
    try:
        fetched = store.fetch(job.ref, folder, region=job.region)
    except FetchError as error:
        return _not_fetched(job, error, started, clock)
    match = catalogue.match(job.ref.address)
    splitting = wanted(match, job, folder, outlet)
    report = check_file(
        fetched.path,
        match,
        file=file_info(job, size=fetched.size),
        report_id=str(job.id),
        limits=limits,
        clock=clock,
        around=surroundings(job, fetched, keys, clock),
        splitting=splitting,
    )
    report = _dated(report, job, started, clock)
    try:
        return _outcome(written(report, splitting, job, fetched.path, outlet))
    except StoreError as error:
        failed = report.replaced(error=Failure(error.job_class.value, error.reason))
        return JobOutcome(error.job_class, error.reason, report=failed.to_document(), retry_after=error.retry_after)


def surroundings(job: Job, fetched: Fetched, keys: Keys, clock: Clock) -> Surroundings:
    """Ages are counted from the event, so that a check that runs later judges the same."""
    came = job.came_at or clock.utcnow()
    return Surroundings(as_of=came, key_sets=keys.folder, looks=keys.looks, facts=fetched.facts)


def file_info(job: Job, *, size: int | None = None) -> FileInfo:
    """The report's `file` block for a job's object."""
    ref = job.ref
    return FileInfo(
        bucket=ref.bucket,
        key=ref.key,
        version_id=ref.version_id,
        etag=ref.etag,
        sequencer=ref.sequencer,
        size=ref.size if size is None else size,
    )


def _not_fetched(job: Job, error: FetchError, started: str | None, clock: Clock) -> JobOutcome:
    """Gone is a verdict of its own (`skipped`); every other class waits for what settling decides."""
    report = None
    if error.job_class is JobClass.GONE:
        skipped = Report(id=str(job.id), file=file_info(job), skipped=Skip(error.reason))
        report = _dated(skipped, job, started, clock).to_document()
    return JobOutcome(error.job_class, error.reason, report=report, retry_after=error.retry_after)


def _outcome(report: Report) -> JobOutcome:
    failure: Failure | None = report.error
    if failure is None:
        return JobOutcome(JobClass.VERDICT, report=report.to_document())
    job_class = ERROR_CLASSES.get(failure.class_, JobClass.BUG)
    return JobOutcome(job_class, failure.reason, report=report.to_document())


def _dated(report: Report, job: Job, started: str | None, clock: Clock) -> Report:
    times = Times(
        event=iso(job.event_time), accepted=iso(job.accepted_at), started=started, finished=iso(clock.utcnow())
    )
    attempt = 1 + job.attempts + job.crashes + job.interruptions
    return report.replaced(times=times, attempt=attempt)
