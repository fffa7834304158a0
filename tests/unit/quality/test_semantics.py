"""What the words of a contract mean, one question a test; docs/reference/semantics.md is printed from here."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report, Result, Verdict
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks import apart
from fileproc.quality.contracts.contract import NoMatch
from fileproc.quality.contracts.lint import lint
from scripts.print_semantics import PAGE
from tests.unit.quality.checking import causes, check, contract, failed, result
from tests.unit.quality.semantics import SHOWN, answers, page


def column(**keys: Any) -> dict[str, Any]:
    return {"name": "x", **keys}


def of(
    cells: list[str],
    *,
    quality: list[dict[str, Any]] | None = None,
    rules: Any = None,
    words: Any = None,
    **keys: Any,
) -> Report:
    """The report about a file with an id column and one column `x`."""
    prop = column(**keys, **({"quality": quality} if quality else {}))
    match = contract([{"name": "id"}, prop], quality=rules, **(words or {}))
    rows = "".join(f"{number},{cell}\n" for number, cell in enumerate(cells))
    return check(f"id,x\n{rows}".encode(), match)


@answers("empty CSV cell", "`required`")
def test_an_unquoted_empty_cell_is_null_and_a_quoted_one_is_not() -> None:
    """`required` fails on null and passes on an empty text."""
    report = of(["", '""', "a"], logicalType="string", required=True)

    assert {"x.required": 1} == failed(report)
    assert [2] == causes(report)["missing"].lines


@answers("empty CSV cell")
def test_null_sequences_add_tokens() -> None:
    """A declared token is null, a quoted one is text, and NA means nothing where it was not declared."""
    declared = of(["NA", '"NA"', ""], required=True, words={"nullSequence": ["NA"]})
    undeclared = of(["NA"], required=True)

    assert ({"x.required": 2}, {}) == (failed(declared), failed(undeclared))


@answers("type of a text value")
@pytest.mark.parametrize(
    ("logical", "good", "bad"),
    [
        (
            "integer",
            ["0", "7", "-7", "+7", "007", "9223372036854775807"],
            ["2.0", "1e3", "' 7'", "0x1F", "1_000", "7,0", "abc", "9223372036854775808"],
        ),
        ("number", ["0", "1.5", "-.5", "5.", "1e3", "1E-3"], ["NaN", "inf", "1_0", "12abc", "1.2.3", "0x1F"]),
        ("boolean", ["true", "false"], ["TRUE", "t", "1", "yes", "0"]),
        (
            "date",
            ["2026-11-24", "2024-02-29"],
            ["2026/11/24", "2026-11-31", "2025-02-29", "24.11.2026", "epoch", "2026-1-2", "2026-11-24 00:00:00"],
        ),
        (
            "timestamp",
            ["2026-11-24T06:30:00Z", "2026-11-24 06:30", "2026-11-24T06:30:00.123+01:00"],
            ["2026-11-24", "2026-11-24T25:00:00Z", "now", "24.11.2026 06:30"],
        ),
        ("time", ["06:30:00", "06:30"], ["25:00:00", "6h30", "now"]),
    ],
)
def test_types_are_lexical_and_strict(logical: str, good: list[str], bad: list[str]) -> None:
    """Only a cell that has the form of its type is of it; nothing is rounded into passing."""
    cells = [f'"{cell}"' for cell in good + [one.strip("'") for one in bad]]

    report = of(cells, logicalType=logical)

    assert {"x.logicalType": len(bad)} == failed(report)
    lines = sorted(line for cause in report.causes for line in cause.lines)
    assert list(range(2 + len(good), 2 + len(cells))) == lines


@answers("a bad cell")
def test_a_bad_cell_has_one_finding() -> None:
    """A value that is no number is not also below the minimum; nulls are out of every value check."""
    report = of(["abc", "-1", "", "5"], logicalType="integer", logicalTypeOptions={"minimum": 0, "multipleOf": 5})

    assert {"x.logicalType": 1, "x.minimum": 1, "x.multipleOf": 1} == failed(report)


def test_bounds_are_inclusive_or_not_as_they_say() -> None:
    """Both shapes of exclusive bounds, the flag of 3.0 and the value of 3.1, mean the same."""
    flag = of(
        ["0", "1", "9", "10"],
        logicalType="integer",
        logicalTypeOptions={"minimum": 0, "exclusiveMinimum": True, "maximum": 10},
    )
    value = of(
        ["0", "1", "9", "10"], logicalType="integer", logicalTypeOptions={"exclusiveMinimum": 0, "exclusiveMaximum": 10}
    )

    assert ({"x.exclusiveMinimum": 1}, {"x.exclusiveMinimum": 1, "x.exclusiveMaximum": 1}) == (
        failed(flag),
        failed(value),
    )


@answers("timestamps")
def test_dates_are_compared_as_dates_and_timestamps_in_utc() -> None:
    """An offset counts: 00:30+01:00 is the day before."""
    dates = of(["2026-01-01", "2025-12-31"], logicalType="date", logicalTypeOptions={"minimum": "2026-01-01"})
    stamps = of(
        ["2026-01-01T00:30:00+01:00", "2026-01-01T00:30:00Z"],
        logicalType="timestamp",
        logicalTypeOptions={"minimum": "2026-01-01T00:00:00Z"},
    )

    assert ([3], [2]) == (causes(dates)["too_small"].lines, causes(stamps)["too_small"].lines)


@answers("timestamps")
def test_a_timezone_can_be_demanded() -> None:
    """`timezone: true` takes only values with an offset."""
    report = of(
        ["2026-01-01T00:00:00", "2026-01-01T00:00:00Z"], logicalType="timestamp", logicalTypeOptions={"timezone": True}
    )

    assert {"x.logicalType": 1} == failed(report)


@answers("date formats")
def test_declared_date_formats_are_obeyed() -> None:
    """JDK patterns: what they parse and write back is a date, ISO is not then."""
    report = of(
        ["24/11/2026", "31/11/2026", "2026-11-24"], logicalType="date", logicalTypeOptions={"format": "dd/MM/yyyy"}
    )

    assert {"x.logicalType": 2} == failed(report)


@answers("type of a text value")
def test_a_decimal_comma_can_be_declared() -> None:
    """`decimalChar` makes 12,50 a number, and 12.50 none."""
    report = of(
        ['"12,50"', "12.50"], logicalType="number", logicalTypeOptions={"minimum": 12.4}, words={"decimalChar": ","}
    )

    assert {"x.logicalType": 1} == failed(report)


@answers("string length")
def test_lengths_are_code_points() -> None:
    """An umlaut and an emoji are one character each."""
    report = of(["äöü", "🙂🙂🙂🙂"], logicalType="string", logicalTypeOptions={"minLength": 3, "maxLength": 3})

    assert {"x.maxLength": 1} == failed(report)


@answers("pattern")
def test_patterns_search() -> None:
    """A pattern need not match the whole value, as ECMA-262 has it."""
    report = of(["abc1", "abc"], logicalType="string", logicalTypeOptions={"pattern": "[0-9]"})

    assert {"x.pattern": 1} == failed(report)


@answers("pattern")
def test_look_around_is_not_run_and_told() -> None:
    """What needs more than linear time is listed with its reason, never dropped."""
    report = of(["a"], logicalType="string", logicalTypeOptions={"pattern": "(?=a)"})

    assert Result.SKIPPED == result(report, "x.pattern").result


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("email", "a.b+c@example.org", "a@b"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
        ("ipv4", "192.168.0.1", "256.1.1.1"),
        ("uri", "https://example.org/a?b", "example.org"),
        ("hostname", "a-b.example.org", "-a.example.org"),
    ],
)
def test_string_formats_are_checked(name: str, good: str, bad: str) -> None:
    """A format is more than a hint where it can be checked."""
    report = of([good, bad], logicalType="string", logicalTypeOptions={"format": name})

    assert {"x.format": 1} == failed(report)


def test_an_enum_names_the_value_that_was_meant() -> None:
    """`usd` for `USD` is told as such."""
    report = of(["USD", "usd", "XXX", ""], enum=[{"value": "USD"}, {"value": "EUR"}])

    assert {"x.enum": 2} == failed(report)
    assert {"other_case", "not_listed"} == set(causes(report))


@answers("invalidValues with validValues and pattern")
def test_invalid_values_must_satisfy_both_arguments() -> None:
    """Listed and matching; nulls are never counted."""
    rule = {
        "id": "r",
        "metric": "invalidValues",
        "arguments": {"validValues": ["a1", "b"], "pattern": "[0-9]"},
        "mustBe": 0,
    }
    report = of(["a1", "b", "c1", ""], quality=[rule])

    assert {"r": 2} == failed(report)


@answers("missingValues")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(None, 1), ({"missingValues": ["n/a"]}, 1), ({"missingValues": [None, "n/a", "-"]}, 3)],
)
def test_missing_values_count_null_only_where_listed(arguments: dict[str, Any] | None, expected: int) -> None:
    """No argument means null alone; a list means exactly what is on it."""
    rule = {"id": "r", "metric": "missingValues", "mustBe": 0, **({"arguments": arguments} if arguments else {})}

    assert {"r": expected} == failed(of(["", "n/a", "-", "x"], quality=[rule]))


@answers("duplicateValues, `unique`")
def test_duplicates_count_surplus_rows() -> None:
    """1,1,1,2,2,3 has three surplus rows, of two keys in five rows; nulls are no values."""
    rule = {"id": "r", "metric": "duplicateValues", "mustBe": 0}
    report = of(["1", "1", "1", "2", "2", "3", "", ""], quality=[rule])

    assert {"r": 3} == failed(report)
    assert ([3, 4, 6], 3) == (causes(report)["duplicate"].lines, causes(report)["duplicate"].count)
    assert "3 surplus rows: 2 keys in 5 rows" == causes(report)["duplicate"].found


def test_a_primary_key_is_unique_as_a_tuple_and_never_null() -> None:
    """Composite keys are compared as wholes, and each part must be there."""
    keys = [
        {"name": "a", "primaryKey": True, "primaryKeyPosition": 1},
        {"name": "b", "primaryKey": True, "primaryKeyPosition": 2},
    ]
    report = check(b"a,b\n1,1\n1,2\n1,1\n1,\n", contract(keys))

    assert {"b.primaryKey": 1, "a+b.primaryKey": 1} == failed(report)
    assert ([4], [5]) == (causes(report)["duplicate"].lines, causes(report)["missing"].lines)


@answers("mustBeBetween")
@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ({"mustBe": 2}, True),
        ({"mustNotBe": 2}, False),
        ({"mustBeGreaterThan": 2}, False),
        ({"mustBeGreaterOrEqualTo": 2}, True),
        ({"mustBeLessThan": 2}, False),
        ({"mustBeLessOrEqualTo": 2}, True),
        ({"mustBeBetween": [2, 5]}, True),
        ({"mustNotBeBetween": [2, 5]}, False),
    ],
)
def test_operators(operator: dict[str, Any], holds: bool) -> None:
    """Every operator of the standard; between is inclusive."""
    report = of(["", "", "a"], quality=[{"id": "r", "metric": "nullValues", **operator}])

    assert holds == (result(report, "r").result is Result.PASS)


@answers("percent")
def test_percentages_are_of_all_rows_and_of_no_rows_are_nothing() -> None:
    """A share of zero rows is skipped with the reason, never passed."""
    rule = {"id": "r", "metric": "nullValues", "unit": "percent", "mustBeLessThan": 50}
    half = of(["", "a"], quality=[rule])
    none = of([], quality=[rule])

    assert ("fail", "skipped") == (result(half, "r").result.value, result(none, "r").result.value)
    assert "no rows" in str(result(none, "r").reason)


@answers("percent")
def test_a_share_that_is_not_nothing_never_shows_as_nothing() -> None:
    """One row of 100,000 is not 0 %."""
    rule = {"id": "r", "metric": "nullValues", "unit": "percent", "mustBe": 0}
    report = of(["", *["a"] * 99_999], quality=[rule])

    assert "0.001 % (1 of 100,000)" == result(report, "r").actual


@answers("severity")
@pytest.mark.parametrize(
    ("severity", "verdict"), [("info", "pass"), ("warning", "warn"), ("error", "fail"), (None, "fail"), ("odd", "fail")]
)
def test_severity_decides_the_verdict(severity: str | None, verdict: str) -> None:
    """Info reports only, warning warns, everything else fails."""
    rule = {"id": "r", "metric": "nullValues", "mustBe": 0, **({"severity": severity} if severity else {})}

    assert Verdict(verdict) == of([""], quality=[rule]).verdict


@answers("malformed row")
def test_the_row_count_includes_rows_that_could_not_be_read() -> None:
    """A file with a broken row still has that row."""
    rule = {"id": "r", "metric": "rowCount", "mustBe": 3}
    report = check(b"id,x\n1,a\n2\n3,c\n", contract([{"name": "id"}, column()], quality=[rule]))

    assert Result.PASS == result(report, "r").result
    assert (3, 1) == (report.read.rows, report.read.rejected_rows)


@answers("absent column")
def test_absent_columns_fail_only_where_they_matter() -> None:
    """Required or key: fail. Otherwise the policy decides, warn unless it says more."""
    required = check(b"id\n1\n", contract([{"name": "id"}, column(required=True)]))
    optional = check(b"id\n1\n", contract([{"name": "id"}, column()]))
    allowed = check(b"id\n1\n", contract([{"name": "id"}, column()], missingColumns="allow"))
    strict = check(b"id\n1\n", contract([{"name": "id"}, column()], missingColumns="fail"))

    verdicts = [report.verdict.value for report in (required, optional, allowed, strict)]
    assert ["fail", "warn", "pass", "fail"] == verdicts


@answers("absent column")
def test_a_renamed_column_is_recognised() -> None:
    """`E-Mail` for `email` is told, not only that something is missing."""
    report = check(b"id,X \n1,a\n", contract([{"name": "id"}, column(required=True)]))

    assert "'X ' may be meant" in report.causes[0].title


@answers("extra column")
@pytest.mark.parametrize(("policy", "verdict"), [("allow", "pass"), ("warn", "warn"), ("fail", "fail")])
def test_extra_columns_follow_the_policy(policy: str, verdict: str) -> None:
    """Nobody agreed on it; what that means is the contract's to say."""
    report = check(b"id,x,y\n1,a,b\n", contract([{"name": "id"}, column()], extraColumns=policy))

    assert Verdict(verdict) == report.verdict


