"""History: the check measures, the comparison tells; numbers, floors, few files, hidden values, unclear rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fileproc.domain.profiles import Past, pending_of, trained_by
from fileproc.domain.reports import Report, Result, Verdict
from fileproc.quality.contracts.contract import Match
from fileproc.quality.history.compare import settled, settled_document
from fileproc.quality.history.profile import MOST_CATEGORIES
from tests.unit.quality.checking import causes, check, contract, result

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def rule(measure: str, **words: Any) -> dict[str, Any]:
    """A history rule; where no operator is given, half and half again are usual."""
    operator = {} if any(word.startswith("must") for word in words) else {"mustBeBetween": [-50, 50]}
    implementation = {"check": "history", "measure": measure} | operator | words
    return {"id": f"h-{measure}", "type": "custom", "engine": "fileproc", "implementation": implementation}


BARE = rule("rowCount") | {"implementation": {"check": "history", "measure": "rowCount"}}


def on_rows(**words: Any) -> Match:
    return contract([{"name": "a"}, {"name": "b"}], quality=[rule("rowCount", **words)])


def on_column(measure: str, logical: str = "integer", **words: Any) -> Match:
    more = {"classification": words.pop("classification")} if "classification" in words else {}
    return contract([{"name": "a", "logicalType": logical, **more, "quality": [rule(measure, **words)]}])


def lines(*cells: object) -> bytes:
    return ("a,b\n" + "".join(f"{cell},x\n" for cell in cells)).encode()


def past(match: Match, *files: bytes) -> list[Past]:
    """Accepted files, the oldest first as they came; the result is newest first."""
    found = []
    for number, data in enumerate(files):
        profile = check(data, match).profile
        assert profile is not None
        found.append(Past(f"s3://b/{number}.csv", NOON + timedelta(hours=number), profile))
    return found[::-1]


def compared(match: Match, data: bytes, *files: bytes) -> Report:
    return settled(check(data, match), past(match, *files))


# what is compared


def test_a_file_that_shrinks_fails_with_the_numbers() -> None:
    """The sentence holds the rows now, the change, and what is usual: nobody has to look them up."""
    report = compared(on_rows(), lines(*range(200)), *[lines(*range(n)) for n in (900, 1000, 1100)])

    cause = causes(report)["history_row_count"]
    assert (Verdict.FAIL, 200) == (report.verdict, cause.count)
    assert "200 rows are 80 % less than the mean of the last 3 accepted files, 1,000" == cause.title
    assert "between -50 and 50 % against the last 10 accepted files" == cause.agreed
    assert "-80 % (200 rows; mean of the last 3 accepted files: 1,000)" == result(report, "h-rowCount").actual
    assert cause.title in report.summary


def test_a_file_of_the_usual_size_passes() -> None:
    """Rejected rows count as rows of the file, and the report says what it was compared with."""
    match = on_rows()
    report = compared(match, lines(*range(99), "1,2,3"), *[lines(*range(100))] * 3)

    assert "0 % (100 rows; mean of the last 3 accepted files: 100)" == result(report, "h-rowCount").actual
    history = report.to_document()["history"]
    assert ["s3://b/2.csv", "s3://b/1.csv", "s3://b/0.csv"] == [one["file"] for one in history["compared_with"]]


def test_the_share_of_empty_cells_is_compared_in_percentage_points() -> None:
    """2 % empty cells becoming 12 % are ten points, not a change by 500 %."""
    match = on_column("nullShare", mustBeLessOrEqualTo=5)
    usual = lines(*[1] * 49, "")
    report = compared(match, lines(*[1] * 44, *[""] * 6), usual, usual, usual)

    assert Verdict.FAIL == report.verdict
    assert (
        "a: 12 % of the cells are empty, +10 percentage points against the mean of the last 3 accepted files, 2 %"
        == causes(report)["history_null_share"].title
    )


def test_the_mean_of_the_past_is_the_mean_of_its_files() -> None:
    """One huge file among small ones does not decide alone: every file counts the same."""
    match = on_column("mean", "number", mustBeBetween=[-10, 10])
    report = compared(match, lines("40"), lines("10"), lines("20"), lines(*["60"] * 500))

    assert "+33.3 % (mean 40; of the last 3 accepted files: 30)" == result(report, "h-mean").actual
    assert Verdict.FAIL == report.verdict


def test_bad_cells_and_huge_ones_stay_out_of_the_mean() -> None:
    """A word, an empty cell and numbers whose sum is beyond all numbers change no mean."""
    match = on_column("mean", "number")
    profile = check(lines("1", "x", "", "3", "1e308", "1e308"), match).profile

    assert profile is not None
    assert 2.0 == profile.columns["a"].mean


def test_values_that_were_never_there_are_named() -> None:
    """Up to five, and how many more; values of any of the last files are known."""
    match = on_column("newCategories", "string", mustBe=0)
    report = compared(match, lines("DE", "AT", *"stuvwxy"), lines("DE"), lines("AT"), lines("CH"))

    assert (
        "a: 7 values were not in the last 3 accepted files: 's', 't', 'u', 'v', 'w' and 2 more"
        == causes(report)["history_new_categories"].title
    )
    assert 7 == causes(report)["history_new_categories"].count


def test_classified_values_are_never_written_down() -> None:
    """Neither in the report nor in what is remembered; they are told apart all the same."""
    match = on_column("newCategories", "string", classification="confidential", mustBe=0)
    report = compared(match, lines("alice", "carol"), *[lines("alice", "bob")] * 3)

    assert "a: 1 value was not in the last 3 accepted files" == causes(report)["history_new_categories"].title
    written = json.dumps(report.to_document()["profile"]) + json.dumps(report.to_document()["history"])
    assert [] == [name for name in ("alice", "bob", "carol") if name in written]


def test_a_column_of_ids_is_no_category() -> None:
    """What is remembered of a file is bounded, however many different values it has."""
    match = on_column("newCategories", "string", mustBe=0)
    full = lines(*range(MOST_CATEGORIES))
    report = compared(match, lines(*range(MOST_CATEGORIES + 1)), full, full, full)

    assert "too many different values" in str(result(report, "h-newCategories").reason)
    assert MOST_CATEGORIES == len(past(match, full)[0].profile.columns["a"].categories or ())


def test_long_values_are_remembered_by_their_beginning_and_a_digest() -> None:
    """Two long values that begin alike are still two."""
    match = on_column("newCategories", "string", mustBe=0)
    report = compared(match, lines("x" * 5000 + "2"), *[lines("x" * 5000 + "1")] * 3)

    assert 1 == causes(report)["history_new_categories"].count
    assert len(json.dumps(report.to_document())) < 6_000


def test_fields_inside_of_a_column_are_compared_too() -> None:
    """`address.city` has a past like any column."""
    inner = {"name": "city", "logicalType": "string", "quality": [rule("newCategories", mustBe=0)]}
    match = contract([{"name": "address", "logicalType": "object", "properties": [inner]}], server={"format": "ndjson"})
    files = [json.dumps({"address": {"city": city}}).encode() + b"\n" for city in ("Bonn", "Bonn", "Bonn", "Bern")]
    reports = [check(data, match, name="a.ndjson") for data in files]
    before = [Past("f", NOON, one.profile) for one in reports[:3] if one.profile]

    report = settled(reports[3], before)

    assert "address.city: 1 value was not in the last 3 accepted files: 'Bern'" == report.causes[0].title


def test_an_operator_beside_the_implementation_counts_too() -> None:
    """The standard's schema wants it inside; people put it where every other rule has it."""
    match = contract([{"name": "a"}, {"name": "b"}], quality=[BARE | {"mustBeGreaterThan": -10}])

    assert Verdict.FAIL == compared(match, lines(1), *[lines(1, 2)] * 3).verdict


