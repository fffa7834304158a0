"""`quality` of models and fields → quality rules: library metrics, SQL, texts, and Soda's checks."""

from __future__ import annotations

from typing import Any

from fileproc.quality.contracts.import_options import one_each
from fileproc.quality.contracts.import_soda import soda_rules
from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.odcs_words import ARGUMENTS, METRICS, OLD_METRICS, OPERATORS
from fileproc.quality.contracts.yaml_writer import Noted

#: Operators that are spelt otherwise there.
SPELT = {"mustBeGreaterThanOrEqualTo": "mustBeGreaterOrEqualTo", "mustBeLessThanOrEqualTo": "mustBeLessOrEqualTo"}

#: Keys that mean the same in both languages.
SAME = ("name", "description", "dimension", "severity", "unit", "businessImpact", "method")


def rules_of(part: Part, level: str) -> list[Noted]:
    """The rules of a model or a field."""
    found = []
    for rule in part.parts("quality"):
        for made in _rules(rule, level):
            found.append(Noted(made, source=rule.path))
    return found


def _rules(rule: Part, level: str) -> list[dict[str, Any]]:
    kind = (rule.text("type") or "library").lower()
    if kind == "text":
        return _text(rule)
    if kind == "sql":
        return _sql(rule)
    if kind == "library":
        return _library(rule, level)
    if kind == "custom" and (rule.text("engine") or "").lower() == "soda":
        implementation = rule.take("implementation")
        return soda_rules(rule, "implementation", implementation, common_of(rule), level)
    rule.losses.add(rule.where(), f"rules of type {kind} are for another engine", rule.value.get("engine"))
    rule.take_all()
    return []


def common_of(rule: Part) -> dict[str, Any]:
    """What every rule may say about itself."""
    return {key: text for key in SAME if (text := rule.text(key))}


def _text(rule: Part) -> list[dict[str, Any]]:
    made = common_of(rule)
    if "description" not in made:
        rule.losses.add(rule.where(), "a text rule without a description says nothing")
        return []
    return [{"type": "text"} | made]


def _operators(rule: Part) -> dict[str, Any]:
    found = {}
    for key in (*OPERATORS, *SPELT):
        value = rule.take(key)
        if value is not None:
            found[SPELT.get(key, key)] = value
    return found


def _sql(rule: Part) -> list[dict[str, Any]]:
    query, operators = rule.text("query"), _operators(rule)
    made = common_of(rule)
    if not query or not operators:
        rule.losses.add(rule.where(), "an SQL rule needs a query, and an operator such as mustBe", query)
        rule.take_all()
        return []
    return [{"type": "sql"} | made | {"query": query} | one for one in one_each(operators)]


def _library(rule: Part, level: str) -> list[dict[str, Any]]:
    written = rule.text("metric") or rule.text("rule")
    metric = OLD_METRICS.get(str(written), str(written))
    operators, made = _operators(rule), common_of(rule)
    arguments = _arguments(rule)
    if written == "validValues" and not operators:
        operators = {"mustBe": 0}
    if metric not in METRICS or level not in METRICS[metric] or not operators:
        why = f"it names no metric of {'a model' if level == 'object' else 'a field'} with an operator such as mustBe"
        rule.losses.add(rule.where(), why, written)
        rule.take_all()
        return []
    made = {"metric": metric} | made | ({"arguments": arguments} if arguments else {})
    return [made | one for one in one_each(operators)]


def _arguments(rule: Part) -> dict[str, Any]:
    """Arguments stand below a key of their own, or beside the metric."""
    holder = rule.part("arguments")
    found = {key: value for key in ARGUMENTS if holder is not None and (value := holder.take(key)) is not None}
    return found | {key: value for key in ARGUMENTS if (value := rule.take(key)) is not None}