@answers("malformed row")
def test_malformed_rows_may_have_a_limit() -> None:
    """Up to the limit they warn, over it they fail; they are never in the value checks."""
    data = b"id,x\n1,1\n2\n3,3\n"
    within = check(data, contract([{"name": "id"}, column(logicalType="integer")], malformedRows=1))
    over = check(data, contract([{"name": "id"}, column(logicalType="integer")]))

    assert ("warn", "fail") == (within.verdict.value, over.verdict.value)


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "r", "type": "text", "description": "be nice"},
        {"id": "r", "type": "custom", "engine": "soda", "implementation": "x"},
        {"id": "r", "metric": "freshness", "mustBe": 1},
        {"id": "r", "metric": "nullValues"},
        {"id": "r", "metric": "nullValues", "mustBe": "many"},
        {"id": "r", "metric": "rowCount", "unit": "furlongs", "mustBe": 1},
    ],
)
def test_what_is_not_understood_is_listed_with_the_reason(rule: dict[str, Any]) -> None:
    """No rule of a contract is dropped in silence."""
    report = of(["a"], rules=[rule])

    assert Result.SKIPPED == result(report, "r").result
    assert result(report, "r").reason


def test_classified_values_are_masked() -> None:
    """A confidential column shows neither its bad cell nor its value in anybody's sample."""
    secret = {"name": "x", "classification": "confidential", "logicalType": "integer"}
    report = check(b"id,x\n1,hunter2\nz,3\n", contract([{"name": "id", "logicalType": "integer"}, secret]))

    assert "hunter2" not in str(report.to_document())
    assert "***" in str(report.to_document())


