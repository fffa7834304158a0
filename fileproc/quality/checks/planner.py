"""What every part of planning shares: the plan under way, unique ids, and ways to settle a check without the scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fileproc.domain.reports import CheckResult, Result, Severity
from fileproc.quality.checks.hints import list_hint
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Plan, dimension_of
from fileproc.quality.checks.values import Rule, Unrun
from fileproc.quality.contracts.contract import Match, QualityRule, SchemaObject
from fileproc.quality.finding import Finding
from fileproc.quality.reading.source import Column, Source

#: What a check that did not hold is called, by its severity.
FAILED = {Severity.INFO: Result.INFO, Severity.WARN: Result.WARN, Severity.FAIL: Result.FAIL}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a check may know beside the file: when it came, where remembered keys are, what S3 says of the object.

    An accepted file's own keys are remembered in `key_sets`, too, unless the check only `looks`.
    """

    as_of: datetime | None = None
    key_sets: Path | None = None
    looks: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Where:
    """A column, or a field inside of one: what it is called in ids, and whether its values may be shown."""

    name: str
    column: Column
    masked: bool = False


@dataclass(slots=True)
class Planner:
    """The plan under way."""

    match: Match
    source: Source
    around: Surroundings
    plan: Plan = field(default_factory=Plan)
    ids: Counter[str] = field(default_factory=Counter)
    by_name: dict[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name = {column.name: column for column in self.source.columns}

    @property
    def schema(self) -> SchemaObject:
        return self.match.schema

    def column_of(self, name: str) -> Column | None:
        """By the property's name, as rules write it, or by the column's own."""
        for prop in self.schema.properties:
            if prop.name == name:
                return self.by_name.get(prop.column)
        return self.by_name.get(name)

    def is_masked(self, column: Column) -> bool:
        """Whether what is in this column is never shown."""
        outer = column.derived[0] if column.derived else column
        return any(prop.masked for prop in self.schema.properties if prop.column == outer.name)

    def id(self, wanted: str) -> str:
        """Ids are unique; a second one of the same name gets a number."""
        self.ids[wanted] += 1
        return wanted if self.ids[wanted] == 1 else f"{wanted}.{self.ids[wanted]}"

    def add(self, where: Where, rule: Rule, *, tested: str | None = None, severity: Severity = Severity.FAIL) -> None:
        """A check of one column from what is agreed on its values."""
        column = where.column
        name = f"{where.name}{rule.inside}"
        check = CellCheck(
            id=self.id(f"{name}.{rule.type}"),
            type=rule.type,
            column=column,
            severity=severity,
            bad=rule.bad,
            agreed=rule.agreed,
            tested=tested or f"count({column.cell if rule.type == 'logicalType' else column.value})",
            masked=where.masked,
            dimension=dimension_of(rule.type),
            shown=rule.shown or column.cell,
            name=f"{column.name}{rule.inside}" if rule.inside else None,
            kind=rule.kind or (column.value_type.kind if column.value_type and not rule.shown else "string"),
            says_type=column.is_json or self.source.kind == "sheet" or bool(rule.inside),
            listed=rule.listed,
            whole_row=rule.whole_row,
            hint=rule.hint or (self.source.hint(column) if rule.type == "logicalType" else None),
        )
        self.plan.cells.append(check)

    def add_rule(
        self, where: Where, written: QualityRule, bad: str, agreed: str, tested: str, listed: tuple[str, ...] = ()
    ) -> None:
        """A library metric on a column: the count of bad cells is compared with the rule's operator."""
        column = where.column
        type_ = str(written.metric or written.type)
        check = CellCheck(
            id=self.id(written.id),
            type=type_,
            column=column,
            severity=written.severity,
            bad=bad,
            agreed=agreed,
            tested=tested,
            masked=where.masked,
            operator=written.operator,
            unit=written.unit,
            dimension=written.dimension or dimension_of(type_),
            shown=column.cell,
            kind=column.value_type.kind if column.value_type else "string",
            listed=listed,
            hint=list_hint(listed) if listed else None,
        )
        self.plan.cells.append(check)

    def add_key(
        self, check_id: str, type_: str, columns: tuple[Column, ...], agreed: str, *, rule: QualityRule | None = None
    ) -> None:
        masked = any(self.is_masked(column) for column in columns)
        check = KeyCheck(self.id(check_id), type_, columns, Severity.FAIL, agreed, masked)
        if rule is not None:
            dimension = rule.dimension or check.dimension
            check = replace(check, severity=rule.severity, operator=rule.operator, unit=rule.unit, dimension=dimension)
        self.plan.keys.append(check)

    def found(self, finding: Finding, check: CheckResult) -> None:
        """Something that is wrong with the columns, and the check that it belongs to."""
        self.plan.findings.append(finding)
        self.source.check_of_finding[id(finding)] = check.id

    def settle(
        self, check_id: str, type_: str, column: str | None, result: Result, severity: Severity, **facts: Any
    ) -> CheckResult:
        """A check that needs no scan."""
        check = CheckResult(self.id(check_id), type_, column, dimension_of(type_), severity, result, **facts)
        self.plan.settled.append(check)
        return check

    def skip(self, check_id: str, type_: str, column: str | None, reason: str) -> None:
        """A check that is not run, with the reason."""
        self.settle(check_id, type_, column, Result.SKIPPED, Severity.INFO, reason=reason)

    def error(self, check_id: str, type_: str, column: str | None, reason: str) -> None:
        """A check that could not be run although it should: nobody must take that for a pass."""
        self.settle(check_id, type_, column, Result.ERROR, Severity.FAIL, reason=reason)

    def unrun(self, where: Where, rule: Unrun) -> None:
        """A rule on values that cannot be run."""
        name = f"{where.name}{rule.inside}"
        self.skip(f"{name}.{rule.type}", rule.type, f"{where.column.name}{rule.inside}", rule.reason)
