"""From a location that matched to the promise: which schema object, which dialect, and why, in a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fileproc.quality.contracts.contract import Contract, Match, NoMatch, SchemaObject, Server
from fileproc.quality.contracts.locations import Pattern, compile_location, holds_name
from fileproc.quality.contracts.odcs_dialect import merge
from fileproc.quality.contracts.odcs_words import FILE_SERVERS
from fileproc.quality.formats import by_name


@dataclass(frozen=True, slots=True)
class Binding:
    """One location of one contract, ready to match; `schema` is set where `{model}` names it."""

    contract: Contract
    server: Server
    pattern: Pattern
    schema: SchemaObject | None = None

    @property
    def candidate(self) -> tuple[str, str | None]:
        """What it would choose: several servers of one contract may say the same place."""
        return self.contract.file, self.schema.name if self.schema else None

    def __str__(self) -> str:
        return f"{self.contract.name} {self.contract.version} ({self.pattern.text})"


def bindings_of(contract: Contract) -> list[Binding]:
    """Every location of a contract; a server that is no file store has none."""
    return [binding for server in contract.servers if server.location for binding in _of_server(contract, server)]


def _of_server(contract: Contract, server: Server) -> Iterator[Binding]:
    location = server.location or ""
    models = [*contract.tables] if "{model}" in location else [None]
    for model in models:
        for base, path in _bases(location, contract.file):
            name = None if model is None else model.name
            pattern = compile_location(path, model=name, base=base)
            yield Binding(contract, server, replace(pattern, text=location), model)


def _bases(location: str, file: str) -> list[tuple[str, str]]:
    """(folder, rest) of a location. A relative path counts from here and from the folder of its contract."""
    if "://" in location:
        return [("", location.removeprefix("file://"))]
    if location.startswith("/"):
        return [("", location)]
    folders = dict.fromkeys(os.path.abspath(one) for one in (os.curdir, os.path.dirname(file)))  # noqa: PTH100, PTH120
    found = []
    for folder in folders:
        rest, parent = location, folder
        while rest.startswith(("./", "../")):
            parent = parent if rest.startswith("./") else os.path.dirname(parent)  # noqa: PTH120
            rest = rest[rest.index("/") + 1 :]
        found.append((parent.rstrip("/") + "/", rest))
    return found


def bind(binding: Binding, address: str, *, outdone: int) -> Match | NoMatch:
    """The promise of the location that won; `outdone` others matched as well."""
    contract = binding.contract
    least = "the most specific location of those that match" if outdone else "the only location that matches"
    why = f"{binding.pattern.text} (server {binding.server.name}) is {least}"
    if binding.schema is not None:
        return _match(contract, binding.schema, binding, address, f"{why}, and {{model}} is {binding.schema.name}")
    if len(contract.tables) == 1:
        return _match(contract, contract.tables[0], binding, address, why)
    named = schema_in_name(contract, address)
    if named is not None:
        return _match(contract, named, binding, address, f"{why}, and the file's name holds {_called(named, address)}")
    if not contract.tables:
        return NoMatch(f"{binding} has no schema object, so nothing is agreed")
    names = tuple(one.name for one in contract.tables)
    return NoMatch(f"{binding} has several schema objects, and the address does not say which", names)


def choose(contract: Contract, schema: str | None, address: str | None, matching: list[Binding]) -> Match | NoMatch:
    """The promise of a contract that somebody named, for a schema object that they named or that can be told."""
    names = [one.name for one in contract.tables]
    chosen = next((one for one in contract.tables if one.name == schema), None)
    if schema is None:
        matched = next((one.schema for one in matching if one.schema is not None), None)
        chosen = contract.tables[0] if len(names) == 1 else matched
        chosen = chosen or (schema_in_name(contract, address) if address else None)
    if chosen is None:
        if not names:
            return NoMatch("the contract has no schema object, so nothing is agreed")
        what = "the contract has several schema objects" if schema is None else f"no schema object {schema!r}"
        return NoMatch(f"{what}; choose one with --schema", tuple(names))
    fitting = [one for one in matching if one.schema in (None, chosen)]
    return _match(contract, chosen, fitting[0] if fitting else _likely(contract), address, f"{contract.file} was given")


def schema_in_name(contract: Contract, address: str) -> SchemaObject | None:
    """The schema object whose physicalName or name stands in the file's name as a word; the longest such name."""
    found = {len(name): one for one in contract.tables if (name := _called(one, address))}
    longest = max(found, default=0)
    equals = [one for one in contract.tables if len(_called(one, address)) == longest]
    return equals[0] if longest and len(equals) == 1 else None


def _called(schema: SchemaObject, address: str) -> str:
    """What of the schema object's names stands in the file's name, or an empty text."""
    file = address.rsplit("/", 1)[-1]
    names = [name for name in (schema.physical_name, schema.name) if name]
    found = [name for name in names if holds_name(file, name)]
    return max(found, key=len, default="")


def _likely(contract: Contract) -> Binding | None:
    """The first server that holds files, for a contract that was not found by an address."""
    server = next((one for one in contract.servers if one.type in FILE_SERVERS and one.location), None)
    return None if server is None else next(_of_server(contract, server), None)


def _match(contract: Contract, schema: SchemaObject, binding: Binding | None, address: str | None, why: str) -> Match:
    server = None if binding is None else binding.server
    dialect, policies, declared = schema.dialect, schema.policies, None
    if server is not None:
        dialect, declared = merge(server.dialect, schema.dialect), server.format
        policies = replace(policies, **server.policies)
    return Match(
        contract=contract,
        schema=schema,
        dialect=dialect,
        format=declared or (by_name(address)[0] if address else None),
        policies=policies,
        server=server,
        pattern=None if binding is None else binding.pattern.text,
        why=why,
    )
