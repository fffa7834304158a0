"""The report held against the truth: every count and every line, and nothing that is not in the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fileproc.domain.reports import Cause, Report
from tests.unit.quality.truth.truth import Truth

#: Lines that a cause names.
FIRST = 10


def discrepancies(report: Report, truth: Truth) -> list[str]:
    """What is different, a line each; an empty list means that everything is exact."""
    if report.error is not None:
        return [f"error: {report.error.class_} {report.error.reason}"]
    return [*_numbers(report, truth), *_causes(report, truth), *_checks(report, truth)]


def _numbers(report: Report, truth: Truth) -> Iterator[str]:
    told = {"rows": report.read.rows, "rejected": report.read.rejected_rows, "failing": report.counts.failing_rows}
    true = {"rows": truth.rows, "rejected": truth.rejected, "failing": truth.failing_rows}
    for name, number in true.items():
        if told[name] != number:
            yield f"{name}: {told[name]} told, {number} true"
    if not report.read.complete:
        yield "the file was not read to its end"


def _causes(report: Report, truth: Truth) -> Iterator[str]:
    """Causes of structure by code, the others by code and check."""
    found: dict[tuple[str, str], list[Cause]] = defaultdict(list)
    checks = {check for _, check in truth.causes}
    for cause in report.causes:
        found[cause.code, cause.check if cause.check in checks else ""].append(cause)
    for key in sorted(set(found) | set(truth.causes)):
        lines, told = truth.causes.get(key), found.get(key, [])
        if lines is None:
            yield f"{key}: told {[(cause.check, cause.count, cause.lines) for cause in told]}, but there is none"
        elif len(told) != 1:
            yield f"{key}: {len(told)} causes for {len(lines)} lines {lines[:FIRST]}"
        elif lines:
            yield from _lines(key, told[0], lines)


def _lines(key: tuple[str, str], cause: Cause, lines: list[int]) -> Iterator[str]:
    ordered = sorted(lines)
    if cause.count != len(ordered):
        yield f"{key}: count {cause.count} told, {len(ordered)} true ({ordered[:FIRST]})"
    distinct = sorted(set(ordered))
    if sorted(set(cause.lines)) != distinct[:FIRST]:
        yield f"{key}: lines {cause.lines} told, {distinct[:FIRST]} true"
    ends = (cause.first_line, cause.last_line)
    if ends != (ordered[0], ordered[-1]):
        yield f"{key}: first and last line {ends} told, {(ordered[0], ordered[-1])} true"


def _checks(report: Report, truth: Truth) -> Iterator[str]:
    """Every check with cells has exactly so many bad ones, checks that hold have none."""
    for check in report.checks:
        if check.type in ("structure", "container", "columnPresent", "extraColumn", "rowCount") or check.failed is None:
            continue
        if check.failed != truth.checks.get(check.id, 0):
            yield f"check {check.id}: {check.failed} failed told, {truth.checks.get(check.id, 0)} true"
    missing = set(truth.checks) - {check.id for check in report.checks}
    if missing:
        yield f"checks that are not in the report: {sorted(missing)}"
