"""Models and fields of the Data Contract Specification → schema objects and properties.

A `$ref` to a definition is put in where it stands, the field's own words winning; references that go round, or that
would blow the contract up, are refused.
"""

from __future__ import annotations

from typing import Any

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.import_dcs_quality import rules_of
from fileproc.quality.contracts.import_options import enum_rule, options_of
from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.lint_finding import refused, shown
from fileproc.quality.contracts.yaml_writer import Noted

#: Field type → logical type.
TYPES = {
    "string": "string", "text": "string", "varchar": "string", "number": "number", "decimal": "number",
    "numeric": "number", "float": "number", "double": "number", "int": "integer", "integer": "integer",
    "long": "integer", "bigint": "integer", "boolean": "boolean", "date": "date", "time": "time",
    "timestamp": "timestamp", "timestamp_tz": "timestamp", "timestamp_ntz": "timestamp", "object": "object",
    "record": "object", "struct": "object", "array": "array", "map": "map",
}  # fmt: skip

#: Types without a logical type: what becomes of such a column.
OTHER_TYPES = {
    "bytes": "bytes are not looked at", "binary": "bytes are not looked at", "json": "any value passes",
    "variant": "any value passes", "null": "any value passes",
}  # fmt: skip

FORMATS = ("email", "uri", "uuid", "hostname", "ipv4", "ipv6", "byte")

#: Words of a definition that are about itself, not about the fields that refer to it.
ABOUT_DEFINITION = ("domain", "name", "owner")

#: What only a column can be or have, and what an element of a list cannot either.
ALWAYS_COLUMNS = ("primaryKey", "primary", "references")
NEVER_LISTED = ("unique", "quality")

DEEPEST = 18
MOST_FIELDS = 20_000


class Fields:
    """Reads the models of one document; it knows the definitions."""

    def __init__(self, document: Part) -> None:
        self._document = document
        self._definitions = dict(document.named("definitions"))
        self._used: set[str] = set()
        self._count = 0

    def tables(self) -> list[tuple[dict[str, Any], str]]:
        """A schema object for each model, with its path in the source."""
        models = self._document.named("models")
        found = [(self._table(name, model), model.path) for name, model in models]
        for name, definition in self._definitions.items():
            if name not in self._used:
                definition.losses.add(definition.where(), "no field refers to it")
            for key in ABOUT_DEFINITION if name in self._used else ():
                if key in definition.value:
                    definition.lose(key, "it is about the definition, not about the fields that refer to it")
            definition.take_all()
        return found

    def _table(self, name: str, model: Part) -> dict[str, Any]:
        table: dict[str, Any] = {"name": name}
        kind = model.text("type")
        if kind not in (None, "object"):
            table["physicalType"] = kind
        _texts(model, table)
        extra = model.flag("additionalFields")
        if extra is not None:
            table["customProperties"] = [{"property": "extraColumns", "value": "allow" if extra else "fail"}]
        table["properties"] = self._properties(model, "fields", 0)
        self._keys(model, table)
        rules = rules_of(model, "object")
        if rules:
            table["quality"] = rules
        return table

    def _keys(self, model: Part, table: dict[str, Any]) -> None:
        """The model's own list of key columns."""
        by_name = {one.value["name"]: one.value for one in table["properties"]}
        names = list(dict.fromkeys(model.texts("primaryKey")))
        missing = [name for name in names if name not in by_name]
        if missing:
            model.lose("primaryKey", f"there is no field {missing[0][:60]!r}")
            return
        for name in names:
            by_name[name]["primaryKey"] = True
        members = [one.value for one in table["properties"] if one.value.get("primaryKey")]
        order = names or [one["name"] for one in members]
        for member in members:
            if member["name"] not in order:
                order.append(member["name"])
            member["primaryKeyPosition"] = order.index(member["name"]) + 1

    def _properties(self, part: Part, key: str, depth: int, *, listed: bool = False) -> list[Noted]:
        return [
            Noted(self._property(name, field, depth, listed=listed), source=field.path)
            for name, field in part.named(key)
        ]

    def _property(self, name: str | None, field: Part, depth: int, *, listed: bool = False) -> dict[str, Any]:
        """One field; `listed` is one that is inside of a list or map, where it has no key and no rule of its own."""
        self._tally(field, depth)
        field = self._resolved(field, depth)
        prop: dict[str, Any] = {} if name is None else {"name": name}
        _texts(field, prop)
        logical, physical, options = _type(field)
        for word, value in (("logicalType", logical), ("physicalType", physical)):
            if value is not None:
                prop[word] = value
        options |= options_of(field, logical, whole=False)
        if options:
            prop["logicalTypeOptions"] = options
        _give_up(field, ALWAYS_COLUMNS if depth else ())
        _give_up(field, NEVER_LISTED if listed else ())
        _flags(field, prop)
        _classes(field, prop)
        self._inside(field, prop, logical, depth, listed=listed)
        rules = [one for one in (enum_rule(field, "enum"), *rules_of(field, "property")) if one is not None]
        if rules:
            prop["quality"] = rules
        return prop

    def _inside(self, field: Part, prop: dict[str, Any], logical: str | None, depth: int, *, listed: bool) -> None:
        if logical == "object" and "fields" in field.value:
            prop["properties"] = self._properties(field, "fields", depth + 1, listed=listed)
        items = field.part("items") if logical == "array" else None
        if items is not None:
            prop["items"] = self._property(None, items, depth + 1, listed=True)
        if logical == "map":
            keys, values = field.part("keys"), field.part("values")
            prop["map"] = {
                "key": {"logicalType": "string"}
                if keys is None
                else self._property(None, keys, depth + 1, listed=True),
                "value": {"logicalType": "string"}
                if values is None
                else self._property(None, values, depth + 1, listed=True),
            }
            if keys is None or values is None:
                field.losses.add(field.where(), "a map without keys or values: texts are taken for what is not said")

    # references

    def _tally(self, field: Part, depth: int) -> None:
        self._count += 1
        if depth > DEEPEST or self._count > MOST_FIELDS:
            message = (
                f"{shown(field.where())}: more than {MOST_FIELDS:,} fields, or nested deeper than {DEEPEST} levels"
            )
            fix = "split it, or end the definitions that refer to one another"
            raise refused("FPC005", Mark(self._document.losses.file, 1, 1), message, fix)

    def _resolved(self, field: Part, depth: int) -> Part:
        """The field with the definition that it refers to, its own words winning."""
        merged, path, seen = field, field.path, 0
        while (reference := merged.take("$ref", "ref")) is not None:
            name = str(reference).removeprefix("#/definitions/")
            definition = self._definitions.get(name)
            seen += 1
            if definition is None or seen > DEEPEST:
                why = "only #/definitions/NAME of the same document is followed" if seen <= DEEPEST else "it goes round"
                merged.lose("$ref" if "$ref" in merged.value else "ref", why)
                return merged
            self._used.add(name)
            own = {key: one for key, one in merged.value.items() if key not in ("$ref", "ref")}
            theirs = {key: one for key, one in definition.value.items() if key not in ABOUT_DEFINITION}
            merged.take_all()
            merged = Part(theirs | own, path, self._document.losses)
        return merged


