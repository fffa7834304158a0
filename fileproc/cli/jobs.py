"""`fileproc jobs`: what the journal holds."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from fileproc import bootstrap, settings
from fileproc.breaker.page import PageReader
from fileproc.cli.database import database_option, url_of
from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.domain.jobs import JobState
from fileproc.domain.reports import Verdict
from fileproc.errors import NotFound
from fileproc.render import delivery as told
from fileproc.services.housekeeping import TTL_SECONDS
from fileproc.services.why import COUNTED, Facts, why

#: Stack dumps of a worker that was ended, in the order in which they were made.
STACKS = {"stack_before": "what it did at 0.8 of its time", "stack": "what it did at the end"}

MARKS = {verdict.value: verdict.mark for verdict in Verdict}


class ListByDefault(click.Group):
    """`jobs --limit 5` means `jobs list --limit 5`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args.insert(0, "list")
        return super().parse_args(ctx, args)


@click.group(cls=ListByDefault)
def command() -> None:
    """List jobs, newest first (the default), show one, or ask why it waits."""


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in JobState]), default=None)
@click.option("--verdict", type=click.Choice([verdict.value for verdict in Verdict]), default=None)
@click.option("--bucket", default=None)
@click.option("--prefix", default=None, help="Beginning of the key.")
@click.option("--before", type=int, default=None, help="Only jobs older than this id: the next page.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--format", "format_", type=click.Choice(["text", "json", "ndjson"]), default="text", show_default=True)
@database_option
def list_jobs(
    state: str | None,
    verdict: str | None,
    bucket: str | None,
    prefix: str | None,
    before: int | None,
    limit: int,
    format_: str,
    database_url: str | None,
) -> None:
    """List jobs, newest first."""
    rows = bootstrap.views_at(url_of(database_url)).files(
        state=state, verdict=verdict, bucket=bucket, prefix=prefix, before_id=before, limit=limit
    )
    if format_ == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif format_ == "ndjson":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    else:
        _print_table(rows)


@command.command()
@click.argument("job_id", type=int)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@database_option
def show(job_id: int, format_: str, database_url: str | None) -> None:
    """Show one job with its evidence and its report."""
    views = bootstrap.views_at(url_of(database_url))
    job = views.job(job_id)
    if job is None:
        raise NotFound(f"there is no job {job_id}", fix="`fileproc jobs` lists them")
    report, attempts, deliveries = views.report(job_id), views.attempts(job_id), views.deliveries(job_id)
    if format_ == "json":
        whole = {"job": job, "attempts": attempts, "deliveries": deliveries, "report": report}
        click.echo(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    evidence = job.pop("evidence")
    stacks = [(name, evidence.pop(name)) for name in STACKS if name in evidence]
    for name, value in (job | {"evidence": evidence}).items():
        if value not in (None, {}, "", 0):
            click.echo(f"{name:>14}  {printable(value, 4_000)}")
    for number, attempt in enumerate(attempts, start=1):
        click.echo(f"{f'attempt {number}':>14}  {printable(_told(attempt), 1_000)}")
    for row in deliveries:
        click.echo(f"{'delivery':>14}  {printable(told.line(row), 1_000)}")
    for name, stack in stacks:
        click.echo(f"\n{STACKS[name]}:")
        for line in stack.splitlines():
            click.echo(f"  {printable(line)}")
    for cause in (report or {}).get("causes", []):
        click.echo(f"{'cause':>14}  {printable(cause['title'])} ({cause['count']:,}), line {cause['first_line']}")


def _told(attempt: dict[str, Any]) -> str:
    """An attempt in a line: when, how long, how it ended, where, with how much memory, and why."""
    parts = [str(attempt["started_at"] or "?"), f"{attempt['job_class']} → {attempt['state']}"]
    if attempt["seconds"] is not None:
        parts.append(f"{attempt['seconds']:.3f} s")
    if attempt["peak_bytes"] is not None:
        parts.append(f"{attempt['peak_bytes'] >> 20} MiB")
    if attempt["pid"] is not None:
        parts.append(f"worker {attempt['pid']} on {attempt['host']}")
    return ", ".join(parts) + (f": {attempt['reason']}" if attempt["reason"] else "")


@command.command("why")
@click.argument("job_id", type=int)
@database_option
def why_(job_id: int, database_url: str | None) -> None:
    """Say in a sentence what a job waits for."""
    url = url_of(database_url)
    views = bootstrap.views_at(url)
    job = views.job(job_id)
    if job is None:
        raise NotFound(f"there is no job {job_id}", fix="`fileproc jobs` lists them")
    clock = SystemClock()
    page = bootstrap.breaker_page_path(settings.load())
    facts = Facts(
        clock.utcnow(),
        ahead=views.waiting_before(job_id, most=COUNTED),
        ahead_here=views.waiting_before(job_id, most=COUNTED, bucket=job["bucket"]),
        seconds=bootstrap.costs_at(url).of(job["bucket"], job["key"]).seconds(job["size"]),
        pools=views.pools(ttl=TTL_SECONDS),
        suspects=views.suspects(),
        breaker=PageReader(page, clock).read() if page.exists() else None,
    )
    click.echo(printable(why(job, facts), 2_000))


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("id", "right"), ("state", "left"), ("verdict", "left"), ("accepted", "left")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("file", overflow="fold")
    for row in rows:
        verdict = row["verdict"] or ""
        accepted = str(row["accepted_at"] or "")[:19].replace("T", " ")
        address = printable(f"s3://{row['bucket']}/{row['key']}")
        table.add_row(row["id"], row["state"], f"{MARKS.get(verdict, ' ')} {verdict}", accepted, _plain(address))
    Console().print(table)
    if not rows:
        click.echo("no jobs", err=True)


def _plain(text: str) -> str:
    """Brackets are markup to rich; keys may hold them."""
    return text.replace("[", r"\[")
