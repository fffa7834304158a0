"""The plan: contract and file columns → checks, each one an aggregate of the one scan.

A `CellCheck` says when a cell is bad; a `MeasureCheck` compares a number with what was agreed; a `Settled` one was
decided without the scan (a column that is missing, a rule that is not understood). Nothing of the contract is left out:
what cannot be run is a settled check with the result `skipped` and the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from fileproc.domain.reports import CheckResult, Result, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import Match, Operator, Property, QualityRule, SchemaObject
from fileproc.quality.finding import Finding, plural
from fileproc.quality.logical_types import FORMATS, Typed, UnknownFormat
from fileproc.quality.reading.head import nearest
from fileproc.quality.reading.source import Column, Source

POLICY_SEVERITY = {"allow": Severity.INFO, "warn": Severity.WARN, "fail": Severity.FAIL}

#: Classifications whose values are never shown.
OPEN_CLASSIFICATIONS = {"", "public", "internal", "open", "none"}

DIMENSIONS = {
    "required": "completeness",
    "columnPresent": "completeness",
    "nullValues": "completeness",
    "missingValues": "completeness",
    "rowCount": "completeness",
    "unique": "uniqueness",
    "primaryKey": "uniqueness",
    "duplicateValues": "uniqueness",
}

COMPARISONS = {
    "mustBe": ("=", "exactly"),
    "mustNotBe": ("<>", "anything but"),
    "mustBeGreaterThan": (">", "more than"),
    "mustBeGreaterOrEqualTo": (">=", "at least"),
    "mustBeLessThan": ("<", "less than"),
    "mustBeLessOrEqualTo": ("<=", "at most"),
    "mustBeBetween": ("between", "between"),
    "mustNotBeBetween": ("not between", "outside of"),
}


@dataclass(frozen=True, slots=True)
class CellCheck:
    """`bad` is true for a bad cell, an expression over `c{n}` (text) and `v{n}` (typed value) of column n."""

    id: str
    type: str
    column: Column
    severity: Severity
    bad: str
    agreed: str
    tested: str  # expression: how many cells were held against it
    masked: bool = False
    operator: Operator | None = None  # library metrics compare the count of bad cells with this
    unit: str = "rows"
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """No two rows have the same values in these columns. The count is of surplus rows: non-null rows less distinct."""

    id: str
    type: str
    columns: tuple[Column, ...]
    severity: Severity
    agreed: str
    masked: bool = False
    operator: Operator | None = None
    unit: str = "rows"
    dimension: str | None = "uniqueness"

    @property
    def key(self) -> str:
        """The key as one value, NULL when a part of it is."""
        if len(self.columns) == 1:
            return self.columns[0].cell
        cells = [column.cell for column in self.columns]
        present = " AND ".join(f"{cell} IS NOT NULL" for cell in cells)
        return f"CASE WHEN {present} THEN ROW({', '.join(cells)}) END"


@dataclass(frozen=True, slots=True)
class RowCountCheck:
    """How many rows there are."""

    id: str
    severity: Severity
    operator: Operator
    type: str = "rowCount"
    dimension: str | None = "completeness"


@dataclass(slots=True)
class Plan:
    """Everything that will be run, and everything that need not or cannot be."""

    cells: list[CellCheck] = field(default_factory=list)
    keys: list[KeyCheck] = field(default_factory=list)
    row_counts: list[RowCountCheck] = field(default_factory=list)
    settled: list[CheckResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def make_plan(match: Match, source: Source) -> Plan:
    """Compile the contract's schema object against the columns that the file has."""
    return _Planner(match, source).plan()


