"""schema[] → SchemaObject: columns with their rules, and what of it this version cannot check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fileproc.quality.contracts.contract import Policies, Property, SchemaObject, Unsupported
from fileproc.quality.contracts.lint_finding import refused
from fileproc.quality.contracts.odcs_dialect import dialect_of, merge, policies_of, unsupported_words
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_quality import TEXT_TYPES, metric_of, rules_of, type_of

#: Keys below which a property has properties of its own.
NESTED_LISTS = ("properties",)
NESTED_MAPPINGS = ("items", "map", "key", "value")


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
        unsupported=tuple(_unsupported(place, name)),
        mark=place.mark(),
    )


def name_of(place: Place) -> str:
    """The name, as it was written; numbers are names, too."""
    name = place.text("name")
    if not name:
        raise refused("FPC101", place.mark(), "`name` is missing", "add `name:`")
    return name


def _property(place: Place) -> Property:
    name = name_of(place)
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
        quality=rules_of(place, prefix=name, logical_type=logical),
        description=place.text("description"),
        mark=place.mark(),
    )


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
    if place.get("logicalType") == "blob":
        yield Unsupported(f"{name}.blob", "object checks", "object checks are not run yet", place.mark("logicalType"))
    yield from _relationships(place, name)
    for prop in place.children("properties"):
        prefix = name_of(prop)
        yield from _relationships(prop, prefix)
        yield from _nested(prop, prefix)


def _relationships(place: Place, prefix: str) -> Iterator[Unsupported]:
    for number, entry in enumerate(place.children("relationships"), 1):
        reason = "references to other columns and files are not checked yet"
        yield Unsupported(f"{prefix}.relationship{number}", "relationship", reason, entry.mark())


def _nested(place: Place, prefix: str) -> Iterator[Unsupported]:
    """Fields inside of a column: each with its own line in the report, and each of its rules."""
    inner = [(child.text("name") or "field", child) for key in NESTED_LISTS for child in place.children(key)]
    inner += [(key, child) for key in NESTED_MAPPINGS if (child := place.child(key)) is not None]
    for name, child in inner:
        full = f"{prefix}.{name}"
        yield Unsupported(full, f"nested field {full}", "nested fields are not checked yet", child.mark())
        for number, rule in enumerate(child.children("quality"), 1):
            what = metric_of(rule) or type_of(rule)
            rule_id = rule.text("id") or rule.text("name") or f"{full}.rule{number}"
            yield Unsupported(rule_id, f"{what} of {full}", "rules of nested fields are not run yet", rule.mark())
        yield from _relationships(child, full)
        yield from _nested(child, full)
