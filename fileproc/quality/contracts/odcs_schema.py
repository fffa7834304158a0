"""schema[] → SchemaObject: columns with their rules, and what of it this version cannot check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fileproc.quality.contracts.contract import Policies, Property, SchemaObject, Unsupported
from fileproc.quality.contracts.lint_finding import refused
from fileproc.quality.contracts.odcs_dialect import dialect_of, merge, policies_of, unsupported_words
from fileproc.quality.contracts.odcs_layout import layout_of
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_quality import TEXT_TYPES, rules_of
from fileproc.quality.contracts.odcs_relations import relationships_of, unclear_relationships

#: Deeper than this is no data.
DEEPEST = 20


def schema_of(place: Place, root: Place) -> SchemaObject:
    """One schema object; `root` is the contract, whose customProperties are the farthest. Raises UnreadableContract."""
    name = name_of(place)
    return SchemaObject(
        name=name,
        properties=tuple(_property(prop) for prop in place.children("properties")),
        quality=rules_of(place, prefix=name),
        dialect=merge(dialect_of(place), dialect_of(root)),
        policies=Policies(**(policies_of(root) | policies_of(place))),
        physical_name=place.text("physicalName"),
        blob=(place.text("logicalType") or "").lower() == "blob",
        relationships=relationships_of(place, prefix=name),
        unsupported=tuple(_unsupported(place, name)),
        mark=place.mark(),
    )


def name_of(place: Place) -> str:
    """The name, as it was written; numbers are names, too."""
    name = place.text("name")
    if not name:
        raise refused("FPC101", place.mark(), "`name` is missing", "add `name:`")
    return name


def _property(place: Place, *, called: str | None = None, prefix: str = "") -> Property:
    """One property and those inside of it; the items of an array are `called` so, they need no name."""
    name = called or name_of(place)
    if len(place.path) > 2 * DEEPEST:
        raise refused("FPC101", place.mark(), f"fields are nested more than {DEEPEST} deep", "describe fewer levels")
    full = f"{prefix}{name}"
    logical = place.text("logicalType")
    logical = None if logical is None else logical.lower()
    options = place.mapping("logicalTypeOptions")
    options.pop("enum", None)
    return Property(
        name=name,
        logical_type=logical,
        physical_type=place.text("physicalType"),
        physical_name=place.text("physicalName"),
        required=place.flag("required"),
        unique=place.flag("unique"),
        primary_key=place.flag("primaryKey"),
        primary_key_position=_position(place.get("primaryKeyPosition")),
        classification=place.text("classification"),
        options=modern_bounds(options),
        enum=_enum(place, logical),
        quality=rules_of(place, prefix=full, logical_type=logical),
        description=place.text("description"),
        properties=tuple(_property(child, prefix=f"{full}.") for child in place.children("properties")),
        items=_inner(place.child("items"), f"{full}[]"),
        map_key=_inner(_map_part(place, "key"), f"{full}.key"),
        map_value=_inner(_map_part(place, "value"), f"{full}.value"),
        relationships=relationships_of(place, prefix=full, own=name),
        layout=layout_of(place),
        mark=place.mark(),
    )


def _inner(place: Place | None, full: str) -> Property | None:
    """The shape of an element, a key or a value."""
    return None if place is None else _property(place, called=full)


def _map_part(place: Place, key: str) -> Place | None:
    block = place.child("map")
    return None if block is None else block.child(key)


def modern_bounds(options: dict[str, Any]) -> dict[str, Any]:
    """3.0 wrote `minimum: 0, exclusiveMinimum: true`; since 3.1 the exclusive bound is the value itself."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        flag = options.get(exclusive)
        if isinstance(flag, bool):
            del options[exclusive]
            if flag and inclusive in options:
                options[exclusive] = options.pop(inclusive)
    return options


def _enum(place: Place, logical: str | None) -> tuple[Any, ...]:
    """3.2 writes objects with a value; plain values, also below logicalTypeOptions, are what people wrote before."""
    for path in (("enum",), ("logicalTypeOptions", "enum")):
        holder = place if len(path) == 1 else place.child(path[0])
        entries = None if holder is None else holder.get("enum")
        if isinstance(entries, list):
            return tuple(_enum_value(place, (*path, index), entry, logical) for index, entry in enumerate(entries))
    return ()


def _enum_value(place: Place, path: tuple[str | int, ...], entry: Any, logical: str | None) -> Any:
    value, at = entry, (*place.path, *path)
    if isinstance(entry, dict):
        value, at = entry.get("value"), (*at, "value")
    if value is None or logical not in TEXT_TYPES:
        return value
    return place.document.text(at) or str(value)


def _position(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _unsupported(place: Place, name: str) -> Iterator[Unsupported]:
    yield from unsupported_words(place, name)
    yield from unclear_relationships(place, prefix=name)
    for prop in place.children("properties"):
        own = name_of(prop)
        yield from unclear_relationships(prop, prefix=own, own=own)
