"""`fileproc sets check`: are all files of a day there?"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.domain.jobs import FetchError
from fileproc.domain.ports import FolderStore
from fileproc.domain.reports import Verdict
from fileproc.errors import ExitCode, UsageError
from fileproc.quality.contracts.contract import Contract
from fileproc.quality.contracts.elsewhere import UnclearRule
from fileproc.quality.contracts.odcs import read_file
from fileproc.quality.sets.judge import SetReport
from fileproc.services.file_sets import SetRule, judge_set, set_rules
from fileproc.services.folders import LocalFolder

CODES = {
    Verdict.PASS: ExitCode.PASS,
    Verdict.WARN: ExitCode.PASS,
    Verdict.FAIL: ExitCode.FAIL,
    Verdict.ERROR: ExitCode.ERROR,
    Verdict.SKIPPED: ExitCode.NOTHING,
}

#: Worst wins, in this order.
ORDER = (ExitCode.ERROR, ExitCode.FAIL, ExitCode.NOTHING, ExitCode.PASS)


@click.group()
def command() -> None:
    """Look at sets of files: hourly or daily files that belong together."""


@command.command("check")
@click.argument("target")
@click.option(
    "-c", "--contract", type=click.Path(path_type=Path), required=True, help="Contract with rules of check: fileSet."
)
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Which day; default: today, in the rule's zone."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(target: str, contract: Path, day: datetime | None, format_: str) -> int:
    """Say which files of a day are missing, late, without marker, or not as their manifest says.

    TARGET is the folder, or s3://bucket/prefix/, that the names in the contract count from. Exit codes: 0 complete, 1
    not complete, 2 wrong usage or contract, 3 could not be found out, 4 nothing is due yet.
    """
    promise = read_file(contract, settings.contract_variables())
    store = _store(target)
    try:
        rules = list(set_rules(promise))
    except UnclearRule as error:
        raise UsageError(f"{contract}: {error}", fix="`fileproc contract lint` shows the line") from None
    if not rules:
        raise UsageError(f"{contract} has no rule of check: fileSet", fix="see docs/how-to/check-file-sets.md")
    reports = [(rule, _judged(promise, rule, store, day)) for rule in rules]
    if format_ == "json":
        click.echo(json.dumps([_document(one) for one in reports], indent=2, ensure_ascii=False))
    else:
        for _, report in reports:
            _print(report)
    codes = {CODES[report.verdict] for _, (report, _) in reports}
    return next(code for code in ORDER if code in codes)


Dated = tuple[SetReport, date]


def _judged(contract: Contract, rule: SetRule, store: FolderStore, day: datetime | None) -> Dated:
    clock = SystemClock()
    asked = clock.utcnow().astimezone(rule.words.zone).date() if day is None else day.date()
    try:
        return judge_set(contract, rule, store, asked, clock), asked
    except FetchError as error:
        raise UsageError(error.reason, fix="name a folder, or s3://bucket/prefix/, that can be listed") from None


def _store(target: str) -> FolderStore:
    if not target.startswith("s3://"):
        return LocalFolder(Path(target))
    from fileproc.aws.s3_prefix import S3Prefix  # heavy, and only this branch needs it

    bucket, _, prefix = target.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError(f"{printable(target)} names no bucket", fix="write s3://BUCKET/PREFIX/")
    prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    return S3Prefix(bucket, prefix, max_bytes=settings.load().fileproc_max_object_bytes)


def _print(dated: Dated) -> None:
    report, day = dated
    verdict = report.verdict
    click.echo(f"{verdict.mark} {verdict}  {printable(report.rule)} on {day}: {printable(report.summary)}")
    for problem in report.problems:
        click.echo(
            f"  {'⚠' if problem.ours else '✕'} {printable(problem.title)}  [{problem.code}]; mend: {problem.fix}"
        )


def _document(judged: tuple[SetRule, Dated]) -> dict[str, Any]:
    rule, (report, day) = judged
    return {
        "rule": report.rule,
        "schema": rule.schema.name,
        "day": day.isoformat(),
        "verdict": report.verdict.value,
        "summary": report.summary,
        "expected": report.expected,
        "there": report.there,
        "not_due": report.not_due,
        "problems": [
            {"code": one.code, "file": one.file, "title": one.title, "fix": one.fix, "ours": one.ours}
            for one in report.problems
        ],
    }
