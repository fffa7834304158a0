"""Sets of files: what a day should have, and what is told of a day that has not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fileproc.domain.ports import Listed
from fileproc.domain.reports import Severity, Verdict
from fileproc.quality.contracts.elsewhere import UnclearRule
from fileproc.quality.contracts.file_set_words import file_set_words
from fileproc.quality.sets.expected import expected_of
from fileproc.quality.sets.judge import CannotTell, Judge, SetReport

DAY = date(2026, 11, 24)
EVENING = datetime(2026, 11, 25, 6, tzinfo=UTC)
HOURLY = {"check": "fileSet", "every": "hour", "files": "orders-{date}-{HH}.csv"}
DAILY = {"check": "fileSet", "every": "day", "files": "{yyyy}/{MM}/{dd}/orders*.csv"}


def came(key: str, hour: float = 1.0) -> Listed:
    """A file that was written so many hours into the day."""
    return Listed(key, 10, datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=hour))


def judged(
    words: dict[str, Any],
    files: list[Listed],
    *,
    now: datetime = EVENING,
    manifests: dict[str, bytes] | None = None,
    rows: dict[str, int] | None = None,
    severity: Severity = Severity.FAIL,
) -> SetReport:
    read = file_set_words(words)

    def count(listed: Listed) -> int:
        if listed.key not in (rows or {}):
            raise CannotTell("it is broken")
        return (rows or {})[listed.key]

    judge = Judge(read, {one.key: one for one in files}, lambda one: (manifests or {})[one.key], count, now)
    return judge.report("all-there", severity, expected_of(read, DAY))


def hours(*missing: int) -> list[Listed]:
    return [came(f"orders-2026-11-24-{hour:02}.csv", hour + 1) for hour in range(24) if hour not in missing]


def told(report: SetReport) -> list[tuple[str, str]]:
    return [(one.code, one.file) for one in report.problems]


def test_a_whole_day_of_hourly_files_passes() -> None:
    """24 hours, 24 files: nothing is told."""
    report = judged(HOURLY, hours())

    assert (Verdict.PASS, 24, 24, []) == (report.verdict, report.expected, report.there, report.problems)


def test_each_missing_hour_is_named_with_when_it_was_due() -> None:
    """A steward sees which files never came, not that some did not."""
    report = judged(HOURLY, hours(3, 17))

    assert [("missing_file", "orders-2026-11-24-03.csv"), ("missing_file", "orders-2026-11-24-17.csv")] == told(report)
    assert Verdict.FAIL == report.verdict
    assert "orders-2026-11-24-03.csv is missing; it was due at 2026-11-24T04:00:00" in report.problems[0].title


def test_what_is_not_due_yet_is_not_missing() -> None:
    """Asked at noon, the afternoon is not told; and of a day that has not begun nothing is."""
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)

    report = judged(HOURLY, hours(*range(12, 24)), now=noon)
    assert (Verdict.PASS, 12, 12) == (report.verdict, report.there, report.not_due)
    assert Verdict.SKIPPED == judged(HOURLY, [], now=datetime(2026, 11, 23, tzinfo=UTC)).verdict


def test_late_files_are_told_where_a_time_was_agreed() -> None:
    """A file that came after its hour and the agreed half hour is late; one within it is not."""
    files = [*hours(5, 6), came("orders-2026-11-24-05.csv", 6.4), came("orders-2026-11-24-06.csv", 7.6)]

    assert [("late_file", "orders-2026-11-24-06.csv")] == told(judged(HOURLY | {"dueWithin": "30m"}, files))


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 24), (date(2026, 7, 1), 24)])
def test_days_of_a_time_zone_have_the_hours_that_its_clocks_show(day: date, count: int) -> None:
    """When clocks go forward one file less is expected; an hour that comes twice is one file, for it has one name."""
    words = file_set_words(HOURLY | {"timezone": "Europe/Berlin"})
    expected = expected_of(words, day)

    assert count == len(expected)
    assert (day == date(2026, 3, 29)) == (f"orders-{day}-02.csv" not in {one.name for one in expected})


def test_an_hour_that_comes_twice_is_due_after_its_second_time() -> None:
    """The file of 02:00 on the day when clocks go back covers two hours, so it is not missing after the first."""
    words = file_set_words(HOURLY | {"timezone": "Europe/Berlin"})
    due = {one.name: one.due for one in expected_of(words, date(2026, 10, 25))}

    assert datetime(2026, 10, 25, 2, tzinfo=UTC) == due["orders-2026-10-25-02.csv"].astimezone(UTC)


def test_a_file_without_its_marker_is_told_and_one_written_after_it_too() -> None:
    """Done markers say that a file is complete: none, or one that is older than its file, says nothing."""
    words = DAILY | {"marker": "{key}.done"}
    folder = "2026/11/24"

    assert [] == told(judged(words, [came(f"{folder}/orders.csv", 1), came(f"{folder}/orders.csv.done", 2)]))
    assert [("missing_marker", f"{folder}/orders.csv.done")] == told(judged(words, [came(f"{folder}/orders.csv")]))
    early = [came(f"{folder}/orders.csv", 3), came(f"{folder}/orders.csv.done", 2)]
    assert [("early_marker", f"{folder}/orders.csv")] == told(judged(words, early))


def test_a_marker_of_a_whole_folder_is_told_once() -> None:
    """_SUCCESS stands for all files beside it."""
    files = [came("2026/11/24/orders-1.csv"), came("2026/11/24/orders-2.csv")]

    assert [("missing_marker", "2026/11/24/_SUCCESS")] == told(judged(DAILY | {"marker": "_SUCCESS"}, files))


MANIFEST = DAILY | {"manifest": "manifest.json"}
FOLDER = "2026/11/24"


def with_manifest(document: Any, rows: dict[str, int], *names: str) -> SetReport:
    files = [came(f"{FOLDER}/{name}") for name in (*names, "manifest.json")]
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    counted = {f"{FOLDER}/{name}": count for name, count in rows.items()}
    return judged(MANIFEST, files, manifests={f"{FOLDER}/manifest.json": data}, rows=counted)


def test_a_manifest_s_counts_are_held_against_the_rows_of_the_files() -> None:
    """A file that lost its end has fewer rows than its manifest says: both numbers are told."""
    document = {"files": [{"name": "orders.csv", "rows": 10}, {"name": "orders-2.csv", "rows": 5}]}

    report = with_manifest(document, {"orders.csv": 10, "orders-2.csv": 4}, "orders.csv", "orders-2.csv")

    assert [("row_count_differs", f"{FOLDER}/orders-2.csv")] == told(report)
    assert "has 4 rows" in report.problems[0].title and "says 5" in report.problems[0].title


def test_files_that_only_one_side_knows_are_told() -> None:
    """Listed but not there, and there but not listed."""
    report = with_manifest({"files": ["orders.csv", "orders-9.csv"]}, {}, "orders.csv", "orders-2.csv")

    assert {("listed_file_missing", "orders-9.csv"), ("unlisted_file", f"{FOLDER}/orders-2.csv")} == set(told(report))


@pytest.mark.parametrize(
    "document",
    [b"\xff\xfe", b"[" * 100_000, {"files": 3}, {"files": [{"rows": 1}]}, {"files": [{"name": "x", "rows": "many"}]},
     {"files": [{"name": "x", "rows": True}]}, {"other": []}, b"", b"x" * (17 << 20)],
)  # fmt: skip
def test_a_hostile_manifest_is_a_finding_of_the_set(document: Any) -> None:
    """Whatever a partner calls a manifest: one problem with a reason, never a traceback."""
    report = with_manifest(document, {}, "orders.csv")

    assert [("bad_manifest", f"{FOLDER}/manifest.json")] == told(report)


def test_a_manifest_cannot_point_out_of_its_folder() -> None:
    """Names with `..` or roots are names that are not there; nothing else is looked at."""
    report = with_manifest({"files": ["../../etc/passwd", "/etc/passwd", "orders.csv"]}, {}, "orders.csv")

    assert {"../../etc/passwd", "/etc/passwd"} == {one.file for one in report.problems}


def test_rows_that_cannot_be_counted_are_our_error_not_the_partner_s_fault() -> None:
    """`error` is about us: whether the set is complete is not known."""
    report = with_manifest({"files": [{"name": "orders.csv", "rows": 3}]}, {}, "orders.csv")

    assert (Verdict.ERROR, "uncounted") == (report.verdict, report.problems[0].code)


def test_the_rule_s_severity_decides_between_fail_and_warn() -> None:
    """A set that only warns does not fail."""
    assert Verdict.WARN == judged(HOURLY, hours(1), severity=Severity.WARN).verdict


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"every": "minute"}, "`every` is hour or day"),
        ({"files": None}, "it names no files"),
        ({"files": "orders.csv"}, "files says no day"),
        ({"files": "orders-{date}.csv"}, "files says no hour"),
        ({"files": "orders-{date}-{hour}.csv"}, "files knows no placeholder 'hour'"),
        ({"files": "../orders-{date}-{HH}.csv"}, "without `..`"),
        ({"files": "/orders-{date}-{HH}.csv"}, "without a slash"),
        ({"timezone": "Mars/Olympus"}, "is not known"),
        ({"dueWithin": "soon"}, "dueWithin is a time"),
        ({"markers": "x"}, "did you mean `marker`"),
    ],
)
def test_a_rule_that_says_nothing_is_refused_with_what_to_write(words: dict[str, Any], reason: str) -> None:
    """Each mistake has its own sentence."""
    with pytest.raises(UnclearRule, match=reason.replace("(", r"\(").replace("..", r"\.\.")):
        file_set_words(HOURLY | words)
