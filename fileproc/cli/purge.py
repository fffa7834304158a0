"""`fileproc purge`: finished jobs and their reports go, by age."""

from __future__ import annotations

import click

from fileproc import bootstrap, settings
from fileproc.cli.database import database_option, url_of
from fileproc.errors import ExitCode


@click.command()
@click.option(
    "--older-than",
    type=click.IntRange(0, 36_500),
    default=None,
    help="Days since they finished; default: FILEPROC_RETENTION_DAYS.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def command(older_than: int | None, dry_run: bool, yes: bool, database_url: str | None) -> int:
    """Remove finished jobs, with their reports, that are older than so many days. What waits or runs stays.

    A running pool does the same once an hour. What is removed cannot be replayed, and an object whose event comes again
    is checked again.
    """
    days = settings.load().fileproc_retention_days if older_than is None else older_than
    url = url_of(database_url)
    count = bootstrap.views_at(url).finished_before(days)
    if count == 0 or dry_run:
        click.echo(f"{count:,} finished jobs are older than {days} days", err=not dry_run)
        return ExitCode.PASS if count else ExitCode.NOTHING
    if not yes:
        click.confirm(f"remove {count:,} finished jobs that are older than {days} days?", abort=True, err=True)
    journal, removed = bootstrap.journal_at(url), 0
    while gone := journal.purge(days):
        removed += gone
    click.echo(f"{removed:,} removed", err=True)
    return ExitCode.PASS
