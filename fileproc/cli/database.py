"""The database that a one-shot verb works on: the flag, else the settings."""

from __future__ import annotations

import click

from fileproc import settings

database_option = click.option("--database-url", default=None, help="Default: DATABASE_URL.")


def url_of(flag: str | None) -> str:
    """The address to use. Raises SettingsError for a wrong one."""
    if flag is not None:
        return settings.load({"DATABASE_URL": flag}, dotenv=None).database_url
    return settings.load().database_url
