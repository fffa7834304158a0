"""`fileproc serve`: front and pool in one command."""

from __future__ import annotations

import os

import click

from fileproc import settings
from fileproc.pool.program import run
from fileproc.store import migrate

#: flag → the setting that it stands for; the front, which is a child, reads the same environment.
FLAGS = {
    "host": "FILEPROC_HOST",
    "port": "FILEPROC_PORT",
    "admin_port": "FILEPROC_ADMIN_PORT",
    "workers": "SNS_WORKER_MAX",
    "contracts": "FILEPROC_CONTRACTS",
    "database_url": "DATABASE_URL",
}


@click.command()
@click.option("--host", help="Address to listen on (FILEPROC_HOST).")
@click.option("--port", help="Public port; 0 takes a free one (FILEPROC_PORT).")
@click.option("--admin-port", help="Separate port for everything but POST / and probes (FILEPROC_ADMIN_PORT).")
@click.option("--workers", help="Upper bound of the pool (SNS_WORKER_MAX).")
@click.option("--contracts", help="Folder of ODCS contracts (FILEPROC_CONTRACTS).")
@click.option("--database-url", help="Journal and reports (DATABASE_URL).")
def command(**flags: str | None) -> int:
    """Run front and pool in one command until Ctrl-C or SIGTERM; flags win over settings."""
    os.environ.update({FLAGS[name]: value for name, value in flags.items() if value is not None})
    loaded = settings.load()
    settings.require_topics(loaded)
    migrate.upgrade(loaded.database_url)
    return run(loaded, with_front=True)