@answers("invalidValues with validValues and pattern")
@pytest.mark.parametrize(
    "keys",
    [
        {"logicalType": "string", "enum": [{"value": "a"}]},
        {"logicalType": "integer", "logicalTypeOptions": {"minimum": 5, "maximum": 9}},
        {"logicalType": "string", "logicalTypeOptions": {"pattern": "^a$", "minLength": 1}},
        {"logicalType": "string", "logicalTypeOptions": {"format": "email"}},
        {"logicalType": "date", "logicalTypeOptions": {"minimum": "2026-01-01"}},
    ],
)
def test_nulls_are_in_no_value_check(keys: dict[str, Any]) -> None:
    """A cell that is not there is neither out of a list, nor of a range, nor of a pattern."""
    assert {} == failed(of(["", ""], **keys))


def noted(rule: str) -> set[str]:
    """The codes that the lint has for a rule on a property."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "c.yaml"
        head = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: "1"\nstatus: active\nschema:\n'
        file.write_text(f"{head}  - name: t\n    properties:\n      - {{name: a, logicalType: string, {rule}}}\n")
        return {finding.code for finding in lint(file)}


@answers("missingValues")
def test_the_lint_says_that_null_is_not_counted() -> None:
    """A list without null is right, and still worth a word; one with null is not."""
    rule = "quality: [{id: r, metric: missingValues, mustBe: 0, arguments: {missingValues: [%s]}}]"

    assert (True, False) == ("FPC407" in noted(rule % "n/a"), "FPC407" in noted(rule % "null, n/a"))


@answers("type of a text value")
@pytest.mark.parametrize("cell", ["1.005", "0.999", "2.5"])
def test_nothing_is_rounded_into_passing(cell: str) -> None:
    """`decimal(4,2)` and integers take no value that only a rounded one would be."""
    exact = of([cell], logicalType="number", physicalType="decimal(4,2)")

    assert Verdict.FAIL == of([cell], logicalType="integer").verdict
    assert {"1.005": "fail", "0.999": "fail", "2.5": "pass"}[cell] == exact.verdict.value


@answers("a bad cell")
def test_the_run_goes_on_behind_a_bad_cell() -> None:
    """Every bad cell of a file is told, the first and the last."""
    report = of(["x", *["1"] * 3_000, "y"], logicalType="integer")

    assert (2, 2, 3_003) == (report.causes[0].count, report.causes[0].first_line, report.causes[0].last_line)


@answers("NaN, infinity")
def test_what_is_no_number_is_in_no_range_and_no_aggregate() -> None:
    """NaN and infinity are bad cells; they are not above the maximum as well, and no average knows them."""
    average = {"id": "r", "type": "sql", "query": "SELECT avg(x) FROM {object}", "mustBe": 4}
    report = of(
        ["NaN", "inf", "-Infinity", "3", "5"],
        logicalType="number", logicalTypeOptions={"maximum": 10, "minimum": 0}, rules=[average],
    )  # fmt: skip

    assert {"x.logicalType": 3} == failed(report)
    assert Result.PASS == result(report, "r").result


@answers("timestamps")
def test_a_default_timezone_counts_for_values_without_offset() -> None:
    """Half past midnight in Berlin is the day before in UTC; with an offset it is what it says."""
    options = {"defaultTimezone": "Europe/Berlin", "minimum": "2026-01-01T00:00:00Z"}
    cells = ["2026-01-01T00:30:00", "2026-01-01T00:30:00Z", "2026-01-01T01:30:00"]

    assert [2] == causes(of(cells, logicalType="timestamp", logicalTypeOptions=options))["too_small"].lines


@answers("pattern")
def test_patterns_are_unicode_and_take_linear_time() -> None:
    """A letter is a letter in every script, and a pattern that hangs elsewhere is quick."""
    letters = of(["Größe", "Ждать", "a1"], logicalType="string", logicalTypeOptions={"pattern": r"^\p{L}+$"})
    started = time.monotonic()
    evil = of(["a" * 5_000 + "!"], logicalType="string", logicalTypeOptions={"pattern": "^(a+)+$"})

    assert ({"x.pattern": 1}, {"x.pattern": 1}) == (failed(letters), failed(evil))
    assert time.monotonic() - started < 5


@answers("pattern")
@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", "(a)\\1"])
def test_look_around_is_an_error_of_the_lint(pattern: str) -> None:
    """Whoever writes it learns so before the first file."""
    assert noted(f"logicalTypeOptions: {{pattern: '{pattern}'}}") - noted("logicalTypeOptions: {pattern: 'a'}")


@answers("duplicateValues, `unique`")
def test_a_percentage_of_duplicates_is_one_of_the_rows_with_a_value() -> None:
    """One surplus row of four that have a value is 25 %, however many have none."""
    rule = {"id": "r", "metric": "duplicateValues", "unit": "percent", "mustBeLessThan": 20}

    assert "25.00 % (1 of 4)" == result(of(["1", "1", "2", "3", "", ""], quality=[rule]), "r").actual


@answers("percent")
def test_a_percentage_counts_rows_that_could_not_be_read() -> None:
    """The denominator is all data rows; leaving the broken ones out would make a file better than it is."""
    rule = {"id": "r", "metric": "nullValues", "unit": "percent", "mustBeLessThan": 100}
    report = check(b"id,x\n1,\n2\n3\n4,a\n", contract([{"name": "id"}, column(quality=[rule])]))

    assert "25.00 % (1 of 4)" == result(report, "r").actual


@answers("mustBeBetween")
def test_the_lint_notes_that_between_includes_its_ends() -> None:
    """The standard's prose says otherwise, so nobody should have to guess."""
    assert "FPC408" in noted("quality: [{id: r, metric: nullValues, mustBeBetween: [0, 5]}]")


