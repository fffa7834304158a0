"""One file beside the last accepted ones: pure, so that it can be done wherever the past is known.

Every earlier file counts the same, whatever its size: the mean of the past is the mean of its files. Only files that
have the measure count, so a rule that was added yesterday is skipped until enough files have been measured for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fileproc.domain.profiles import ColumnProfile, History, HistoryRule, Past, Pending, Profile
from fileproc.domain.reports import Cause, CheckResult, FileInfo, Report, Result, Severity, count_checks
from fileproc.quality.checks.words import holds, in_words
from fileproc.quality.contracts.contract import Operator
from fileproc.quality.contracts.history_words import MEAN, NEW_CATEGORIES, NULL_SHARE, ROW_COUNT
from fileproc.quality.history.words import accepted, amount, files, signed, times

TYPE = "history"

#: New values that are named.
NAMED = 5

FAILED = {Severity.INFO: Result.INFO, Severity.WARN: Result.WARN, Severity.FAIL: Result.FAIL}
ORDER = {Severity.FAIL: 0, Severity.WARN: 1, Severity.INFO: 2}

CODES = {
    ROW_COUNT: "history_row_count",
    NULL_SHARE: "history_null_share",
    MEAN: "history_mean",
    NEW_CATEGORIES: "history_new_categories",
}
UNITS = {ROW_COUNT: " %", NULL_SHARE: " percentage points", MEAN: " %", NEW_CATEGORIES: " new values"}
FIXES = {
    ROW_COUNT: "send the whole file; if this size is right from now on, widen the rule",
    NULL_SHARE: "fill the column as before; if this share is right from now on, widen the rule",
    MEAN: "look at the unit, currency and decimal sign of the column; if the level is right, widen the rule",
    NEW_CATEGORIES: "send the values agreed on; if the new ones are right, accept this file once with a wider rule",
}


class CannotCompare(Exception):
    """The reason why a rule is skipped."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule, settled: its check, and the cause where it did not hold."""

    check: CheckResult
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a measure came to: the number that the operator compares, what it is made of, and a sentence."""

    number: float
    actual: str
    title: str
    found: str
    count: int


def compare(rules: Sequence[HistoryRule], profile: Profile, past: Sequence[Past]) -> list[Compared]:
    """Every rule against the accepted files of the past, newest first."""
    return [_compared(rule, profile, past) for rule in rules]


def settled(report: Report, past: Sequence[Past]) -> Report:
    """The report with its history rules compared; the same report where it has none."""
    if report.history is None or report.profile is None:
        return report
    told = compare(report.history.rules, report.profile, past)
    by_id = {one.check.id: one.check for one in told}
    checks = [by_id.get(check.id, check) if check.type == TYPE else check for check in report.checks]
    new = [one.cause for one in told if one.cause is not None]
    causes = sorted([*report.causes, *new], key=lambda cause: ORDER[cause.severity])
    counts = count_checks(checks, rows=report.counts.rows, failing_rows=report.counts.failing_rows)
    return report.replaced(checks=checks, causes=causes, counts=counts, history=_named(report.history, past))


def settled_document(document: Mapping[str, Any], pending: Pending, past: Sequence[Past]) -> dict[str, Any]:
    """The same for a report document; what it says beside stays as it is."""
    told = compare(pending.history.rules, pending.profile, past)
    by_id = {one.check.id: asdict(one.check) for one in told}
    checks = [check | by_id.get(check["id"], {}) if check["type"] == TYPE else check for check in document["checks"]]
    new = [asdict(one.cause) for one in told if one.cause is not None]
    causes = sorted([*document["causes"], *new], key=lambda cause: ORDER[Severity(cause["severity"])])
    results = [_check_of(check) for check in checks]
    counted = document["counts"]
    counts = count_checks(results, rows=counted["rows"], failing_rows=counted["failing_rows"])
    told_again = Report("", FileInfo(), counts=counts, causes=[_cause_of(one) for one in causes], checks=results)
    return {
        **document,
        "verdict": told_again.verdict.value,
        "summary": told_again.summary,
        "counts": {**counted, **asdict(counts)},
        "checks": checks,
        "causes": causes,
        "history": {**document["history"], **_named(pending.history, past).to_document()},
    }


def _named(history: History, past: Sequence[Past]) -> History:
    return replace(history, compared_with=tuple(past[: history.longest]))


def _check_of(document: Mapping[str, Any]) -> CheckResult:
    facts = {one.name: document.get(one.name) for one in fields(CheckResult)}
    return CheckResult(**facts | {"severity": Severity(facts["severity"]), "result": Result(facts["result"])})  # type: ignore[arg-type]


def _cause_of(document: Mapping[str, Any]) -> Cause:
    facts = {one.name: document[one.name] for one in fields(Cause) if one.name in document}
    return Cause(**facts | {"severity": Severity(facts["severity"])})


# one rule


def _compared(rule: HistoryRule, profile: Profile, past: Sequence[Past]) -> Compared:
    severity = Severity(rule.severity)
    operator = Operator(rule.operator, rule.value)
    expected = in_words(operator) + UNITS[rule.measure]
    check = CheckResult(
        rule.id, TYPE, rule.column, rule.dimension, severity, Result.SKIPPED, tested=profile.rows, expected=expected
    )
    try:
        told = _told(rule, profile, past[: rule.last])
    except CannotCompare as reason:
        return Compared(replace(check, reason=str(reason)))
    check = replace(check, result=Result.PASS, actual=told.actual)
    if holds(operator, told.number):
        return Compared(check)
    cause = Cause(
        code=CODES[rule.measure],
        check=rule.id,
        severity=severity,
        column=rule.column,
        title=told.title,
        found=told.found,
        agreed=f"{expected} against {accepted(rule.last)}",
        fix=FIXES[rule.measure],
        count=told.count,
    )
    return Compared(replace(check, result=FAILED[severity], failed=told.count), cause)


def _told(rule: HistoryRule, profile: Profile, past: Sequence[Past]) -> Told:
    """Raises CannotCompare."""
    measured = [one for one in past if _has(rule, one.profile, profile)]
    if len(measured) < rule.at_least:
        raise CannotCompare(_too_few(rule, len(measured), len(past)))
    usual = sum(one.profile.rows for one in measured) / len(measured)
    if profile.rows < rule.floor and usual < rule.floor:
        raise CannotCompare(
            f"{profile.rows:,} rows now and {amount(usual)} before are both below the floor of {rule.floor:,} rows"
        )
    return MEASURE[rule.measure](rule, profile, [one.profile for one in measured])


def _too_few(rule: HistoryRule, measured: int, known: int) -> str:
    wanted = f"{rule.at_least:,} {'is' if rule.at_least == 1 else 'are'} needed"
    if measured == known:
        return f"{files(known) if known else 'no file'} accepted before this one, {wanted}"
    return f"only {measured:,} of the {files(known)} accepted before this one have this measure, {wanted}"


def _column(rule: HistoryRule, profile: Profile) -> ColumnProfile:
    return profile.columns.get(str(rule.column), ColumnProfile())


def _has(rule: HistoryRule, past: Profile, now: Profile) -> bool:
    """Whether an earlier file can be compared with this one by this measure."""
    column = _column(rule, past)
    if rule.measure == NULL_SHARE:
        return column.nulls is not None and past.rows > 0
    if rule.measure == MEAN:
        return column.mean is not None
    if rule.measure == NEW_CATEGORIES:
        return column.categories is not None and column.masked == _column(rule, now).masked
    return True


def _row_count(_: HistoryRule, now: Profile, past: Sequence[Profile]) -> Told:
    usual = sum(one.rows for one in past) / len(past)
    percent = _change(now.rows, usual, "rows")
    return Told(
        percent,
        f"{signed(percent)} % ({now.rows:,} rows; mean of {accepted(len(past))}: {amount(usual)})",
        f"{now.rows:,} rows are {times(percent)} than the mean of {accepted(len(past))}, {amount(usual)}",
        f"{now.rows:,} rows",
        now.rows,
    )


def _null_share(rule: HistoryRule, now: Profile, past: Sequence[Profile]) -> Told:
    nulls = _column(rule, now).nulls or 0
    if now.rows == 0:
        raise CannotCompare("a share of no rows is no number")
    share = 100.0 * nulls / now.rows
    usual = sum(100.0 * (_column(rule, one).nulls or 0) / one.rows for one in past) / len(past)
    points = share - usual
    return Told(
        points,
        f"{signed(points)} percentage points ({amount(share)} % empty; mean of {accepted(len(past))}: "
        f"{amount(usual)} %)",
        f"{rule.column}: {amount(share)} % of the cells are empty, {signed(points)} percentage points against the mean "
        f"of {accepted(len(past))}, {amount(usual)} %",
        f"{nulls:,} empty cells of {now.rows:,}",
        nulls,
    )


def _mean(rule: HistoryRule, now: Profile, past: Sequence[Profile]) -> Told:
    mean = _column(rule, now).mean
    if mean is None:
        raise CannotCompare("the column has no number to take the mean of")
    usual = sum(_column(rule, one).mean or 0.0 for one in past) / len(past)
    percent = _change(mean, usual, "mean")
    return Told(
        percent,
        f"{signed(percent)} % (mean {amount(mean)}; of {accepted(len(past))}: {amount(usual)})",
        f"{rule.column}: the mean {amount(mean)} is {times(percent)} than the mean of {accepted(len(past))}, "
        f"{amount(usual)}",
        f"a mean of {amount(mean)}",
        now.rows,
    )


def _new_categories(rule: HistoryRule, now: Profile, past: Sequence[Profile]) -> Told:
    column = _column(rule, now)
    if column.categories is None:
        raise CannotCompare("the column has too many different values to be categories")
    known = {value for one in past for value in _column(rule, one).categories or ()}
    new = [value for value in column.categories if value not in known]
    named = _named_values(new, masked=column.masked)
    noun = "value was" if len(new) == 1 else "values were"
    return Told(
        len(new),
        f"{len(new):,} new of {len(column.categories):,} values{named}",
        f"{rule.column}: {len(new):,} {noun} not in {accepted(len(past))}{named}",
        f"{len(new):,} new {'value' if len(new) == 1 else 'values'}{named}",
        len(new),
    )


def _named_values(new: Sequence[str], *, masked: bool) -> str:
    """The first few; classified ones are only counted."""
    if masked or not new:
        return ""
    more = f" and {len(new) - NAMED:,} more" if len(new) > NAMED else ""
    return f": {', '.join(repr(value) for value in new[:NAMED])}{more}"


MEASURE: dict[str, Callable[[HistoryRule, Profile, Sequence[Profile]], Told]] = {
    ROW_COUNT: _row_count,
    NULL_SHARE: _null_share,
    MEAN: _mean,
    NEW_CATEGORIES: _new_categories,
}


def _change(now: float, usual: float, what: str) -> float:
    """In percent of what is usual."""
    if now == usual:
        return 0.0
    if usual == 0:
        raise CannotCompare(f"a change in percent needs a {what} other than 0 to start from: the mean before was 0")
    return 100.0 * (now - usual) / abs(usual)
