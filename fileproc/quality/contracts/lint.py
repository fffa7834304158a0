"""Lint: everything that is wrong or doubtful in a contract, each with file, line and column, a code and the fix.

The reader is lenient, so that a contract of any age works; this is its strict twin. It never raises for what a contract
holds. The codes are in `lint_codes.py`; the standard's schema is `lint_standard.py`, the rest are rules of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from fileproc.quality.contracts.catalogue import conflicts, contract_files
from fileproc.quality.contracts.contract import Contract
from fileproc.quality.contracts.lint_finding import LintFinding, UnreadableContract, finding
from fileproc.quality.contracts.lint_layout import layouts
from fileproc.quality.contracts.lint_quality import rules
from fileproc.quality.contracts.lint_relations import relations
from fileproc.quality.contracts.lint_schema import schemas
from fileproc.quality.contracts.lint_servers import servers
from fileproc.quality.contracts.lint_split import watched
from fileproc.quality.contracts.lint_standard import standard
from fileproc.quality.contracts.odcs import api_version_of, digest_of, is_contract, read, root_of
from fileproc.quality.contracts.odcs_variables import NONE_ALLOWED, Variables, resolve, unresolved
from fileproc.quality.contracts.yaml_positions import Located, load, read_bytes

#: More findings than this help nobody; the last one says how many were left out. Looking ends at the second number.
MOST_FINDINGS = 200
MOST_LOOKED_AT = 2_000

__all__ = ["LintFinding", "lint", "lint_all", "lint_document"]


def lint(file: Path, variables: Variables = NONE_ALLOWED) -> list[LintFinding]:
    """All findings about one contract file, in the order of its lines. Never raises for what is in it."""
    try:
        data = read_bytes(file)
        return _findings(load(data, str(file)), digest_of(data), variables)[0]
    except UnreadableContract as error:
        return [error.finding]


def lint_document(document: Located) -> list[LintFinding]:
    """The same about a contract that is loaded already."""
    return _findings(document, "", NONE_ALLOWED)[0]


def lint_all(
    paths: Iterable[Path], split_to: str | None = None, variables: Variables = NONE_ALLOWED
) -> tuple[list[LintFinding], int]:
    """Findings about files and whole folders, those between contracts, too, and how many contracts were looked at.

    `split_to` is where parts of split files are written, which no location should hold.

    Files in a folder that want to be no data contract are passed over; a file that was named never is.
    """
    found: list[LintFinding] = []
    contracts: list[Contract] = []
    count = 0
    for file, named in _files(paths):
        try:
            data = read_bytes(file)
            document = load(data, str(file))
        except UnreadableContract as error:
            found.append(error.finding)
            count += 1
            continue
        if named or is_contract(document):
            findings, contract = _findings(document, digest_of(data), variables)
            found += findings
            contracts += [] if contract is None else [contract]
            count += 1
    return found + conflicts(contracts) + list(watched(contracts, split_to) if split_to else ()), count


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, and whether it was named itself."""
    seen: set[Path] = set()
    for path in paths:
        for file, named in [(one, False) for one in contract_files(path)] if path.is_dir() else [(path, True)]:
            if file not in seen:
                seen.add(file)
                yield file, named


def _findings(document: Located, digest: str, variables: Variables) -> tuple[list[LintFinding], Contract | None]:
    """Findings about one document, and the contract, if it can be read. What is unresolved hides nothing else."""
    missing, written = list(islice(unresolved(document, variables), MOST_LOOKED_AT)), document
    document = document if missing else resolve(document, variables)
    try:
        root = root_of(document)
    except UnreadableContract as error:
        return [error.finding], None
    passes = (
        missing, standard(root, api_version_of(root)), servers(root), schemas(root), rules(root),
        relations(root),
    )  # fmt: skip
    found = list(islice(chain.from_iterable(passes), MOST_LOOKED_AT))
    contract = None
    try:
        contract = read(written, digest=digest, variables=variables)
    except UnreadableContract as error:
        found.append(error.finding)
    return _tidy(found + ([*layouts(contract), *_not_checked(contract)] if contract else [])), contract


def _not_checked(contract: Contract) -> list[LintFinding]:
    """What reports will list as skipped, but for what was told already or is no matter of files by its nature."""
    everything = [*contract.unsupported, *(one for schema in contract.schemas for one in schema.unsupported)]
    fix = "it is listed as skipped in each report"
    return [
        finding("FPC501", one.mark, f"{one.what}: {one.reason}", fix)
        for one in everything
        if one.mark is not None and not one.expected
    ]


def _tidy(found: list[LintFinding]) -> list[LintFinding]:
    """Sorted by place, each place and code once; where our own rule speaks, the schema's general one is silent."""
    own = {one.mark for one in found if one.severity == "error" and not one.code.startswith("FPC1")}
    kept = {
        (one.mark, one.code): one
        for one in reversed(found)
        if not (one.code in ("FPC102", "FPC103", "FPC104", "FPC105", "FPC106") and one.mark in own)
    }
    ordered = sorted(kept.values(), key=lambda one: (one.mark.line, one.mark.column, one.code))
    if len(ordered) <= MOST_FINDINGS:
        return ordered
    errors_first = sorted(ordered, key=lambda one: one.severity != "error")[:MOST_FINDINGS]
    left = len(ordered) - MOST_FINDINGS
    last = errors_first[-1]
    more = finding(last.code, last.mark, f"{last.message}; {left} more findings are not shown", last.fix)
    return sorted([*errors_first[:-1], more], key=lambda one: (one.mark.line, one.mark.column, one.code))