@answers("SQL rule")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*) FROM {object}", "pass"),
        ("SELECT max(x) FROM {object} WHERE id = 'nobody'", "error"),
        ("SELECT x FROM {object}", "error"),
        ("SELECT x FROM {object} WHERE 1 = 0", "error"),
        ("SELECT 3, 3", "error"),
    ],
)
def test_an_sql_rule_is_one_number(query: str, expected: str) -> None:
    """Null, no row, several rows and several columns are no answer, and no fault of the file."""
    rule = {"id": "r", "type": "sql", "query": query, "mustBe": 3}
    report = of(["1", "2", "3"], rules=[rule])

    assert (expected, True) == (
        result(report, "r").result.value,
        expected == "pass" or bool(result(report, "r").reason),
    )


@answers("malformed row")
def test_a_malformed_row_has_a_line_and_no_values() -> None:
    """Its cells are in no check, and it is told where it is."""
    report = check(b"id,x\n1,1\n2,b,c\n3,3\n", contract([{"name": "id"}, column(logicalType="integer")]))

    assert ({"long_row"}, [3]) == (set(causes(report)), causes(report)["long_row"].lines)
    assert (3, 1, 2) == (report.read.rows, report.read.rejected_rows, result(report, "x.logicalType").tested)


@answers("blank lines, rows of only empty cells, mixed line ends, a BOM that was not declared")
@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"id,x\n1,a\n\n2,b\n", "blank_lines", [3]),
        (b"id,x\n1,a\n,\n2,b\n", "empty_rows", [3]),
        (b"id,x\n1,a\r\n2,b\n", "mixed_line_ends", [2]),
        (b"\xef\xbb\xbfid,x\n1,a\n", "undeclared_encoding", [1]),
    ],
)
def test_what_costs_no_row_warns(data: bytes, code: str, lines: list[int]) -> None:
    """Nothing is lost, and yet somebody should know, and where."""
    report = check(data, contract([{"name": "id"}, column()]))

    assert (Verdict.WARN, lines) == (report.verdict, causes(report)[code].lines)


