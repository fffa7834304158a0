"""The words of `implementation: {check: history, …}`, read or refused with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fileproc.domain.profiles import KEPT
from fileproc.quality.contracts.contract import Operator
from fileproc.quality.contracts.elsewhere import UnclearRule, refuse_unknown, whole_number
from fileproc.quality.contracts.odcs_words import OPERATORS

ROW_COUNT, NULL_SHARE, MEAN, NEW_CATEGORIES = "rowCount", "nullShare", "mean", "newCategories"

#: measure → where it is asked, its dimension, and the unit of the number that the operator compares.
MEASURES = {
    ROW_COUNT: ("a schema object", "completeness", "%"),
    NULL_SHARE: ("a property", "completeness", "percentage points"),
    MEAN: ("a property", "consistency", "%"),
    NEW_CATEGORIES: ("a property", "conformity", "new values"),
}

LAST = 10
AT_LEAST = 3
KEYS = ("check", "measure", "last", "atLeast", "floor", *OPERATORS)


@dataclass(frozen=True, slots=True)
class HistoryWords:
    """What a history rule says, complete."""

    measure: str
    operator: Operator
    last: int
    at_least: int
    floor: int

    @property
    def dimension(self) -> str:
        return MEASURES[self.measure][1]


def history_words(written: Mapping[Any, Any], beside: Operator | None, *, on_property: bool) -> HistoryWords:
    """`beside` is an operator of the rule itself; the standard's own schema wants it inside.

    Raises:
        UnclearRule: what is wrong with it, and what to write instead.
    """
    for key in written:
        refuse_unknown(str(key), KEYS, "a history rule has no key")
    measure = _measure(written.get("measure"), on_property=on_property)
    last = whole_number(written, "last", LAST, low=1, high=KEPT)
    return HistoryWords(
        measure=measure,
        operator=_operator(written, beside, MEASURES[measure][2]),
        last=last,
        at_least=whole_number(written, "atLeast", min(AT_LEAST, last), low=1, high=last),
        floor=whole_number(written, "floor", 0, low=0, high=1 << 53),
    )


def _measure(name: Any, *, on_property: bool) -> str:
    if not isinstance(name, str) or not name:
        raise UnclearRule(f"it names no measure: write `measure:` and one of {', '.join(MEASURES)}")
    refuse_unknown(name, tuple(MEASURES), "there is no measure")
    place = "a property" if on_property else "a schema object"
    if MEASURES[name][0] != place:
        raise UnclearRule(f"the measure {name} belongs to {MEASURES[name][0]}, not to {place}: move the rule there")
    return name


def _operator(written: Mapping[Any, Any], beside: Operator | None, unit: str) -> Operator:
    inside = [Operator(name, written[name]) for name in OPERATORS if name in written]
    found = inside + ([beside] if beside is not None else [])
    if len(found) != 1:
        many = "has no operator" if not found else "has several operators"
        raise UnclearRule(f"it {many}: write one, such as mustBeLessOrEqualTo: 20 ({unit})")
    operator = found[0]
    between = operator.name in ("mustBeBetween", "mustNotBeBetween")
    values = operator.value if between else [operator.value]
    if not isinstance(values, list) or len(values) != (2 if between else 1) or not all(map(_is_finite, values)):
        wanted = "two numbers" if between else "a number"
        raise UnclearRule(f"{operator.name} takes {wanted} ({unit}), not {str(operator.value)[:60]!r}")
    return operator


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
