"""Schema objects and properties: names, types, options, keys, enumerations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from fileproc.quality.contracts.lint_bounds import bounds
from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_servers import words
from fileproc.quality.contracts.lint_walk import is_inside, is_number, mappings, properties, scalar
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import LOGICAL_TYPES
from fileproc.quality.date_patterns import UnknownFormat
from fileproc.quality.logical_types import FORMATS, INTEGER_FORMATS, NUMBER_FORMATS, compile_type
from fileproc.quality.patterns import refusal
from fileproc.quality.suggest import TYPE_ALIASES, did_you_mean
from fileproc.quality.time_zones import check_zone

_NUMERIC = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format")
_TEMPORAL = ("format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")

#: Logical type → its options.
OPTIONS: dict[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "date": _TEMPORAL,
    "timestamp": (*_TEMPORAL, "timezone", "defaultTimezone"),
    "time": (*_TEMPORAL, "timezone", "defaultTimezone"),
    "boolean": (),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties", "required"),
    "map": (),
    "vector": ("dimensions", "elementType", "normalized", "distanceMetric", "embeddingModel", "embeddingModelVersion"),
}

#: Formats that values are held against.
KNOWN_FORMATS: dict[str, Iterable[str]] = {"string": FORMATS, "integer": INTEGER_FORMATS, "number": NUMBER_FORMATS}

#: Kinds of Python value that an enum of a type may hold.
ENUM_KINDS: dict[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "boolean": (bool,)}


def schemas(root: Place) -> Iterator[LintFinding]:
    """Findings about schema[], without those about quality rules."""
    there = list(mappings(root, "schema"))
    if not there:
        yield finding(
            "FPC311", root.mark("schema"), "the contract has no schema object", "add `schema:` with properties"
        )
    yield from _twice(there, "FPC302", "schema object")
    yield from words(root)
    for schema in there:
        yield from words(schema)
        yield from _columns(schema)
        for prop in properties(schema):
            yield from _property(prop)


def _columns(schema: Place) -> Iterator[LintFinding]:
    columns = list(mappings(schema, "properties"))
    if not columns and schema.get("logicalType") != "blob":
        message = f"the schema object {shown(scalar(schema, 'name') or '')} has no properties"
        yield finding("FPC311", schema.mark(), message, "list the columns that were agreed")
    yield from _twice(columns, "FPC301", "property")
    yield from _key_positions(columns)


def _twice(places: list[Place], code: str, what: str) -> Iterator[LintFinding]:
    """Names that stand twice; for properties the column that they name counts, too."""
    seen: dict[str, Place] = {}
    for place in places:
        name = scalar(place, "name")
        column = scalar(place, "physicalName") if code == "FPC301" else None
        for key, word in (("name", name), ("physicalName", column)):
            first = seen.setdefault(word, place) if word is not None else place
            if first is not place:
                line = first.mark().line
                yield finding(
                    code, place.mark(key), f"a {what} {shown(word)} is on line {line} already", "rename one of them"
                )


def _key_positions(columns: list[Place]) -> Iterator[LintFinding]:
    """The parts of a key are numbered from 1, each number once; one part alone needs none."""
    members = [prop for prop in columns if prop.get("primaryKey") is True]
    positions = [prop.get("primaryKeyPosition") for prop in members]
    if len(members) > 1 and sorted(map(str, positions)) != sorted(str(one) for one in range(1, len(members) + 1)):
        message = f"the primary key has {len(members)} parts, and their positions are not 1 to {len(members)}"
        yield finding("FPC310", members[0].mark("primaryKeyPosition"), message, "number them with primaryKeyPosition")
    for prop in columns:
        position = prop.get("primaryKeyPosition")
        if is_number(position) and position > 0 and prop.get("primaryKey") is not True:
            fix = "add primaryKey: true, or remove the position"
            yield finding("FPC310", prop.mark("primaryKeyPosition"), "primaryKeyPosition without primaryKey: true", fix)


def _property(prop: Place) -> Iterator[LintFinding]:
    written = scalar(prop, "logicalType")
    logical = None if written is None else written.lower()
    if logical is not None and logical not in LOGICAL_TYPES:
        mark = prop.document.value_mark((*prop.path, "logicalType"))
        fix = did_you_mean(logical, LOGICAL_TYPES, TYPE_ALIASES)
        yield finding("FPC303", mark, f"the logicalType {shown(written)} is not known", fix)
    options = prop.child("logicalTypeOptions")
    if options is not None:
        yield from _options(prop, options, logical)
        yield from bounds(options, logical)
        yield from _pattern(options)
        yield from _option_format(options, logical)
    yield from _enum(prop, options, logical)
    yield from _nested_keys(prop)


def _nested_keys(prop: Place) -> Iterator[LintFinding]:
    """Keys and references are of columns; `unique` also works for a field of an object, but not for elements."""
    nested = prop.path.count("properties") > 1 or is_inside(prop)
    asked = {"primaryKey": nested, "relationships": nested, "unique": is_inside(prop)}
    for key in (key for key, not_run in asked.items() if not_run and prop.get(key)):
        message = f"`{key}` is of columns, and not run on what is inside of one"
        yield finding("FPC501", prop.mark(key), message, "it is listed as skipped in each report")


def _options(prop: Place, options: Place, logical: str | None) -> Iterator[LintFinding]:
    if logical is None:
        fix = "add logicalType, such as string or number"
        yield finding("FPC304", prop.mark("logicalTypeOptions"), "logicalTypeOptions without a logicalType", fix)
    for key in options.item:
        if key == "enum":
            message, fix = "`enum` was never one of the logicalTypeOptions", "write it beside logicalType (since 3.2)"
            yield finding("FPC312", options.mark(key), message, fix)
        elif logical in OPTIONS and key not in OPTIONS[logical]:
            homes = [one for one, keys in OPTIONS.items() if key in keys]
            message = f"{shown(key)} is no option of {logical}"
            fix = f"it belongs to {', '.join(homes)}" if homes else did_you_mean(key, OPTIONS[logical])
            yield finding("FPC305", options.mark(key), message, fix)
        elif logical is None and not any(key in keys for keys in OPTIONS.values()):
            every = sorted({key for keys in OPTIONS.values() for key in keys})
            yield finding("FPC305", options.mark(key), f"{shown(key)} is no option", did_you_mean(key, every))


def _pattern(options: Place) -> Iterator[LintFinding]:
    pattern = options.get("pattern")
    if isinstance(pattern, str):
        yield from pattern_findings(options, ("pattern",), pattern)


def pattern_findings(place: Place, path: tuple[str, ...], pattern: str) -> Iterator[LintFinding]:
    """Whether the engine can run a pattern in linear time."""
    wrong = refusal(pattern)
    if wrong is not None:
        mark = place.document.value_mark((*place.path, *path))
        yield finding("FPC307", mark, f"the pattern {shown(pattern)} cannot be run: {shown(wrong[0])[1:-1]}", wrong[1])


def _option_format(options: Place, logical: str | None) -> Iterator[LintFinding]:
    """Formats that are hints only, date patterns that cannot be compiled, and zones that nobody knows."""
    written = scalar(options, "format")
    known = KNOWN_FORMATS.get(logical or "string")
    mark = options.document.value_mark((*options.path, "format"))
    if written is not None and known is not None and written.lower() not in known:
        message = f"the format {shown(written)} is a hint; no value is held against it"
        yield finding("FPC314", mark, message, f"checked are {', '.join(known)}")
    if logical not in ("timestamp", "time", "date"):
        return
    try:
        check_zone(scalar(options, "defaultTimezone") or "UTC")
    except UnknownFormat as error:
        mark = options.document.value_mark((*options.path, "defaultTimezone"))
        yield finding("FPC315", mark, shown(str(error))[1:-1], "write UTC, or a name of the IANA list")
        return
    try:
        compile_type(logical, "x", {"format": written, "timezone": options.get("timezone")})
    except UnknownFormat as error:
        fix = "use letters such as yyyy MM dd HH mm ss, and XXX at the end for an offset"
        yield finding("FPC314", mark, shown(str(error))[1:-1], fix)


def _enum(prop: Place, options: Place | None, logical: str | None) -> Iterator[LintFinding]:
    """3.2 writes entries as mappings with a value."""
    holder = prop if "enum" in prop.item else options
    entries = None if holder is None else holder.get("enum")
    if holder is None or entries is None:
        return
    at = (*holder.path, "enum")
    if not isinstance(entries, list) or not entries:
        yield finding("FPC313", holder.mark("enum"), "`enum` lists no value", "list the allowed values, or remove it")
        return
    if holder is prop and not all(isinstance(entry, dict) for entry in entries):
        yield finding("FPC312", holder.mark("enum"), "entries of `enum` are mappings", "write `- value: EUR` for each")
    values = [entry.get("value") if isinstance(entry, dict) else entry for entry in entries]
    twice = [value for value, count in Counter(map(repr, values)).items() if count > 1]
    if twice:
        yield finding("FPC313", holder.mark("enum"), f"`enum` repeats {shown(twice[0])}", "list each value once")
    for index, value in enumerate(values):
        if not _fits(value, logical):
            mark = holder.document.value_mark((*at, index))
            yield finding(
                "FPC313", mark, f"{shown(value)} in `enum` is not of type {logical}", "write a value of the type"
            )


def _fits(value: Any, logical: str | None) -> bool:
    kinds = ENUM_KINDS.get(logical or "")
    if kinds is None or value is None:
        return True
    return isinstance(value, kinds) and (isinstance(value, bool) == (logical == "boolean"))
