"""`fileproc contract lint`: is a contract right."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.errors import ExitCode
from fileproc.quality.contracts.lint import lint_all
from fileproc.render.lint_findings import FORMATS


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(["text", *FORMATS]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def command(paths: tuple[Path, ...], format_: str, strict: bool) -> int:
    """Check contract files, and whole folders of them.

    Prints `file:line:column: severity CODE message → fix`. Exit code 0 if no error was found, else 2. The codes are
    explained in docs/reference/contracts.md.
    """
    found, count = lint_all(paths, settings.load().fileproc_split_to, settings.contract_variables())
    levels = Counter(finding.severity for finding in found)
    if format_ in FORMATS:
        click.echo(FORMATS[format_](found, count), nl=False)
    else:
        for finding in found:
            click.echo(printable(finding))
        click.echo(_summary(count, levels), err=True)
    if count == 0:
        return ExitCode.NOTHING
    return ExitCode.USAGE if levels["error"] or (strict and levels["warning"]) else ExitCode.PASS


def _summary(count: int, levels: Counter[Any]) -> str:
    counted = ", ".join(f"{levels[one]} {one}{'' if levels[one] == 1 else 's'}" for one in ("error", "warning"))
    return f"{count} contract{'' if count == 1 else 's'}: {counted}"