class _Planner:
    def __init__(self, match: Match, source: Source) -> None:
        self._match = match
        self._schema: SchemaObject = match.schema
        self._source = source
        self._plan = Plan()
        self._ids: Counter[str] = Counter()
        self._by_name = {column.name: column for column in source.columns}

    def plan(self) -> Plan:
        self._columns()
        for prop in self._schema.properties:
            column = self._by_name.get(prop.column)
            if column is not None:
                self._property(prop, column)
        self._primary_key()
        for rule in self._schema.quality:
            self._object_rule(rule)
        for item in (*self._match.contract.unsupported, *self._schema.unsupported):
            self._skip(item.id, "unsupported", None, item.reason)
        return self._plan

    # columns

    def _columns(self) -> None:
        """Which of the agreed columns are there, and which are there that nobody agreed on."""
        agreed = [prop.column for prop in self._schema.properties]
        extra = [column.name for column in self._source.columns if column.name not in agreed]
        missing = [prop for prop in self._schema.properties if prop.column not in self._by_name]
        for prop in self._schema.properties:
            if prop.column in self._by_name:
                self._settle(f"{prop.name}.present", "columnPresent", prop.column, Result.PASS, Severity.FAIL)
        for prop in missing:
            self._missing(prop, extra)
        self._extra([name for name in extra if agreed])
        self._order(agreed)

    def _missing(self, prop: Property, extra: list[str]) -> None:
        must = prop.required or prop.primary_key or prop.unique
        severity = Severity.FAIL if must else POLICY_SEVERITY[self._match.policies.missing_columns]
        meant = nearest(prop.column, extra)
        title = f"the column {prop.column!r} is missing"
        fix = f"add the column {prop.column!r}"
        code = "missing_column"
        if meant is not None:
            case_only = meant.strip().casefold() == prop.column.casefold()
            code = "column_case" if case_only else "renamed_column"
            title += f"; {meant!r} may be meant"
            fix = f"name the column {prop.column!r} again, or change the contract"
        check = self._settle(
            f"{prop.name}.present", "columnPresent", prop.column, _failed(severity), severity, expected="present"
        )
        lines = (self._source.header_line,) if self._source.header_line else ()
        self._plan.findings.append(
            Finding(
                code,
                "columnPresent",
                title,
                fix,
                severity=severity,
                found=f"columns {_listed([column.name for column in self._source.columns])}",
                agreed=f"a column {prop.column!r}",
                column=prop.column,
                lines=lines,
                last_line=lines[0] if lines else None,
            )
        )
        self._source.check_of_finding[id(self._plan.findings[-1])] = check.id
        for name in _checks_of(prop):
            self._skip(f"{prop.name}.{name}", name, prop.column, "the column is missing")

    def _extra(self, extra: list[str]) -> None:
        severity = POLICY_SEVERITY[self._match.policies.extra_columns]
        if not extra or severity is Severity.INFO:
            return
        check = self._settle(
            f"{self._schema.name}.extraColumn", "extraColumn", None, _failed(severity), severity, failed=len(extra)
        )
        finding = Finding(
            "extra_column",
            "extraColumn",
            f"{plural(len(extra), 'column')} not agreed on: {_listed(extra)}",
            "drop them, or add them to the contract",
            severity=severity,
            count=len(extra),
            found=f"columns {_listed(extra)}",
            agreed="the columns of the contract and no others",
            lines=(self._source.header_line,) if self._source.header_line else (),
        )
        self._plan.findings.append(finding)
        self._source.check_of_finding[id(finding)] = check.id

    def _order(self, agreed: list[str]) -> None:
        """Columns are found by name, so another order is worth a word and no more."""
        common = [name for name in agreed if name in self._by_name]
        there = [column.name for column in self._source.columns if column.name in common]
        if there != common:
            self._settle(
                f"{self._schema.name}.order", "structure", None, Result.INFO, Severity.INFO,
                actual="columns in another order", expected="columns in the order of the contract",
            )  # fmt: skip

    # properties

    def _property(self, prop: Property, column: Column) -> None:
        masked = (prop.classification or "").lower() not in OPEN_CLASSIFICATIONS
        maker = _CellChecks(self, prop, column, masked)
        if prop.required:
            maker.add("required", f"{column.cell} IS NULL", "a value in every row", tested="count(*)")
        typed = self._typed(prop, column, maker)
        if prop.unique:
            self._key(f"{prop.name}.unique", "unique", (column,), "every value once", masked=masked)
        if typed is not None:
            self._options(prop, column, typed, maker)
        if prop.enum:
            allowed = sql.texts(_as_text(value) for value in prop.enum)
            bad = f"{column.value_text} NOT IN ({allowed})"
            maker.add("enum", bad, f"one of {_listed([_as_text(v) for v in prop.enum])}")
        for rule in prop.quality:
            self._property_rule(rule, prop, column, maker)

    def _typed(self, prop: Property, column: Column, maker: _CellChecks) -> Typed | None:
        """Compile the type; from here on `v{n}` is the typed value."""
        logical = prop.logical_type or "string"
        try:
            typed = self._source.typed(column, logical, prop.options, self._match.dialect.decimal_char)
        except UnknownFormat as error:
            self._skip(f"{prop.name}.logicalType", "logicalType", prop.column, str(error))
            return None
        if typed is None:
            if prop.logical_type is not None:
                reason = f"{logical} values are not checked yet"
                self._skip(f"{prop.name}.logicalType", "logicalType", prop.column, reason)
            return None
        column.value_type = typed
        if prop.logical_type is not None and not (typed.is_text and typed.bad is None):
            bad = typed.bad or f"{column.cell} IS NOT NULL AND {column.value} IS NULL"
            maker.add("logicalType", bad, typed.agreed)
        elif prop.logical_type is not None:
            self._settle(f"{prop.name}.logicalType", "logicalType", prop.column, Result.PASS, Severity.FAIL)
        return typed

    def _options(self, prop: Property, column: Column, typed: Typed, maker: _CellChecks) -> None:
        """Every logicalTypeOptions key, as a check or as one that is not run."""
        value, known = column.value, {"format", "timezone", "defaultTimezone"}
        for key, option in prop.options.items():
            if key in BOUNDS and typed.kind != "string":
                comparison, words = BOUNDS[key]
                maker.add(key, f"NOT ({value} {comparison} {typed.literal(option)})", f"{words} {option}")
            elif key in ("minLength", "maxLength") and typed.is_text and _is_count(option):
                comparison, words = (">=", "at least") if key == "minLength" else ("<=", "at most")
                maker.add(key, f"NOT (length({column.cell}) {comparison} {option})", f"{words} {option} characters")
            elif key == "pattern" and typed.is_text and self._is_pattern(option):
                bad = f"NOT regexp_matches({column.cell}, {sql.text(str(option))})"
                maker.add("pattern", bad, f"text that matches {option}")
            elif key == "multipleOf" and typed.kind in ("integer", "number") and _is_positive(option):
                maker.add("multipleOf", _not_multiple(value, option), f"a multiple of {option}")
            elif key not in known:
                reason = f"{key}: {option!r} cannot be checked on {prop.logical_type or 'untyped'} values here"
                self._skip(f"{prop.name}.{key}", key, prop.column, reason)
        if typed.is_text and prop.options.get("format") is not None:
            self._format(prop, column, maker)

    def _format(self, prop: Property, column: Column, maker: _CellChecks) -> None:
        name = str(prop.options["format"]).lower()
        if name in FORMATS:
            bad = f"NOT regexp_full_match({column.cell}, {sql.text(FORMATS[name])})"
            maker.add("format", bad, f"a valid {name}")
        else:
            self._skip(f"{prop.name}.format", "format", prop.column, f"the format {name!r} is a hint and not checked")

    def _is_pattern(self, pattern: Any) -> bool:
        return isinstance(pattern, str) and self._source.accepts_pattern(pattern)

    # rules

    def _property_rule(self, rule: QualityRule, prop: Property, column: Column, maker: _CellChecks) -> None:
        reason = _why_not_run(rule)
        if reason is not None:
            self._skip(rule.id, rule.metric or rule.type, prop.column, reason)
            return
        metric, arguments = rule.metric, rule.arguments
        if metric == "nullValues":
            maker.rule(rule, f"{column.cell} IS NULL", "no empty cells", tested="count(*)")
        elif metric == "missingValues":
            maker.rule(rule, _missing_condition(column, arguments), "no missing values", tested="count(*)")
        elif metric == "invalidValues":
            self._invalid_values(rule, column, maker)
        elif metric == "duplicateValues":
            self._key(rule.id, "duplicateValues", (column,), "every value once", rule=rule, masked=maker.masked)
        else:
            self._skip(rule.id, str(metric), prop.column, f"{metric} has no meaning on a property")

    def _invalid_values(self, rule: QualityRule, column: Column, maker: _CellChecks) -> None:
        """A value must be listed and match, where both are asked for; nulls are never counted."""
        parts, words = [], []
        values, pattern = rule.arguments.get("validValues"), rule.arguments.get("pattern")
        if isinstance(values, list):
            listed = [_as_text(value) for value in values if value is not None]
            parts.append(f"{column.value_text} NOT IN ({sql.texts(listed)})" if listed else "TRUE")
            words.append(f"one of {_listed(listed)}")
        if pattern is not None:
            if not self._is_pattern(pattern):
                self._skip(rule.id, "invalidValues", column.name, f"the pattern {pattern!r} cannot be run (RE2)")
                return
            parts.append(f"NOT regexp_matches({column.value_text}, {sql.text(str(pattern))})")
            words.append(f"text that matches {pattern}")
        if not parts:
            self._skip(rule.id, "invalidValues", column.name, "neither validValues nor pattern is given")
            return
        bad = f"{column.cell} IS NOT NULL AND ({' OR '.join(parts)})"
        maker.rule(rule, bad, " and ".join(words), tested=f"count({column.cell})")

    def _object_rule(self, rule: QualityRule) -> None:
        reason = _why_not_run(rule)
        if reason is not None:
            self._skip(rule.id, rule.metric or rule.type, None, reason)
        elif rule.metric == "rowCount" and rule.operator is not None:
            if rule.unit == "percent":
                self._skip(rule.id, "rowCount", None, "a row count has no percentage")
            else:
                check_id = self._id(rule.id)
                self._plan.row_counts.append(RowCountCheck(check_id, rule.severity, rule.operator))
        elif rule.metric == "duplicateValues":
            self._duplicates(rule)
        else:
            self._skip(rule.id, str(rule.metric), None, f"{rule.metric} has no meaning on a schema object")

    def _duplicates(self, rule: QualityRule) -> None:
        names = rule.arguments.get("properties")
        wanted = [str(name) for name in names] if isinstance(names, list) and names else self._agreed_columns()
        columns = [self._column_of(name) for name in wanted]
        if None in columns:
            self._skip(rule.id, "duplicateValues", None, f"a column of {_listed(wanted)} is missing")
            return
        found = tuple(column for column in columns if column is not None)
        self._key(rule.id, "duplicateValues", found, f"every {_listed(wanted)} once", rule=rule)

    def _primary_key(self) -> None:
        members = [prop for prop in self._schema.properties if prop.primary_key]
        if not members:
            return
        members.sort(key=lambda prop: prop.primary_key_position if prop.primary_key_position > 0 else 1 << 30)
        columns = [self._by_name.get(prop.column) for prop in members]
        name = "+".join(prop.name for prop in members)
        for prop, column in zip(members, columns, strict=True):
            if column is not None and not prop.required:
                masked = (prop.classification or "").lower() not in OPEN_CLASSIFICATIONS
                maker = _CellChecks(self, prop, column, masked)
                maker.add(
                    "primaryKey", f"{column.cell} IS NULL", "a value in every row (primary key)", tested="count(*)"
                )
        if None in columns:
            self._skip(f"{name}.primaryKey", "primaryKey", None, "a column of the key is missing")
            return
        found = tuple(column for column in columns if column is not None)
        self._key(f"{name}.primaryKey", "primaryKey", found, f"every {name} once")

    def _key(
        self, check_id: str, type_: str, columns: tuple[Column, ...], agreed: str, *,
        rule: QualityRule | None = None, masked: bool = False,
    ) -> None:  # fmt: skip
        check = KeyCheck(self._id(check_id), type_, columns, Severity.FAIL, agreed, masked)
        if rule is not None:
            check = replace(check, severity=rule.severity, operator=rule.operator, unit=rule.unit)
        self._plan.keys.append(check)

    # helpers

    def _column_of(self, name: str) -> Column | None:
        """By the property's name, as rules write it, or by the column's own."""
        for prop in self._schema.properties:
            if prop.name == name:
                return self._by_name.get(prop.column)
        return self._by_name.get(name)

    def _agreed_columns(self) -> list[str]:
        return [prop.name for prop in self._schema.properties] or [column.name for column in self._source.columns]

    def _id(self, wanted: str) -> str:
        """Ids are unique; a second one of the same name gets a number."""
        self._ids[wanted] += 1
        return wanted if self._ids[wanted] == 1 else f"{wanted}.{self._ids[wanted]}"

    def add_cell(self, check: CellCheck) -> None:
        self._plan.cells.append(replace(check, id=self._id(check.id)))

    def _settle(
        self, check_id: str, type_: str, column: str | None, result: Result, severity: Severity, **facts: Any
    ) -> CheckResult:
        dimension = DIMENSIONS.get(type_, "conformity")
        check = CheckResult(self._id(check_id), type_, column, dimension, severity, result, **facts)
        self._plan.settled.append(check)
        return check

    def _skip(self, check_id: str, type_: str, column: str | None, reason: str) -> None:
        self._settle(check_id, type_, column, Result.SKIPPED, Severity.INFO, reason=reason)


