"""The plan: contract and file columns → checks, each one an expression of the one scan.

Nothing of the contract is left out: what cannot be run is a settled check with the result `skipped` and the reason.
Columns are told in `columns.py`, values in `values.py` and `nested.py`, rules in `library.py`, `sql_rules.py` and
`custom.py`, references in `references.py`, promises about time in `levels.py`.
"""

from __future__ import annotations

from fileproc.domain.reports import Result, Severity
from fileproc.quality import sql
from fileproc.quality.checks.columns import POLICY_SEVERITY, plan_columns
from fileproc.quality.checks.kinds import Plan
from fileproc.quality.checks.library import plan_column_metric, plan_object_metric
from fileproc.quality.checks.physical import plan_physical
from fileproc.quality.checks.planner import Planner, Surroundings, Where
from fileproc.quality.checks.sql_rules import plan_sql
from fileproc.quality.checks.values import Rule, Spot, Unrun, value_rules
from fileproc.quality.contracts.contract import Match, Property, QualityRule
from fileproc.quality.date_patterns import UnknownFormat
from fileproc.quality.logical_types import CONTAINERS, Typed
from fileproc.quality.reading.source import Column, Source


def make_plan(match: Match, source: Source, around: Surroundings | None = None) -> Plan:
    """Compile the contract's schema object against the columns that the file has."""
    planner = Planner(match, source, around or Surroundings())
    plan_columns(planner)
    plan_physical(planner)
    for prop in planner.schema.properties:
        column = planner.by_name.get(prop.column)
        if column is not None:
            _property(planner, prop, Where(prop.name, column, prop.masked), present=None)
    _primary_key(planner)
    _references(planner)
    for rule in planner.schema.quality:
        _object_rule(planner, rule)
    _levels(planner)
    for item in (*match.contract.unsupported, *planner.schema.unsupported):
        planner.skip(item.id, "unsupported", None, item.reason)
    return planner.plan


def _property(planner: Planner, prop: Property, where: Where, *, present: str | None) -> None:
    """Everything on one column, or field of an object; `present` is when a field can be missing at all."""
    column = where.column
    if prop.required:
        missing = f"{column.cell} IS NULL"
        bad = missing if present is None else f"{present} AND {missing}"
        tested = "count(*)" if present is None else sql.count_if(present)
        planner.add(where, Rule("required", bad, "a value in every row"), tested=tested)
    if prop.unique:
        planner.add_key(f"{where.name}.unique", "unique", (column,), "every value once")
    if _logical(prop) in CONTAINERS:
        _container(planner, prop, where)
    else:
        _scalar(planner, prop, where)
    for rule in prop.quality:
        _property_rule(planner, rule, where)
    if present is not None:
        _not_of_fields(planner, prop, where)


def _not_of_fields(planner: Planner, prop: Property, where: Where) -> None:
    """Keys and references are of columns; on a field inside of an object they are listed as skipped."""
    for key, asked in (("primaryKey", prop.primary_key), ("relationship", bool(prop.relationships))):
        if asked:
            reason = f"a {key} is of columns, not of fields inside of one"
            planner.skip(f"{where.name}.{key}", key, where.column.name, reason)


def _logical(prop: Property) -> str:
    """What is not written can be told by what is inside."""
    if prop.logical_type is None and (prop.properties or prop.items):
        return "object" if prop.properties else "array"
    return prop.logical_type or "string"


def _scalar(planner: Planner, prop: Property, where: Where) -> None:
    typed = _typed(planner, prop, where)
    if typed is None:
        return
    spot = Spot(where.column.cell, where.column.value, typed)
    for rule in value_rules(prop, spot, planner.source.accepts_pattern):
        _add(planner, where, rule)


def _add(planner: Planner, where: Where, rule: Rule | Unrun) -> None:
    if isinstance(rule, Unrun):
        planner.unrun(where, rule)
    else:
        planner.add(where, rule)


