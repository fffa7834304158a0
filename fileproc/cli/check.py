"""`fileproc check`: local files, globs, `s3://…` or `-`, now, without a service."""

from __future__ import annotations

import glob
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fileproc import logs, settings
from fileproc.cli.output import NAMES, ROWS, opened
from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.domain.jobs import FetchError
from fileproc.domain.objects import ObjectRef
from fileproc.domain.reports import Failure, FileInfo, Report, Verdict
from fileproc.errors import ExitCode, UsageError
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match, NoMatch
from fileproc.services.local_files import local_ref

if TYPE_CHECKING:
    from fileproc.cli.split import Apart
    from fileproc.services.history_file import HistoryFile

#: More than one of many workers gets; much more makes keys slower, for the engine parts its tables later.
ENGINE_MEMORY_MB = 256

#: Worst wins, in this order.
ORDER = (ExitCode.ERROR, ExitCode.FAIL, ExitCode.NOTHING, ExitCode.PASS)


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option(
    "-c", "--contract", type=click.Path(path_type=Path), default=None, help="Contract file; default: by address."
)
@click.option("--contracts", type=click.Path(path_type=Path), default=None, help="Folder; default: FILEPROC_CONTRACTS.")
@click.option("--schema", default=None, help="Schema object of the contract, where it has several.")
@click.option("--format", "format_", type=click.Choice(NAMES), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Default: stdout.")
@click.option(
    "--samples",
    type=click.IntRange(0, 1000),
    default=None,
    help="Samples per cause; with --format csv 1,000 where not given.",
)
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Compare with the accepted files that this file remembers, and remember the accepted ones in it.",
)
@click.option(
    "--split",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar="DIR",
    help="Write accepted and rejected rows of each file into this folder, with a manifest.",
)
@click.option(
    "--keys",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar="DIR",
    help="Remember keys of accepted files here, for files that refer to them; default: FILEPROC_KEY_SETS.",
)
@click.option("--fail-on", type=click.Choice(["warn", "fail", "never"]), default="fail", show_default=True)
def command(
    targets: tuple[str, ...],
    contract: Path | None,
    contracts: Path | None,
    schema: str | None,
    format_: str,
    output: Path | None,
    samples: int | None,
    history: Path | None,
    split: Path | None,
    keys: Path | None,
    fail_on: str,
) -> int:
    """Check files now: TARGET is a local file, a glob, s3://bucket/key or - for stdin.

    Exit codes: 0 pass, 1 some file failed, 2 wrong usage or contract, 3 could not check, 4 nothing was checked.
    """
    loaded = settings.load()
    logs.configure(program="check", log_format="console", level="error", when_needed=True)
    promise = _promise(contract, schema, contracts or Path(loaded.fileproc_contracts))
    most = samples if samples is not None else ROWS if format_ == "csv" else loaded.fileproc_samples
    limits = Limits(most, ENGINE_MEMORY_MB)
    verdicts = []
    apart = None if split is None else _apart(split)
    how = How(limits, apart, keys or loaded.fileproc_key_sets)
    expanded = _expand(targets)
    past = None if history is None else _history(history)
    with opened(output, format_) as out:
        for checked in _reports(expanded, promise, how, loaded.fileproc_max_object_bytes):
            report = _compared(checked, past)
            verdicts.append(report.verdict)
            out.add(report)
    code = exit_code(verdicts, fail_on)
    return ExitCode.ERROR if apart is not None and apart.incomplete and code != ExitCode.NOTHING else code


def _history(file: Path) -> HistoryFile:
    from fileproc.services.history_file import HistoryFile  # for those who have one

    return HistoryFile(file)


def _apart(folder: Path) -> Apart:
    from fileproc.cli.split import Apart  # the writers of every format, for those who want rows apart

    return Apart(folder)


def exit_code(verdicts: list[Verdict], fail_on: str = "fail") -> int:
    """The worst of several verdicts as an exit code."""
    meaning = {
        Verdict.PASS: ExitCode.PASS,
        Verdict.WARN: ExitCode.FAIL if fail_on == "warn" else ExitCode.PASS,
        Verdict.FAIL: ExitCode.PASS if fail_on == "never" else ExitCode.FAIL,
        Verdict.ERROR: ExitCode.ERROR,
        Verdict.SKIPPED: ExitCode.NOTHING,
    }
    codes = {meaning[verdict] for verdict in verdicts}
    return next(code for code in ORDER if code in codes)


@dataclass(frozen=True, slots=True)
class How:
    """What every file is checked with: limits, where its rows go, and where keys are remembered."""

    limits: Limits
    apart: Apart | None
    keys: Path | None = None


