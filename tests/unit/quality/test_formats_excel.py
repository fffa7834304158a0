"""Workbooks: cells have types, rows have the numbers that Excel shows, and nothing that is meant for eyes is silent."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from fileproc.domain.reports import Report
from fileproc.quality.contracts.contract import Match, NoMatch
from fileproc.quality.reading import workbook
from tests.unit.quality.checking import causes, check, contract, failed

ANY = NoMatch("none")


def xlsx(rows: list[list[Any]], *, title: str = "data", change: Any = None, book: Any = None) -> bytes:
    """A workbook of one sheet; `change` gets it before it is saved."""
    book = book or openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(sheet)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def xls(rows: list[list[Any]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("data")
    styles = {date: xlwt.easyxf(num_format_str="YYYY-MM-DD"), datetime: xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")}
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                style = styles.get(type(value))
                sheet.write(number, column, value, *([style] if style else []))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(data: bytes, match: Match | NoMatch = ANY, name: str = "file.xlsx") -> Report:
    return check(data, match, name=name)


def one(logical: str, **options: Any) -> Match:
    return contract([{"name": "a", "logicalType": logical, "logicalTypeOptions": options}])


#: A cell → the logical types that it can have.
CELLS: dict[str, tuple[Any, set[str]]] = {
    "a whole number": (7, {"integer", "number"}),
    "a number": (7.5, {"number"}),
    "a text that looks like a number": ("12", {"string"}),
    "a text that looks like a date": ("2026-01-01", {"string"}),
    "a date": (date(2026, 1, 1), {"date", "timestamp"}),
    "a date with a time": (datetime(2026, 1, 1, 6, 30), {"timestamp"}),
    "true": (True, {"boolean"}),
}
LOGICAL = ("integer", "number", "string", "date", "timestamp", "boolean")


@pytest.mark.parametrize("write", [xlsx, xls])
@pytest.mark.parametrize("what", CELLS)
def test_a_cell_is_what_it_says_it_is(what: str, write: Any) -> None:
    """A date is no number and a text that looks like one is a text, in both kinds of workbook."""
    value, allowed = CELLS[what]
    data = write([["a"], [value], [None]])
    name = "file.xlsx" if write is xlsx else "file.xls"
    assert allowed == {logical for logical in LOGICAL if read(data, one(logical), name).verdict == "pass"}


def test_what_a_bad_cell_is_called() -> None:
    """People are told that a cell is a text, an Excel error or a bare serial number, with its row."""
    data = xlsx([["a"], ["2026-01-01"], ["#REF!"], [46023], [date(2026, 1, 1)]])
    codes = {cause.code: cause.lines for cause in read(data, one("date")).causes}
    assert {"quoted_value": [2], "excel_error": [3], "excel_date": [4]} == codes
    assert ["quoted_value"] == [cause.code for cause in read(xlsx([["a"], ["12"]]), one("integer")).causes]


def test_texts_may_be_dates_where_the_format_is_declared() -> None:
    """`format` says how a text is written; a real date is right all the same."""
    data = xlsx([["a"], ["24.11.2026"], [date(2026, 1, 1)], ["2026-01-01"]])
    assert [4] == read(data, one("date", format="dd.MM.yyyy")).causes[0].lines


def test_both_calendars_are_read() -> None:
    """Workbooks from old Macs count days from 1904."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    match = one("date", minimum="2026-01-01", maximum="2026-01-01")
    assert "pass" == read(xlsx([["a"], [date(2026, 1, 1)]], book=book), match).verdict


@pytest.mark.parametrize(
    ("serial", "cell"),
    [(1, ("DATE", "1900-01-01")), (59, ("DATE", "1900-02-28")), (60, ("BIGINT", "60")), (61, ("DATE", "1900-03-01"))],
)
def test_the_day_that_never_was_is_no_date(serial: int, cell: tuple[str, str]) -> None:
    """Excel has a 29 February 1900; the days around it are right."""
    assert cell == workbook.date_cell(serial, is_1904=False, has_date=True)
    assert ("TIME", time(12).isoformat()) == workbook.date_cell(0.5, is_1904=False, has_date=False)


def _hide(sheet: Any) -> None:
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet.merge_cells("A6:B6")


def test_what_is_meant_for_eyes_is_told() -> None:
    """Hidden rows and columns are read, merged cells and gaps are warned of, and rows keep their numbers."""
    rows = [["a", "b"], [1, 2], [None, None], ["x", 3], [4, 5], [6, None], [None, None]]
    report = read(xlsx(rows, change=_hide), one("integer"))
    found = {cause.code: cause.lines for cause in report.causes if cause.code != "extra_column"}
    expected = {"hidden_rows": [2], "hidden_columns": [], "empty_rows": [3], "merged_cells": [6], "text_in_number": [4]}
    assert (expected, 4) == (found, report.counts.rows)


