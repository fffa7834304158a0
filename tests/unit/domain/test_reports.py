"""Reports: the verdict is derived, and the worst wins."""

from __future__ import annotations

import pytest

from fileproc.domain.reports import (
    CheckResult,
    Failure,
    FileInfo,
    Report,
    Result,
    Severity,
    Skip,
    Verdict,
    count_checks,
)


def check(result: Result) -> CheckResult:
    return CheckResult("id", "required", "column", None, Severity.FAIL, result)


def report(*results: Result, error: str | None = None, skipped: str | None = None) -> Report:
    return Report(
        id="1",
        file=FileInfo(path="a.csv"),
        checks=[check(result) for result in results],
        error=Failure("bug", error) if error else None,
        skipped=Skip(skipped) if skipped else None,
    )


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([Result.PASS], Verdict.PASS),
        ([Result.PASS, Result.INFO], Verdict.PASS),
        ([Result.PASS, Result.WARN], Verdict.WARN),
        ([Result.WARN, Result.FAIL], Verdict.FAIL),
        ([Result.FAIL, Result.ERROR], Verdict.ERROR),
        ([Result.PASS, Result.SKIPPED], Verdict.PASS),
        ([Result.SKIPPED], Verdict.SKIPPED),
        ([], Verdict.SKIPPED),
    ],
)
def test_the_worst_result_wins(results: list[Result], expected: Verdict) -> None:
    """A green tick never stands over a failed check, and nothing run is never a pass."""
    assert expected == report(*results).verdict


def test_our_failure_is_no_verdict_on_the_file() -> None:
    """`error` hides whatever was found before it."""
    assert Verdict.ERROR == report(Result.FAIL, error="out of memory").verdict


def test_no_contract_is_never_a_pass() -> None:
    """A file without a promise is skipped, even if its structure was fine."""
    assert Verdict.SKIPPED == report(Result.PASS, skipped="no contract").verdict


def test_info_counts_as_passed() -> None:
    """What changes nothing does not look like a problem in the totals."""
    counts = count_checks([check(Result.INFO), check(Result.FAIL), check(Result.SKIPPED)], rows=3, failing_rows=1)

    assert (3, 1, 1, 1) == (counts.checks, counts.passed, counts.failed, counts.not_run)


def test_the_document_carries_what_was_promised() -> None:
    """Scripts find every promised key, also in the smallest report."""
    keys = set(report(Result.PASS).to_document())

    promised = "schema id verdict summary file contract read counts causes checks times attempt usage"
    assert set(promised.split()) == keys


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_own_mark(verdict: Verdict) -> None:
    """Colour is never the only difference."""
    assert 1 == [other.mark for other in Verdict].count(verdict.mark)
