"""`fileproc contract`: is a contract right, and which one does an address get."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.errors import ExitCode
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match, NoMatch
from fileproc.quality.contracts.lint import LintFinding, lint_all

FORMATS = click.Choice(["text", "json"])


@click.group()
def command() -> None:
    """Lint contracts; ask which one an address gets."""


@command.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "format_", type=FORMATS, default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def lint(paths: tuple[Path, ...], format_: str, strict: bool) -> int:
    """Check contract files, and whole folders of them.

    Prints `file:line:column: severity CODE message → fix`. Exit code 0 if no error was found, else 2. The codes are
    explained in docs/reference/contracts.md.
    """
    found, count = lint_all(paths)
    levels = Counter(finding.severity for finding in found)
    if format_ == "json":
        document = {"contracts": count, "errors": levels["error"], "warnings": levels["warning"]}
        click.echo(json.dumps(document | {"findings": [finding.to_document() for finding in found]}, indent=2))
    else:
        for finding in found:
            click.echo(_line(finding))
        click.echo(_summary(count, levels), err=True)
    if count == 0:
        return ExitCode.NOTHING
    return ExitCode.USAGE if levels["error"] or (strict and levels["warning"]) else ExitCode.PASS


@command.command()
@click.argument("address")
@click.option("--contracts", type=click.Path(path_type=Path), help="Folder of contracts (FILEPROC_CONTRACTS).")
@click.option("--format", "format_", type=FORMATS, default="text", show_default=True)
def which(address: str, contracts: Path | None, format_: str) -> int:
    """Say which contract a file at ADDRESS is held against, and why.

    ADDRESS is s3://bucket/key or a path; nothing is fetched. Exit code 0 if there is one contract, 4 if there is none
    or several fit equally well.
    """
    folder = Path(settings.load().fileproc_contracts) if contracts is None else contracts
    catalogue = Catalogue.load(folder)
    for problem in catalogue.problems:
        click.echo(_line(problem), err=True)
    match = catalogue.match(address)
    document = _document(address, match)
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        for name, value in document.items():
            click.echo(f"{name:<11}{printable(_plain(value))}")
    return ExitCode.PASS if isinstance(match, Match) else ExitCode.NOTHING


def _line(finding: LintFinding) -> str:
    return printable(str(finding))


def _summary(count: int, levels: Counter[Any]) -> str:
    counted = ", ".join(f"{levels[one]} {one}{'' if levels[one] == 1 else 's'}" for one in ("error", "warning"))
    return f"{count} contract{'' if count == 1 else 's'}: {counted}"


def _document(address: str, match: Match | NoMatch) -> dict[str, Any]:
    """What was found, as JSON values; the text form shows the same lines."""
    if isinstance(match, NoMatch):
        return {"address": address, "contract": None, "reason": match.reason, "candidates": list(match.candidates)}
    contract = match.contract
    dialect = {name: value for name, value in asdict(match.dialect).items() if value not in (None, ())}
    return {
        "address": address,
        "contract": contract.name,
        "id": contract.id,
        "version": contract.version,
        "file": contract.file,
        "digest": contract.digest,
        "schema": match.schema.name,
        "server": match.server.name if match.server else None,
        "location": match.pattern,
        "format": match.format,
        "dialect": dialect,
        "policies": asdict(match.policies),
        "why": match.why,
    }


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={one!r}" for key, one in value.items()) or "as found in the file"
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