@answers("blank or duplicate column names")
@pytest.mark.parametrize(
    ("data", "code"), [(b"id,x,\n1,2,3\n", "blank_header"), (b"id,x,x\n1,2,3\n", "duplicate_header")]
)
def test_columns_without_a_name_of_their_own_fail(data: bytes, code: str) -> None:
    """Which of two columns was meant cannot be known."""
    report = check(data, contract([{"name": "id"}, column()], extraColumns="allow"))

    assert (Verdict.FAIL, [1]) == (report.verdict, causes(report)[code].lines)


@answers("header and contract disagree on the delimiter")
def test_another_delimiter_fails_once() -> None:
    """One finding, not one for each row, and a bad value is still found."""
    report = check(b"id;x\n1;2\n2;z\n", contract([{"name": "id"}, column(logicalType="integer")], delimiter=","))

    assert ({"delimiter": 1, "text_in_number": 1}, "fail") == (
        {code: cause.count for code, cause in causes(report).items()},
        report.verdict.value,
    )


@answers("an encoding that was not declared and had to be guessed")
def test_an_encoding_that_was_not_declared_warns() -> None:
    """A UTF-16 file is read, and somebody is told that nobody agreed on it."""
    report = check("id,x\n1,ä\n".encode("utf-16"), contract([{"name": "id"}, column(enum=[{"value": "ä"}])]))

    assert (Verdict.WARN, 1) == (report.verdict, report.read.rows)