def test_a_formula_without_its_result_and_an_error_nobody_typed_fail() -> None:
    """Programs that write formulas and no results make columns of nothing."""
    report = read(xlsx([["a", "b"], [1, "=1+1"], [2, "#N/A"]]), one("integer"))
    assert ([2], [3]) == (causes(report)["no_cached_value"].lines, causes(report)["error_cells"].lines)


def _second(sheet: Any) -> None:
    sheet.parent.create_sheet("orders").append(["a"])
    sheet.parent["orders"].append(["x"])
    sheet.parent.create_sheet("old").sheet_state = "hidden"


def test_the_sheet_is_the_declared_one() -> None:
    """`sheet` names it; without, the first one that can be seen is read, and that there are others is told."""
    data = xlsx([["a"], [1]], change=_second)
    assert ["several_sheets"] == [cause.code for cause in read(data, one("integer")).causes]
    declared = contract([{"name": "a", "logicalType": "integer"}], sheet="orders")
    assert {"a.logicalType": 1} == failed(read(data, declared))
    missing = read(data, contract([{"name": "a"}], sheet="order"))
    assert ("fail", True) == (missing.verdict, "'orders' may be meant" in causes(missing)["missing_sheet"].title)
    assert "hidden_sheet" in causes(read(data, contract([{"name": "a"}], sheet="old")))


def test_titles_above_the_header_and_cells_beside_it_are_told() -> None:
    """The header is the row with the agreed names; a cell to its right belongs to no column."""
    report = read(xlsx([["Report of Monday"], ["a"], [1], [2, "note"]]), one("integer"))
    codes = {cause.code: cause.lines for cause in report.causes}
    assert ({"preamble": [1], "long_row": [4]}, 2, 1) == (codes, report.counts.rows, report.read.rejected_rows)
    assert {"blank_header", "duplicate_header"} == set(causes(read(xlsx([["a", None, "a"], [1, 2, 3]]))))


def _swapped(data: bytes, part: str, content: bytes) -> bytes:
    """A workbook with one part exchanged."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


GOOD = xlsx([["a"], [1]])
SHEET = "xl/worksheets/sheet1.xml"
BOMB = b"<worksheet><sheetData>" + b'<row r="1"></row>' * 400_000 + b"</sheetData></worksheet>"
ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&e;'
HOSTILE = {
    "thousands of columns": xlsx([[f"c{number}" for number in range(3_000)]]),
    "a bomb": _swapped(GOOD, SHEET, BOMB + b" " * 60_000_000),
    "an entity": _swapped(GOOD, SHEET, ENTITY),
    "no XML": _swapped(GOOD, SHEET, b"hello"),
    "a sheet that breaks off": _swapped(GOOD, SHEET, b"<worksheet><sheetData><row><c><v>1"),
    "a text that is not there": _swapped(GOOD, SHEET, b'<w><row><c t="s"><v>99</v></c></row></w>'),
    "a cell beyond the last column": _swapped(GOOD, SHEET, b'<w><row><c r="ZZZZ1"><v>9</v></c></row></w>'),
    "a number that is none": _swapped(GOOD, SHEET, b"<w><row><c><v>1,5</v></c></row></w>"),
    "a cut zip": GOOD[: len(GOOD) // 2],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_workbook_is_refused_in_words(what: str) -> None:
    """No such workbook is passed or fails on our side."""
    report = read(HOSTILE[what], one("integer"))
    assert ("fail", None) == (report.verdict, report.error)


def test_an_encrypted_workbook_says_so() -> None:
    """A workbook with a password is an old container around the new one; the way out is told."""
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500
    report = read(data, one("integer"))
    assert ("fail", True) == (report.verdict, any("password" in cause.title for cause in report.causes))


def test_any_damage_to_an_old_workbook_is_told_in_words() -> None:
    """Wherever an xls file is cut or overwritten, the report is about the file and never about us."""
    good = xls([["a"], *([number] for number in range(50))])
    for place in range(20, len(good), 500):
        for data in (good[:place], good[:place] + b"\xff\x00\x80\x07" + good[place + 4 :]):
            assert None is read(data, one("integer"), "file.xls").error, place


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(TEXTS.filter(lambda text: text[0] not in "=#"), st.integers(-(10**14), 10**14)), max_size=6))
def test_any_table_reads_back_without_a_finding(rows: list[tuple[str, int]]) -> None:
    """Texts and numbers that a writer stores are read as they were."""
    match = contract([{"name": "a", "logicalType": "string"}, {"name": "b", "logicalType": "integer"}])
    report = read(xlsx([["a", "b"], *map(list, rows)]), match)
    assert ([], len(rows)) == ([cause.code for cause in report.causes], report.counts.rows)
