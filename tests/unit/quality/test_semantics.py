"""What the words of a contract mean, one question a test; the answers are in docs/reference/checks.md."""

from __future__ import annotations

from typing import Any

import pytest

from fileproc.domain.reports import Report, Result, Verdict
from tests.unit.quality.checking import causes, check, contract, failed, result


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


def test_an_unquoted_empty_cell_is_null_and_a_quoted_one_is_not() -> None:
    """`required` fails on null and passes on an empty text."""
    report = of(["", '""', "a"], logicalType="string", required=True)

    assert {"x.required": 1} == failed(report)
    assert [2] == causes(report)["missing"].lines


def test_null_sequences_add_tokens() -> None:
    """A declared token is null, a quoted one is text, and NA means nothing where it was not declared."""
    declared = of(["NA", '"NA"', ""], required=True, words={"nullSequence": ["NA"]})
    undeclared = of(["NA"], required=True)

    assert ({"x.required": 2}, {}) == (failed(declared), failed(undeclared))


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


def test_dates_are_compared_as_dates_and_timestamps_in_utc() -> None:
    """An offset counts: 00:30+01:00 is the day before."""
    dates = of(["2026-01-01", "2025-12-31"], logicalType="date", logicalTypeOptions={"minimum": "2026-01-01"})
    stamps = of(
        ["2026-01-01T00:30:00+01:00", "2026-01-01T00:30:00Z"],
        logicalType="timestamp",
        logicalTypeOptions={"minimum": "2026-01-01T00:00:00Z"},
    )

    assert ([3], [2]) == (causes(dates)["too_small"].lines, causes(stamps)["too_small"].lines)


def test_a_timezone_can_be_demanded() -> None:
    """`timezone: true` takes only values with an offset."""
    report = of(
        ["2026-01-01T00:00:00", "2026-01-01T00:00:00Z"], logicalType="timestamp", logicalTypeOptions={"timezone": True}
    )

    assert {"x.logicalType": 1} == failed(report)


def test_declared_date_formats_are_obeyed() -> None:
    """JDK patterns: what they parse and write back is a date, ISO is not then."""
    report = of(
        ["24/11/2026", "31/11/2026", "2026-11-24"], logicalType="date", logicalTypeOptions={"format": "dd/MM/yyyy"}
    )

    assert {"x.logicalType": 2} == failed(report)


def test_a_decimal_comma_can_be_declared() -> None:
    """`decimalChar` makes 12,50 a number, and 12.50 none."""
    report = of(
        ['"12,50"', "12.50"], logicalType="number", logicalTypeOptions={"minimum": 12.4}, words={"decimalChar": ","}
    )

    assert {"x.logicalType": 1} == failed(report)


def test_lengths_are_code_points() -> None:
    """An umlaut and an emoji are one character each."""
    report = of(["äöü", "🙂🙂🙂🙂"], logicalType="string", logicalTypeOptions={"minLength": 3, "maxLength": 3})

    assert {"x.maxLength": 1} == failed(report)


def test_patterns_search() -> None:
    """A pattern need not match the whole value, as ECMA-262 has it."""
    report = of(["abc1", "abc"], logicalType="string", logicalTypeOptions={"pattern": "[0-9]"})

    assert {"x.pattern": 1} == failed(report)


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


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(None, 1), ({"missingValues": ["n/a"]}, 1), ({"missingValues": [None, "n/a", "-"]}, 3)],
)
def test_missing_values_count_null_only_where_listed(arguments: dict[str, Any] | None, expected: int) -> None:
    """No argument means null alone; a list means exactly what is on it."""
    rule = {"id": "r", "metric": "missingValues", "mustBe": 0, **({"arguments": arguments} if arguments else {})}

    assert {"r": expected} == failed(of(["", "n/a", "-", "x"], quality=[rule]))


def test_duplicates_count_surplus_rows() -> None:
    """1,1,1,2,2,3 has three surplus rows; nulls are no values."""
    rule = {"id": "r", "metric": "duplicateValues", "mustBe": 0}
    report = of(["1", "1", "1", "2", "2", "3", "", ""], quality=[rule])

    assert {"r": 3} == failed(report)
    assert ([3, 4, 6], 3) == (causes(report)["duplicate"].lines, causes(report)["duplicate"].count)


