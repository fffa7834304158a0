"""Bounds of a contract as literals of the engine; a bound that is no value of its type is none, and breaks no scan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from fileproc.quality import sql

#: The engine's widest integers.
RANGES = {"HUGEINT": (-(1 << 127), (1 << 127) - 1), "UHUGEINT": (0, (1 << 128) - 1)}

#: A day for times that have an offset and no day.
SOME_DAY = date(2000, 1, 1)


def integer_bound(value: Any, engine: str = "HUGEINT") -> str | None:
    """A whole number; one beyond every value becomes infinite, fractions stay what they are."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    low, high = RANGES[engine]
    if isinstance(value, float) or not low <= value <= high:
        return number_bound(value)
    return f"CAST({sql.text(str(value))} AS {engine})"


def number_bound(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return f"CAST({sql.text(repr(float(value)))} AS DOUBLE)"
    except OverflowError:
        return f"CAST('{'-' if value < 0 else ''}inf' AS DOUBLE)"


def _temporal(read: Callable[[str], Any], type_: str) -> Callable[[Any], str | None]:
    def bound(value: Any) -> str | None:
        try:
            return f"CAST({sql.text(read(str(value)).isoformat())} AS {type_})"
        except (ValueError, OverflowError):
            return None

    return bound


def _instant(text: str) -> datetime:
    """Without an offset it is in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _clock(text: str) -> time:
    """The time of day in UTC."""
    return _instant(f"{SOME_DAY}T{time.fromisoformat(text).isoformat()}").astimezone(UTC).time()


BOUNDS: dict[str, Callable[[Any], str | None]] = {
    "integer": integer_bound,
    "number": number_bound,
    "date": _temporal(date.fromisoformat, "DATE"),
    "timestamp": _temporal(_instant, "TIMESTAMPTZ"),
    "time": _temporal(_clock, "TIME"),
}
