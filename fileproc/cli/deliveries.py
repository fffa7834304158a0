"""`fileproc deliveries`: which sinks were told of which reports, and beginning anew where that was given up."""

from __future__ import annotations

import json

import click

from fileproc import bootstrap
from fileproc.cli.database import database_option, url_of
from fileproc.cli.safe import printable
from fileproc.domain.deliveries import DeliveryState
from fileproc.errors import ExitCode
from fileproc.render.delivery import line


@click.group()
def command() -> None:
    """List deliveries to sinks, or try those again that were given up."""


@command.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), default=None)
@click.option("--sink", default=None, help="Name of the sink.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@database_option
def list_(state: str | None, sink: str | None, limit: int, format_: str, database_url: str | None) -> None:
    """List deliveries, newest first."""
    rows = bootstrap.outbox_at(url_of(database_url)).listed(state=state, sink=sink, limit=limit)
    if format_ == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['job_id']:>9}  {printable(line(row), 1_000)}")
    if not rows:
        click.echo("no deliveries", err=True)


@command.command()
@click.option("--sink", default=None, help="Name of the sink; default: all.")
@click.option("--job", "job_id", type=int, default=None, help="Only those of this job.")
@database_option
def retry(sink: str | None, job_id: int | None, database_url: str | None) -> int:
    """Deliveries that were given up begin anew; a running front sends them."""
    count = bootstrap.outbox_at(url_of(database_url)).again(sink=sink, job_id=job_id)
    click.echo(f"{count:,} {'delivery begins' if count == 1 else 'deliveries begin'} anew", err=True)
    return ExitCode.PASS if count else ExitCode.NOTHING