def test_a_primary_key_is_unique_as_a_tuple_and_never_null() -> None:
    """Composite keys are compared as wholes, and each part must be there."""
    keys = [
        {"name": "a", "primaryKey": True, "primaryKeyPosition": 1},
        {"name": "b", "primaryKey": True, "primaryKeyPosition": 2},
    ]
    report = check(b"a,b\n1,1\n1,2\n1,1\n1,\n", contract(keys))

    assert {"b.primaryKey": 1, "a+b.primaryKey": 1} == failed(report)
    assert ([4], [5]) == (causes(report)["duplicate"].lines, causes(report)["missing"].lines)


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


def test_percentages_are_of_all_rows_and_of_no_rows_are_nothing() -> None:
    """A share of zero rows is skipped with the reason, never passed."""
    rule = {"id": "r", "metric": "nullValues", "unit": "percent", "mustBeLessThan": 50}
    half = of(["", "a"], quality=[rule])
    none = of([], quality=[rule])

    assert ("fail", "skipped") == (result(half, "r").result.value, result(none, "r").result.value)
    assert "no rows" in str(result(none, "r").reason)


def test_a_share_that_is_not_nothing_never_shows_as_nothing() -> None:
    """One row of 100,000 is not 0 %."""
    rule = {"id": "r", "metric": "nullValues", "unit": "percent", "mustBe": 0}
    report = of(["", *["a"] * 99_999], quality=[rule])

    assert "0.001 % (1 of 100,000)" == result(report, "r").actual


@pytest.mark.parametrize(
    ("severity", "verdict"), [("info", "pass"), ("warning", "warn"), ("error", "fail"), (None, "fail"), ("odd", "fail")]
)
def test_severity_decides_the_verdict(severity: str | None, verdict: str) -> None:
    """Info reports only, warning warns, everything else fails."""
    rule = {"id": "r", "metric": "nullValues", "mustBe": 0, **({"severity": severity} if severity else {})}

    assert Verdict(verdict) == of([""], quality=[rule]).verdict


def test_the_row_count_includes_rows_that_could_not_be_read() -> None:
    """A file with a broken row still has that row."""
    rule = {"id": "r", "metric": "rowCount", "mustBe": 3}
    report = check(b"id,x\n1,a\n2\n3,c\n", contract([{"name": "id"}, column()], quality=[rule]))

    assert Result.PASS == result(report, "r").result
    assert (3, 1) == (report.read.rows, report.read.rejected_rows)


def test_absent_columns_fail_only_where_they_matter() -> None:
    """Required or key: fail. Otherwise the policy decides, warn unless it says more."""
    required = check(b"id\n1\n", contract([{"name": "id"}, column(required=True)]))
    optional = check(b"id\n1\n", contract([{"name": "id"}, column()]))
    allowed = check(b"id\n1\n", contract([{"name": "id"}, column()], missingColumns="allow"))
    strict = check(b"id\n1\n", contract([{"name": "id"}, column()], missingColumns="fail"))

    verdicts = [report.verdict.value for report in (required, optional, allowed, strict)]
    assert ["fail", "warn", "pass", "fail"] == verdicts


def test_a_renamed_column_is_recognised() -> None:
    """`E-Mail` for `email` is told, not only that something is missing."""
    report = check(b"id,X \n1,a\n", contract([{"name": "id"}, column(required=True)]))

    assert "'X ' may be meant" in report.causes[0].title


@pytest.mark.parametrize(("policy", "verdict"), [("allow", "pass"), ("warn", "warn"), ("fail", "fail")])
def test_extra_columns_follow_the_policy(policy: str, verdict: str) -> None:
    """Nobody agreed on it; what that means is the contract's to say."""
    report = check(b"id,x,y\n1,a,b\n", contract([{"name": "id"}, column()], extraColumns=policy))

    assert Verdict(verdict) == report.verdict


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
