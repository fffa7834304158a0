"""Which of the agreed columns are there, and which are there that nobody agreed on."""

from __future__ import annotations

from fileproc.domain.reports import Result, Severity
from fileproc.quality.checks.planner import FAILED, Planner
from fileproc.quality.checks.words import listed
from fileproc.quality.contracts.contract import Property
from fileproc.quality.finding import Finding, plural
from fileproc.quality.reading.head import nearest

POLICY_SEVERITY = {"allow": Severity.INFO, "warn": Severity.WARN, "fail": Severity.FAIL}


def plan_columns(planner: Planner) -> None:
    """Present, missing (renamed, another case), extra, and in another order."""
    agreed = [prop.column for prop in planner.schema.properties]
    extra = [column.name for column in planner.source.columns if column.name not in agreed]
    for prop in planner.schema.properties:
        if prop.column in planner.by_name:
            planner.settle(f"{prop.name}.present", "columnPresent", prop.column, Result.PASS, Severity.FAIL)
        else:
            _missing(planner, prop, extra)
    _extra(planner, extra if agreed else [])
    _order(planner, agreed)


def _missing(planner: Planner, prop: Property, extra: list[str]) -> None:
    must = prop.required or prop.primary_key or prop.unique
    severity = Severity.FAIL if must else POLICY_SEVERITY[planner.match.policies.missing_columns]
    meant = nearest(prop.column, extra)
    title = f"the column {prop.column!r} is missing"
    fix = f"add the column {prop.column!r}"
    code = "missing_column"
    if meant is not None:
        case_only = meant.strip().casefold() == prop.column.casefold()
        code = "column_case" if case_only else "renamed_column"
        title += f"; {meant!r} may be meant"
        fix = f"name the column {prop.column!r} again, or change the contract"
    check = planner.settle(
        f"{prop.name}.present", "columnPresent", prop.column, FAILED[severity], severity, expected="present"
    )
    lines = (planner.source.header_line,) if planner.source.header_line else ()
    finding = Finding(
        code,
        "columnPresent",
        title,
        fix,
        severity=severity,
        found=f"columns {listed([column.name for column in planner.source.columns])}",
        agreed=f"a column {prop.column!r}",
        column=prop.column,
        lines=lines,
        last_line=lines[0] if lines else None,
    )
    planner.found(finding, check)
    for name in _checks_of(prop):
        planner.skip(f"{prop.name}.{name}", name, prop.column, "the column is missing")


def _extra(planner: Planner, extra: list[str]) -> None:
    severity = POLICY_SEVERITY[planner.match.policies.extra_columns]
    if not extra or severity is Severity.INFO:
        return
    check = planner.settle(
        f"{planner.schema.name}.extraColumn", "extraColumn", None, FAILED[severity], severity, failed=len(extra)
    )
    finding = Finding(
        "extra_column",
        "extraColumn",
        f"{plural(len(extra), 'column')} not agreed on: {listed(extra)}",
        "drop them, or add them to the contract",
        severity=severity,
        count=len(extra),
        found=f"columns {listed(extra)}",
        agreed="the columns of the contract and no others",
        lines=(planner.source.header_line,) if planner.source.header_line else (),
        last_line=planner.source.header_line,
    )
    planner.found(finding, check)


def _order(planner: Planner, agreed: list[str]) -> None:
    """Columns are found by name, so another order is worth a word and no more."""
    common = [name for name in agreed if name in planner.by_name]
    there = [column.name for column in planner.source.columns if column.name in common]
    if there != common:
        planner.settle(
            f"{planner.schema.name}.order", "structure", None, Result.INFO, Severity.INFO,
            actual="columns in another order", expected="columns in the order of the contract",
        )  # fmt: skip


def _checks_of(prop: Property) -> list[str]:
    """The checks that a property would have had."""
    names = [name for name, asked in (("required", prop.required), ("unique", prop.unique)) if asked]
    names += ["logicalType"] if prop.logical_type else []
    names += [key for key in prop.options if key not in ("timezone", "defaultTimezone")]
    names += ["enum"] if prop.enum else []
    return names + [str(rule.metric or rule.type) for rule in prop.quality]