def _texts(part: Part, made: dict[str, Any]) -> None:
    for key, word in (("title", "businessName"), ("description", "description")):
        text = part.text(key)
        if text:
            made[word] = text


def _type(field: Part) -> tuple[str | None, str | None, dict[str, Any]]:
    """(logical type, physical type, options)."""
    kind = (field.text("type") or "").lower()
    options: dict[str, Any] = {}
    if kind and kind not in TYPES:
        field.lose("type", OTHER_TYPES.get(kind, "the type is not known, so any value passes"))
    logical = TYPES.get(kind) or ("object" if "fields" in field.value else None)
    written = field.text("format")
    if written is not None and logical == "string" and written.lower() in FORMATS:
        options["format"] = written.lower()
    elif written is not None:
        field.lose("format", f"no such format of {logical or 'untyped'} values is checked")
    if kind == "timestamp_tz":
        options["timezone"] = True
    return logical, _decimal(field, logical), options


def _decimal(field: Part, logical: str | None) -> str | None:
    """precision and scale, as a physical type."""
    precision, scale = field.take("precision"), field.take("scale")
    if precision is None and scale is None:
        return None
    digits, behind = (38 if precision is None else precision), (0 if scale is None else scale)
    fine = all(isinstance(one, int) and not isinstance(one, bool) for one in (digits, behind))
    if logical in ("number", "integer") and fine and 0 <= behind <= digits <= 38:
        return f"decimal({digits}, {behind})"
    for key in ("precision", "scale"):
        if key in field.value:
            field.lose(key, "precision and scale are digits of a number, 38 at most")
    return None


def _give_up(field: Part, keys: tuple[str, ...]) -> None:
    for key in keys:
        if field.value.get(key) not in (None, False, []) and key in field.untaken():
            field.lose(key, "it is of columns, not of what is inside of one")
            field.value = {name: one for name, one in field.value.items() if name != key}


def _flags(field: Part, prop: dict[str, Any]) -> None:
    for key in ("required", "unique"):
        if field.flag(key):
            prop[key] = True
    if [field.flag(key) for key in ("primaryKey", "primary") if key in field.value].count(True):
        prop["primaryKey"] = True
    reference = field.text("references")
    if reference and len(reference.split(".")) == 2 and "name" in prop:
        prop["relationships"] = [{"type": "foreignKey", "to": reference}]
    elif reference:
        field.lose("references", "a reference is model.field")


def _classes(field: Part, prop: dict[str, Any]) -> None:
    """Personal data are masked in reports, so the mark is never lost."""
    classification, personal, tags = field.text("classification"), field.flag("pii"), field.texts("tags")
    if personal and classification is None:
        classification = "pii"
    elif personal:
        tags.append("pii")
    if classification:
        prop["classification"] = classification
    if tags:
        prop["tags"] = list(dict.fromkeys(tags))
    examples = field.take("examples", "example")
    if examples is not None:
        prop["examples"] = examples if isinstance(examples, list) else [examples]