@dataclass(frozen=True, slots=True)
class _CellChecks:
    """Makes the cell checks of one property."""

    planner: _Planner
    prop: Property
    column: Column
    masked: bool

    def add(self, type_: str, bad: str, agreed: str, *, tested: str | None = None) -> None:
        cells = self.column.value if type_ not in ("logicalType",) else self.column.cell
        check = CellCheck(
            id=f"{self.prop.name}.{type_}",
            type=type_,
            column=self.column,
            severity=Severity.FAIL,
            bad=bad,
            agreed=agreed,
            tested=tested or f"count({cells})",
            masked=self.masked,
            dimension=DIMENSIONS.get(type_, "conformity"),
        )
        self.planner.add_cell(check)

    def rule(self, rule: QualityRule, bad: str, agreed: str, *, tested: str) -> None:
        check = CellCheck(
            id=rule.id,
            type=str(rule.metric),
            column=self.column,
            severity=rule.severity,
            bad=bad,
            agreed=agreed,
            tested=tested,
            masked=self.masked,
            operator=rule.operator,
            unit=rule.unit,
            dimension=rule.dimension or DIMENSIONS.get(str(rule.metric), "conformity"),
        )
        self.planner.add_cell(check)


BOUNDS = {
    "minimum": (">=", "at least"),
    "maximum": ("<=", "at most"),
    "exclusiveMinimum": (">", "more than"),
    "exclusiveMaximum": ("<", "less than"),
}


