"""From good files to a draft: look, measure, look for keys, write, and hold the draft against every file.

Each step opens one file at a time and streams it, so memory follows neither their size nor their number. What is
claimed was counted to the last row with the expressions that checks use; the last step proves it with the check itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fileproc.clock import Clock
from fileproc.domain.reports import FileInfo, Report
from fileproc.errors import ExitCode, FileprocError
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.contracts.lint import LintFinding, lint
from fileproc.quality.infer.choose import decimal_sign
from fileproc.quality.infer.draft import Draft, Names, draft
from fileproc.quality.infer.evidence import gathered
from fileproc.quality.infer.identity import roles_of
from fileproc.quality.infer.keys import Key, holding, likely_keys, likely_pairs
from fileproc.quality.infer.measure import measure
from fileproc.quality.infer.opening import MEMORY_MB, opened
from fileproc.quality.infer.survey import survey


class NothingToInfer(FileprocError):
    """Files without any column."""

    exit_code = ExitCode.NOTHING


def infer(paths: Sequence[Path], names: Names, dialect: Dialect, *, strict: bool = False) -> Draft:
    """Draft a contract that each of the files keeps.

    Raises:
        NotGood: a file cannot be read to its end without a fault.
        UsageError: the files are written in different ways.
        NothingToInfer: there is no column in any of them.
    """
    found = survey(paths, dialect)
    columns = gathered(found.looks)
    if not columns:
        raise NothingToInfer("there is no column in these files", fix="infer from files with data")
    for path in paths:
        with opened(path, found.dialect) as file:
            measure(file.source, file.name, columns)
    decimal = found.dialect.decimal_char or decimal_sign(columns)
    unique = _holding(paths, found.dialect, likely_keys(columns))
    pairs = [] if unique else _holding(paths, found.dialect, likely_pairs(columns))
    roles = roles_of(columns, unique, pairs, decimal)
    return draft(found, columns, roles, names, decimal, strict=strict)


def _holding(paths: Sequence[Path], dialect: Dialect, keys: list[Key]) -> list[Key]:
    """Keys that hold in every file; the first that breaks one is the last that is asked about it."""
    for path in paths:
        if not keys:
            break
        with opened(path, dialect) as file:
            keys = holding(file.source, keys)
    return keys


@dataclass(frozen=True, slots=True)
class Proof:
    """The draft held against the lint and against every file it came from."""

    findings: list[LintFinding]
    reports: list[Report]


def prove(text: str, paths: Sequence[Path], clock: Clock) -> Proof:
    """Lint the draft and check every file with it."""
    with tempfile.TemporaryDirectory(prefix="draft-") as name:
        file = Path(name) / "draft.odcs.yaml"
        file.write_text(text, encoding="utf-8")
        findings = lint(file)
        reports = (
            [] if any(one.severity == "error" for one in findings) else [*_reports(file, paths, Path(name), clock)]
        )
    return Proof(findings, reports)


def _reports(file: Path, paths: Sequence[Path], folder: Path, clock: Clock) -> Iterator[Report]:
    limits = Limits(samples=1, memory_mb=MEMORY_MB, temp_folder=folder)
    for path in paths:
        match = Catalogue.single(file, None, str(path))
        info = FileInfo(path=str(path), size=path.stat().st_size)
        yield check_file(path, match, file=info, report_id="draft", limits=limits, clock=clock)
