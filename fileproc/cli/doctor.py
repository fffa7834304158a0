"""`fileproc doctor`: the way of an event from the bucket to the verdict, each stop looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from fileproc import bootstrap, settings
from fileproc.cli.asking import Service
from fileproc.cli.safe import printable
from fileproc.domain.diagnosis import Diagnosis, Health
from fileproc.doorbell import ask
from fileproc.errors import ExitCode, FileprocError, UsageError
from fileproc.services import doctor
from fileproc.settings import Settings
from fileproc.store import table_version

COLOURS = {Health.OK: "green", Health.UNKNOWN: "blue", Health.WARN: "yellow", Health.FAIL: "red"}


@click.command()
@click.argument("buckets", nargs=-1, metavar="[s3://BUCKET]...")
@click.option("--no-aws", is_flag=True, help="Look only at what is ours: contracts, database, pool, front.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(buckets: tuple[str, ...], no_aws: bool, format_: str) -> int:
    """Look at bucket, notification, topic, subscription or queue, service and database, and say how to mend each.

    Without buckets those that contracts name are looked at. Nothing is changed. Exit codes: 0 nothing is broken, 1
    something is, 2 wrong usage or settings.
    """
    loaded = settings.load()
    named = [_bucket(text) for text in buckets]
    found: list[Diagnosis] = []
    for one in _round(loaded, named, aws=not no_aws):
        found.append(one)
        if format_ == "text":
            _tell(one)
    if format_ == "json":
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    return ExitCode.FAIL if any(one.health is Health.FAIL for one in found) else ExitCode.PASS


def _round(loaded: Settings, buckets: list[str], *, aws: bool) -> Iterator[Diagnosis]:
    yield from doctor.contracts(lambda: bootstrap.load_contracts(loaded))
    yield from doctor.tables(
        lambda: table_version.status(loaded.database_url), lambda: bootstrap.journal_at(loaded.database_url).ping()
    )
    yield from doctor.service(ask(loaded.fileproc_runtime_dir, {"ask": "figures"}), _front())
    if aws:
        yield from _aws(loaded, buckets or bootstrap.load_contracts(loaded).buckets)


def _aws(loaded: Settings, buckets: list[str]) -> Iterator[Diagnosis]:
    from fileproc.aws.diagnose import AwsDoctor

    looked = AwsDoctor(loaded.sns_topic_arns, loaded.sqs_queue_url)
    yield from looked.identity()
    for bucket in buckets:
        yield from looked.bucket(bucket)
    for arn in loaded.sns_topic_arns:
        yield from looked.topic(arn, cooldown=loaded.circuit_breaker_cooldown_seconds)
    yield from looked.queue()
    if not loaded.sns_topic_arns and loaded.sqs_queue_url is None:
        yield Diagnosis(Health.FAIL, "settings", "neither SNS_TOPIC_ARNS nor SQS_QUEUE_URL is set: nothing can come",
                        "set one of them")  # fmt: skip


def _bucket(text: str) -> str:
    name = text.removeprefix("s3://").partition("/")[0]
    if not name:
        raise UsageError(f"{printable(text[:80])} names no bucket", fix="s3://BUCKET")
    return name


def _front() -> tuple[int, dict[str, Any]] | None:
    try:
        return Service.at(None).ask("GET", "/readyz?verbose")
    except FileprocError:
        return None


def _tell(one: Diagnosis) -> None:
    health = click.style(f"{one.health.value:<8}", fg=COLOURS[one.health])
    click.echo(f"{health}{printable(one.where)}: {printable(one.what)}")
    if one.fix:
        click.echo(f"        → {printable(one.fix)}")
