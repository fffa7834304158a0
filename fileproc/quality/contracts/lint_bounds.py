"""Bounds: are they values of the type, and can any value lie between them?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_walk import is_number
from fileproc.quality.contracts.odcs_place import Place

#: (lowest, highest) of counts; both ends belong to it.
COUNTS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
LOW, HIGH = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")


def bounds(options: Place, logical: str | None) -> Iterator[LintFinding]:
    """Findings about every pair of bounds among logicalTypeOptions."""
    for low, high in COUNTS:
        yield from _pair(options, low, high, options.get(low), options.get(high), open_=False)
    yield from _old_form(options)
    parse = PARSERS.get(logical or "number")
    if parse is None:
        return
    values = {}
    for key in (*LOW, *HIGH):
        value = options.get(key)
        if value is None or isinstance(value, bool):
            continue
        values[key] = parse(value)
        if values[key] is None and logical in TEMPORAL:
            mark = options.document.value_mark((*options.path, key))
            yield finding(
                "FPC308", mark, f"{key} is {shown(value)}, which is no {logical}", f"write it as {TEMPORAL[logical]}"
            )
    for low in LOW:
        for high in HIGH:
            open_ = low.startswith("exclusive") or high.startswith("exclusive") or _is_open(options, low, high)
            yield from _pair(options, low, high, values.get(low), values.get(high), open_=open_)


def _pair(options: Place, low: str, high: str, least: Any, most: Any, *, open_: bool) -> Iterator[LintFinding]:
    """One finding, where the higher end is written, if nothing lies between."""
    comparable = least is not None and most is not None and type(least) is not bool and type(most) is not bool
    if not comparable or isinstance(least, str | list | dict) or isinstance(most, str | list | dict):
        return
    if least > most or (open_ and least == most):
        message = f"no value is within {low} {shown(str(options.get(low)))} and {high} {shown(str(options.get(high)))}"
        yield finding("FPC306", options.mark(high), message, "swap or widen the bounds")


def _is_open(options: Place, low: str, high: str) -> bool:
    """3.0 said with a flag that a bound is exclusive."""
    return (low == "minimum" and options.get("exclusiveMinimum") is True) or (
        high == "maximum" and options.get("exclusiveMaximum") is True
    )


def _old_form(options: Place) -> Iterator[LintFinding]:
    version = str(options.document.value.get("apiVersion"))
    for key in ("exclusiveMinimum", "exclusiveMaximum"):
        value = options.get(key)
        is_flag, wants_flag = isinstance(value, bool), version.startswith("v3.0")
        if value is not None and is_flag != wants_flag:
            form = "true or false beside minimum or maximum" if wants_flag else "the bound itself"
            yield finding(
                "FPC309", options.mark(key), f"in {version} {key} is {form}", f"write {form}; it is read all the same"
            )


def _number(value: Any) -> Any:
    return value if is_number(value) else None


def _temporal(kind: Callable[[str], Any]) -> Callable[[Any], Any]:
    def parse(value: Any) -> Any:
        try:
            return kind(str(value))
        except ValueError:
            return None

    return parse


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _time(text: str) -> time:
    return time.fromisoformat(text).replace(tzinfo=None)


#: How a bound of a temporal type is written.
TEMPORAL = {"date": "2026-11-24", "timestamp": "2026-11-24T06:30:00Z", "time": "06:30:00"}

PARSERS: dict[str, Callable[[Any], Any]] = {
    "integer": _number,
    "number": _number,
    "date": _temporal(date.fromisoformat),
    "timestamp": _temporal(_instant),
    "time": _temporal(_time),
}
