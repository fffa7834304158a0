"""`fileproc contract which`: the contract that an address gets."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.errors import ExitCode
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match, NoMatch


@click.command("which")
@click.argument("address")
@click.option("--contracts", type=click.Path(path_type=Path), help="Folder of contracts (FILEPROC_CONTRACTS).")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(address: str, contracts: Path | None, format_: str) -> int:
    """Say which contract a file at ADDRESS is held against, and why.

    ADDRESS is s3://bucket/key or a path; nothing is fetched. Exit code 0 if there is one contract, 4 if there is none
    or several fit equally well.
    """
    folder = Path(settings.load().fileproc_contracts) if contracts is None else contracts
    catalogue = Catalogue.load(folder, settings.contract_variables())
    for problem in catalogue.problems:
        click.echo(printable(problem), err=True)
    match = catalogue.match(address)
    document = _document(address, match)
    if format_ == "json":
        click.echo(json.dumps(document, indent=2))
    else:
        for name, value in document.items():
            click.echo(f"{name:<11}{printable(_plain(value))}")
    return ExitCode.PASS if isinstance(match, Match) else ExitCode.NOTHING


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
