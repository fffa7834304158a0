"""`fileproc health`: is the service ready? For containers and scripts."""

from __future__ import annotations

import click

from fileproc.cli.asking import Service
from fileproc.cli.safe import printable
from fileproc.errors import ExitCode

#: What `/readyz?verbose` says of each part when all is well.
WELL = {"journal": "writable", "pool": "beating", "front": "serving", "queue": "receiving"}


@click.command()
@click.option("--url", help="Where the service listens; else as the settings say.")
def command(url: str | None) -> int:
    """Ask a running service whether it is ready: exit 0 if it is, 3 if not, with the reason."""
    status, document = Service.at(url).ask("GET", "/readyz?verbose")
    troubles = [
        f"{part}: {printable(document[part])}" for part, well in WELL.items() if document.get(part) not in (well, None)
    ]
    click.echo("; ".join([printable(document.get("status", f"status {status}")), *troubles]))
    return ExitCode.PASS if status == 200 else ExitCode.ERROR
