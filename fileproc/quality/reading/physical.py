"""Physical types, as the engine names them: which of them can hold a logical type, and the typed value then.

Where a file says itself what a column is, its cells have no lexical form to be strict about. What counts is the type of
the column: a number that became text is one finding about the column, not one for every cell.
"""

from __future__ import annotations

from typing import Any

from fileproc.quality import sql
from fileproc.quality.logical_types import AGREED, Typed, zone_of

INTEGERS = (
    "TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT",
)  # fmt: skip
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIME WITH TIME ZONE")
NAIVE = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")

#: Logical type → families of physical ones that hold every value of it.
HOLDS: dict[str, tuple[str, ...]] = {
    "integer": INTEGERS,
    "number": (*INTEGERS, "DECIMAL", "FLOAT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "time": ("TIME", "TIME_NS", "TIME WITH TIME ZONE"),
    "timestamp": (*NAIVE, "TIMESTAMP WITH TIME ZONE"),
    "string": ("VARCHAR", "UUID", "ENUM", "JSON"),
    "object": ("STRUCT", "MAP", "JSON"),
    "map": ("MAP", "STRUCT", "JSON"),
    "array": ("LIST", "JSON"),
    "vector": ("LIST", "JSON"),
}


def family(physical: str) -> str:
    """The type without its parameters: `DECIMAL(9,2)` is a DECIMAL, `INTEGER[]` a LIST."""
    return "LIST" if physical.endswith("]") else physical.split("(")[0].strip().upper()


def can_hold(physical: str, logical: str, options: dict[str, Any]) -> bool:
    """Whether a column of this type can have only values of the logical type. Unknown types are not judged."""
    holds = HOLDS.get(logical)
    if holds is None:
        return True
    if options.get("timezone") is True and logical in ("timestamp", "time") and family(physical) not in ZONED:
        return False
    return family(physical) in holds


def typed_physical(raw: str, cell: str, physical: str, logical: str, options: dict[str, Any]) -> Typed | None:
    """The typed value of a column that can hold the logical type; None for one that cannot, or that has parts."""
    kind = family(physical)
    if not can_hold(physical, logical, options) or kind in ("STRUCT", "MAP", "LIST", "UNION"):
        return None
    if logical == "string":
        return Typed(cell, AGREED["string"], is_text=True)
    if logical == "number" and kind in ("FLOAT", "DOUBLE"):
        return Typed(f"CASE WHEN isfinite({raw}) THEN {raw} END", AGREED["number"], kind="number")
    value = _value(raw, kind, logical, options)
    return None if value is None else Typed(value, AGREED[logical], kind=logical, bad="FALSE")


def _value(raw: str, kind: str, logical: str, options: dict[str, Any]) -> str | None:
    if logical == "number":
        return f"CAST({raw} AS DOUBLE)"
    if logical == "timestamp" and kind in NAIVE:
        return f"timezone({sql.text(zone_of(options))}, CAST({raw} AS TIMESTAMP))"
    if logical == "time":
        return f"CAST({raw} AS TIME)"
    return raw if logical in ("integer", "boolean", "date", "timestamp") else None
