"""`fileproc pool`: the worker pool alone, as supervisord runs it."""

from __future__ import annotations

import click

from fileproc import settings
from fileproc.pool.program import run


@click.command()
def command() -> int:
    """Run the worker pool until SIGTERM.

    SIGTERM lets running jobs finish within FILEPROC_DRAIN_SECONDS, a second one does not; SIGHUP replaces every worker,
    so that contracts are read again.
    """
    return run(settings.load())