# when nothing is compared


def test_too_few_files_are_no_past() -> None:
    """Two files say little; the rule says how many it waits for, and the file is judged without it."""
    report = compared(on_rows(), lines(1), *[lines(*range(100))] * 2)

    assert Result.SKIPPED == result(report, "h-rowCount").result
    assert "2 files accepted before this one, 3 are needed" == result(report, "h-rowCount").reason
    assert Verdict.PASS == report.verdict


def test_files_from_before_the_rule_are_counted_apart() -> None:
    """A profile without the measure is no past for it, and the reason says so."""
    match = on_column("mean", "number")
    old = past(on_rows(), *[lines(1)] * 4)
    report = settled(check(lines(1), match), old)

    assert (
        "only 0 of the 4 files accepted before this one have this measure, 3 are needed"
        == result(report, "h-mean").reason
    )


@pytest.mark.parametrize(
    ("now", "before", "expected"), [(20, 80, Result.SKIPPED), (20, 120, Result.FAIL), (120, 20, Result.FAIL)]
)
def test_the_floor_is_for_small_files_on_both_sides(now: int, before: int, expected: Result) -> None:
    """Noise of small files is left alone; a big file that became small, or grew out of nothing, is not noise."""
    report = compared(on_rows(floor=100), lines(*range(now)), *[lines(*range(before))] * 3)

    assert expected == result(report, "h-rowCount").result


