"""The catalogue: which contract a file is held against, found from the file's address.

A server's `location` is matched with the address: `*` and `?` stay within one part of the path, `**` crosses parts,
`{model}` stands for the name of a schema object, a trailing `/` means everything below. The most specific location
wins: the longest literal beginning, then the most literal characters. Two that are equally specific, or none, give no
contract, and the file is never passed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.errors import ContractError
from fileproc.quality.contract import Contract, Match, NoMatch, SchemaObject, Server
from fileproc.quality.odcs import is_contract, merge, read
from fileproc.quality.yaml_positions import load_file

SUFFIXES = ("*.yaml", "*.yml")
WILDCARDS = re.compile(r"\*\*/?|\*|\?|\{model\}")

#: Candidates that are named when nothing matched.
MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Location:
    """One location of one contract, ready to match; `model` is set when it names one schema object."""

    contract: Contract
    server: Server
    text: str
    pattern: re.Pattern[str]
    specificity: tuple[int, int, int]
    model: SchemaObject | None = None


@dataclass(slots=True)
class Catalogue:
    """All contracts of a folder. Files that cannot be read are in `problems`; the others still work."""

    contracts: list[Contract] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _locations: list[Location] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> Catalogue:
        """Read every contract below a folder. Never raises for what is in it."""
        catalogue = cls()
        if not folder.is_dir():
            catalogue.problems.append(f"{folder}: there is no such folder → set FILEPROC_CONTRACTS")
            return catalogue
        seen: dict[tuple[str, str], str] = {}
        for file in sorted({file for suffix in SUFFIXES for file in folder.rglob(suffix)}):
            try:
                catalogue._add(file, seen)
            except ContractError as error:
                catalogue.problems.append(str(error))
        return catalogue

    @classmethod
    def of(cls, contracts: Iterable[Contract]) -> Catalogue:
        """A catalogue of contracts that are at hand already."""
        catalogue = cls()
        for contract in contracts:
            catalogue.contracts.append(contract)
            catalogue._locations += _locations_of(contract)
        return catalogue

    def _add(self, file: Path, seen: dict[tuple[str, str], str]) -> None:
        document = load_file(file)
        if not is_contract(document):
            return
        contract = read(document, digest=_digest(file))
        key = (contract.id, contract.version)
        if key in seen:
            raise ContractError(f"{file}:1:1: {contract.id} {contract.version} is in {seen[key]} already")
        seen[key] = str(file)
        self.contracts.append(contract)
        self._locations += _locations_of(contract)

    def match(self, address: str) -> Match | NoMatch:
        """The promise for an address such as `s3://bucket/key`, or why there is none."""
        found = [location for location in self._locations if location.pattern.fullmatch(address)]
        if not found:
            return NoMatch("no contract's location matches", tuple(self._nearest(address)))
        best = max(location.specificity for location in found)
        winners = _distinct([location for location in found if location.specificity == best])
        if len(winners) > 1:
            named = tuple(f"{one.contract.name} {one.contract.version} ({one.text})" for one in winners)
            return NoMatch("two contracts are equally specific", named)
        return _bind(winners[0], address)

    def _nearest(self, address: str) -> list[str]:
        """Locations that begin as the address does, longest common beginning first."""
        near = sorted(self._locations, key=lambda one: -_common(one.text, address))
        texts = (
            f"{one.contract.name} {one.contract.version} ({one.text})" for one in near if _common(one.text, address) > 8
        )
        return list(dict.fromkeys(texts))[:MOST_CANDIDATES]

    @staticmethod
    def single(file: Path, schema: str | None = None) -> Match | NoMatch:
        """The promise of one contract file, whatever its locations say. Raises ContractError."""
        document = load_file(file)
        contract = read(document, digest=_digest(file))
        server = contract.servers[0] if contract.servers else None
        names = [one.name for one in contract.schemas]
        if schema is None and len(names) == 1:
            schema = names[0]
        if schema not in names:
            reason = "the contract has several schema objects" if schema is None else f"no schema object {schema!r}"
            return NoMatch(f"{reason}; choose one with --schema", tuple(names))
        chosen = contract.schemas[names.index(schema)]
        return _match(contract, chosen, server, None, f"{file} was given")


def _locations_of(contract: Contract) -> list[Location]:
    found = []
    for server in contract.servers:
        if not server.location:
            continue
        models = list(contract.schemas) if "{model}" in server.location else [None]
        for model in models:
            text = server.location if model is None else server.location.replace("{model}", model.name)
            found.append(Location(contract, server, text, compile_location(text), specificity(text), model))
    return found


def compile_location(text: str) -> re.Pattern[str]:
    """A location as a regular expression over whole addresses."""
    if text.endswith("/"):
        text += "**"
    parts, end = [], 0
    for wildcard in WILDCARDS.finditer(text):
        parts.append(re.escape(text[end : wildcard.start()]))
        parts.append({"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{model}": "[^/]+"}[wildcard[0]])
        end = wildcard.end()
    parts.append(re.escape(text[end:]))
    return re.compile("".join(parts), re.DOTALL)


def specificity(text: str) -> tuple[int, int, int]:
    """Longest literal beginning, then most literal characters, then fewest wildcards."""
    first = WILDCARDS.search(text)
    literal = len(text) if first is None else first.start()
    wildcards = WILDCARDS.findall(text)
    return literal, len(text) - sum(map(len, wildcards)), -len(wildcards)


def _bind(location: Location, address: str) -> Match | NoMatch:
    """The schema object that the file is one of."""
    contract, schemas = location.contract, location.contract.schemas
    why = f"{location.text} is the most specific location that matches"
    if location.model is not None:
        return _match(
            contract, location.model, location.server, location.text, f"{why}, and names {location.model.name}"
        )
    if len(schemas) == 1:
        return _match(contract, schemas[0], location.server, location.text, why)
    name = address.rsplit("/", 1)[-1]
    named = [one for one in schemas if (one.physical_name or one.name) in name]
    if len(named) == 1:
        return _match(contract, named[0], location.server, location.text, f"{why}; the file's name has {named[0].name}")
    reason = "the contract has no schema object" if not schemas else "the contract has several schema objects"
    return NoMatch(f"{reason}, and the address does not say which", tuple(one.name for one in schemas))


def _match(contract: Contract, schema: SchemaObject, server: Server | None, pattern: str | None, why: str) -> Match:
    dialect = schema.dialect if server is None else merge(server.dialect, schema.dialect)
    return Match(
        contract=contract,
        schema=schema,
        dialect=dialect,
        format=None if server is None else server.format,
        policies=schema.policies,
        server=server,
        pattern=pattern,
        why=why,
    )


def _distinct(locations: list[Location]) -> list[Location]:
    """Several servers of one contract may say the same place; that is one candidate."""
    return list({(one.contract.digest, one.model.name if one.model else None): one for one in locations}.values())


def _common(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
