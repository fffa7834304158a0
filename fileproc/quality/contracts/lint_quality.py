"""Quality rules: would they be run as they were meant?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fileproc.quality.contracts.lint_custom import custom_findings
from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_schema import pattern_findings
from fileproc.quality.contracts.lint_sql import sql_findings
from fileproc.quality.contracts.lint_threshold import operators
from fileproc.quality.contracts.lint_walk import is_inside, mappings, properties, scalar
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_quality import metric_of, type_of
from fileproc.quality.contracts.odcs_words import (
    ARGUMENTS,
    METRICS,
    OLD_METRICS,
    RULE_KEYS,
    SEVERITIES,
    UNITS,
)
from fileproc.quality.suggest import METRIC_ALIASES, did_you_mean

#: Type → keys of other types, which say nothing there.
IDLE_KEYS = {
    "sql": ("metric", "rule", "arguments", "engine", "implementation"),
    "custom": ("metric", "rule", "arguments", "query"),
    "library": ("query", "engine", "implementation"),
    "text": (),
}


#: Why a rule on elements is not run.
INSIDE = "a rule on what is inside of a list or map is not run"


def rules(root: Place) -> Iterator[LintFinding]:
    """Findings about every quality rule of the contract."""
    for schema in mappings(root, "schema"):
        names = {scalar(prop, "name") for prop in mappings(schema, "properties")}
        everywhere = list(mappings(schema, "quality"))
        for rule in everywhere:
            yield from _rule(rule, "object")
            yield from _about_properties(rule, names)
            yield from _elsewhere(rule, schema, None)
        for prop in properties(schema):
            for rule in mappings(prop, "quality"):
                yield from _rule(rule, "property")
                if is_inside(prop):
                    yield finding("FPC501", rule.mark(), INSIDE, "put it on the column, or write it in SQL")
                yield from _elsewhere(rule, schema, prop)
                everywhere.append(rule)
        yield from _ids(everywhere)


def _ids(everywhere: list[Place]) -> Iterator[LintFinding]:
    seen: dict[str, Place] = {}
    for rule in everywhere:
        name = scalar(rule, "id")
        first = seen.setdefault(name, rule) if name is not None else rule
        if first is not rule:
            message = f"the rule id {shown(name)} is on line {first.mark().line} already"
            yield finding("FPC413", rule.mark("id"), message, "give each rule an id of its own")


def _rule(rule: Place, level: str) -> Iterator[LintFinding]:
    kind = _kind(rule)
    yield from _keys(rule, kind)
    yield from _severity(rule)
    if kind == "library":
        yield from _metric(rule, level)
        yield from _arguments(rule, level)
        yield from _unit(rule)
    if kind in ("library", "sql"):
        yield from operators(rule, counts=kind == "library")


def _elsewhere(rule: Place, schema: Place, prop: Place | None) -> Iterator[LintFinding]:
    """Rules that say what to run: in SQL, or by the name of a check. A text rule is for people, and right as it is."""
    kind = _kind(rule)
    if kind == "sql":
        yield from sql_findings(rule, schema, prop)
    elif kind == "custom":
        yield from custom_findings(rule, on_property=prop is not None)


def _kind(rule: Place) -> str:
    """The rule's type, as far as the keys can be read."""
    readable = {key: value for key, value in rule.item.items() if not isinstance(value, dict | list)}
    return type_of(Place(rule.document, rule.path, readable))


def _keys(rule: Place, kind: str) -> Iterator[LintFinding]:
    for key in rule.item:
        if key in ARGUMENTS:
            fix = f"indent it below `arguments:` (arguments: {{{key}: …}})"
            yield finding("FPC406", rule.mark(key), f"`{key}` is an argument of the metric, not of the rule", fix)
        elif key not in RULE_KEYS:
            yield finding(
                "FPC102", rule.mark(key), f"{shown(key)} is no key of a quality rule", did_you_mean(key, RULE_KEYS)
            )
        elif key in IDLE_KEYS.get(kind, ()):
            yield finding("FPC414", rule.mark(key), f"`{key}` has no effect in a rule of type {kind}", "remove it")


def _severity(rule: Place) -> Iterator[LintFinding]:
    written = scalar(rule, "severity")
    if written is not None and written.lower() not in SEVERITIES:
        mark = rule.document.value_mark((*rule.path, "severity"))
        fix = did_you_mean(written, SEVERITIES, {"warn": "warning", "low": "info", "high": "error", "fail": "error"})
        yield finding("FPC410", mark, f"the severity {shown(written)} is not known and counts as error", fix)


