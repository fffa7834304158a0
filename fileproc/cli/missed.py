"""What a bucket holds and the journal has never heard of: counted, shown, accepted."""

from __future__ import annotations

import click

from fileproc import bootstrap, settings
from fileproc.cli.safe import printable
from fileproc.domain.jobs import FetchError
from fileproc.domain.ports import NewJob
from fileproc.doorbell import ring
from fileproc.errors import ExitCode, FileprocError
from fileproc.services.missed import Reconciled, reconcile

#: Jobs in one commit.
BATCH = 500


def accept_missed(url: str, bucket: str, prefix: str, *, limit: int, dry_run: bool, yes: bool) -> ExitCode:
    """Hold the bucket against the journal, and accept what has no verdict and waits for none.

    Raises:
        FileprocError: the bucket cannot be listed.
    """
    told = _reconciled(url, bucket, prefix, limit)
    for ref in told.missed if dry_run else []:
        click.echo(printable(ref.address))
    click.echo(str(told), err=True)
    if told.more:
        click.echo(f"{told.more:,} of them are beyond --limit {limit}: run it again, or raise the limit", err=True)
    if not told.missed or dry_run:
        return ExitCode.PASS
    if not yes:
        click.confirm(f"check {len(told.missed):,} objects now?", abort=True, err=True)
    loaded, journal, new = settings.load(), bootstrap.journal_at(url), 0
    for start in range(0, len(told.missed), BATCH):
        jobs = [NewJob(ref) for ref in told.missed[start : start + BATCH]]
        new += sum(not added.duplicate for added in journal.add(jobs, limit=loaded.fileproc_backlog_max))
        ring(loaded.fileproc_runtime_dir)
    click.echo(f"{new:,} accepted", err=True)
    return ExitCode.PASS


def _reconciled(url: str, bucket: str, prefix: str, limit: int) -> Reconciled:
    from fileproc.aws.s3_listing import current_objects

    views = bootstrap.views_at(url)
    try:
        return reconcile(current_objects(bucket, prefix), views.known, most=limit)
    except FetchError as error:
        raise FileprocError(error.reason) from error
