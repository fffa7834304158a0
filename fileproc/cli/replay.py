"""`fileproc replay`: run finished or dead jobs again, with all counters reset; or what was never heard of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from fileproc import bootstrap, settings
from fileproc.cli.database import database_option, url_of
from fileproc.cli.missed import accept_missed
from fileproc.cli.safe import printable
from fileproc.domain.jobs import FINISHED, JobClass, JobState
from fileproc.domain.reports import Verdict
from fileproc.doorbell import ring
from fileproc.errors import ExitCode, UsageError
from fileproc.store.views import LARGEST_PAGE, Views

MOST = 100_000


@click.command()
@click.argument("targets", nargs=-1, metavar="[ID]... | s3://BUCKET/PREFIX --missed")
@click.option("--verdict", type=click.Choice([verdict.value for verdict in Verdict]), default=None)
@click.option("--state", type=click.Choice(sorted(state.value for state in FINISHED)), default=None)
@click.option("--since", default=None, help="Accepted since, ISO 8601, such as 2026-11-24T06:00:00Z.")
@click.option("--until", default=None, help="Accepted before, ISO 8601.")
@click.option(
    "--class",
    "job_class",
    type=click.Choice([one.value for one in JobClass]),
    default=None,
    help="How the last attempt ended.",
)
@click.option("--bucket", default=None, help="Name of the bucket.")
@click.option("--contract", default=None, help="Name of the contract.")
@click.option("--missed", is_flag=True, help="Objects below s3://BUCKET/PREFIX that have no verdict and wait for none.")
@click.option("--limit", type=click.IntRange(1, MOST), default=1_000, show_default=True)
@click.option("--dry-run", is_flag=True, help="Only say which.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def command(
    targets: tuple[str, ...],
    verdict: str | None,
    state: str | None,
    since: str | None,
    until: str | None,
    job_class: str | None,
    bucket: str | None,
    contract: str | None,
    missed: bool,
    limit: int,
    dry_run: bool,
    yes: bool,
    database_url: str | None,
) -> int:
    """Run jobs again: by id, or all that match the options.

    With --missed: accept what is in a bucket and has no verdict, because its notification was lost.
    """
    url = url_of(database_url)
    views = bootstrap.views_at(url)
    filters = {
        "verdict": verdict, "state": state, "since": _instant(since, "--since"), "until": _instant(until, "--until"),
        "job_class": job_class, "bucket": bucket, "contract": contract,
    }  # fmt: skip
    filters = {name: value for name, value in filters.items() if value is not None}
    if missed:
        bucket_of_target, prefix = _one_prefix(targets, filters)
        return accept_missed(url, bucket_of_target, prefix, limit=limit, dry_run=dry_run, yes=yes)
    chosen = _chosen(views, _ids(targets), filters, limit)
    if not chosen:
        click.echo("nothing to run again", err=True)
        return ExitCode.NOTHING
    for row in chosen if dry_run else []:
        click.echo(f"{row['id']}  {row['verdict'] or row['state']}  {printable(row['bucket'] + '/' + row['key'])}")
    if dry_run:
        return ExitCode.PASS
    if len(chosen) > 1 and not yes:
        click.confirm(f"run {len(chosen)} jobs again?", abort=True, err=True)
    moved = bootstrap.journal_at(url).replay([int(row["id"]) for row in chosen])
    ring(settings.load().fileproc_runtime_dir)
    click.echo(f"{len(moved)} of {len(chosen)} will run again", err=True)
    return ExitCode.PASS if moved else ExitCode.NOTHING


def _one_prefix(targets: tuple[str, ...], filters: dict[str, Any]) -> tuple[str, str]:
    """(bucket, prefix) of the only target."""
    if len(targets) != 1 or not targets[0].startswith("s3://") or filters:
        raise UsageError("--missed wants one prefix and no filter", fix="fileproc replay s3://BUCKET/PREFIX --missed")
    bucket, _, prefix = targets[0].removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError("the address names no bucket", fix="s3://BUCKET/PREFIX")
    return bucket, prefix


def _ids(targets: tuple[str, ...]) -> tuple[int, ...]:
    for text in targets:
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            fix = "add --missed" if text.startswith("s3://") else "`fileproc jobs` lists them"
            raise UsageError(f"{printable(text[:80])} is no job's id", fix=fix)
    return tuple(map(int, targets))


def _chosen(views: Views, job_ids: tuple[int, ...], filters: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    if job_ids and filters:
        raise UsageError("give ids or options, not both")
    if job_ids:
        rows = [(job_id, views.job(job_id)) for job_id in job_ids]
        unknown = [job_id for job_id, row in rows if row is None]
        if unknown:
            raise UsageError(f"there is no job {unknown[0]}", fix="`fileproc jobs` lists them")
        return [row for _, row in rows if row is not None and JobState(row["state"]) in FINISHED]
    if not filters:
        raise UsageError("nothing was chosen", fix="give ids, or one of the options, such as --state dead")
    return _pages(views, filters, limit)


def _pages(views: Views, filters: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: int | None = None
    while len(found) < limit:
        page = views.files(before_id=before, limit=LARGEST_PAGE, **filters)
        if not page:
            break
        found += [row for row in page if JobState(row["state"]) in FINISHED]
        before = int(page[-1]["id"])
    return found[:limit]


def _instant(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} is an ISO 8601 instant, such as 2026-11-24T06:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
