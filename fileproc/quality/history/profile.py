"""What must be measured for the history rules: aggregates for the one scan, and the way back to a profile.

Means are of typed values, so bad cells and what is infinite stay out of them. Categories are bounded: a column with
more different values than `MOST_CATEGORIES` is none, whatever its rows; finding that out may spill, like any key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fileproc.domain.profiles import ColumnProfile, History, HistoryRule, Profile
from fileproc.domain.reports import CheckResult, Result, Severity
from fileproc.quality.contracts.contract import Match, Property, QualityRule
from fileproc.quality.contracts.elsewhere import HISTORY, UnclearRule, check_named
from fileproc.quality.contracts.history_words import MEAN, NEW_CATEGORIES, NULL_SHARE
from fileproc.quality.history.rules import history_rule
from fileproc.quality.reading.source import Column, Source

TYPE = "history"

#: Different values of a column that are remembered; a code list of all currencies has 180, of all countries 250.
MOST_CATEGORIES = 1_000

#: Characters of a value that are remembered as they are; of a longer one, its beginning and a digest.
LONGEST = 100

#: Sums of numbers below this stay finite over any file.
LARGEST = "1e290"

NEEDS_HISTORY = "needs history: nobody who knows earlier files has compared it (fileproc check --history FILE does)"


@dataclass(frozen=True, slots=True)
class Asked:
    """One number (or list) to measure: which measure of which place, and its aggregate."""

    place: str
    measure: str
    expression: str


@dataclass(slots=True)
class HistoryPlan:
    """What the rules ask for. `settled` are those that need no scan and no past to be answered."""

    contract: str = ""
    schema: str = ""
    rules: list[HistoryRule] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    masked: set[str] = field(default_factory=set)
    settled: list[CheckResult] = field(default_factory=list)

    @property
    def expressions(self) -> list[str]:
        """The aggregates to fold into the scan."""
        return [one.expression for one in self.asked]

    @property
    def checks(self) -> list[CheckResult]:
        """Every history rule as a check: the open ones say that they need the past."""
        return [*self.settled, *(pending_check(rule, NEEDS_HISTORY) for rule in self.rules)]

    @property
    def history(self) -> History | None:
        return History(self.contract, self.schema, tuple(self.rules)) if self.rules else None

    def profile(self, measured: Sequence[Any], rows: int) -> Profile | None:
        """What the scan gave for `expressions`, with all data rows of the file."""
        if not self.rules:
            return None
        columns: dict[str, dict[str, Any]] = {}
        for one, value in zip(self.asked, measured, strict=True):
            columns.setdefault(one.place, {}).update(self._read(one, value))
        return Profile(rows, {place: ColumnProfile(**facts) for place, facts in columns.items()})

    def _read(self, one: Asked, value: Any) -> dict[str, Any]:
        if one.measure == NULL_SHARE:
            return {"nulls": int(value)}
        if one.measure == MEAN:
            return {"mean": None if value is None else float(value)}
        values = [str(category) for category in value or ()]
        if len(values) > MOST_CATEGORIES:
            return {"many": True}
        masked = one.place in self.masked
        told = {_masked(category, self.contract) if masked else _cut(category) for category in values}
        return {"categories": tuple(sorted(told)), "masked": masked}


def pending_check(rule: HistoryRule, reason: str) -> CheckResult:
    """A rule that was not compared."""
    severity = Severity(rule.severity)
    return CheckResult(rule.id, TYPE, rule.column, rule.dimension, severity, Result.SKIPPED, reason=reason)


def plan_history(match: Match, source: Source) -> HistoryPlan:
    """The history rules of the schema object and its properties, after the types are compiled."""
    plan = HistoryPlan(match.contract.id, match.schema.name)
    for rule in match.schema.quality:
        if check_named(rule) == HISTORY:
            _plan(plan, rule, None, None)
    columns = {column.name: column for column in (*source.columns, *source.fields)}
    for prop, place, name, masked in _places(match.schema.properties):
        for rule in prop.quality:
            if check_named(rule) == HISTORY:
                if masked:
                    plan.masked.add(place)
                _plan(plan, rule, place, columns.get(name))
    return plan


def _places(
    properties: Sequence[Property], path: str = "", outer: str = "", masked: bool = False
) -> Iterator[tuple[Property, str, str, bool]]:
    """Every property with its path, the name of its column, and whether its values are hidden."""
    for prop in properties:
        hidden = masked or prop.masked
        yield prop, path + prop.name, outer + prop.column, hidden
        yield from _places(prop.properties, f"{path}{prop.name}.", f"{outer}{prop.column}.", hidden)


def _plan(plan: HistoryPlan, rule: QualityRule, place: str | None, column: Column | None) -> None:
    check_id = _unique(plan, rule.id)
    try:
        parsed = history_rule(rule, check_id, place)
    except UnclearRule as error:
        plan.settled.append(CheckResult(check_id, TYPE, place, None, Severity.FAIL, Result.ERROR, reason=str(error)))
        return
    if place is not None and column is None:
        plan.settled.append(pending_check(parsed, "the column is missing"))
        return
    if place is not None and column is not None:
        expression = _expression(parsed.measure, column)
        if expression is None:
            reason = "a mean is of numbers: give the property logicalType integer or number"
            plan.settled.append(pending_check(parsed, reason))
            return
        asked = Asked(place, parsed.measure, expression)
        if asked not in plan.asked:
            plan.asked.append(asked)
    plan.rules.append(parsed)


def _unique(plan: HistoryPlan, wanted: str) -> str:
    taken = {rule.id for rule in plan.rules} | {check.id for check in plan.settled}
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}.{number}"
    return found


def _expression(measure: str, column: Column) -> str | None:
    if measure == NULL_SHARE:
        return f"count(*) - count({column.cell})"
    if measure == MEAN:
        kind = column.value_type.kind if column.value_type else "string"
        if kind not in ("integer", "number"):
            return None
        value = f"CAST({column.value} AS DOUBLE)"
        return f"avg({value}) FILTER (abs({value}) < {LARGEST})"
    assert measure == NEW_CATEGORIES, measure  # noqa: S101 - parsed before
    return f"min(DISTINCT {column.value_text}, {MOST_CATEGORIES + 1})"


def _cut(value: str) -> str:
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}…{_digest(value)}"


def _masked(value: str, contract: str) -> str:
    """A digest that only tells values of one contract apart; short lists can be guessed, so it is no anonymity."""
    return f"***{_digest(contract + chr(0) + value)}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
