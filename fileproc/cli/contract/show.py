"""`fileproc contract show`: a contract in plain words, for people who send or read the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.errors import ExitCode, UsageError
from fileproc.quality.contracts.contract import Contract
from fileproc.quality.contracts.odcs import read_file
from fileproc.quality.letter.letter import letter_of
from fileproc.quality.letter.render import as_markdown, as_text


@click.command("show")
@click.argument("contract", type=click.Path(path_type=Path))
@click.option("--schema", default=None, help="Only this schema object.")
@click.option("--format", "format_", type=click.Choice(["text", "md", "json"]), default="text", show_default=True)
def command(contract: Path, schema: str | None, format_: str) -> int:
    """Say in plain words what CONTRACT promises: where files go, their columns, their rules, and what is not checked.

    The sentences are those that reports use. Nothing is fetched and no file is read. Exit code 0, or 2 for a contract
    that cannot be read.
    """
    letter = letter_of(_only(read_file(contract, settings.contract_variables()), schema))
    if format_ == "json":
        click.echo(json.dumps(letter.to_document(), indent=2, ensure_ascii=False))
        return ExitCode.PASS
    for line in as_markdown(letter) if format_ == "md" else as_text(letter):
        click.echo(printable(line, longest=100_000))
    return ExitCode.PASS


def _only(contract: Contract, schema: str | None) -> Contract:
    """The contract with one of its schema objects. Raises UsageError for a name that it does not have."""
    if schema is None:
        return contract
    chosen = tuple(one for one in contract.schemas if one.name == schema)
    if not chosen:
        names = ", ".join(printable(one.name, 80) for one in contract.schemas) or "none"
        raise UsageError(f"{contract.file}: no schema object {printable(schema, 80)!r}", fix=f"there are: {names}")
    return replace(contract, schemas=chosen)
