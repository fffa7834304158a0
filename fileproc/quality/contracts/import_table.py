"""Frictionless Table Schema → a schema object.

A Table Schema's pattern must match the whole text, so it is anchored; `missingValues` are our `nullSequence`. Where the
source takes more kinds of writing than a strict logical type does, the column stays a string rather than fail files
that were good, and the type is told as lost.
"""

from __future__ import annotations

from typing import Any

from fileproc.quality.contracts.import_options import enum_rule, jdk_of, only, options_of
from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.yaml_writer import Noted

#: Field type → logical type; None is any value. What is not here has a function below.
TYPES: dict[str, str | None] = {
    "string": "string", "integer": "integer", "number": "number", "boolean": "boolean", "date": "date",
    "time": "time", "datetime": "timestamp", "year": "integer", "object": "object", "array": "array",
    "geojson": "object", "any": None, "yearmonth": "string", "duration": "string", "geopoint": "string",
    "list": "string",
}  # fmt: skip

#: What a type of the source demands of a text that ours does not.
LOOSER = {
    "duration": "durations are kept as strings",
    "geopoint": "points are kept as strings",
    "list": "lists inside of a cell are kept as strings",
    "geojson": "kept as an object; that it is GeoJSON is not checked",
}

YEAR_MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$"

STRING_FORMATS = {"email": "email", "uri": "uri", "uuid": "uuid", "binary": "byte"}

#: fieldsMatch → (extraColumns, missingColumns).
FIELDS_MATCH = {
    "exact": ("fail", "fail"), "equal": ("fail", "fail"), "subset": ("allow", "fail"), "superset": ("fail", "allow"),
    "partial": ("allow", "allow"),
}  # fmt: skip

#: The booleans that a Table Schema takes where it does not say.
DEFAULT_BOOLEANS = (["true", "True", "TRUE", "1"], ["false", "False", "FALSE", "0"])


def is_table_schema(value: dict[str, Any]) -> bool:
    return isinstance(value.get("fields"), list)


def table_of(part: Part, name: str, decimal_char: str | None = None) -> dict[str, Any]:
    """The schema object for a table schema; custom properties hold what ODCS has no word for."""
    part.take("$schema", "profile")
    part.take("profile")
    table: dict[str, Any] = {"name": name}
    for key, word in (("title", "businessName"), ("description", "description")):
        text = part.text(key)
        if text:
            table[word] = text
    fields = part.parts("fields")
    words = _null_words(part) | _match_words(part)
    decimal = {char for one in fields if (char := _decimal_char(one)) is not None} or {decimal_char or "."}
    if decimal - {"."} and len(decimal) == 1:
        words["decimalChar"] = next(iter(decimal))
    if words:
        table["customProperties"] = [{"property": word, "value": value} for word, value in words.items()]
    properties = _properties(fields, several_decimals=len(decimal) > 1)
    table["properties"] = [Noted(prop, source=one.path) for prop, one in properties]
    by_name = {prop["name"]: prop for prop, _ in properties}
    _primary_key(part, by_name)
    quality = _unique_keys(part, by_name)
    if quality:
        table["quality"] = quality
    relationships = _foreign_keys(part, name)
    if relationships:
        table["relationships"] = relationships
    return table


def _null_words(part: Part) -> dict[str, Any]:
    """missingValues; v2 may give each of them a label."""
    values = part.take("missingValues")
    if values is None:
        return {}
    if not isinstance(values, list):
        part.lose("missingValues", "a list of texts is expected here")
        return {}
    tokens = []
    for index, one in enumerate(values):
        where = f"{part.where('missingValues')}[{index}]"
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            part.losses.add(where, "the label of a missing value has no word here", one.get("label"))
            tokens.append(one["value"])
        elif isinstance(one, str):
            tokens.append(one)
        else:
            part.losses.add(where, "a missing value is a text", one)
    if "" not in tokens:
        part.losses.add(part.where("missingValues"), "empty cells are always null here, though they are not listed")
    tokens = [one for one in dict.fromkeys(tokens) if one]
    return {"nullSequence": tokens} if tokens else {}


