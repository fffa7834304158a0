"""`fileproc contract diff`: what a new version of a contract changes, and whom it breaks."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.errors import ExitCode
from fileproc.quality.contracts.diff import Diff, compare, placed
from fileproc.quality.contracts.diff_words import as_markdown, as_text
from fileproc.quality.contracts.odcs import digest_of, read
from fileproc.quality.contracts.yaml_positions import load, read_bytes


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(["text", "json", "md"]), default="text", show_default=True)
def command(old: Path, new: Path, format_: str) -> int:
    """Say what is different in NEW, whether it breaks senders or readers, and where it stands.

    Exit code 1 if any change is breaking, 0 if none is, 2 if a contract cannot be read.
    """
    diff = _compared(old, new)
    if format_ == "json":
        click.echo(json.dumps(diff.to_document(), indent=2, ensure_ascii=False))
    else:
        for line in as_markdown(diff) if format_ == "md" else as_text(diff):
            click.echo(printable(line, longest=100_000))
    return ExitCode.FAIL if diff.breaking else ExitCode.PASS


def _compared(old: Path, new: Path) -> Diff:
    """Both contracts as they stand in their files, with the places of every change."""
    documents, contracts = [], []
    for file in (old, new):
        data = read_bytes(file)
        documents.append(load(data, str(file)))
        contracts.append(read(documents[-1], digest=digest_of(data), variables=settings.contract_variables()))
    return placed(compare(*contracts), *documents)
