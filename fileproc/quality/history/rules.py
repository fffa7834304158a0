"""`implementation: {check: history, measure: …}` → a rule, or the reason why it cannot be one."""

from __future__ import annotations

from typing import Any

from fileproc.domain.profiles import KEPT, HistoryRule
from fileproc.quality.checks.words import is_number
from fileproc.quality.contracts.contract import Operator, QualityRule
from fileproc.quality.suggest import did_you_mean

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
KEYS = ("check", "measure", "last", "atLeast", "floor")


class UnclearRule(Exception):
    """A history rule that says nothing that could be compared; the text says what to write."""


def history_rule(rule: QualityRule, check_id: str, column: str | None) -> HistoryRule:
    """The rule as it will be compared. `column` is the property's name, None on a schema object.

    Raises:
        UnclearRule: what is wrong with it, and what to write instead.
    """
    written = rule.implementation
    for key in written:
        _refuse_unknown(str(key), KEYS, "a history rule has no key")
    measure = _measure(written.get("measure"), column)
    last = _count(written, "last", LAST, low=1, high=KEPT)
    at_least = _count(written, "atLeast", min(AT_LEAST, last), low=1, high=last)
    operator = _operator(rule.operator, measure)
    return HistoryRule(
        id=check_id,
        measure=measure,
        column=column,
        severity=rule.severity.value,
        operator=operator.name,
        value=operator.value,
        last=last,
        at_least=at_least,
        floor=_count(written, "floor", 0, low=0, high=1 << 53),
        dimension=rule.dimension or MEASURES[measure][1],
    )


def _measure(name: Any, column: str | None) -> str:
    if not isinstance(name, str) or not name:
        raise UnclearRule(f"it names no measure: write `measure:` and one of {', '.join(MEASURES)}")
    _refuse_unknown(name, tuple(MEASURES), "there is no measure")
    place = "a schema object" if column is None else "a property"
    if MEASURES[name][0] != place:
        raise UnclearRule(f"the measure {name} belongs to {MEASURES[name][0]}, not to {place}: move the rule there")
    return name


def _operator(operator: Operator | None, measure: str) -> Operator:
    unit = MEASURES[measure][2]
    if operator is None:
        raise UnclearRule(f"it has no operator: write one, such as mustBeLessOrEqualTo: 20 ({unit})")
    between = operator.name in ("mustBeBetween", "mustNotBeBetween")
    values = operator.value if between else [operator.value]
    if not isinstance(values, list) or len(values) != (2 if between else 1) or not all(map(_is_finite, values)):
        wanted = "two numbers" if between else "a number"
        raise UnclearRule(f"{operator.name} takes {wanted} ({unit}), not {str(operator.value)[:60]!r}")
    return operator


def _count(written: dict[Any, Any], key: str, default: int, *, low: int, high: int) -> int:
    value = written.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UnclearRule(f"{key} is a whole number from {low:,} to {high:,}, not {str(value)[:60]!r}")
    return value


def _refuse_unknown(word: str, known: tuple[str, ...], what: str) -> None:
    if word not in known:
        raise UnclearRule(f"{what} {word[:60]!r}: {did_you_mean(word, known)}")


def _is_finite(value: Any) -> bool:
    return is_number(value) and abs(value) < float("inf")
