"""How partners' cells go wrong: each known way is named, counted to the end, and told with the fix."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest

from fileproc.domain.reports import Cause, Report
from tests.unit.quality.checking import causes, check, contract

INTEGER = {"logicalType": "integer"}
NUMBER = {"logicalType": "number"}
DATE = {"logicalType": "date"}
TIMESTAMP = {"logicalType": "timestamp"}
BOOLEAN = {"logicalType": "boolean"}
WITH_OFFSET = {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}
GERMAN_DATE = {"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}}
CURRENCY = {"logicalType": "string", "enum": ["USD", "EUR", "Shipped"]}
NUMBERS = {"logicalType": "string", "enum": ["01", "02", "10"]}
ZIP = {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[0-9]{5}$"}}
CODE = {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[A-Z]{2}[0-9]{3}$"}}
FIXED = {"logicalType": "string", "logicalTypeOptions": {"minLength": 5, "maxLength": 5}}
NAME = {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[A-Za-zäöüß ]+$"}}

#: code, what was agreed, cells of that kind.
KNOWN: list[tuple[str, dict[str, Any], list[str]]] = [
    ("decimal_comma", NUMBER, ["12,50", "99,99", "-1,5", "1234,567"]),
    ("decimal_comma", INTEGER, ["12,50"]),
    ("grouping", NUMBER, ["1,234,567", "1.234.567,89", "12'345.60", "1 234", "12,34,567", "1\u2009234"]),
    ("ambiguous_separator", NUMBER, ["1,234", "12,500"]),
    ("ambiguous_separator", INTEGER, ["1.234"]),
    ("float_integer", INTEGER, ["2.0", "7.", "10.000"]),
    ("fraction", INTEGER, ["2.5", ".5"]),
    ("scientific", INTEGER, ["1e3", "1.23E+15"]),
    ("scientific", ZIP, ["1.23E+15", "4E+12"]),
    ("too_big", INTEGER, ["9223372036854775808"]),
    ("not_finite", NUMBER, ["inf", "-Infinity"]),
    ("percent", NUMBER, ["12 %", "12.5%"]),
    ("currency", NUMBER, ["€12.50", "$ 1,200.00", "12.50 EUR", "USD 7"]),
    ("unit", NUMBER, ["12 kg", "3.5km", "20 °C"]),
    ("trailing_minus", NUMBER, ["12.50-"]),
    ("parentheses", NUMBER, ["(12.50)", "($1,200)"]),
    ("hexadecimal", INTEGER, ["0x1F"]),
    ("number_as_date", NUMBER, ["01.02.2026", "3-Mar", "Jan-05"]),
    ("other_digits", INTEGER, ["١٢٣", "１２"]),
    ("other_minus", NUMBER, ["−12.50", "–3"]),
    ("text_in_number", NUMBER, ["abc", "twelve", "12abcd"]),
    ("excel_error", NUMBER, ["#REF!", "#N/A", "#DIV/0!", "########"]),
    ("excel_error", CURRENCY, ["#NAME?"]),
    ("formula", NUMBER, ["=A1+B1"]),
    ("apostrophe", INTEGER, ["'123"]),
    ("null_word", INTEGER, ["NA", "n/a", "null", "-", "NaN", "None"]),
    ("null_word", DATE, ["NULL"]),
    ("blanks", INTEGER, [" 7", "7 ", "7\t"]),
    ("blanks", CURRENCY, ["USD ", " EUR"]),
    ("nbsp", NUMBER, ["12\u00a0", "\u202f7"]),
    ("zero_width", INTEGER, ["7\u200b", "\u200e7"]),
    ("bom", INTEGER, ["\ufeff7"]),
    ("mojibake", NAME, ["MÃ¼nchen", "StraÃŸe"]),
    ("quotes_inside", INTEGER, ["'7'", "“7”"]),
    ("quotes_inside", CURRENCY, ['"USD"']),
    ("impossible_date", DATE, ["2026-11-31", "2025-02-29"]),
    ("impossible_date", GERMAN_DATE, ["31.11.2026"]),
    ("impossible_time", TIMESTAMP, ["2026-11-24T25:00:00Z", "2026-02-30 10:00:00"]),
    ("impossible_time", {"logicalType": "time"}, ["25:00:00", "6:30"]),
    ("swapped_date", DATE, ["2026-24-11"]),
    ("swapped_date", GERMAN_DATE, ["11.24.2026"]),
    ("swapped_date", TIMESTAMP, ["2026-24-11T06:30:00Z"]),
    ("other_date", DATE, ["24.11.2026", "2026/11/24", "2026-1-2"]),
    ("other_date", GERMAN_DATE, ["2026-11-24", "24/11/2026"]),
    ("two_digit_year", DATE, ["24.11.26", "1/2/26"]),
    ("month_name", DATE, ["24-Nov-2026", "November 24, 2026", "Tue, 24 Nov 2026"]),
    ("compact_date", DATE, ["20261124"]),
    ("time_too", DATE, ["2026-11-24 00:00:00", "2026-11-24T06:30Z"]),
    ("date_only", TIMESTAMP, ["2026-11-24"]),
    ("no_offset", WITH_OFFSET, ["2026-11-24T06:30:00"]),
    ("am_pm", TIMESTAMP, ["2026-11-24 06:30 PM"]),
    ("excel_date", DATE, ["45985", "45985.5"]),
    ("unix_time", TIMESTAMP, ["1764000000", "1764000000123"]),
    ("text_in_date", DATE, ["tomorrow", "epoch"]),
    ("other_boolean", BOOLEAN, ["yes", "No", "1", "TRUE", "ja"]),
    ("other_case", CURRENCY, ["usd", "Eur"]),
    ("other_case", CODE, ["ab123"]),
    ("near_miss", CURRENCY, ["Shiped", "Shippped"]),
    ("not_listed", CURRENCY, ["JPY", "Returned"]),
    ("lost_zeros", ZIP, ["1234", "77"]),
    ("lost_zeros", FIXED, ["1234"]),
    ("lost_zeros", NUMBERS, ["1", "2"]),
    ("empty", INTEGER, [""]),
    ("too_long", {"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}}, ["abcd"]),
    ("blanks", {"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}}, ["abc  "]),
    ("too_short", {"logicalType": "string", "logicalTypeOptions": {"minLength": 3}}, ["ab"]),
    ("too_small", {**INTEGER, "logicalTypeOptions": {"minimum": 0}}, ["-1"]),
    ("too_large", {**INTEGER, "logicalTypeOptions": {"maximum": 9}}, ["10"]),
    ("not_multiple", {**INTEGER, "logicalTypeOptions": {"multipleOf": 5}}, ["7"]),
    ("too_precise", {**NUMBER, "physicalType": "decimal(4,2)"}, ["1.234"]),
    ("pattern", CODE, ["A1"]),
    ("format", {"logicalType": "string", "logicalTypeOptions": {"format": "email"}}, ["someone"]),
    ("wrong_type", BOOLEAN, ["maybe"]),
]  # fmt: skip


def of(cells: list[str], **keys: Any) -> Report:
    """The report about a file whose column `x` has these cells, quoted."""
    rows = "".join(f"{number},{quoted(cell)}\n" for number, cell in enumerate(cells, 1))
    return check(f"id,x\n{rows}".encode(), contract([{"name": "id"}, {"name": "x", **keys}]))


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def known() -> dict[str, list[Cause]]:
    """Causes by column of one file with a column for every known way of going wrong."""
    properties = [{"name": f"x{number}", **agreed} for number, (_, agreed, _) in enumerate(KNOWN)]
    rows = zip_longest(*([quoted(cell) for cell in cells] for _, _, cells in KNOWN), fillvalue="")
    header = ",".join(["id", *(prop["name"] for prop in properties)])
    lines = [header, *(f"{number},{','.join(row)}" for number, row in enumerate(rows, 1))]
    report = check("\n".join([*lines, ""]).encode(), contract([{"name": "id"}, *properties]))
    found: dict[str, list[Cause]] = {}
    for cause in report.causes:
        found.setdefault(str(cause.column), []).append(cause)
    return found


@pytest.mark.parametrize("number", range(len(KNOWN)), ids=[f"{code}-{cells[0]}" for code, _, cells in KNOWN])
def test_a_known_way_of_going_wrong_has_a_name(number: int, known: dict[str, list[Cause]]) -> None:
    """Every cell of this kind is named, with its line, and the fix is in words."""
    code, _, cells = KNOWN[number]

    told = [(cause.code, cause.count, cause.lines) for cause in known[f"x{number}"]]
    assert [(code, len(cells), list(range(2, 2 + len(cells))))] == told
    assert all(cause.fix and cause.title.startswith(f"x{number}: ") for cause in known[f"x{number}"])


def test_cells_of_one_form_are_told_apart_where_they_mean_something_else() -> None:
    """A null word, a unit and another text in one column are three causes, each with its own total and lines."""
    report = of(["N/A", "7 kg", "a/b", "N/A", "7 xy", "n/a"], logicalType="integer")

    told = {cause.code: (cause.count, cause.lines) for cause in report.causes}
    assert {"null_word": (3, [2, 5, 7]), "text_in_number": (2, [4, 6]), "unit": (1, [3])} == told


@pytest.mark.parametrize(
    ("cells", "code"),
    [(["1,234", "7,5"], "decimal_comma"), (["1,234", "1,234,567"], "grouping"), (["1,234"], "ambiguous_separator")],
)
def test_what_a_comma_means_is_told_by_the_other_cells(cells: list[str], code: str) -> None:
    """`1,234` is a decimal comma beside `7,5`, thousands beside `1,234,567`, and told as unclear alone."""
    causes_ = of(cells, logicalType="number").causes

    assert [(code, len(cells))] == [(cause.code, cause.count) for cause in causes_]


def test_what_was_meant_is_told() -> None:
    """A value nearly as listed, or in another case, is told with the agreed one and its count."""
    report = of(["Shiped", "usd", "Shiped", "Nope"], **CURRENCY)

    assert "values such as 'Shiped' for 'Shipped'" == causes(report)["near_miss"].found
    assert "values such as 'usd' for 'USD'" == causes(report)["other_case"].found
    assert ("values such as 'Nope'", [5]) == (causes(report)["not_listed"].found, causes(report)["not_listed"].lines)


TYPED = [{"name": "id", "logicalType": "integer"}, {"name": "name"}, {"name": "day", "logicalType": "date"},
         {"name": "amount", "logicalType": "number"}]  # fmt: skip


def rows_of(*rows: str) -> dict[str, tuple[int, list[int]]]:
    """Code → total and lines of a file with an id, a name, a day and an amount."""
    report = check("\n".join(["id,name,day,amount", *rows, ""]).encode(), contract(TYPED))
    found: dict[str, tuple[int, list[int]]] = {}
    for cause in report.causes:
        found[cause.code] = (found.get(cause.code, (0,))[0] + cause.count, cause.lines)
    return found


def test_a_header_among_the_rows_is_one_cause() -> None:
    """Files that were joined with their headers: no column is accused of texts."""
    assert {"repeated_header": (3, [3])} == rows_of("1,a,2026-01-01,5", "id,name,day,amount", "2,b,2026-01-02,6")


def test_a_row_of_totals_is_told_as_one() -> None:
    """A last row that begins with TOTAL is no wrong order; in the middle of the file the word is a text."""
    good = ["1,a,2026-01-01,5"] * 5

    assert {"footer": (1, [7])} == rows_of(*good, "TOTAL,,,25")
    assert {"text_in_number": (1, [2])} == rows_of("TOTAL,,,25", *good)


def test_a_shifted_row_is_told_as_one() -> None:
    """All cells one column further right: three columns fail for one reason."""
    assert {"shifted_row": (2, [3])} == rows_of("1,a,2026-01-01,5", ",2,b,2026-01-02")
    assert {"text_in_number": (1, [2]), "text_in_date": (1, [2])} == rows_of("x,a,soon,5")


def test_a_format_with_types_tells_texts_from_values() -> None:
    """In JSON `"42"` is a text and 42 is none: both are named, within lists too."""
    tags = {"name": "tags", "logicalType": "array", "items": {"name": "tag", "logicalType": "integer"}}
    match = contract([{"name": "n", "logicalType": "integer"}, {"name": "s", "logicalType": "string"}, tags])
    lines = b'{"n": "42", "s": 42, "tags": [1, "2"]}\n{"n": 1, "s": "a", "tags": ["1,5"]}\n'

    told = {(cause.column, cause.code): cause.lines for cause in check(lines, match, name="f.ndjson").causes}
    assert {("n", "quoted_value"): [1], ("s", "unquoted_value"): [1], ("tags[]", "quoted_value"): [1],
            ("tags[]", "decimal_comma"): [2]} == told  # fmt: skip


def test_the_strip_tells_where_in_the_file() -> None:
    """The parts of the file count all failing cells, whatever is shown of them; a clean file has no strip."""
    cells = ["7"] * 200
    for place in (0, 99, 199):
        cells[place] = "bad"
    cause = only(of(cells, logicalType="integer"))

    assert {0: 1, 19: 1, 39: 1} == {part: count for part, count in enumerate(cause.strip) if count}
    assert 40 == len(cause.strip)


def test_totals_are_true_however_many_ways_cells_fail() -> None:
    """Thousands of different bad cells: samples and details are capped, the total and the last line are not."""
    cells = [f"{'xyz!?#'[number % 6] * (number % 40 + 1)}{number}" for number in range(5_000)]
    report = of(cells, logicalType="date")

    assert 5_000 == sum(cause.count for cause in report.causes)
    assert 5_001 == max(cause.last_line or 0 for cause in report.causes)
    assert all(len(cause.samples) <= 5 for cause in report.causes)


def only(report: Report) -> Cause:
    """The one cause that there is."""
    assert 1 == len(report.causes), [(cause.code, cause.count) for cause in report.causes]
    return report.causes[0]
