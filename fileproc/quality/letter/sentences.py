"""One sentence for each check of a contract, in the words that the check itself uses."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from fileproc.domain.reports import CheckResult, ReadInfo, Result, Severity
from fileproc.quality import sql
from fileproc.quality.checks.kinds import Plan
from fileproc.quality.checks.plan import make_plan
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.checks.words import in_words
from fileproc.quality.contracts.binding import choose
from fileproc.quality.contracts.contract import (
    Contract,
    Match,
    Operator,
    Policies,
    Property,
    QualityRule,
    Relationship,
    SchemaObject,
)
from fileproc.quality.contracts.elsewhere import check_named
from fileproc.quality.database import connect, lock
from fileproc.quality.reading.source import Column, Source

MEMORY_MB = 64

#: Parts of a plan that are no sentences: alternatives of others, and findings about one file.
NO_SENTENCES = ("settled", "findings", "apart")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is agreed (or, of what is not checked, the reason), and what happens when it is not so."""

    id: str
    type: str
    text: str
    severity: Severity | None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that a schema object promises."""

    rules: tuple[Sentence, ...]
    not_checked: tuple[Sentence, ...]
    policies: Policies


def sentences_of(contract: Contract, schema: SchemaObject) -> Told:
    """The checks of a schema object as they would be planned for a file with every agreed column."""
    match = choose(contract, schema.name, None, [])
    if not isinstance(match, Match):
        return Told((), (), schema.policies)
    written = {rule.id: rule for rule in _rules_of(schema)}
    try:
        plan = _plan(match)
    except (duckdb.Error, ArithmeticError, LookupError, TypeError, ValueError) as error:
        reason = (
            f"the checks cannot be planned: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}"
        )
        return Told((), (Sentence(schema.name, "unsupported", reason, None),), match.policies)
    rules = [*_planned(plan, written), *_references(schema)]
    not_checked = [one for one in _unplanned(plan) if one.type != "relationship"]
    known = {one.id for one in (*rules, *not_checked)}
    rules += [_elsewhere(rule) for rule in written.values() if rule.id not in known and check_named(rule) is not None]
    return Told(tuple(rules), tuple(not_checked), match.policies)


def _plan(match: Match) -> Plan:
    """The plan for a file with every agreed column; nothing is read."""
    with tempfile.TemporaryDirectory() as folder, connect(Path(folder), memory_mb=MEMORY_MB) as connection:
        lock(connection, [], [Path(folder)])
        columns = [Column(number, prop.column) for number, prop in enumerate(match.schema.properties)]
        cells = ", ".join(f"{sql.text('')} AS {column.cell}" for column in columns) or "1 AS nothing"
        source = Source("csv", connection, f"SELECT {cells}", columns, ReadInfo())
        return make_plan(match, source, Surroundings(as_of=datetime.now(UTC)))


def _planned(plan: Plan, written: dict[str, QualityRule]) -> Iterator[Sentence]:
    for check in plan.settled:
        if check.type == "logicalType" and check.result is Result.PASS:
            yield Sentence(check.id, check.type, "text", check.severity, check.column)
    for part in fields(plan):
        for check in getattr(plan, part.name) if part.name not in NO_SENTENCES else ():
            yield Sentence(check.id, check.type, _text(check, written.get(check.id)), check.severity, _place(check))


def _text(check: Any, rule: QualityRule | None) -> str:
    """What the check calls agreed, with the exceptions that its operator lets through."""
    agreed: str = getattr(check, "agreed", "") or getattr(check, "expected", "")
    operator: Operator | None = getattr(check, "operator", None)
    if check.type == "rowCount" and operator is not None:
        return f"{in_words(operator)} rows"
    if rule is not None and rule.type == "sql":
        return f"{rule.description or rule.query}: {in_words(rule.operator) if rule.operator else agreed}"
    if operator is None or (operator.name, operator.value) == ("mustBe", 0):
        return agreed
    return f"{agreed}; exceptions: {in_words(operator)} {'%' if check.unit == 'percent' else 'rows'}"


def _place(check: Any) -> str | None:
    """The column that a check is about; None for several, and for the whole file."""
    if hasattr(check, "columns"):
        return check.columns[0].name if len(check.columns) == 1 else None
    where = getattr(check, "where", None) or getattr(check, "column", None)
    return str(where) if isinstance(where, str) else None


def _unplanned(plan: Plan) -> Iterator[Sentence]:
    """What the plan skips, and what it cannot run, with the reasons."""
    for check in plan.settled:
        if check.result in (Result.SKIPPED, Result.ERROR):
            yield _skipped(check)


def _skipped(check: CheckResult) -> Sentence:
    return Sentence(check.id, check.type, check.reason or "it is not run", None, check.column)


def _references(schema: SchemaObject) -> Iterator[Sentence]:
    """References are promised whether or not the other keys are at hand where the letter is written."""
    columns = {prop.name: prop.column for prop in schema.properties}
    for one in (*schema.relationships, *(one for prop in schema.properties for one in prop.relationships)):
        yield Sentence(one.id, "relationship", _reference(one), Severity.FAIL, _only(one, columns))


def _only(one: Relationship, columns: dict[str, str]) -> str | None:
    return columns.get(one.from_[0]) if len(one.from_) == 1 else None


def _reference(one: Relationship) -> str:
    text = f"a value that occurs in {one.to_object}.{'+'.join(one.to)}"
    return text if len(one.from_) == 1 else f"{'+'.join(one.from_)}: {text}"


def _elsewhere(rule: QualityRule) -> Sentence:
    """Rules that compare a file with others."""
    text = rule.description or f"the check {check_named(rule)} holds, which looks at more than one file"
    return Sentence(rule.id, "custom", text, rule.severity)


def _rules_of(schema: SchemaObject) -> Iterator[QualityRule]:
    yield from schema.quality
    for prop in schema.properties:
        yield from _inside(prop)


def _inside(prop: Property) -> Iterator[QualityRule]:
    yield from prop.quality
    for child in (*prop.properties, prop.items, prop.map_key, prop.map_value):
        if child is not None:
            yield from _inside(child)
