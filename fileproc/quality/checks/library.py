"""Library metrics: nullValues, missingValues, invalidValues, duplicateValues, rowCount."""

from __future__ import annotations

from typing import Any

from fileproc.quality import sql
from fileproc.quality.checks.kinds import RowCountCheck
from fileproc.quality.checks.planner import Planner, Where
from fileproc.quality.checks.values import Spot, not_in
from fileproc.quality.checks.words import as_text, listed, operand_is_number
from fileproc.quality.contracts.contract import QualityRule
from fileproc.quality.reading.source import Column


def plan_column_metric(planner: Planner, rule: QualityRule, where: Where) -> None:
    """A metric on a property."""
    cell = where.column.cell
    reason = why_not_run(rule)
    if reason is not None:
        planner.skip(rule.id, rule.metric or rule.type, where.column.name, reason)
    elif rule.metric == "nullValues":
        planner.add_rule(where, rule, f"{cell} IS NULL", "no empty cells", "count(*)")
    elif rule.metric == "missingValues":
        planner.add_rule(where, rule, _missing(where.column, rule.arguments), "no missing values", "count(*)")
    elif rule.metric == "invalidValues":
        _invalid_values(planner, rule, where)
    elif rule.metric == "duplicateValues":
        planner.add_key(rule.id, "duplicateValues", (where.column,), "every value once", rule=rule)
    else:
        planner.skip(rule.id, str(rule.metric), where.column.name, f"{rule.metric} has no meaning on a property")


def plan_object_metric(planner: Planner, rule: QualityRule) -> None:
    """A metric on a schema object."""
    reason = why_not_run(rule)
    if reason is not None:
        planner.skip(rule.id, rule.metric or rule.type, None, reason)
    elif rule.metric == "rowCount" and rule.operator is not None:
        if rule.unit == "percent":
            planner.skip(rule.id, "rowCount", None, "a row count has no percentage")
        else:
            planner.plan.row_counts.append(RowCountCheck(planner.id(rule.id), rule.severity, rule.operator))
    elif rule.metric == "duplicateValues":
        _duplicates(planner, rule)
    else:
        planner.skip(rule.id, str(rule.metric), None, f"{rule.metric} has no meaning on a schema object")


def why_not_run(rule: QualityRule) -> str | None:
    """The reason why a rule is not run, or None."""
    if rule.type == "text":
        return "a text rule is for people"
    if rule.type != "library":
        return f"rules of type {rule.type!r} are not known"
    if rule.metric is None:
        return "the rule names no metric"
    if rule.operator is None:
        return "the rule has no operator, such as mustBe: 0"
    return counted_problem(rule)


def counted_problem(rule: QualityRule) -> str | None:
    """Why a number of rows cannot be held against a rule, or None."""
    if rule.operator is not None and not operand_is_number(rule.operator):
        return f"{rule.operator.name}: {str(rule.operator.value)[:60]!r} is no number to compare with"
    if rule.unit not in ("rows", "percent"):
        return f"the unit {rule.unit!r} is not known; rows and percent are"
    return None


def _invalid_values(planner: Planner, rule: QualityRule, where: Where) -> None:
    """A value must be listed and match, where both are asked for; nulls are never counted."""
    column, parts, words = where.column, [], []
    values, pattern = rule.arguments.get("validValues"), rule.arguments.get("pattern")
    allowed: tuple[str, ...] = ()
    if column.value_type is None:
        planner.skip(rule.id, "invalidValues", column.name, "the column's type cannot be checked")
        return
    spot = Spot(column.cell, column.value, column.value_type)
    if isinstance(values, list):
        given = [value for value in values if value is not None]
        allowed = tuple(as_text(value) for value in given)
        parts.append(not_in(spot, given) if given else "TRUE")
        words.append(f"one of {listed(list(allowed))}")
    if pattern is not None:
        if not (isinstance(pattern, str) and planner.source.accepts_pattern(pattern)):
            planner.skip(rule.id, "invalidValues", column.name, f"the pattern {pattern!r} cannot be run (RE2)")
            return
        parts.append(f"NOT regexp_matches({spot.text}, {sql.text(pattern)})")
        words.append(f"text that matches {pattern}")
    if not parts:
        planner.skip(rule.id, "invalidValues", column.name, "neither validValues nor pattern is given")
        return
    bad = f"{column.cell} IS NOT NULL AND ({' OR '.join(parts)})"
    planner.add_rule(where, rule, bad, " and ".join(words), f"count({column.cell})", allowed)


def _missing(column: Column, arguments: dict[str, Any]) -> str:
    """Null counts only where it is listed, or where nothing is."""
    given = arguments.get("missingValues")
    if not isinstance(given, list):
        return f"{column.cell} IS NULL"
    parts = [f"{column.cell} IS NULL"] if None in given else []
    values = [as_text(value) for value in given if value is not None]
    if values:
        parts.append(f"{column.cell} IN ({sql.texts(values)})")
    return " OR ".join(parts) or "FALSE"


def _duplicates(planner: Planner, rule: QualityRule) -> None:
    names = rule.arguments.get("properties")
    wanted = [str(name) for name in names] if isinstance(names, list) and names else _agreed_columns(planner)
    columns = [planner.column_of(name) for name in wanted]
    found = tuple(column for column in columns if column is not None)
    if len(found) < len(columns) or not found:
        planner.skip(rule.id, "duplicateValues", None, f"a column of {listed(wanted)} is missing")
        return
    planner.add_key(rule.id, "duplicateValues", found, f"every {listed(wanted)} once", rule=rule)


def _agreed_columns(planner: Planner) -> list[str]:
    return [prop.name for prop in planner.schema.properties] or [column.name for column in planner.source.columns]
