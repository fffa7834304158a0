"""The schema in an Avro file: is it one whose records can be read safely, and what is each field to the engine?

The file is hostile: a schema that leads back to itself, or values that take no bytes, would let a small file fill any
memory. Both are refused before anything is decoded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

#: Deeper is no data, and more columns are no table.
DEEPEST = 32
MOST_FIELDS = 10_000

PRIMITIVES = {
    "null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1,
}  # fmt: skip
NAMED = ("record", "error", "enum", "fixed")


class NotRead(Exception):
    """A schema that is no Avro schema (`broken`), or one that is not read here; the message says why."""

    def __init__(self, why: str, *, broken: bool = False) -> None:
        super().__init__(why)
        self.broken = broken


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its schema with all names resolved, without null."""

    name: str
    schema: dict[str, Any]
    is_any: bool = False  # a union of several types: each value says itself what it is


@dataclass(frozen=True, slots=True)
class Schema:
    """`plain` is for decoding: the same without logical types, whose values are turned into text here."""

    fields: tuple[Field, ...]
    plain: dict[str, Any]


def schema_of(text: bytes) -> Schema:
    """Raises NotRead."""
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        raise NotRead("the schema in the file is no JSON", broken=True) from None
    resolved = _Resolver().resolve(written, "", 0)
    if not isinstance(resolved, dict) or resolved["type"] != "record":
        raise NotRead("only records are rows, and the file's schema is none")
    if len(resolved["fields"]) > MOST_FIELDS:
        raise NotRead(f"the schema has more than {MOST_FIELDS:,} fields")
    if smallest(resolved) == 0:
        raise NotRead("its records take no bytes, so there is nothing to be read")
    fields = tuple(_field(one["name"], one["type"]) for one in resolved["fields"])
    return Schema(fields, _plain(resolved, set()))


class _Resolver:
    """Every name becomes what it stands for, so that no schema leads back to itself."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self._nodes = 0

    def resolve(self, written: Any, space: str, depth: int) -> Any:
        self._nodes += 1
        if depth > DEEPEST or self._nodes > 4 * MOST_FIELDS:
            raise NotRead(f"the schema is nested more than {DEEPEST} deep, or has far too many parts")
        if isinstance(written, list):
            return [self.resolve(one, space, depth + 1) for one in written]
        if isinstance(written, str):
            return self._named(written, space)
        if not isinstance(written, dict):
            raise NotRead("the schema in the file is no Avro schema", broken=True)
        kind = written.get("type")
        if isinstance(kind, dict | list) or (isinstance(kind, str) and kind not in KINDS):
            return self.resolve(kind, space, depth + 1)
        if not isinstance(kind, str):
            raise NotRead("a type in the schema does not say what it is", broken=True)
        return self._complex(written, kind, space, depth)

    def _named(self, name: str, space: str) -> Any:
        if name in PRIMITIVES:
            return {"type": name}
        full = name if "." in name or not space else f"{space}.{name}"
        found = self._known.get(full, self._known.get(name, MISSING))
        if found is MISSING:
            raise NotRead(f"the schema names a type {name[:80]!r} that it does not define", broken=True)
        if found is None:
            raise NotRead(f"the type {name[:80]!r} contains itself; such records are not read")
        return found

    def _complex(self, written: dict[str, Any], kind: str, space: str, depth: int) -> Any:
        full = self._begin(written, space) if kind in NAMED else ""
        space = full.rpartition(".")[0]
        found: dict[str, Any] = {"type": "record" if kind == "error" else kind}
        found |= {key: written[key] for key in ("logicalType", "precision", "scale") if key in written}
        try:
            if kind in ("record", "error"):
                found["name"] = full
                found["fields"] = [
                    {"name": str(one["name"]), "type": self.resolve(one["type"], space, depth + 1)}
                    for one in written["fields"]
                ]
            elif kind == "enum":
                found |= {"name": full, "symbols": [str(one) for one in written["symbols"]]}
            elif kind == "fixed":
                found |= {"name": full, "size": _size(written["size"])}
            elif kind in ("array", "map"):
                inner = "items" if kind == "array" else "values"
                found[inner] = self.resolve(written[inner], space, depth + 1)
                if kind == "array" and smallest(found[inner]) == 0:
                    raise NotRead("it has lists whose elements take no bytes; such lists are not read")
        except (KeyError, TypeError):
            raise NotRead(f"a type {kind} in the schema is not whole", broken=True) from None
        if full:
            self._known[full] = found
        return found

    def _begin(self, written: dict[str, Any], space: str) -> str:
        name, own = str(written.get("name") or "unnamed"), written.get("namespace", space)
        full = name if "." in name or not own else f"{own}.{name}"
        self._known[full] = None
        return full


MISSING = object()
KINDS = {*PRIMITIVES, *NAMED, "array", "map"}


def _size(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1 << 20:
        raise NotRead("a fixed type in the schema has no size that makes sense", broken=True)
    return value


def smallest(schema: Any) -> int:
    """The fewest bytes that a value takes."""
    if isinstance(schema, list):
        return 1
    kind = schema["type"]
    if kind == "record":
        return sum(smallest(one["type"]) for one in schema["fields"])
    return int(schema["size"]) if kind == "fixed" else PRIMITIVES.get(kind, 1)


def _field(name: str, schema: Any) -> Field:
    if not isinstance(schema, list):
        return Field(name, schema)
    kinds = [one for one in schema if not (isinstance(one, dict) and one["type"] == "null")]
    if len(kinds) == 1:
        return Field(name, kinds[0])
    return Field(name, {"type": "union", "of": kinds}, is_any=True)


def _plain(schema: Any, seen: set[str]) -> Any:
    """For the decoder: no logical types; a name is defined once and referred to afterwards."""
    if isinstance(schema, list):
        return [_plain(one, seen) for one in schema]
    kind = schema["type"]
    if kind in PRIMITIVES:
        return kind
    if kind in ("array", "map"):
        inner = "items" if kind == "array" else "values"
        return {"type": kind, inner: _plain(schema[inner], seen)}
    if schema["name"] in seen:
        return schema["name"]
    seen.add(schema["name"])
    plain = {key: value for key, value in schema.items() if key in ("type", "name", "symbols", "size")}
    if kind == "record":
        plain["fields"] = [{"name": one["name"], "type": _plain(one["type"], seen)} for one in schema["fields"]]
    return plain
