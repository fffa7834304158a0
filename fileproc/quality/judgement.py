"""Judgement: measures and findings become results and causes, in the words that people read.

It reads no file itself; where a check does not hold, the engine is asked once more, for the causes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fileproc.domain.reports import Cause, CheckResult, ReadInfo, Report, Result, Severity, count_checks
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Measures, Plan
from fileproc.quality.checks.masking import hidden, hidden_reason, hides
from fileproc.quality.checks.results import (
    cell_result,
    count_finding,
    count_result,
    key_result,
    measure_finding,
    measure_result,
    plugin_result,
)
from fileproc.quality.checks.words import holds
from fileproc.quality.contracts.contract import Match, SchemaObject
from fileproc.quality.finding import Finding
from fileproc.quality.reading.source import Source

if TYPE_CHECKING:
    from fileproc.quality.checks.causes import Teller


class Judgement:
    """Of one file, under way: `checks` and `causes` grow from step to step."""

    def __init__(self, match: Match | None, samples: int) -> None:
        self._match = match
        self._samples = samples
        self.checks: list[CheckResult] = []
        self.causes: list[Cause] = []

    @property
    def _schema(self) -> SchemaObject | None:
        return self._match.schema if self._match else None

    @property
    def masked(self) -> frozenset[str]:
        """Columns that are classified, or hold something that is."""
        properties = self._schema.properties if self._schema else ()
        return frozenset(prop.column for prop in properties if hides(prop))

    @property
    def masked_names(self) -> frozenset[str]:
        """Their names too, as queries write them."""
        properties = self._schema.properties if self._schema else ()
        return self.masked | {prop.name for prop in properties if hides(prop)}

    def evaluate(self, plan: Plan, source: Source, measures: Measures) -> None:
        """Results of every check, then the causes of those that do not hold."""
        rows = measures.rows + source.rejected
        cells = [(check, cell_result(check, measures, rows)) for check in plan.cells]
        keys = [(key, key_result(key, measures, rows)) for key in plan.keys]
        self.checks += [result for _, result in (*cells, *keys)]
        for count in plan.row_counts:
            self.checks.append(count_result(count, rows))
            if not holds(count.operator, rows):
                self.causes.append(_as_cause(count_finding(count, rows), count.id, 0))
        self._measure(plan, source, measures)
        bad_cells = [one for one in cells if _is_bad(one[1])]
        bad_keys = [one for one in keys if _is_bad(one[1])]
        if bad_cells or bad_keys or plan.plugins:
            teller = self._teller(source)
            self._tell_cells(teller, bad_cells, measures)
            self._tell_keys(teller, bad_keys, measures)
            self._run_plugins(teller, plan, rows)

    def _measure(self, plan: Plan, source: Source, measures: Measures) -> None:
        """Numbers of the whole file, from the scan or on their own."""
        for check in plan.measures:
            if check.id in measures.values:
                judged = check.judge(measures.values[check.id])
            else:
                from fileproc.quality.checks.apart import run_query

                judged = run_query(source, self._schema or SchemaObject("rows"), check)
            judged = hidden(judged, check, self.masked_names)
            self.checks.append(measure_result(check, judged))
            if judged.holds is False:
                self.causes.append(_as_cause(measure_finding(check, judged), check.id, 0))

    def _tell_cells(self, teller: Teller, failed: list[tuple[CellCheck, CheckResult]], measures: Measures) -> None:
        from fileproc.quality.checks.grouping import group

        bad = sum(measures.bad[check.id] for check, _ in failed)
        checks, samples = [check for check, _ in failed], self._samples
        groups = group(teller.source, checks, samples=samples, rows=measures.rows, bad=bad)
        self.causes += teller.cells(failed, groups)

    def _tell_keys(self, teller: Teller, failed: list[tuple[KeyCheck, CheckResult]], measures: Measures) -> None:
        from fileproc.quality.checks.surplus import duplicates

        for key, result in failed:
            found = duplicates(teller.source, key, samples=self._samples, rows=measures.rows)
            self.causes.append(teller.key(key, measures.bad[key.id], found, result.severity))

    def _run_plugins(self, teller: Teller, plan: Plan, rows: int) -> None:
        from fileproc.quality.checks.apart import run_plugin

        for check in plan.plugins:
            bad, groups, error = run_plugin(teller.source, check, samples=self._samples)
            error = hidden_reason(error) if self.masked else error
            result = plugin_result(check, bad, rows, error)
            self.checks.append(result)
            if result.result in NOT_HELD:
                self.causes += [teller.plugin(check, group) for group in groups.values()]

    def _teller(self, source: Source) -> Teller:
        from fileproc.quality.checks.causes import Teller

        return Teller(source, self.masked, self._samples)

    def tell_planned(self, plan: Plan, source: Source) -> None:
        self.checks += plan.settled
        for finding in plan.findings:
            check_id = source.check_of_finding.get(id(finding), finding.code)
            self.causes.append(_as_cause(finding, check_id, self._samples, masked=bool(self.masked)))

    def tell_findings(self, findings: list[Finding], passed: tuple[str, str] | None = None) -> None:
        """Findings as checks and causes; `passed` is the check that held when there are none."""
        for finding in findings:
            severity = finding.severity if self._match else Severity.INFO
            number = sum(check.id.startswith(finding.code) for check in self.checks)
            check_id = finding.code if number == 0 else f"{finding.code}.{number + 1}"
            result = {Severity.FAIL: Result.FAIL, Severity.WARN: Result.WARN, Severity.INFO: Result.INFO}[severity]
            self.checks.append(
                CheckResult(
                    check_id,
                    finding.type,
                    finding.column,
                    "conformity",
                    severity,
                    result,
                    failed=finding.count,
                    actual=finding.found,
                    expected=finding.agreed,
                )
            )
            told = replace(finding, severity=severity)
            self.causes.append(_as_cause(told, check_id, self._samples, masked=bool(self.masked)))
        if passed is not None and not findings:
            self.checks.append(CheckResult(passed[0], passed[1], None, "conformity", Severity.FAIL, Result.PASS))

    def onto(self, blank: Report, read: ReadInfo, *, rows: int | None, failing: int | None) -> Report:
        """The report with everything that was found, the worst causes first."""
        order = {Severity.FAIL: 0, Severity.WARN: 1, Severity.INFO: 2}
        causes = sorted(self.causes, key=lambda cause: order[cause.severity])
        counts = count_checks(self.checks, rows=rows, failing_rows=failing)
        return blank.replaced(read=read, checks=self.checks, causes=causes, counts=counts)


def _as_cause(finding: Finding, check_id: str, samples: int, *, masked: bool = False) -> Cause:
    from fileproc.quality.checks.causes import of_finding

    return of_finding(finding, check_id, samples, masked=masked)


NOT_HELD = (Result.FAIL, Result.WARN, Result.INFO)


def _is_bad(result: CheckResult) -> bool:
    """A check that does not hold, and has something to show for it."""
    return result.result in NOT_HELD and bool(result.failed)
