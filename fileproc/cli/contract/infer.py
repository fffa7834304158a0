"""`fileproc contract infer`: a draft of a contract from good files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.domain.reports import Verdict
from fileproc.errors import ExitCode, UsageError
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.contracts.odcs_words import LONGEST_DELIMITER, SPELT
from fileproc.quality.finding import plural
from fileproc.quality.infer.draft import Draft, Names
from fileproc.quality.infer.infer import Proof, infer, prove
from fileproc.quality.infer.naming import location_of, name_of, slug


@click.command("infer")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A new file; default: stdout.")
@click.option("--name", default=None, help="Name of the contract; default: what the files are called.")
@click.option("--id", "id_", default=None, help="Its id; default: from the name.")
@click.option(
    "--server", default=None, metavar="s3://BUCKET/KEY", help="Where such files land, with * for what varies."
)
@click.option("--delimiter", default=None, help="Between cells; also tab, comma, semicolon, pipe.")
@click.option("--encoding", default=None, help="Such as windows-1252; default: as the files say, else UTF-8.")
@click.option("--null", "nulls", multiple=True, metavar="WORD", help="A word that means no value; again for more.")
@click.option("--sheet", default=None, help="The sheet of a workbook that holds the rows.")
@click.option("--strict", is_flag=True, help="Claim also what is only offered: all that held for these files.")
def command(
    files: tuple[Path, ...],
    output: Path | None,
    name: str | None,
    id_: str | None,
    server: str | None,
    delimiter: str | None,
    encoding: str | None,
    nulls: tuple[str, ...],
    sheet: str | None,
    strict: bool,
) -> int:
    """Draft a contract from good files of one kind; each rule carries its evidence as a comment.

    Rules that luck may have made are written as comments. The draft is linted and every file is checked with it before
    it is handed out. Exit codes: 0, 1 a file is not good, 2 wrong usage or files of different kinds, 4 no columns.
    """
    paths = _existing(files)
    if output is not None and output.exists():
        raise UsageError(f"{printable(output)} exists already", fix="choose another name, or remove it")
    called = name or name_of(paths)
    names = Names(id_ or slug(called, "-") or "rows", called, _place(server) or location_of(paths))
    dialect = Dialect(delimiter=_delimiter(delimiter), encoding=encoding, null_sequence=nulls, sheet=sheet)
    found = infer(paths, names, dialect, strict=strict)
    proof = prove(found.text, paths, SystemClock())
    _write(output, found.text)
    _tell(found, proof, len(paths))
    return _exit_code(proof)


def _existing(files: Sequence[Path]) -> list[Path]:
    """Each file once."""
    for path in files:
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise UsageError(f"{printable(path)} {what}", fix="name data files")
    return [*dict.fromkeys(files)]


def _place(server: str | None) -> str | None:
    if server is not None and not (
        server.startswith(("s3://", "s3a://", "s3n://")) and server.strip("/").count("/") > 2
    ):
        raise UsageError(f"{printable(server)} is no place in S3", fix="write s3://bucket/prefix/*.csv")
    return server


def _delimiter(written: str | None) -> str | None:
    text = written if written is None else SPELT.get(written.lower(), written)
    if text is not None and not 0 < len(text) <= LONGEST_DELIMITER:
        raise UsageError(f"the delimiter {printable(text)!r} has {len(text)} characters", fix="write one, such as ;")
    return text


def _write(output: Path | None, text: str) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{printable(output)} cannot be written: {error.strerror}") from None


def _tell(found: Draft, proof: Proof, files: int) -> None:
    """What people should know beside the draft, on stderr."""
    for remark in (*found.remarks, *proof.findings, *_not_passed(proof)):
        click.echo(printable(remark), err=True)
    passed = sum(report.verdict is Verdict.PASS for report in proof.reports)
    counted = f"{plural(found.columns, 'column')}, {plural(found.rules, 'rule')}, {found.offered:,} more as comments"
    click.echo(f"{counted}; {passed} of {plural(files, 'file')} checked with it pass", err=True)


def _not_passed(proof: Proof) -> list[str]:
    return [
        f"{report.verdict.mark} {report.file.address}: {report.summary}"
        for report in proof.reports
        if report.verdict is not Verdict.PASS
    ]


def _exit_code(proof: Proof) -> ExitCode:
    """A draft that a file breaks is no draft of these files."""
    verdicts = {report.verdict for report in proof.reports}
    if Verdict.ERROR in verdicts or not verdicts:
        return ExitCode.ERROR
    return ExitCode.FAIL if Verdict.FAIL in verdicts else ExitCode.PASS