def _metric(rule: Place, level: str) -> Iterator[LintFinding]:
    key = "metric" if "metric" in rule.item else "rule"
    written = scalar(rule, key)
    if written is None:
        yield finding("FPC101", rule.mark(), "the rule names no metric", f"add `metric:`, one of {', '.join(METRICS)}")
        return
    metric = OLD_METRICS.get(written, written)
    mark = rule.document.value_mark((*rule.path, key))
    if metric not in METRICS:
        yield finding(
            "FPC403", mark, f"the metric {shown(written)} is not known", did_you_mean(written, METRICS, METRIC_ALIASES)
        )
    elif key == "rule" and not str(rule.document.value.get("apiVersion")).startswith("v3.0"):
        yield finding("FPC107", rule.mark(key), "`rule` was replaced by `metric`", f"write metric: {metric}")
    elif metric != written:
        yield finding("FPC107", mark, f"the metric {written} was renamed", f"write metric: {metric}")
    if metric in METRICS and level not in METRICS[metric]:
        other = "of the schema object" if level == "property" else "of a property"
        yield finding("FPC404", mark, f"{metric} has no meaning here", f"move the rule to the quality {other}")


def _arguments(rule: Place, level: str) -> Iterator[LintFinding]:
    metric, given = metric_of(_scalars(rule)), rule.get("arguments")
    arguments = given if isinstance(given, dict) else {}
    beside = {key for key in ARGUMENTS if key in rule.item}
    there = {*arguments, *beside}
    if metric == "invalidValues" and not there & {"validValues", "pattern"}:
        fix = "add arguments: {validValues: [...]} or arguments: {pattern: '^...$'}"
        yield finding("FPC405", rule.mark(), "invalidValues needs validValues or a pattern", fix)
    if metric == "missingValues" and "missingValues" not in there:
        fix = "write metric: nullValues, or add arguments: {missingValues: [null, NA]}"
        yield finding("FPC423", rule.mark(), "only nulls are counted: no missingValues are listed", fix)
    if metric == "missingValues":
        listed = arguments.get("missingValues")
        if isinstance(listed, list) and None not in listed:
            yield finding(
                "FPC407", rule.mark("arguments"), "nulls are not counted: the list has no null", "add null to it"
            )
    if metric == "duplicateValues" and level == "object" and "properties" not in there:
        fix = "add arguments: {properties: [...]} for some columns"
        yield finding("FPC415", rule.mark(), "duplicateValues without properties compares whole rows", fix)
    for key in arguments:
        if key not in ARGUMENTS:
            mark = rule.document.mark((*rule.path, "arguments", key))
            yield finding("FPC102", mark, f"{shown(key)} is no argument of a metric", did_you_mean(key, ARGUMENTS))
    if isinstance(arguments.get("pattern"), str):
        yield from pattern_findings(rule, ("arguments", "pattern"), arguments["pattern"])


def _unit(rule: Place) -> Iterator[LintFinding]:
    written = scalar(rule, "unit")
    if written is None:
        return
    mark = rule.document.value_mark((*rule.path, "unit"))
    if written.lower() not in UNITS:
        fix = did_you_mean(written, UNITS, {"%": "percent", "row": "rows", "count": "rows"})
        yield finding("FPC411", mark, f"the unit {shown(written)} is not known, so the rule is not run", fix)
    elif written.lower() == "percent" and metric_of(_scalars(rule)) == "rowCount":
        yield finding("FPC411", mark, "a row count has no percentage, so the rule is not run", "write unit: rows")


def _about_properties(rule: Place, names: set[str | None]) -> Iterator[LintFinding]:
    """duplicateValues of a schema object names properties; they must be there."""
    arguments = rule.child("arguments")
    listed: Any = None if arguments is None else arguments.get("properties")
    for index, name in enumerate(listed if isinstance(listed, list) else []):
        path = (*rule.path, "arguments", "properties", index)
        written = rule.document.text(path) or str(name)
        if written not in names:
            fix = did_you_mean(written, sorted(one for one in names if one is not None))
            yield finding("FPC412", rule.document.value_mark(path), f"there is no property {shown(written)}", fix)


def _scalars(rule: Place) -> Place:
    return Place(
        rule.document, rule.path, {key: one for key, one in rule.item.items() if not isinstance(one, dict | list)}
    )