def _match_words(part: Part) -> dict[str, Any]:
    value = part.take("fieldsMatch")
    match = value[0] if isinstance(value, list) and len(value) == 1 else value
    if value is None:
        return {}
    if not isinstance(match, str) or match not in FIELDS_MATCH:
        part.lose("fieldsMatch", f"one of {', '.join(FIELDS_MATCH)} is expected here")
        return {}
    if match == "exact":
        part.losses.add(part.where("fieldsMatch"), "columns are found by name here, so their order is not checked")
    extra, missing = FIELDS_MATCH[match]
    return {"extraColumns": extra, "missingColumns": missing}


def _decimal_char(field: Part) -> str | None:
    value = field.value.get("decimalChar")
    is_number = field.value.get("type") == "number"
    return value if is_number and isinstance(value, str) and len(value) == 1 else None


def _properties(fields: list[Part], *, several_decimals: bool) -> list[tuple[dict[str, Any], Part]]:
    """Each field once, under a name of its own."""
    found: dict[str, tuple[dict[str, Any], Part]] = {}
    for field in fields:
        name = field.text("name")
        if not name or name in found:
            why = "a field without a name" if not name else f"a second field {name[:60]!r}"
            field.losses.add(field.where(), f"{why} is no column that could be found")
            for key in field.value:
                field.take(key)
            continue
        found[name] = (_property(field, name, several_decimals=several_decimals), field)
    return list(found.values())


def _property(field: Part, name: str, *, several_decimals: bool) -> dict[str, Any]:
    prop: dict[str, Any] = {"name": name}
    for key, word in (("title", "businessName"), ("description", "description")):
        text = field.text(key)
        if text:
            prop[word] = text
    logical, options, rules, strptime = _type(field, several_decimals=several_decimals)
    if logical is not None:
        prop["logicalType"] = logical
    constraints = field.part("constraints")
    if constraints is not None:
        for key in ("required", "unique"):
            if constraints.flag(key):
                prop[key] = True
        options |= options_of(constraints, logical, whole=True, strptime=strptime)
        rules.append(enum_rule(constraints, "enum"))
    rules.append(_categories(field))
    if options and logical is not None:
        prop["logicalTypeOptions"] = options
    example = field.take("example", "examples")
    if example is not None:
        prop["examples"] = example if isinstance(example, list) else [example]
    quality = [one for one in rules if one is not None]
    if quality:
        prop["quality"] = quality
    return prop


Typed = tuple[str | None, dict[str, Any], list[dict[str, Any] | None], str | None]


def _type(field: Part, *, several_decimals: bool) -> Typed:
    """(logical type, options, rules, strptime of bounds) of a field."""
    kind = field.text("type") or "string"
    if kind not in TYPES:
        field.lose("type", "the type is not known, so values of any type pass")
        return None, {}, [], None
    logical = TYPES[kind]
    if kind in LOOSER:
        field.losses.add(field.where("type"), LOOSER[kind], kind)
    if kind in ("integer", "number"):
        return _numeric(field, kind, several_decimals=several_decimals), {}, [], None
    if kind == "boolean":
        return _boolean(field)
    if kind in ("date", "time", "datetime"):
        return _temporal(field, str(logical))
    if kind == "yearmonth":
        return "string", {"pattern": YEAR_MONTH}, [], None
    written = field.text("format")
    if kind == "string" and written not in (None, "default"):
        if written in STRING_FORMATS:
            return logical, {"format": STRING_FORMATS[str(written)]}, [], None
        field.lose("format", "the format is not known")
    elif written not in (None, "default"):
        field.lose("format", f"values of type {kind} have one form only here")
    return logical, {}, [], None


def _numeric(field: Part, kind: str, *, several_decimals: bool) -> str:
    """Numbers with grouping or units are no numbers here, so such columns stay strings."""
    decimal = field.take("decimalChar")
    if field.take("groupChar") is not None:
        field.lose("groupChar", "grouped digits are no number here, so the column is kept as a string")
        return "string"
    if field.take("bareNumber") is False:
        field.lose("bareNumber", "numbers with signs around are no numbers here, so the column is kept as a string")
        return "string"
    if kind == "number" and decimal is not None and (several_decimals or _decimal_char(field) is None):
        field.lose("decimalChar", "a file has one decimal sign here, so the column is kept as a string")
        return "string"
    if field.text("format") not in (None, "default"):
        field.lose("format", "numbers have one form only here")
    return kind


