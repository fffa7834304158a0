"""What a report says of a split: where the parts are, or why there are none."""

from __future__ import annotations

from pathlib import Path

from fileproc.domain.reports import CheckResult, Report, Result, Severity, Verdict, count_checks
from fileproc.quality.split.packing import digest_of
from fileproc.quality.split.parts import Parts
from fileproc.quality.split.splitting import Splitting

CHECK = "split"


def parts_of(splitting: Splitting, report: Report, path: Path) -> Parts | None:
    """The parts, or None with the reason in `splitting.refusal`. A file without any rows still gets a manifest."""
    if splitting.parts is not None or splitting.refusal is not None:
        return splitting.parts
    verdict = report.verdict
    if verdict is Verdict.FAIL:
        worst = [cause.title for cause in report.causes if cause.severity is Severity.FAIL]
        return Parts(None, None, digest_of(path), untrusted=worst[0] if worst else report.summary)
    splitting.refusal = report.summary if verdict in (Verdict.ERROR, Verdict.SKIPPED) else "there are no rows to split"
    return None


def not_split(report: Report, reason: str) -> Report:
    """The report with the split listed as not done, so that nobody waits for parts that never come."""
    check = CheckResult(CHECK, CHECK, None, "conformity", Severity.INFO, Result.SKIPPED, reason=reason)
    checks = [*report.checks, check]
    counts = count_checks(checks, rows=report.counts.rows, failing_rows=report.counts.failing_rows)
    return report.replaced(checks=checks, counts=counts)
