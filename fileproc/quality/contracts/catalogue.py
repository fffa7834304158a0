"""The catalogue: which contract a file is held against, found from the file's address.

Every location of every contract is compiled once. Of those that match, the most specific wins: the longest literal
beginning, then the most literal characters, then the fewest wildcards. Two that are equally specific, or none, give no
contract, and the file is never passed. Broken contracts are listed in `problems`; the others still work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.quality.contracts.binding import Binding, bind, bindings_of, choose
from fileproc.quality.contracts.contract import Contract, Mark, Match, NoMatch
from fileproc.quality.contracts.lint_finding import LintFinding, UnreadableContract, finding
from fileproc.quality.contracts.locations import normal
from fileproc.quality.contracts.odcs import digest_of, is_contract, read, read_file
from fileproc.quality.contracts.odcs_variables import NONE_ALLOWED, Variables
from fileproc.quality.contracts.yaml_positions import load, read_bytes

SUFFIXES = (".yaml", ".yml")

#: Candidates that are named when nothing matched, and how much of an address they must share to be near it.
MOST_CANDIDATES = 5
NEAR = 8


@dataclass(slots=True)
class Catalogue:
    """All contracts of a folder."""

    contracts: list[Contract] = field(default_factory=list)
    problems: list[LintFinding] = field(default_factory=list)
    _bindings: list[Binding] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path, variables: Variables = NONE_ALLOWED) -> Catalogue:
        """Read every contract below a folder. Never raises for what is in it."""
        catalogue = cls()
        if not folder.is_dir():
            fix = "create it, or set FILEPROC_CONTRACTS to the folder of your contracts"
            catalogue.problems.append(finding("FPC001", Mark(str(folder), 1, 1), "there is no such folder", fix))
            return catalogue
        for file in contract_files(folder):
            try:
                catalogue._read(file, variables)
            except UnreadableContract as error:
                catalogue.problems.append(error.finding)
        catalogue.problems += conflicts(catalogue.contracts)
        return catalogue

    @classmethod
    def of(cls, contracts: Iterable[Contract]) -> Catalogue:
        """A catalogue of contracts that are at hand already."""
        catalogue = cls()
        for contract in contracts:
            catalogue._add(contract)
        return catalogue

    def _read(self, file: Path, variables: Variables) -> None:
        data = read_bytes(file)
        document = load(data, str(file))
        if is_contract(document):
            self._add(read(document, digest=digest_of(data), variables=variables))

    def _add(self, contract: Contract) -> None:
        """A copy of one that is there already is no second candidate."""
        copy = any(one.digest == contract.digest and one.id == contract.id for one in self.contracts)
        self.contracts.append(contract)
        if not copy:
            self._bindings += bindings_of(contract)

    def match(self, address: str) -> Match | NoMatch:
        """The promise for an address such as `s3://bucket/key`, or why there is none."""
        full = absolute(address)
        found = [one for one in self._bindings if one.pattern.matches(full)]
        if not found:
            return NoMatch(self._why_none(), tuple(self._nearest(full)))
        best = max(one.pattern.specificity for one in found)
        winners = list({one.candidate: one for one in reversed(found) if one.pattern.specificity == best}.values())
        if len(winners) > 1:
            named = tuple(str(one) for one in reversed(winners))
            return NoMatch(f"{len(winners)} contracts are equally specific, so none is chosen", named)
        return bind(winners[0], address, outdone=len({one.candidate for one in found}) - 1)

    @property
    def buckets(self) -> list[str]:
        """Buckets that the contracts' places name in full."""
        begun = (one.pattern.prefix for one in self._bindings)
        parts = (text.removeprefix("s3://").partition("/") for text in begun if text.startswith("s3://"))
        return sorted({bucket for bucket, slash, _ in parts if bucket and slash})

    def _why_none(self) -> str:
        broken = len({one.mark.file for one in self.problems if one.severity == "error"})
        also = f"; {broken} contract file{'s' if broken > 1 else ''} could not be used" if broken else ""
        if not self.contracts:
            return f"no contract is loaded{also}"
        return f"no contract's location matches{also}"

    def _nearest(self, address: str) -> list[str]:
        """Locations that begin as the address does, longest common beginning first."""
        shared = [(_common(one.pattern.prefix, address), one) for one in self._bindings]
        near = sorted((pair for pair in shared if pair[0] > NEAR), key=lambda pair: -pair[0])
        return list(dict.fromkeys(str(one) for _, one in near))[:MOST_CANDIDATES]

    @staticmethod
    def single(
        file: Path, schema: str | None = None, address: str | None = None, variables: Variables = NONE_ALLOWED
    ) -> Match | NoMatch:
        """The promise of one contract file, whatever its locations say.

        `address` (of the file that will be checked) helps to choose among several schema objects and servers.

        Raises:
            UnreadableContract: the contract cannot be read.
        """
        contract = read_file(file, variables)
        full = None if address is None else absolute(address)
        return choose(
            contract, schema, address, [one for one in bindings_of(contract) if full and one.pattern.matches(full)]
        )


def contract_files(folder: Path) -> Iterator[Path]:
    """Every YAML file below a folder, sorted. Hidden folders are left out: a ConfigMap keeps its copies there."""
    seen = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        folders[:] = [] if real in seen else sorted(one for one in folders if not one.startswith("."))
        if real in seen:
            continue
        seen.add(real)
        yield from (Path(root) / one for one in sorted(files) if one.endswith(SUFFIXES) and not one.startswith("."))


def conflicts(contracts: Iterable[Contract]) -> list[LintFinding]:
    """What is wrong between contracts: the same one twice, or two that claim one place."""
    found: list[LintFinding] = []
    by_id: dict[tuple[str, str], Contract] = {}
    by_place: dict[tuple[str, str | None], Contract] = {}
    for contract in contracts:
        first = by_id.setdefault((contract.id, contract.version), contract)
        if first is not contract:
            message = f"contract {contract.id} {contract.version} is in {first.file} already"
            found.append(finding("FPC010", Mark(contract.file, 1, 1), message, "remove one, or raise its version"))
            continue
        for binding in bindings_of(contract):
            place = (binding.pattern.regex.pattern, binding.schema.name if binding.schema else None)
            other = by_place.setdefault(place, contract)
            if other is not contract:
                mark = binding.server.mark or Mark(contract.file, 1, 1)
                message = f"{binding.pattern.text} is also a location of {other.name} {other.version} ({other.file})"
                found.append(finding("FPC011", mark, message, "keep one of them, or tell their locations apart"))
    return found


def absolute(address: str) -> str:
    """The address as patterns see it: local paths are absolute, schemes have one spelling."""
    if "://" not in address:
        return os.path.abspath(address)  # noqa: PTH100 - a text may end in what Path would drop
    if address.startswith("file://"):
        return address.removeprefix("file://")
    return normal(address)


def _common(one: str, other: str) -> int:
    """How many characters two texts share at their beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