def _why_not_run(rule: QualityRule) -> str | None:
    """The reason why a rule is not run, or None."""
    if rule.type == "text":
        return "a text rule is for people"
    if rule.type == "sql":
        return "SQL rules are not run yet"
    if rule.type == "custom":
        return f"the engine {rule.engine!r} is not known here"
    if rule.type != "library":
        return f"rules of type {rule.type!r} are not known"
    if rule.metric is None:
        return "the rule names no metric"
    if rule.operator is None:
        return "the rule has no operator, such as mustBe: 0"
    if not _operand_is_right(rule.operator):
        return f"{rule.operator.name}: {rule.operator.value!r} is no number to compare with"
    if rule.unit not in ("rows", "percent"):
        return f"the unit {rule.unit!r} is not known; rows and percent are"
    return None


def _operand_is_right(operator: Operator) -> bool:
    value = operator.value
    if operator.name in ("mustBeBetween", "mustNotBeBetween"):
        return isinstance(value, list) and len(value) == 2 and all(_is_number(one) for one in value)
    return _is_number(value)


def _missing_condition(column: Column, arguments: dict[str, Any]) -> str:
    """Null counts only where it is listed, or where nothing is."""
    listed = arguments.get("missingValues")
    if not isinstance(listed, list):
        return f"{column.cell} IS NULL"
    parts = [f"{column.cell} IS NULL"] if None in listed else []
    values = [_as_text(value) for value in listed if value is not None]
    if values:
        parts.append(f"{column.cell} IN ({sql.texts(values)})")
    return " OR ".join(parts) or "FALSE"


def _not_multiple(value: str, option: Any) -> str:
    """Decimal fractions are compared with a tolerance: 0.3 is a multiple of 0.1."""
    quotient = f"({value}) / CAST({sql.text(str(option))} AS DOUBLE)"
    return f"abs({quotient} - round({quotient})) > 1e-9 * greatest(1, abs({quotient}))"


def _checks_of(prop: Property) -> list[str]:
    """The checks that a property would have had."""
    names = [name for name, asked in (("required", prop.required), ("unique", prop.unique)) if asked]
    names += ["logicalType"] if prop.logical_type else []
    names += [key for key in prop.options if key not in ("timezone", "defaultTimezone")]
    names += ["enum"] if prop.enum else []
    return names + [str(rule.metric or rule.type) for rule in prop.quality]


def _failed(severity: Severity) -> Result:
    return {Severity.INFO: Result.INFO, Severity.WARN: Result.WARN, Severity.FAIL: Result.FAIL}[severity]


def _as_text(value: Any) -> str:
    """A value of the contract as it would stand in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _listed(names: list[str], most: int = 6) -> str:
    shown = ", ".join(name[:60] for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0
