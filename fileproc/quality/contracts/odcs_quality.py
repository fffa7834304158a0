"""quality[] → QualityRule, whatever age the contract has.

Rules that cannot be run (text, another engine's, an unknown metric) are read all the same: the plan lists them as
skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fileproc.domain.reports import Severity
from fileproc.quality.contracts.contract import Operator, QualityRule
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import ARGUMENTS, OLD_METRICS, OPERATORS, SEVERITIES

#: Logical types whose values are compared as the contract writes them.
TEXT_TYPES = (None, "string")


def rules_of(place: Place, *, prefix: str, logical_type: str | None = None) -> tuple[QualityRule, ...]:
    """The quality rules of a schema object or property. Raises UnreadableContract."""
    return tuple(
        rule
        for number, entry in enumerate(place.children("quality"), 1)
        for rule in _rules(entry, default_id=f"{prefix}.rule{number}", logical_type=logical_type)
    )


def severity_of(value: str | None) -> Severity:
    """Unset and unknown severities fail a file; the lint names the unknown ones."""
    return Severity.FAIL if value is None else SEVERITIES.get(value.lower(), Severity.FAIL)


def metric_of(entry: Place) -> str | None:
    """Today's name of the metric; `rule` is what it was called before 3.1."""
    metric = entry.text("metric") or entry.text("rule")
    return None if metric is None else OLD_METRICS.get(metric, metric)


def type_of(entry: Place) -> str:
    """The rule's type; where it is not written, the keys beside it tell."""
    written = entry.text("type")
    if written is not None:
        return written.lower()
    if metric_of(entry) is None and entry.get("query") is not None:
        return "sql"
    if metric_of(entry) is None and entry.get("engine") is not None:
        return "custom"
    return "library"


def _rules(entry: Place, *, default_id: str, logical_type: str | None) -> Iterator[QualityRule]:
    """One rule for each operator: 3.0 allowed several side by side, all of which must hold."""
    rule = _rule(entry, default_id=default_id, logical_type=logical_type)
    operators = _operators(entry)
    yield replace(rule, operator=operators[0] if operators else None)
    yield from (replace(rule, id=f"{rule.id}.{one.name}", operator=one) for one in operators[1:])


def _rule(entry: Place, *, default_id: str, logical_type: str | None) -> QualityRule:
    return QualityRule(
        id=entry.text("id") or entry.text("name") or default_id,
        type=type_of(entry),
        severity=severity_of(entry.text("severity")),
        metric=metric_of(entry),
        arguments=_arguments(entry, logical_type),
        unit=(entry.text("unit") or "rows").lower(),
        dimension=entry.text("dimension"),
        query=entry.text("query"),
        engine=entry.text("engine"),
        implementation=entry.get("implementation"),
        description=entry.text("description"),
        mark=entry.mark(),
    )


def _arguments(entry: Place, logical_type: str | None) -> dict[str, Any]:
    """Lists of tokens and texts as they were written: `[007, 1.10]` are not the numbers 7 and 1.1."""
    arguments = entry.mapping("arguments")
    for key in ARGUMENTS:
        path: tuple[str, ...] = ("arguments", key)
        if key in entry.item and key not in arguments:  # where people put them by mistake
            arguments[key], path = entry.get(key), (key,)
        as_written = key != "validValues" or logical_type in TEXT_TYPES
        if as_written and isinstance(arguments.get(key), list):
            arguments[key] = entry.texts(*path)
    return arguments


def _operators(entry: Place) -> list[Operator]:
    """The operators, one as a rule; before 3.1 `validValues` without any meant that there be no other values."""
    found = [Operator(name, entry.get(name)) for name in OPERATORS if name in entry.item]
    if not found and "metric" not in entry.item and entry.get("rule") == "validValues":
        return [Operator("mustBe", 0)]
    return found
