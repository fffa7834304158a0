"""The letter: what file, where, how it is written, which columns, which rules, and what is not checked and why.

Nothing is worded here a second time. The checks of a contract are planned as for a file that has every agreed column,
and what each of them calls `agreed` is the sentence; what the plan would skip is what is not checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from fileproc.domain.reports import Severity
from fileproc.quality.contracts.contract import Contract, Dialect, Policies, Property, SchemaObject, Server
from fileproc.quality.letter.sentences import Sentence, sentences_of

#: What a broken rule does, by its severity.
WEIGHTS = {
    Severity.FAIL: "the file fails",
    Severity.WARN: "the file gets a warning",
    Severity.INFO: "it is reported only",
}


@dataclass(frozen=True, slots=True)
class ColumnLetter:
    """One column, or one field inside of one; `name` is what stands in the file."""

    name: str
    type: str
    required: bool
    description: str | None
    masked: bool
    rules: tuple[Sentence, ...]
    place: str | None = None  # in a line of fixed width


@dataclass(frozen=True, slots=True)
class SchemaLetter:
    """One kind of file. `rules` are about the whole of it."""

    name: str
    about_object: bool
    key: tuple[str, ...]
    columns: tuple[ColumnLetter, ...]
    rules: tuple[Sentence, ...]
    policies: tuple[str, ...]
    not_checked: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where files lie, and how they are written there."""

    name: str
    location: str
    format: str | None
    dialect: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole contract in words."""

    name: str
    id: str
    version: str
    status: str | None
    file: str
    places: tuple[Place, ...]
    schemas: tuple[SchemaLetter, ...]

    def to_document(self) -> dict[str, Any]:
        """JSON values for `--format json`."""
        return asdict(self)


def letter_of(contract: Contract) -> Letter:
    """The contract in words. Pure but for an empty database that says which patterns and queries can be run."""
    return Letter(
        contract.name,
        contract.id,
        contract.version,
        contract.status,
        contract.file,
        tuple(_place(server) for server in contract.servers),
        tuple(_schema(contract, schema) for schema in contract.schemas),
    )


def _place(server: Server) -> Place:
    return Place(
        server.name, server.location or f"a {server.type} server", server.format, dialect_words(server.dialect)
    )


def _schema(contract: Contract, schema: SchemaObject) -> SchemaLetter:
    told = sentences_of(contract, schema)
    rows = [row for prop in schema.properties for row in _rows(prop, prop.column)]
    names = {name for name, _ in rows}
    by_column: dict[str, list[Sentence]] = {}
    whole: list[Sentence] = []
    for one in told.rules:
        owner = _owner(one.column, names)
        (whole if owner is None else by_column.setdefault(owner, [])).append(one)
    key = sorted((prop for prop in schema.properties if prop.primary_key), key=_key_position)
    return SchemaLetter(
        name=schema.name,
        about_object=schema.blob,
        key=tuple(prop.column for prop in key),
        columns=tuple(_column(name, prop, by_column.get(name, [])) for name, prop in rows),
        rules=tuple(whole),
        policies=tuple(_policies(told.policies)),
        not_checked=told.not_checked,
    )


def _key_position(prop: Property) -> int:
    return prop.primary_key_position if prop.primary_key_position > 0 else 1 << 30


def _rows(prop: Property, name: str) -> Iterator[tuple[str, Property]]:
    """A column and everything inside of it, with the names that checks use."""
    yield name, prop
    for child in prop.properties:
        yield from _rows(child, f"{name}.{child.column}")
    for part, sign in ((prop.items, "[]"), (prop.map_key, ".key"), (prop.map_value, ".value")):
        if part is not None:
            yield from _rows(part, f"{name}{sign}")


def _owner(column: str | None, names: set[str]) -> str | None:
    """The row that a sentence belongs to: the longest name that its place begins with."""
    fitting = [name for name in names if column == name or (column or "").startswith((f"{name}.", f"{name}["))]
    return max(fitting, key=len, default=None)


def _column(name: str, prop: Property, rules: list[Sentence]) -> ColumnLetter:
    return ColumnLetter(
        name,
        prop.logical_type or "any",
        prop.required or prop.primary_key,
        prop.description,
        prop.masked,
        tuple(rules),
        _place_in_line(prop),
    )


def _place_in_line(prop: Property) -> str | None:
    layout = prop.layout
    if layout is None:
        return None
    places = f"{layout.width} place{'' if layout.width == 1 else 's'} wide"
    return places if layout.start is None else f"{places} from place {layout.start}"


def dialect_words(dialect: Dialect) -> tuple[str, ...]:
    """How a text file is written, as far as it was agreed."""
    words = {
        "delimiter": "cells are separated by {}",
        "quote_char": "cells are quoted with {}",
        "escape_char": "the escape character is {}",
        "comment_char": "lines that begin with {} are comments",
        "line_terminator": "lines end with {}",
        "encoding": "the encoding is {}",
        "compression": "the compression is {}",
        "decimal_char": "the decimal sign is {}",
        "line_length": "lines have {} places",
        "width_unit": "places are counted in {}",
        "footer_rows": "the last {} lines are no rows",
        "sheet": "the rows are in the sheet {}",
    }
    flags = {
        "header": ("the first line names the columns", "there is no header line"),
        "double_quote": ("a quote in a cell is doubled", "a quote in a cell is not doubled"),
        "skip_initial_space": ("blanks after a separator do not count", "blanks after a separator count"),
    }
    found = []
    for one in fields(dialect):
        value = getattr(dialect, one.name)
        if value is None or value == ():
            continue
        if one.name in flags:
            found.append(flags[one.name][0 if value else 1])
        elif one.name == "null_sequence":
            found.append(f"{', '.join(map(repr, value))} {'means' if len(value) == 1 else 'mean'} an empty cell")
        else:
            plain = one.name in ("encoding", "compression", "width_unit")
            found.append(words.get(one.name, f"{one.name} is {{}}").format(value if plain else repr(value)))
    return tuple(found)


def _policies(policies: Policies) -> Iterator[str]:
    """What becomes of what nobody agreed on."""
    does = {"allow": "are allowed", "warn": "give a warning", "fail": "fail the file"}
    yield f"other columns {does.get(policies.extra_columns, policies.extra_columns)}"
    yield f"missing columns that are not required {does.get(policies.missing_columns, policies.missing_columns)}"
    many = policies.malformed_rows
    yield "any malformed row fails the file" if many == 0 else f"more than {many:,} malformed rows fail the file"
    if policies.on_fail == "split":
        yield "good and bad rows of a failed file are written apart"