def _boolean(field: Part) -> Typed:
    true, false = (field.take(key) for key in ("trueValues", "falseValues"))
    if true is None and false is None:
        why = "only true and false are booleans here; the source takes True, TRUE and 1 as well"
        field.losses.add(field.where("type"), why, "boolean")
        return "boolean", {}, [], None
    words = [
        str(one) for given, usual in ((true, DEFAULT_BOOLEANS[0]), (false, DEFAULT_BOOLEANS[1]))
        for one in (given if isinstance(given, list) else usual)
    ]  # fmt: skip
    if set(words) == {"true", "false"}:
        return "boolean", {}, [], None
    why = "only true and false are booleans here, so the column is a string of these words"
    field.losses.add(field.where("trueValues" if true is not None else "falseValues"), why, words)
    return "string", {}, [only(words)], None


def _temporal(field: Part, logical: str) -> Typed:
    written = field.text("format")
    if written in (None, "default"):
        return logical, {}, [], None
    pattern = jdk_of(str(written).removeprefix("fmt:"))
    if pattern is None or written == "any":
        field.lose("format", "the format cannot be written as a pattern here, so the column is kept as a string")
        return "string", {}, [], None
    return logical, {"format": pattern}, [], str(written).removeprefix("fmt:")


def _categories(field: Part) -> dict[str, Any] | None:
    """v2 categories are allowed values; their labels and order are told as lost."""
    values = field.value.get("categories")
    if not isinstance(values, list):
        return enum_rule(field, "categories")
    field.take("categories")
    plain = [one.get("value") if isinstance(one, dict) else one for one in values]
    if any(isinstance(one, dict) for one in values):
        field.losses.add(field.where("categories"), "the labels of values have no word here")
    if not plain or any(one is None or isinstance(one, dict | list) for one in plain):
        field.lose("categories", "allowed values are a list of plain values")
        return None
    return only(plain)


def _primary_key(part: Part, by_name: dict[str, dict[str, Any]]) -> None:
    names = list(dict.fromkeys(part.texts("primaryKey")))
    missing = [name for name in names if name not in by_name]
    if missing:
        part.lose("primaryKey", f"there is no field {missing[0][:60]!r}")
        return
    for position, name in enumerate(names, 1):
        by_name[name]["primaryKey"] = True
        by_name[name]["primaryKeyPosition"] = position


def _unique_keys(part: Part, by_name: dict[str, dict[str, Any]]) -> list[Noted]:
    keys = part.take("uniqueKeys")
    if keys is not None and not isinstance(keys, list):
        part.lose("uniqueKeys", "a list of keys is expected here")
        return []
    rules = []
    for index, key in enumerate(keys or []):
        where = f"{part.where('uniqueKeys')}[{index}]"
        names = [key] if isinstance(key, str) else key
        if not isinstance(names, list) or not names or any(str(name) not in by_name for name in names):
            part.losses.add(where, "a key names fields of the schema", key)
        elif len(names) == 1:
            by_name[str(names[0])]["unique"] = True
        else:
            arguments = {"properties": list(dict.fromkeys(map(str, names)))}
            rules.append(Noted({"metric": "duplicateValues", "arguments": arguments, "mustBe": 0}, source=where))
    return rules


def _foreign_keys(part: Part, name: str) -> list[Noted]:
    found = []
    for key in part.parts("foreignKeys"):
        reference = key.part("reference")
        own = key.texts("fields")
        other = [] if reference is None else reference.texts("fields")
        resource = (None if reference is None else reference.text("resource")) or name
        if not own or len(own) != len(other):
            part.losses.add(key.where(), "a foreign key names as many fields here as there", own)
            continue
        sources = [f"{name}.{one}" for one in own]
        targets = [f"{resource}.{one}" for one in other]
        ends = (sources[0], targets[0]) if len(own) == 1 else (sources, targets)
        found.append(Noted({"type": "foreignKey", "from": ends[0], "to": ends[1]}, source=key.path))
    return found
