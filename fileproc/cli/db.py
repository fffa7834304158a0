"""`fileproc db`: the journal's tables."""

from __future__ import annotations

import click

from fileproc.cli.database import database_option, url_of
from fileproc.errors import ExitCode
from fileproc.settings import mask_url
from fileproc.store import migrate


@click.group()
def command() -> None:
    """Upgrade the journal's tables or show their version."""


@command.command()
@database_option
def upgrade(database_url: str | None) -> None:
    """Bring the tables to this version; safe to run twice and from several places at once."""
    url = url_of(database_url)
    status = migrate.upgrade(url)
    click.echo(f"{mask_url(url)} is at version {status.current}", err=True)


@command.command()
@database_option
def status(database_url: str | None) -> int:
    """Show the version of the tables; exit 0 if it is the one that is needed, else 3."""
    url = url_of(database_url)
    found = migrate.status(url)
    click.echo(f"{mask_url(url)}: version {found.current or 'none'}, needed {found.wanted}")
    if found.up_to_date:
        return ExitCode.PASS
    click.echo("run `fileproc db upgrade`", err=True)
    return ExitCode.ERROR
