"""`fileproc front`: the HTTP front alone, as supervisord runs it."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--host", help="Address to listen on (FILEPROC_HOST).")
@click.option("--port", help="Public port; 0 takes a free one (FILEPROC_PORT).")
@click.option("--admin-port", help="Separate port for everything but POST / and probes (FILEPROC_ADMIN_PORT).")
def command(host: str | None, port: str | None, admin_port: str | None) -> None:
    """Run the HTTP front until SIGTERM; flags win over settings."""
    flags = {"FILEPROC_HOST": host, "FILEPROC_PORT": port, "FILEPROC_ADMIN_PORT": admin_port}
    os.environ.update({name: value for name, value in flags.items() if value is not None})
    # A new program, because patching must come before every other import, and this one has imported plenty.
    os.execv(sys.executable, [sys.executable, "-m", "fileproc.front"])  # noqa: S606 - our own words
