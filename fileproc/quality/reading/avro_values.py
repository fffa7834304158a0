"""Avro values → the text that the engine takes for them, and the engine's type of each column."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from fileproc.quality.reading.avro_schema import Field

Texter = Callable[[Any], str]

SIMPLE = {
    "boolean": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE",
    "bytes": "BLOB", "fixed": "BLOB", "string": "VARCHAR", "enum": "VARCHAR",
    "record": "STRUCT", "map": "MAP", "array": "JSON[]", "union": "VARCHAR", "null": "VARCHAR",
}  # fmt: skip
EPOCH = datetime(1970, 1, 1)

#: Logical type → (what it stands on, microseconds of a unit, the engine's type).
INSTANTS = {
    "timestamp-millis": ("long", 1_000, "TIMESTAMP WITH TIME ZONE"),
    "timestamp-micros": ("long", 1, "TIMESTAMP WITH TIME ZONE"),
    "local-timestamp-millis": ("long", 1_000, "TIMESTAMP"),
    "local-timestamp-micros": ("long", 1, "TIMESTAMP"),
    "time-millis": ("int", 1_000, "TIME"),
    "time-micros": ("long", 1, "TIME"),
}
WIDEST_DECIMAL = 38


class Impossible(Exception):
    """A value that its own type does not allow."""


def physical(schema: dict[str, Any]) -> str:
    """The engine's name for the type of a column."""
    logical, kind = schema.get("logicalType"), schema["type"]
    if logical in INSTANTS and INSTANTS[logical][0] == kind:
        return INSTANTS[logical][2]
    if logical == "date" and kind == "int":
        return "DATE"
    if (parts := _decimal(schema)) is not None:
        return f"DECIMAL({parts[0]},{parts[1]})"
    return SIMPLE[kind]


def texter(field: Field) -> Texter:
    """How a value of a column becomes text; it raises Impossible."""
    return _json_text if field.is_any else _texter(field.schema)


def _texter(schema: dict[str, Any]) -> Texter:
    logical, kind = schema.get("logicalType"), schema["type"]
    if logical in INSTANTS and INSTANTS[logical][0] == kind:
        return _instant(INSTANTS[logical][1], INSTANTS[logical][2])
    if logical == "date" and kind == "int":
        return _date
    if (parts := _decimal(schema)) is not None:
        precision, scale = parts
        return lambda value: _decimal_text(value, precision, scale)
    if kind in ("bytes", "fixed"):
        return bytes.hex
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind in ("record", "array", "map"):
        inner = _inner(schema)
        return lambda value: json.dumps(inner(value), ensure_ascii=False)
    return str


def _json_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, default=bytes.hex) if isinstance(value, dict | list) else str(value)


def kind_of(value: Any) -> str | None:
    """What JSON would call a value of a union of several types."""
    if value is None:
        return None
    kinds = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", dict: "OBJECT", list: "ARRAY"}
    return kinds.get(type(value), "VARCHAR")


def _inner(schema: Any) -> Callable[[Any], Any]:
    """Values inside of a record, list or map, as JSON has them."""
    if isinstance(schema, list):
        return lambda value: json.loads(_json_text(value)) if isinstance(value, dict | list) else _scalar(value)
    kind = schema["type"]
    if kind == "record":
        parts = {one["name"]: _nullable(one["type"]) for one in schema["fields"]}
        return lambda value: {name: part(value[name]) for name, part in parts.items()}
    if kind == "array":
        element = _nullable(schema["items"])
        return lambda value: [element(one) for one in value]
    if kind == "map":
        item = _nullable(schema["values"])
        return lambda value: {key: item(one) for key, one in value.items()}
    if kind in ("int", "long", "float", "double", "boolean") and "logicalType" not in schema:
        return _scalar
    return _texter(schema)


def _nullable(schema: Any) -> Callable[[Any], Any]:
    kinds = [one for one in schema if one["type"] != "null"] if isinstance(schema, list) else [schema]
    inner = _inner(kinds[0]) if len(kinds) == 1 else _inner(kinds)
    return lambda value: None if value is None else inner(value)


def _scalar(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are texts there, and no numbers."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, float) and (value != value or value in (INFINITE, -INFINITE)) else value


INFINITE = float("inf")


def _date(value: int) -> str:
    try:
        return date.fromordinal(EPOCH.toordinal() + value).isoformat()
    except (ValueError, OverflowError):
        raise Impossible(f"a date {value:,} days from 1970") from None


def _instant(unit: int, type_: str) -> Texter:
    def text(value: int) -> str:
        try:
            at = EPOCH + timedelta(microseconds=value * unit)
        except OverflowError:
            raise Impossible(f"a time {value:,} units from 1970") from None
        if type_ != "TIME":
            return at.isoformat() + ("+00:00" if type_ != "TIMESTAMP" else "")
        if at.date() != EPOCH.date():
            raise Impossible(f"a time of day of {value:,} units")
        return at.time().isoformat()

    return text


def _decimal(schema: dict[str, Any]) -> tuple[int, int] | None:
    """(digits, digits behind the point) of a decimal that the engine has."""
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if schema.get("logicalType") != "decimal" or schema["type"] not in ("bytes", "fixed"):
        return None
    if not isinstance(precision, int) or not isinstance(scale, int):
        return None
    return (precision, scale) if 0 <= scale <= precision <= WIDEST_DECIMAL and precision > 0 else None


def _decimal_text(value: bytes, precision: int, scale: int) -> str:
    number = int.from_bytes(value[:64], "big", signed=True) if len(value) <= 64 else 10**precision
    if abs(number) >= 10**precision:
        raise Impossible(f"a decimal of more than {precision} digits")
    with localcontext() as context:
        context.prec = WIDEST_DECIMAL + 2
        return f"{Decimal(number).scaleb(-scale):f}"