@answers("severity")
def test_the_lint_knows_the_severities() -> None:
    """An unknown word fails the file, and its author hears of it first."""
    assert "FPC410" in noted("quality: [{id: r, metric: nullValues, mustBe: 0, severity: odd}]")


@answers("no contract, or two that are equally specific")
def test_without_a_contract_nothing_passes() -> None:
    """A good file is skipped; what is broken about it is still in the report."""
    report = check(b"id,x\n1\n", NoMatch("2 contracts are equally specific", ("a", "b")))

    assert (Verdict.SKIPPED, [2]) == (report.verdict, causes(report)["short_row"].lines)


@answers("engine failure, timeout, too little memory")
def test_too_little_memory_is_our_error(tmp_path: Path) -> None:
    """A file that cannot be checked in the memory allowed has no verdict: it may be good."""
    file = tmp_path / "f.csv"
    file.write_bytes(b"id,x\n" + b"".join(b"%d,%064d\n" % (number, number) for number in range(20_000)))
    match = contract([{"name": "id", "unique": True}, column(unique=True)])
    limits = Limits(memory_mb=1, temp_folder=tmp_path)

    report = check_file(file, match, file=FileInfo(path="f.csv"), report_id="1", limits=limits, clock=SystemClock())

    assert (Verdict.ERROR, "memory") == (report.verdict, report.error.class_ if report.error else None)


