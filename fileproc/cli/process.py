"""`fileproc process EVENT`: one event file through the whole job, once, without a service."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from fileproc import bootstrap, logs, settings
from fileproc.cli.render import render
from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.domain.events import (
    Ignored,
    Malformed,
    ObjectCreated,
    ObjectRemoved,
    ObjectRestored,
    parse_event,
    strict_json,
)
from fileproc.domain.jobs import Job, JobOutcome, JobState
from fileproc.domain.ports import NewJob, Settlement
from fileproc.domain.reports import Verdict
from fileproc.errors import BadRequest, ExitCode, UsageError
from fileproc.render.text import json_text
from fileproc.services.compare import compared
from fileproc.services.dry_run import append_report
from fileproc.services.history_file import HistoryFile
from fileproc.services.housekeeping import this_process
from fileproc.services.settle import decide, error_report
from fileproc.settings import Settings
from fileproc.store import migrate

#: Larger than any event S3 or SNS can send.
LARGEST_EVENT = 2 * 1024 * 1024


@click.command()
@click.argument("event", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Append reports to DRY_RUN_RESULTS; store nothing.")
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Take the past from this file instead of the journal, and remember accepted files in it.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(event: Any, dry_run: bool, history: Path | None, format_: str) -> int:
    """Run one event file through the whole job, once.

    EVENT is an SNS envelope, S3 records or an EventBridge event, as JSON; `-` reads stdin. The signature of an
    envelope is not checked: whoever runs this command already holds the file.
    """
    loaded = settings.load()
    logs.configure(program="process", log_format="console", level="warning", when_needed=True)
    loaded = replace(loaded, dry_run=loaded.dry_run or dry_run)
    verdicts = []
    past = None if history is None else HistoryFile(history)
    for outcome in _checked(loaded, list(read_event(event.read(LARGEST_EVENT + 1))), past):
        verdicts.append(Verdict(outcome["verdict"]))
        _print(outcome, format_)
    return worst(verdicts)


def read_event(body: bytes) -> Iterator[ObjectCreated]:
    """The objects that an event file names; what is ignored is told on stderr.

    Raises:
        UsageError: the file is no event, or too large for one.
    """
    if len(body) > LARGEST_EVENT:
        raise UsageError(
            "the event file is larger than any event", fix="give the JSON that S3, SNS or EventBridge sent"
        )
    try:
        document = strict_json(body)
        if isinstance(document, dict) and document.get("Type") == "Notification":
            document = strict_json(str(document.get("Message", "")))
        events = parse_event(document)
    except BadRequest as error:
        fix = "give the JSON that S3, SNS or EventBridge sent, such as event.json"
        raise UsageError(f"the event file cannot be read: {error.message}", fix=fix) from None
    for found in events:
        if isinstance(found, ObjectCreated):
            yield found
        elif isinstance(found, ObjectRemoved):
            click.echo(f"ignored: removal of {printable(found.ref.address)}", err=True)
        elif isinstance(found, ObjectRestored):
            click.echo(
                f"ignored: restore of {printable(found.ref.address)}; a service runs what waits for it", err=True
            )
        elif isinstance(found, Ignored):
            click.echo(f"ignored: {printable(found.reason)}", err=True)
        elif isinstance(found, Malformed):
            raise UsageError(f"a record cannot be read: {found.reason}", fix="compare it with event.json")


def worst(verdicts: list[Verdict]) -> int:
    """The exit code for several verdicts; 3, 1, 4, 0 is the order."""
    if Verdict.ERROR in verdicts:
        return ExitCode.ERROR
    if Verdict.FAIL in verdicts:
        return ExitCode.FAIL
    checked = [verdict for verdict in verdicts if verdict is not Verdict.SKIPPED]
    return ExitCode.PASS if checked else ExitCode.NOTHING


def _checked(loaded: Settings, created: list[ObjectCreated], past: HistoryFile | None) -> Iterator[dict[str, Any]]:
    """The report document of each object, stored (or appended to the dry-run file) as it comes."""
    check = bootstrap.build_check(bootstrap.worker_spec(loaded))
    for job, done in _jobs(loaded, created, past):
        with tempfile.TemporaryDirectory(prefix="fileproc-job-") as folder:
            yield done(job, check(job, Path(folder)))


def _jobs(loaded: Settings, created: list[ObjectCreated], past: HistoryFile | None) -> Iterator[tuple[Job, Any]]:
    if loaded.dry_run:
        for number, event in enumerate(created, 1):
            job = Job(number, event.ref, JobState.RUNNING, region=event.region, event_time=event.event_time)
            yield job, lambda job, outcome: _dry(loaded, job, outcome, past)
        return
    migrate.upgrade(loaded.database_url)
    journal = bootstrap.open_journal(loaded)
    me = this_process("process")
    journal.register_pool(me)
    try:
        for event in created:
            new = NewJob(event.ref, region=event.region, event_time=event.event_time)
            (added,) = journal.add([new], limit=loaded.fileproc_backlog_max)
            job_claimed = None if added.duplicate else journal.claim_one(me.id, added.job_id)
            if job_claimed is None:
                click.echo(f"{printable(event.ref.address)} is job {added.job_id} already", err=True)
                continue
            yield job_claimed, lambda job, outcome: _settled(journal, job, outcome, past)
    finally:
        journal.retire_pool(me.id)


def _dry(loaded: Settings, job: Job, outcome: JobOutcome, past: HistoryFile | None) -> dict[str, Any]:
    document = _document(job, outcome)
    if past is not None:
        settlement = Settlement(JobState.COMPLETED, outcome.job_class, report=document)
        document = compared(job, settlement, past, SystemClock()).report or document
        _remember(past, job, document)
    append_report(loaded.dry_run_results, document)
    return document


def _settled(journal: Any, job: Job, outcome: JobOutcome, past: HistoryFile | None) -> dict[str, Any]:
    clock = SystemClock()
    settlement = decide(job, outcome, now=clock.utcnow(), jitter=random.random)
    settlement = compared(job, settlement, journal if past is None else past, clock)
    journal.settle(job, settlement)
    if past is not None and settlement.report is not None:
        _remember(past, job, settlement.report)
    if settlement.report is not None:
        return settlement.report
    click.echo(f"job {job.id} will be tried again: {printable(outcome.reason or '')}", err=True)
    return _document(job, outcome)


def _remember(past: HistoryFile, job: Job, document: dict[str, Any]) -> None:
    past.remember(document, job.ref, name=job.ref.address, at=job.came_at or SystemClock().utcnow())


def _document(job: Job, outcome: JobOutcome) -> dict[str, Any]:
    """The report of an attempt; one that ended without says `error` and why."""
    if outcome.report is not None:
        return outcome.report
    return error_report(job, outcome, SystemClock().utcnow())


def _print(document: dict[str, Any], format_: str) -> None:
    if format_ == "json":
        click.echo(json_text(document))
        return
    render(document, Console(file=sys.stdout, highlight=False))
