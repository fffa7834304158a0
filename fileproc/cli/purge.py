"""`fileproc purge`: finished jobs and their reports go, by age."""

from __future__ import annotations

import click

from fileproc import bootstrap, settings
from fileproc.cli.database import database_option, url_of
from fileproc.domain.jobs import FINISHED
from fileproc.domain.reports import Verdict
from fileproc.errors import ExitCode


@click.command()
@click.option(
    "--older-than",
    type=click.IntRange(0, 36_500),
    default=None,
    help="Days since they finished; default: FILEPROC_RETENTION_DAYS.",
)
@click.option("--verdict", type=click.Choice([verdict.value for verdict in Verdict]), default=None)
@click.option("--state", type=click.Choice(sorted(state.value for state in FINISHED)), default=None)
@click.option("--bucket", default=None, help="Name of the bucket.")
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def command(
    older_than: int | None,
    verdict: str | None,
    state: str | None,
    bucket: str | None,
    dry_run: bool,
    yes: bool,
    database_url: str | None,
) -> int:
    """Remove finished jobs, with reports and attempts, that are older than so many days. What waits or runs stays.

    A running pool does the same once an hour. What is removed cannot be replayed, and an object whose event comes again
    is checked again.
    """
    days = settings.load().fileproc_retention_days if older_than is None else older_than
    url = url_of(database_url)
    given = {"verdict": verdict, "state": state, "bucket": bucket}
    only = {name: value for name, value in given.items() if value is not None}
    count = bootstrap.views_at(url).finished_before(days, only)
    if count == 0 or dry_run:
        click.echo(f"{count:,} finished jobs are older than {days} days", err=not dry_run)
        return ExitCode.PASS if count else ExitCode.NOTHING
    if not yes:
        click.confirm(f"remove {count:,} finished jobs that are older than {days} days?", abort=True, err=True)
    journal, removed = bootstrap.journal_at(url), 0
    while removed < count and (gone := journal.purge(days, only=only)):
        removed += gone
    click.echo(f"{removed:,} removed", err=True)
    return ExitCode.PASS
