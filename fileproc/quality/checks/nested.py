"""Rules inside of a cell: objects, arrays, maps and vectors, however deep, as expressions over its JSON.

An element of a list has no column of its own, so a rule about elements is a rule about the cell: it is bad when one of
its elements is, and the first bad one is what people are shown. `json` always is JSON of the right kind, or NULL: no
function here ever meets a text that it would refuse with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from fileproc.quality import sql
from fileproc.quality.checks.values import Rule, Spot, Unrun, value_rules
from fileproc.quality.checks.words import is_count, listed
from fileproc.quality.contracts.contract import Property
from fileproc.quality.date_patterns import UnknownFormat
from fileproc.quality.logical_types import CONTAINERS, compile_type
from fileproc.quality.reading.source import typed_json

AGREED = {
    "object": "an object such as {\"a\": 1}",
    "map": "an object of keys and values",
    "array": "a list such as [1, 2]",
    "vector": "a list of numbers",
}  # fmt: skip

#: How far from 1 the length of a normalised vector may be.
NORM_TOLERANCE = 1e-3

Accepts = Callable[[str], bool]


def container_rules(prop: Property, json: str, accepts: Accepts, depth: int = 0) -> Iterator[Rule | Unrun]:
    """What is agreed on the inside of an object, array, map or vector; fields of objects are not told here."""
    kind = prop.logical_type
    if kind == "array":
        yield from _array(prop, json, accepts, depth)
    elif kind == "vector":
        yield from _vector(prop, json)
    elif kind == "map":
        yield from _map(prop, json, accepts, depth)
    elif kind == "object":
        yield from _object(prop, json)
    known = OPTIONS.get(str(kind), {})
    for key, option in prop.options.items():
        if key not in known or not known[key](option):
            yield Unrun(key, f"{key}: {option!r} cannot be checked on {kind} values")
    if prop.enum:
        yield Unrun("enum", f"{kind} values are not compared with a list")


def _is_flag(option: Any) -> bool:
    return isinstance(option, bool)


def _is_names(option: Any) -> bool:
    return isinstance(option, list) and all(isinstance(one, str | int) for one in option)


def _is_element(option: Any) -> bool:
    return str(option).lower() in ELEMENTS


def _is_hint(_option: Any) -> bool:
    """For people and other tools; no value is held against it."""
    return True


#: Element type of a vector → whether its numbers are whole, and the range of them.
ELEMENTS: dict[str, tuple[bool, float, float]] = {
    "int8": (True, -128, 127),
    "uint8": (True, 0, 255),
    "binary": (True, 0, 1),
    "float16": (False, -65504.0, 65504.0),
    "bfloat16": (False, -3.3895313892515355e38, 3.3895313892515355e38),
    "float32": (False, -3.4028234663852886e38, 3.4028234663852886e38),
    "float64": (False, -1.7976931348623157e308, 1.7976931348623157e308),
}

#: Logical type → its options, and whether a value of the option means anything.
OPTIONS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "array": {"minItems": is_count, "maxItems": is_count, "uniqueItems": _is_flag},
    "object": {"minProperties": is_count, "maxProperties": is_count, "required": _is_names},
    "vector": {
        "dimensions": is_count, "elementType": _is_element, "normalized": _is_flag, "distanceMetric": _is_hint,
        "embeddingModel": _is_hint, "embeddingModelVersion": _is_hint,
    },
    "map": {},
}  # fmt: skip


def unknown_keys(prop: Property, json: str) -> str:
    """True for an object with keys that nobody agreed on."""
    return f"len({_unknown(prop, json)}) > 0"


def shown_unknown_key(prop: Property, json: str) -> str:
    """The first such key."""
    return f"{_unknown(prop, json)}[1]"


def _unknown(prop: Property, json: str) -> str:
    names = sql.texts(child.column for child in prop.properties)
    return f"list_filter(json_keys({json}), lambda k: k NOT IN ({names}))"


def _object(prop: Property, json: str) -> Iterator[Rule | Unrun]:
    count = f"len(json_keys({json}))"
    yield from _count(prop, "minProperties", "maxProperties", count, "keys")
    required = prop.options.get("required")
    if isinstance(required, list) and required:
        names = [str(name) for name in required]
        missing = " OR ".join(f"coalesce(json_type({json}, {_pointer(name)}), 'NULL') = 'NULL'" for name in names)
        yield Rule("required", f"{json} IS NOT NULL AND ({missing})", f"values for {listed(names)}", inside=".*")


def _array(prop: Property, json: str, accepts: Accepts, depth: int) -> Iterator[Rule | Unrun]:
    yield from _count(prop, "minItems", "maxItems", f"json_array_length({json})", "elements")
    elements = f"CAST({json} AS JSON[])"
    if prop.options.get("uniqueItems") is True:
        texts = f"list_transform({elements}, lambda u: CAST(u AS VARCHAR))"
        bad = f"len({texts}) > len(list_distinct({texts})) + if(list_contains({texts}, 'null'), 1, 0)"
        yield Rule("uniqueItems", bad, "every element once")
    if prop.items is not None:
        yield from _any(elements, prop.items, "[]", accepts, depth)


def _map(prop: Property, json: str, accepts: Accepts, depth: int) -> Iterator[Rule | Unrun]:
    if prop.map_key is not None:
        keys = f"list_transform(json_keys({json}), lambda k: to_json(k))"
        yield from _any(keys, prop.map_key, ".key", accepts, depth, lexical=True)
    if prop.map_value is not None:
        yield from _any(f"json_extract({json}, '$.*')", prop.map_value, ".value", accepts, depth)


def _vector(prop: Property, json: str) -> Iterator[Rule | Unrun]:
    dimensions = prop.options.get("dimensions")
    if is_count(dimensions):
        yield Rule("dimensions", f"json_array_length({json}) <> {dimensions}", f"{dimensions} numbers")
    kinds = "'BIGINT', 'UBIGINT', 'HUGEINT'"
    element = str(prop.options.get("elementType") or "float32").lower()
    whole, low, high = ELEMENTS.get(element, ELEMENTS["float32"])
    allowed = kinds if whole else f"{kinds}, 'DOUBLE'"
    outside = f"TRY_CAST(CAST(e AS VARCHAR) AS DOUBLE) NOT BETWEEN {low!r}::DOUBLE AND {high!r}::DOUBLE"
    wrong = f"list_filter(CAST({json} AS JSON[]), lambda e: json_type(e) NOT IN ({allowed}) OR {outside})"
    yield Rule(
        "elementType",
        f"len({wrong}) > 0",
        f"{'whole numbers' if whole else 'numbers'} of type {element} only",
        inside="[]",
        shown=f"CAST({wrong}[1] AS VARCHAR)",
    )
    if prop.options.get("normalized") is True:
        numbers = f"TRY_CAST({json} AS DOUBLE[])"
        length = f"sqrt(list_sum(list_transform({numbers}, lambda x: x * x)))"
        bad = f"len({wrong}) = 0 AND abs({length} - 1) > {NORM_TOLERANCE}"
        yield Rule("normalized", bad, "a vector of length 1")


def _count(prop: Property, low: str, high: str, count: str, noun: str) -> Iterator[Rule]:
    least, most = prop.options.get(low), prop.options.get(high)
    if is_count(least):
        yield Rule(low, f"{count} < {least}", f"at least {least} {noun}")
    if is_count(most):
        yield Rule(high, f"{count} > {most}", f"at most {most} {noun}")


def _any(
    elements: str, prop: Property, inside: str, accepts: Accepts, depth: int, *, lexical: bool = False
) -> Iterator[Rule | Unrun]:
    """Rules about one element, as rules about the list: bad when any of them is.

    `lexical` values are judged by their text: JSON has no other keys.
    """
    one = f"e{depth}"
    for rule in _element_rules(prop, one, accepts, depth + 1, lexical=lexical):
        if isinstance(rule, Unrun):
            yield replace(rule, inside=inside + rule.inside)
            continue
        wrong = f"list_filter({elements}, lambda {one}: coalesce({rule.bad}, false))"
        first = f"list_transform({wrong}, lambda {one}: {rule.shown or _text(one)})[1]"
        yield replace(rule, bad=f"len({wrong}) > 0", inside=inside + rule.inside, shown=first)


def _element_rules(
    prop: Property, json: str, accepts: Accepts, depth: int, *, lexical: bool = False
) -> Iterator[Rule | Unrun]:
    """Everything that is agreed on one JSON value, which may be a JSON null."""
    cell, kind = _text(json), f"json_type({json})"
    logical = prop.logical_type or "string"
    yield from _not_of_elements(prop)
    if prop.required:
        yield Rule("required", f"{cell} IS NULL", "a value in every element")
    if logical in CONTAINERS:
        wanted = CONTAINERS[logical]
        yield Rule("logicalType", f"{cell} IS NOT NULL AND {kind} <> '{wanted}'", AGREED[logical])
        opened = f"CASE WHEN {kind} = '{wanted}' THEN {json} END"
        yield from container_rules(prop, opened, accepts, depth)
        yield from _fields(prop, opened, accepts, depth)
        return
    try:
        plain = compile_type(logical, cell, prop.options)
        typed = plain if lexical else typed_json(cell, kind, logical, plain)
    except UnknownFormat as error:
        yield Unrun("logicalType", str(error))
        return
    if typed is None:
        yield Unrun("logicalType", f"{logical} values are not known")
        return
    if prop.logical_type is not None:
        bad = typed.bad or ("FALSE" if typed.is_text else f"{cell} IS NOT NULL AND ({typed.value}) IS NULL")
        yield Rule("logicalType", bad, typed.agreed, kind=typed.kind)
    yield from value_rules(prop, Spot(cell, typed.value, typed), accepts)


def _not_of_elements(prop: Property) -> Iterator[Unrun]:
    """What is asked of whole columns cannot be asked of what is inside of lists and maps."""
    for rule in prop.quality:
        yield Unrun(
            str(rule.metric or rule.type), "a rule on what is inside of a list is not run; put it on the column"
        )
    asked = {"unique": prop.unique, "primaryKey": prop.primary_key, "relationship": bool(prop.relationships)}
    for key in (key for key, there in asked.items() if there):
        yield Unrun(key, "what is inside of a list has no key of its own; uniqueItems looks at one list")


def _fields(prop: Property, json: str, accepts: Accepts, depth: int) -> Iterator[Rule | Unrun]:
    """Fields of an object that is an element itself; a missing object has no missing fields."""
    for child in prop.properties:
        value = f"json_extract({json}, {_pointer(child.column)})"
        for rule in _element_rules(child, value, accepts, depth):
            inside = f".{child.name}{rule.inside}"
            if isinstance(rule, Unrun):
                yield replace(rule, inside=inside)
                continue
            bad = f"{json} IS NOT NULL AND ({rule.bad})" if rule.type == "required" else rule.bad
            yield replace(rule, bad=bad, inside=inside, shown=rule.shown or _text(value))


def _text(json: str) -> str:
    return f"json_extract_string({json}, '$')"


def _pointer(key: Any) -> str:
    return sql.text("/" + str(key).replace("~", "~0").replace("/", "~1"))
