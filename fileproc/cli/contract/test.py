"""`fileproc contract test`: a contract's own examples, held against the contract."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from fileproc import settings
from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.errors import ExitCode
from fileproc.quality.contracts.catalogue import contract_files
from fileproc.quality.contracts.lint_finding import UnreadableContract
from fileproc.quality.contracts.odcs import is_contract
from fileproc.quality.contracts.yaml_positions import load, read_bytes
from fileproc.quality.trial.case import Case, Outcome
from fileproc.quality.trial.trial import trial

#: Worst wins, in this order; a skipped example is only told.
CODES = {Outcome.ERROR: ExitCode.ERROR, Outcome.FAIL: ExitCode.FAIL, Outcome.PASS: ExitCode.PASS}


@click.command("test")
@click.argument("contracts", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CONTRACT…")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Tell examples that are as they should be, too.")
def command(contracts: tuple[Path, ...], format_: str, verbose: bool) -> int:
    """Run the examples of contract files, and of whole folders of them.

    The `examples:` of a property must be valid values of it. Files below NAME.examples/ beside NAME.odcs.yaml must get
    what their names say: good-… passes, warn-CODE-… warns and bad-CODE-… fails with a cause of that code.

    Exit codes: 0 all as they should be, 1 some example is not, 2 a contract cannot be read, 3 some example could not be
    checked, 4 there was no example.
    """
    told = _Told(verbose, as_lines=format_ == "text")
    for file in _files(contracts):
        told.tell(file)
    if format_ == "json":
        click.echo(json.dumps(told.to_document(), indent=2, ensure_ascii=False))
    else:
        click.echo(told.summary(), err=True)
    return told.exit_code


class _Told:
    """What came of the examples so far; in text each is printed as it comes."""

    def __init__(self, verbose: bool, *, as_lines: bool) -> None:
        self._verbose = verbose
        self._as_lines = as_lines
        self._counts: Counter[Outcome] = Counter()
        self._contracts: list[dict[str, Any]] = []
        self._unreadable = False

    def tell(self, file: Path) -> None:
        """Run the examples of one contract."""
        cases: list[Case] = []
        entry: dict[str, Any] = {"file": str(file)}
        try:
            for case in trial(file, SystemClock(), settings.contract_variables()):
                cases.append(case)
                self._tell_case(case)
        except UnreadableContract as error:
            self._unreadable = True
            click.echo(printable(error.finding), err=True)
            entry["problem"] = error.finding.to_document()
        self._contracts.append(entry | {"examples": [case.to_document() for case in cases]})

    def _tell_case(self, case: Case) -> None:
        self._counts[case.outcome] += 1
        if self._as_lines and (self._verbose or case.outcome is not Outcome.PASS):
            click.echo(printable(case))

    @property
    def exit_code(self) -> ExitCode:
        """The worst of everything."""
        if self._unreadable:
            return ExitCode.USAGE
        return next((code for outcome, code in CODES.items() if self._counts[outcome]), ExitCode.NOTHING)

    def to_document(self) -> dict[str, Any]:
        return {"counts": {one.value: self._counts[one] for one in Outcome}, "contracts": self._contracts}

    def summary(self) -> str:
        """One line that counts."""
        counted = ", ".join(f"{self._counts[one]} {one.value}" for one in Outcome if self._counts[one])
        number = len(self._contracts)
        return f"{number} contract{'' if number == 1 else 's'}: {counted or 'no examples'}"


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Every contract once. YAML that wants to be no contract is passed over in folders; a file that was named never."""
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(filter(_wants_to_be_one, contract_files(path)) if path.is_dir() else (path,)))
    yield from found


def _wants_to_be_one(file: Path) -> bool:
    try:
        return is_contract(load(read_bytes(file), str(file)))
    except UnreadableContract:
        return True  # it is told when its turn comes
