"""`fileproc db`: the journal's tables."""

from __future__ import annotations

import click

from fileproc.cli.database import database_option, url_of
from fileproc.errors import ExitCode
from fileproc.settings import mask_url
from fileproc.store import migrate, table_version


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
    """Show the version of the tables; exit 0 if this program can work with them, else 3."""
    url = url_of(database_url)
    found = table_version.status(url)
    click.echo(f"{mask_url(url)}: version {found.current or 'none'}, needed {found.wanted}")
    if found.serves_us:
        return ExitCode.PASS
    fix = "run the later version of fileproc" if found.is_newer else table_version.UPGRADE
    click.echo(fix, err=True)
    return ExitCode.ERROR