def test_only_the_last_files_count() -> None:
    """`last: 2` forgets what was usual long ago."""
    files = [lines(*range(n)) for n in (1000, 1000, 100, 100)]
    report = compared(on_rows(last=2, atLeast=2), lines(*range(100)), *files)

    assert Verdict.PASS == report.verdict


def test_a_change_against_nothing_is_no_percentage() -> None:
    """Empty files before, rows now: told as what it is instead of as infinitely more."""
    report = compared(on_rows(), lines(1, 2), *[lines()] * 3)

    assert "the mean before was 0" in str(result(report, "h-rowCount").reason)


def test_a_missing_column_has_no_past() -> None:
    """The rule is skipped and says why; that the column is missing is told by its own check."""
    report = check(b"b\nx\n", on_column("mean"))

    assert "the column is missing" == result(report, "h-mean").reason
    assert report.profile is None


def test_without_a_past_the_rule_says_what_it_needs() -> None:
    """A check on somebody's machine passes no rule that it never looked at."""
    report = check(lines(1), on_rows())

    assert "needs history" in str(result(report, "h-rowCount").reason)
    assert Result.SKIPPED == result(report, "h-rowCount").result


# rules that say nothing


@pytest.mark.parametrize(
    ("match", "words"),
    [
        (on_rows(lasst=5), "did you mean `last`?"),
        (contract([{"name": "a"}], quality=[rule("rowcount")]), "did you mean `rowCount`?"),
        (contract([{"name": "a"}], quality=[rule("mean")]), "belongs to a property"),
        (on_column("rowCount"), "belongs to a schema object"),
        (on_rows(last=0), "last is a whole number from 1 to 100"),
        (on_rows(last=2, atLeast=3), "atLeast is a whole number from 1 to 2"),
        (on_rows(floor="many"), "floor is a whole number"),
        (on_rows(mustBeLessThan="20 %"), "mustBeLessThan takes a number (%)"),
        (on_rows(mustBeBetween=[1]), "mustBeBetween takes two numbers"),
        (on_rows(mustBe=0, mustNotBe=1), "it has several operators"),
        (contract([{"name": "a"}], quality=[BARE]), "it has no operator"),
        (contract([{"name": "a"}], quality=[rule("rowCount") | {"mustBe": 1}]), "it has several operators"),
    ],
)
def test_a_rule_that_cannot_be_run_is_an_error_with_the_way_out(match: Match, words: str) -> None:
    """A misspelt rule is never a pass: the file has no verdict until the contract is mended."""
    report = check(lines(1), match)
    unclear = next(one for one in report.checks if one.type == "history")

    assert (Result.ERROR, Verdict.ERROR) == (unclear.result, report.verdict)
    assert words in str(unclear.reason)


# documents


def test_a_document_is_settled_like_a_report() -> None:
    """The service has only the JSON that a worker sent; it comes to the same."""
    match = on_rows()
    before = past(match, *[lines(*range(100))] * 3)
    report = check(lines(*range(10), "x,y,z"), match)
    document = report.to_document()
    pending = pending_of(json.loads(json.dumps(document)))

    assert pending is not None
    assert json.loads(json.dumps(settled(report, before).to_document())) == json.loads(
        json.dumps(settled_document(document, pending, before))
    )


def test_a_settled_document_is_left_alone() -> None:
    """Writing a result again, after the database was away, compares nothing twice."""
    match = on_rows()
    document = settled(check(lines(1), match), []).to_document()

    assert None is pending_of(document)


def test_only_accepted_files_train() -> None:
    """A failed file is never what later ones are measured by."""
    match = on_rows()
    before = past(match, *[lines(*range(100))] * 3)
    failed = settled(check(lines(1), match), before).to_document()
    passed = settled(check(lines(*range(101)), match), before).to_document()

    assert ("fail", None) == (failed["verdict"], trained_by(failed))
    trained = trained_by(passed)
    assert trained is not None
    assert ("test", "rows", 101) == (trained.contract, trained.schema, trained.profile.rows)
