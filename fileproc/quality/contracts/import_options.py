"""What sources say about single values → logicalTypeOptions and quality rules, or a loss with the reason."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.lint_bounds import PARSERS
from fileproc.quality.date_patterns import JDK, UnknownFormat, jdk_to_strptime
from fileproc.quality.patterns import refusal

NUMERIC = ("integer", "number")
TEMPORAL = ("date", "timestamp", "time")

#: Logical type → what its lengths are called.
LENGTHS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")

#: strptime → JDK, the long names first.
_CODE = re.compile(r"%-?.?", re.DOTALL)
_STRPTIME = {
    code: letters for letters, code in reversed(JDK) if letters not in ("uuuu", "uu", "LLLL", "LLL", "LL", "EE", "E")
}


def options_of(part: Part, logical: str | None, *, whole: bool, strptime: str | None = None) -> dict[str, Any]:
    """Lengths, bounds and the pattern of a field. `whole` says that a pattern must match the whole text."""
    options: dict[str, Any] = {}
    for position, key in enumerate(("minLength", "maxLength")):
        value = part.take(key)
        names = LENGTHS.get(logical or "")
        if value is None:
            continue
        if names is None:
            part.lose(key, f"a value of type {logical or 'unknown'} has no length here")
        elif _is_count(value):
            options[names[position]] = value
        else:
            part.lose(key, "a length is a whole number from 0")
    for key in BOUNDS:
        bound = _bound(part, key, logical, strptime)
        if bound is not None:
            options[key] = bound
    pattern = _pattern(part, logical, whole=whole)
    if pattern is not None:
        options["pattern"] = pattern
    return options


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _bound(part: Part, key: str, logical: str | None, strptime: str | None) -> Any:
    value = part.take(key)
    if value is None:
        return None
    if logical in NUMERIC:
        number = number_of(value)
        if number is None:
            part.lose(key, "it is no number")
        return number
    if logical not in TEMPORAL:
        part.lose(key, f"values of type {logical or 'unknown'} are not compared here")
        return None
    text = part.text(key)
    if text is None:
        return None
    iso = _iso(text, logical, strptime)
    if iso is None:
        part.lose(key, f"it is no {logical}")
    return iso


def number_of(value: Any) -> int | float | None:
    """A number, also one in a text; None for anything else."""
    if isinstance(value, bool | dict | list):
        return None
    if isinstance(value, int | float):
        return value
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        return number if abs(number) < float("inf") else None
    return None


def _iso(text: str, logical: str, strptime: str | None) -> str | None:
    """The bound as ISO 8601: a source writes it as its cells are written, or as ISO already."""
    if strptime is not None:
        try:
            moment = datetime.strptime(text, strptime)
        except ValueError:
            pass
        else:
            parts: dict[str, date | time] = {"date": moment.date(), "time": moment.time()}
            return parts.get(logical, moment).isoformat()
    return text if PARSERS[logical](text) is not None else None


def _pattern(part: Part, logical: str | None, *, whole: bool) -> str | None:
    pattern = part.take("pattern")
    if pattern is None:
        return None
    if not isinstance(pattern, str):
        part.lose("pattern", "a pattern is a text")
    elif logical != "string":
        part.lose("pattern", f"patterns hold for strings, not for values of type {logical or 'unknown'}")
    elif (wrong := refusal(pattern)) is not None:
        part.lose("pattern", f"it cannot be run: {wrong[0]}; {wrong[1]}")
    else:
        return f"^(?:{pattern})$" if whole else pattern
    return None


def enum_rule(part: Part, key: str) -> dict[str, Any] | None:
    """Allowed values as a quality rule, which every version of the standard has."""
    values = part.take(key)
    if values is None:
        return None
    if not isinstance(values, list) or not values or any(isinstance(one, dict | list) or one is None for one in values):
        part.lose(key, "allowed values are a list of plain values")
        return None
    return only(values)


def only(values: list[Any]) -> dict[str, Any]:
    """The rule that there be no other values."""
    kept = list({repr(one): one for one in values}.values())
    return {"metric": "invalidValues", "arguments": {"validValues": kept}, "mustBe": 0}


def jdk_of(strptime: str) -> str | None:
    """`%d/%m/%Y` → `dd/MM/yyyy`; None for a pattern that has no such form."""
    out, end = "", 0
    for code in _CODE.finditer(strptime):
        if code[0] not in _STRPTIME:
            return None
        out += _quoted(strptime[end : code.start()]) + _STRPTIME[code[0]]
        end = code.end()
    out += _quoted(strptime[end:])
    try:
        return out if out and jdk_to_strptime(out) == strptime else None
    except UnknownFormat:
        return None


def _quoted(literal: str) -> str:
    """Letters and quotes stand between quotes in a JDK pattern."""
    return f"'{literal}'" if any(one.isalpha() for one in literal) and "'" not in literal else literal


def one_each(operators: dict[str, Any]) -> list[dict[str, Any]]:
    """A rule has one operator here, so several become as many rules.

    `mustBeBetween` becomes two, too: the standard's prose leaves out both ends, other languages do not.
    """
    found = []
    for name, value in operators.items():
        if name == "mustBeBetween" and isinstance(value, list) and len(value) == 2:
            found += [{"mustBeGreaterOrEqualTo": value[0]}, {"mustBeLessOrEqualTo": value[1]}]
        else:
            found.append({name: value})
    return found
