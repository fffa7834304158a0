"""SQL for DuckDB, built from values that are quoted here and nowhere else. Names from a contract never become SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any


def text(value: str) -> str:
    """A string literal. NUL cannot be in one, and cannot be in a cell that equals it either."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def literal(value: Any) -> str:
    """A literal of a value as contracts have them."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date | datetime):
        return text(value.isoformat())
    return text(str(value))


def texts(values: Iterable[Any]) -> str:
    """A comma-separated list of string literals."""
    return ", ".join(text(str(value)) for value in values)


def list_of(expressions: Sequence[str]) -> str:
    return "[" + ", ".join(expressions) + "]"


def name(value: str) -> str:
    """An identifier, quoted."""
    return '"' + value.replace('"', '""').replace("\0", "") + '"'


def count_if(condition: str) -> str:
    """How many rows fulfil a condition.

    Not `count(*) FILTER (…)`: the engine holds a copy of all columns of the scan for each filter, so that a thousand
    columns with a check each would take gigabytes, which its memory limit does not count.
    """
    return f"count(CASE WHEN {condition} THEN 1 END)"
