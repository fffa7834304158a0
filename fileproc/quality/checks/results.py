"""From measured numbers to results: does each check hold, and how is that said."""

from __future__ import annotations

from typing import Any

from fileproc.domain.reports import CheckResult, Result
from fileproc.quality.checks.kinds import (
    CellCheck,
    Judgement,
    KeyCheck,
    MeasureCheck,
    Measures,
    PluginCheck,
    RowCountCheck,
)
from fileproc.quality.checks.planner import FAILED
from fileproc.quality.checks.words import holds, in_words, percent
from fileproc.quality.finding import Finding


def cell_result(check: CellCheck, measures: Measures, rows: int) -> CheckResult:
    """A share of bad cells is one of all rows that were read."""
    return _counted(check, check.where, measures.bad[check.id], measures.tested[check.id], rows, denominator=rows)


def key_result(key: KeyCheck, measures: Measures, rows: int) -> CheckResult:
    """A share of surplus rows is one of the rows that have a key."""
    bad, tested = measures.bad[key.id], measures.tested[key.id]
    column = key.columns[0].name if len(key.columns) == 1 else None
    return _counted(key, column, bad, tested, rows, denominator=tested)


def plugin_result(check: PluginCheck, bad: int, rows: int, error: str) -> CheckResult:
    """Bad rows of a check of somebody else's."""
    if error:
        common = (check.id, check.type, check.column, check.dimension, check.severity)
        return CheckResult(*common, Result.ERROR, expected=check.agreed, reason=error)
    return _counted(check, check.column, bad, rows, rows, denominator=rows)


def _counted(
    check: CellCheck | KeyCheck | PluginCheck, column: str | None, bad: int, tested: int, rows: int, *, denominator: int
) -> CheckResult:
    """A plain check holds when nothing is bad; a rule compares the count, or its share, with its operator."""
    facts: dict[str, Any] = {"tested": tested, "failed": bad, "actual": f"{bad:,} of {tested:,}"}
    common = (check.id, check.type, column, check.dimension, check.severity)
    if check.operator is None:
        result = Result.PASS if bad == 0 else FAILED[check.severity]
        return CheckResult(*common, result, **facts, expected=check.agreed)
    expected = in_words(check.operator) + (" %" if check.unit == "percent" else "")
    if check.unit == "percent" and rows == 0:
        return CheckResult(*common, Result.SKIPPED, expected=expected, reason="a share of no rows is no number")
    measure = 100.0 * bad / denominator if check.unit == "percent" and denominator else float(bad)
    if check.unit == "percent":
        facts["actual"] = f"{percent(bad, denominator)} ({bad:,} of {denominator:,})"
    result = Result.PASS if holds(check.operator, measure) else FAILED[check.severity]
    return CheckResult(*common, result, **facts, expected=expected)


def count_result(check: RowCountCheck, rows: int) -> CheckResult:
    """How many rows there are, the rejected ones too."""
    result = Result.PASS if holds(check.operator, rows) else FAILED[check.severity]
    return CheckResult(
        check.id, check.type, None, check.dimension, check.severity, result,
        tested=rows, actual=f"{rows:,} rows", expected=f"{in_words(check.operator)} rows",
    )  # fmt: skip


def count_finding(check: RowCountCheck, rows: int) -> Finding:
    """The cause of a wrong number of rows."""
    agreed = f"{in_words(check.operator)} rows"
    return Finding(
        "row_count", "rowCount", f"the file has {rows:,} rows, agreed were {agreed}", "send the whole file",
        severity=check.severity, count=rows, found=f"{rows:,} rows", agreed=agreed,
    )  # fmt: skip


def measure_result(check: MeasureCheck, judged: Judgement) -> CheckResult:
    """One number of the whole file."""
    common = (check.id, check.type, check.column, check.dimension, check.severity)
    if judged.skipped:
        return CheckResult(*common, Result.SKIPPED, expected=check.expected, reason=judged.skipped)
    if judged.holds is None:
        return CheckResult(*common, Result.ERROR, expected=check.expected, reason=judged.error)
    result = Result.PASS if judged.holds else FAILED[check.severity]
    return CheckResult(*common, result, actual=judged.actual, expected=check.expected)


def measure_finding(check: MeasureCheck, judged: Judgement) -> Finding:
    """The cause of a number that is not as agreed."""
    return Finding(
        check.code, check.type, check.title, check.fix, severity=check.severity, found=judged.actual,
        agreed=check.expected, column=check.column,
    )  # fmt: skip
