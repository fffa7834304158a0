"""The words in which checks say what was agreed and what was found, and the comparisons behind them."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from typing import Any

from fileproc.quality.contracts.contract import Operator

#: logicalTypeOptions → (comparison that must hold, words).
BOUNDS = {
    "minimum": (">=", "at least"),
    "maximum": ("<=", "at most"),
    "exclusiveMinimum": (">", "more than"),
    "exclusiveMaximum": ("<", "less than"),
}

WORDS = {
    "mustBe": "exactly",
    "mustNotBe": "anything but",
    "mustBeGreaterThan": "more than",
    "mustBeGreaterOrEqualTo": "at least",
    "mustBeLessThan": "less than",
    "mustBeLessOrEqualTo": "at most",
    "mustBeBetween": "between",
    "mustNotBeBetween": "outside of",
}

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "mustBe": operators.eq,
    "mustNotBe": operators.ne,
    "mustBeGreaterThan": operators.gt,
    "mustBeGreaterOrEqualTo": operators.ge,
    "mustBeLessThan": operators.lt,
    "mustBeLessOrEqualTo": operators.le,
}

#: Computed numbers that differ by less than this share are the same.
TOLERANCE = 1e-9


def holds(operator: Operator, measure: Any) -> bool:
    """Whether a measured number (or text, or boolean) is as the operator wants it."""
    if operator.name in ("mustBeBetween", "mustNotBeBetween"):
        low, high = sorted(operator.value)
        inside = low <= measure <= high
        return bool(inside if operator.name == "mustBeBetween" else not inside)
    wanted = operator.value
    if isinstance(measure, float) and isinstance(wanted, int | float) and operator.name in ("mustBe", "mustNotBe"):
        same = abs(measure - wanted) <= TOLERANCE * max(1.0, abs(wanted))
        return same if operator.name == "mustBe" else not same
    return bool(COMPARE[operator.name](measure, wanted))


def operand_problem(operator: Operator) -> str | None:
    """Why nothing can be compared with what an operator says, or None."""
    value = operator.value
    if operator.name in ("mustBeBetween", "mustNotBeBetween"):
        return (
            None
            if operand_is_number(operator)
            else f"{operator.name} needs two numbers, such as [0, 10], not {str(value)[:60]!r}"
        )
    if isinstance(value, bool | int | float | str):
        return None
    return f"{operator.name} needs one value to compare with, not {str(value)[:60]!r}"


def in_words(operator: Operator) -> str:
    """`at most 5`, `between 1 and 9`."""
    words = WORDS[operator.name]
    if operator.name in ("mustBeBetween", "mustNotBeBetween"):
        return f"{words} {operator.value[0]} and {operator.value[1]}"
    return f"{words} {operator.value}"


def operand_is_number(operator: Operator) -> bool:
    """Whether it can be compared with a count."""
    value = operator.value
    if operator.name in ("mustBeBetween", "mustNotBeBetween"):
        return isinstance(value, list) and len(value) == 2 and all(is_number(one) for one in value)
    return is_number(value)


def percent(part: float, whole: float) -> str:
    """Enough digits that a part never shows as none, and most never as all."""
    if not whole:
        return "0 %"
    share = 100.0 * part / whole
    for digits in range(2, 12):
        text = f"{share:.{digits}f}"
        if (part == 0 or float(text) > 0) and (part == whole or float(text) < 100):
            return f"{text} %"
    return f"{share} %"


def listed(names: list[str], most: int = 6) -> str:
    """The first few of a list."""
    shown = ", ".join(name[:60] for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def as_text(value: Any) -> str:
    """A value of the contract as it would stand in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: Any) -> bool:
    """A number of things that the engine can count to."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def is_positive(value: Any) -> bool:
    return is_number(value) and value > 0