def _typed(planner: Planner, prop: Property, where: Where) -> Typed | None:
    """Compile the type; from here on `v{n}` is the typed value."""
    column, logical = where.column, prop.logical_type or "string"
    try:
        typed = planner.source.typed(column, logical, prop.options, planner.match.dialect.decimal_char)
    except UnknownFormat as error:
        planner.skip(f"{where.name}.logicalType", "logicalType", column.name, str(error))
        return None
    if typed is None:
        if prop.logical_type is not None:
            reason = f"{logical} values cannot be checked in a column of type {column.physical or 'text'}"
            planner.skip(f"{where.name}.logicalType", "logicalType", column.name, reason)
        return None
    column.value_type = typed
    if prop.logical_type is not None and not (typed.is_text and typed.bad is None):
        bad = typed.bad or f"{column.cell} IS NOT NULL AND {column.value} IS NULL"
        planner.add(where, Rule("logicalType", bad, typed.agreed))
    elif prop.logical_type is not None:
        planner.settle(f"{where.name}.logicalType", "logicalType", column.name, Result.PASS, Severity.FAIL)
    return typed


def _container(planner: Planner, prop: Property, where: Where) -> None:
    """An object, array, map or vector: what it is, what is inside, and the fields of an object as columns."""
    from fileproc.quality.checks.nested import AGREED, container_rules, shown_unknown_key, unknown_keys

    column, logical = where.column, _logical(prop)
    planner.source.open_json(column)
    kind = f"coalesce({column.json_kind}, '')"
    wanted = CONTAINERS[logical]
    bad = f"{column.cell} IS NOT NULL AND {kind} <> '{wanted}'"
    planner.add(where, Rule("logicalType", bad, AGREED[logical]))
    present = f"{kind} = '{wanted}'"
    opened = f"CASE WHEN {present} THEN {column.json} END"
    for rule in container_rules(prop, opened, planner.source.accepts_pattern):
        _add(planner, where, rule)
    for child in prop.properties if logical == "object" else ():
        inner = planner.source.field_of(column, f"{column.name}.{child.column}", child.column)
        _property(planner, child, Where(f"{where.name}.{child.name}", inner, where.masked or child.masked),
                  present=present)  # fmt: skip
    severity = POLICY_SEVERITY[planner.match.policies.extra_columns]
    if prop.properties and logical == "object" and severity is not Severity.INFO:
        unknown = Rule(
            "extraColumn", unknown_keys(prop, opened), "the fields of the contract and no others",
            shown=shown_unknown_key(prop, opened),
        )  # fmt: skip
        planner.add(where, unknown, severity=severity)


def _property_rule(planner: Planner, rule: QualityRule, where: Where) -> None:
    if rule.type == "sql":
        plan_sql(planner, rule, where.column)
    elif rule.type == "custom":
        _custom(planner, rule, where.column)
    else:
        plan_column_metric(planner, rule, where)


def _object_rule(planner: Planner, rule: QualityRule) -> None:
    if rule.type == "sql":
        plan_sql(planner, rule, None)
    elif rule.type == "custom":
        _custom(planner, rule, None)
    else:
        plan_object_metric(planner, rule)


# What few contracts ask for is loaded for those that do.


def _custom(planner: Planner, rule: QualityRule, column: Column | None) -> None:
    from fileproc.quality.checks.custom import plan_custom

    plan_custom(planner, rule, column)


def _references(planner: Planner) -> None:
    if planner.schema.relationships or any(prop.relationships for prop in planner.schema.properties):
        from fileproc.quality.checks.references import plan_references

        plan_references(planner)


def _levels(planner: Planner) -> None:
    if planner.match.contract.service_levels:
        from fileproc.quality.checks.levels import plan_levels

        plan_levels(planner)


def _primary_key(planner: Planner) -> None:
    members = [prop for prop in planner.schema.properties if prop.primary_key]
    if not members:
        return
    members.sort(key=lambda prop: prop.primary_key_position if prop.primary_key_position > 0 else 1 << 30)
    columns = [planner.by_name.get(prop.column) for prop in members]
    name = "+".join(prop.name for prop in members)
    for prop, column in zip(members, columns, strict=True):
        if column is not None and not prop.required:
            rule = Rule("primaryKey", f"{column.cell} IS NULL", "a value in every row (primary key)")
            planner.add(Where(prop.name, column, prop.masked), rule, tested="count(*)")
    found = tuple(column for column in columns if column is not None)
    if len(found) < len(columns):
        planner.skip(f"{name}.primaryKey", "primaryKey", None, "a column of the key is missing")
        return
    planner.add_key(f"{name}.primaryKey", "primaryKey", found, f"every {name} once")