@answers("engine failure, timeout, too little memory")
def test_a_failure_of_the_engine_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine cannot run, and the file is not to blame for, is no failed file."""

    def fails(*_: Any, **__: Any) -> None:
        raise duckdb.BinderException("a wrong query")

    monkeypatch.setattr("fileproc.quality.checks.engine.measure", fails)

    assert Verdict.ERROR == of(["1"]).verdict


@answers("engine failure, timeout, too little memory")
def test_a_rule_that_takes_too_long_is_our_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query of the contract's may not hold up the worker; the other checks still have their results."""
    monkeypatch.setattr(apart, "LONGEST", 0.2)
    query = "SELECT count(*) FROM range(100000) a, range(100000) b, {object} WHERE a.range + b.range = 1"
    rule = {"id": "r", "type": "sql", "query": query, "mustBe": 0}

    report = of(["1", "z"], logicalType="integer", rules=[rule])

    assert (Verdict.ERROR, {"x.logicalType": 1}) == (report.verdict, failed(report))


def test_every_question_is_answered_by_a_test() -> None:
    """No line of the table is a mere promise."""
    assert [] == [question for question, tests in SHOWN.items() if not tests]


def test_the_page_is_printed_from_the_tests() -> None:
    """What people read is what is shown; `scripts/print_semantics.py --write` brings it up to date."""
    assert page() == PAGE.read_text()