Promise = Callable[[str], Match | NoMatch]

#: A report, and which file it is about.
Checked = tuple[Report, ObjectRef]


def _promise(contract: Path | None, schema: str | None, folder: Path) -> Promise:
    """From an address to its contract: the one that was given, or the one whose location matches."""
    if contract is not None:
        return partial(_given, contract, schema)
    catalogue = Catalogue.load(folder, settings.contract_variables())
    for problem in catalogue.problems:
        click.echo(f"contracts: {printable(problem)}", err=True)
    return catalogue.match


def _given(contract: Path, schema: str | None, address: str) -> Match:
    """The contract that was given, whatever its locations say. Raises UsageError when it does not say which schema."""
    match = Catalogue.single(contract, schema, address, settings.contract_variables())
    if isinstance(match, NoMatch):
        raise UsageError(f"{contract}: {match.reason}", fix=f"there are {', '.join(match.candidates) or 'none'}")
    return match


def _compared(checked: Checked, history: HistoryFile | None) -> Report:
    """The report as it stands beside the accepted files that the history file remembers."""
    report, ref = checked
    if history is None or report.history is None:
        return report
    from fileproc.quality.history.compare import settled

    at = history.came_at(ref) or SystemClock().utcnow()
    mine = report.history
    past = history.accepted_before(mine.contract, mine.schema, before=at, but=ref, most=mine.longest)
    report = settled(report, past)
    history.remember(report.to_document(), ref, name=report.file.address, at=at)
    return report


def _expand(targets: tuple[str, ...]) -> list[str]:
    """Globs that the shell left alone; a pattern without a file is an error, not an empty success."""
    found: list[str] = []
    for target in targets:
        if target == "-" or target.startswith("s3://") or Path(target).exists():
            found.append(target)
        elif glob.has_magic(target):
            matched = sorted(path for path in glob.iglob(target, recursive=True) if Path(path).is_file())  # noqa: PTH207
            if not matched:
                raise UsageError(f"no file matches {printable(target)}")
            found += matched
        else:
            raise UsageError(f"there is no file {printable(target)}")
    return found


def _reports(targets: list[str], promise: Promise, how: How, max_bytes: int) -> Iterator[Checked]:
    for target in targets:
        if target.startswith("s3://"):
            yield _remote(target, promise, how, max_bytes)
        elif target == "-":
            yield _stdin(promise, how), ObjectRef("", "-", etag=_id())
        else:
            yield _local(Path(target), target, promise, how), local_ref(Path(target))


def _local(path: Path, name: str, promise: Promise, how: How) -> Report:
    match = promise(name)
    if isinstance(match, NoMatch):
        match = promise(str(path.absolute()))
    size = path.stat().st_size if path.is_file() else None
    return _check(path, match, FileInfo(path=name, size=size), how)


def _stdin(promise: Promise, how: How) -> Report:
    with tempfile.NamedTemporaryFile(prefix="stdin-") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        return _check(Path(file.name), promise("-"), FileInfo(path="-", size=file.tell()), how)


def _remote(address: str, promise: Promise, how: How, max_bytes: int) -> Checked:
    from fileproc.aws.s3 import S3Store  # heavy, and only this branch needs it

    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise UsageError(f"{printable(address)} names no object", fix="write s3://BUCKET/KEY")
    info = FileInfo(bucket=bucket, key=key)
    with tempfile.TemporaryDirectory(prefix="fetch-") as folder:
        try:
            fetched = S3Store(max_bytes=max_bytes).fetch(ObjectRef(bucket, key), Path(folder))
        except FetchError as error:
            return Report(_id(), info, error=Failure(error.job_class.value, error.reason)), ObjectRef(bucket, key)
        info = FileInfo(bucket=bucket, key=key, size=fetched.size)
        ref = ObjectRef(bucket, key, fetched.version_id, fetched.etag)
        return _check(fetched.path, promise(address), info, how, fetched.facts), ref


def _check(
    path: Path, match: Match | NoMatch, info: FileInfo, how: How, facts: Mapping[str, str] | None = None
) -> Report:
    around = Surroundings(as_of=SystemClock().utcnow(), key_sets=how.keys, facts=facts or {})
    if how.apart is not None:
        return how.apart.check(path, match, info, _id(), how.limits, around)
    return check_file(
        path, match, file=info, report_id=_id(), limits=how.limits, clock=SystemClock(), around=around
    )  # fmt: skip


def _id() -> str:
    """A local report has no job; its id only tells it from others."""
    return secrets.token_hex(6)
