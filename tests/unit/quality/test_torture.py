"""The torture table: 3,000 rows with one kind of damage at line 502, as other readers lose it, and what we make of it.

Other readers stop, drop the row, or fill it with nulls without a word; here each damage has its finding with its line,
and the rest of the file is read.
"""

from __future__ import annotations

from typing import Any

import pytest

from fileproc.domain.reports import Report
from tests.unit.quality.checking import causes, check, contract

ROWS = [f"{number},name {number},{number}.50" for number in range(1, 3_001)]
HEADER = "a,b,c"

#: The damaged line, as an editor counts it, and the row on it.
LINE = 502
ROW = LINE - 2


def told(data: bytes, **words: Any) -> Report:
    """The report of a contract with an integer, a text and a number, all required."""
    kinds = (("a", "integer"), ("b", "string"), ("c", "number"))
    return check(
        data, contract([{"name": name, "logicalType": kind, "required": True} for name, kind in kinds], **words)
    )


def file(row: str | None = None, *, end: str = "\n", header: str = HEADER) -> bytes:
    """The file, with another row at the damaged line."""
    rows = [*ROWS]
    if row is not None:
        rows[ROW] = row
    return (end.join([header, *rows]) + end).encode("utf-8", "surrogateescape")


def names(report: Report) -> dict[str, tuple[int, list[int]]]:
    """Code → count and lines."""
    return {code: (cause.count, cause.lines) for code, cause in causes(report).items()}


@pytest.mark.parametrize(
    ("row", "code", "rejected"),
    [
        pytest.param("501,name 501", "short_row", 1, id="short row"),
        pytest.param("501,name 501,1,more", "long_row", 1, id="long row"),
        pytest.param("501,na\udcffme,1", "bad_encoding", 1, id="bad UTF-8"),
        pytest.param('501,"name 501,1', "broken_quote", 1, id="unterminated quote"),
        pytest.param('501,"name"501,1', "broken_quote", 1, id="text after a closing quote"),
        pytest.param('501,na"me,1', "stray_quote", 0, id="stray quote inside a field"),
        pytest.param("501,na\0me,1", "nul_bytes", 0, id="NUL byte"),
        pytest.param("501," + "x" * 10_000_000 + ",1", "over_long_line", 1, id="10 MB field"),
    ],
)
def test_one_damaged_row_is_one_finding(row: str, code: str, rejected: int) -> None:
    """Its line is named, it is one row of 3,000, and nothing else is lost or found."""
    report = told(file(row))

    assert {code: (1, [LINE])} == names(report)
    assert (3_000, rejected, True) == (report.read.rows, report.read.rejected_rows, report.read.complete)


def test_embedded_newline() -> None:
    """A line break inside of quotes is data, and lines behind it are those of an editor."""
    rows = [*ROWS]
    rows[ROW], rows[2_000] = '501,"na\n\nme",1', "x,name,1"

    report = told(("\n".join([HEADER, *rows]) + "\n").encode())

    assert {"text_in_number": (1, [2_004])} == names(report)
    assert (3_000, 0) == (report.read.rows, report.read.rejected_rows)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"\xef\xbb\xbf" + file(), {"undeclared_encoding"}, id="BOM"),
        pytest.param(file(end="\r\n"), set(), id="CRLF"),
        pytest.param(file().rstrip(b"\n"), set(), id="no final newline"),
        pytest.param(file(end="\r"), set(), id="CR only"),
    ],
)
def test_line_ends_and_marks_cost_no_row(data: bytes, found: set[str]) -> None:
    """Every kind of line end is read; a byte order mark is told."""
    report = told(data)

    assert (found, 3_000, 0) == (set(causes(report)), report.read.rows, report.read.rejected_rows)


def test_mixed_line_ends() -> None:
    """The engine gives up on such a file; here every row is read, and the odd line is named."""
    report = told(file().replace(b"\n501,", b"\r\n501,"))

    assert ({"mixed_line_ends": (1, [LINE - 1])}, 3_000) == (names(report), report.read.rows)


def test_blank_line() -> None:
    """It is no row, and the row behind it has the next line."""
    report = told(file(f"\n{ROWS[ROW]}"))

    assert ({"blank_lines": (1, [LINE])}, 3_000) == (names(report), report.read.rows)


def test_latin_1_as_utf_8() -> None:
    """Umlauts in another encoding are told once for the file, or row by row; no row is lost in silence."""
    data = file("501,Größe,1").decode().encode("latin-1")

    declared, undeclared = told(data, encoding="ISO-8859-1"), told(data)

    assert ({}, 3_000) == (names(declared), declared.read.rows)
    assert {"bad_encoding": (1, [LINE])} == names(undeclared)


def test_utf_16_with_a_mark() -> None:
    """What the mark says is obeyed and told, or silently right where the contract declares it."""
    data = file().decode().encode("utf-16")

    assert ({"undeclared_encoding"}, 3_000) == (set(causes(told(data))), told(data).read.rows)
    assert {} == names(told(data, encoding="UTF-16"))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        pytest.param("c,b,a", {"order"}, id="header reordered"),
        pytest.param("a,b,b", {"duplicate_header", "missing_column", "extra_column"}, id="duplicate name"),
        pytest.param("a,b,c,d", {"short_row", "extra_column"}, id="header column extra"),
        pytest.param("a,b", {"long_row", "missing_column"}, id="header column missing"),
        pytest.param("a;b;c", {"delimiter"}, id="wrong delimiter"),
    ],
)
def test_a_header_that_is_not_the_agreed_one(header: str, found: set[str]) -> None:
    """Columns are found by name; whatever does not fit is told, never more than one cause of a kind."""
    body = file(header=header)
    if header == "c,b,a":
        body = body.replace(b"\n501,name 501,501.50", b"\n501.50,name 501,501")
    if header == "a;b;c":
        body = body.replace(b",", b";")
    report = told(body, delimiter=",")

    orders = {"order" for one in report.checks if one.id == "rows.order"}
    expected = found if header != "c,b,a" else {"order", "fraction"}
    assert (expected, 3_000) == (set(causes(report)) | orders, report.read.rows)


@pytest.mark.parametrize("data", [b"", b"\n", b" \n\n", b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe\n\0"])
def test_an_empty_file(data: bytes) -> None:
    """Nothing, or nothing but blanks and marks, is no table: it fails, whatever the contract declares."""
    report, declared = told(data), told(data, encoding="utf-8-sig")

    assert ("fail", "fail") == (report.verdict.value, declared.verdict.value)
    assert {"zero_bytes" if data == b"" else "missing_header"} <= set(causes(report))


def test_a_header_alone() -> None:
    """A table without rows is one, as agreed."""
    assert ("pass", 0) == (told(b"a,b,c").verdict.value, told(b"a,b,c\n").read.rows)
