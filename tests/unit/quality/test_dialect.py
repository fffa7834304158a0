"""Dialects: what is declared is obeyed, what is not is found with evidence or refused, and no value changes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Report, Verdict
from fileproc.quality.contracts.contract import Match
from fileproc.quality.contracts.lint_finding import UnreadableContract
from fileproc.quality.database import connect
from fileproc.quality.reading.delimited import open_delimited
from fileproc.quality.reading.head import as_utf8, read_head
from tests.unit.quality.checking import causes, check, contract, failed

NAMES = ("a", "b", "c")


def agreed(**words: Any) -> Match:
    return contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}, {"name": "c"}], **words)


def table(data: bytes, match: Match) -> tuple[list[list[str | None]], list[str]]:
    """The rows as the checks see them, and the codes of what was found on the way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "input"
        path.write_bytes(data)
        with connect(folder, memory_mb=150) as connection:
            text = as_utf8(path, match.dialect.encoding, folder)
            head = read_head(text.path, match.dialect, match.schema, "file.csv")
            source = open_delimited(connection, text, head, match.dialect, malformed_limit=0, folder=folder)
            while True:
                rows = connection.execute(f"SELECT * FROM ({source.relation})").fetchall()
                assert source.after_scan is not None
                source.after_scan(source, len(rows))
                if source.rejected >= 0:
                    return [list(row) for row in rows], [finding.code for finding in source.findings]
                source.rejected = 0


def told(report: Report) -> dict[str, list[int]]:
    return {code: cause.lines for code, cause in causes(report).items()}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a||b||c\n1||x|y||z\n", {"delimiter": "||"}),
        ("a§b§c\n1§x|y§z\n".encode(), {"delimiter": "§"}),
        (b"a,b,c\n1,'x|y',z\n", {"quoteChar": "'"}),
        ("a,b,c\n1,«x|y«,z\n".encode(), {"quoteChar": "«"}),
        (b"a,b,c\n1, x|y, z\n", {"skipInitialSpace": True}),
        (b'a,b,c\n1, "x|y", z\n', {"skipInitialSpace": True}),
        (b"#made by us\na,b,c\n#1,2\n1,x|y,z\n#end\n", {"commentChar": "#"}),
        (b"a,b,c|~1,x|y,z|~", {"lineTerminator": "|~"}),
        (b"a,b,c\x1e1,x|y,z\x1e", {"lineTerminator": "\x1e"}),
        (b"1,x|y,z\n", {"header": False}),
        (b"what it is\n\na,b,c\n1,x|y,z\n", {"headerRows": [3]}),
        (b"a,b,c\r1,x|y,z\r", {"lineTerminator": "\r"}),
        ("a,b,c\n1,x|y,z\n".encode("utf-32"), {"encoding": "UTF-32"}),
        ("a,b,c\n1,x|y,z\n".encode("utf-16-be"), {"encoding": "UTF-16BE"}),
        ("a,b,c\n1,x|y,z\n".encode("cp037"), {"encoding": "cp037"}),
        (b"a,b,c\n1,x|y,z\n", {"encoding": "ascii"}),
    ],
)
def test_a_declared_dialect_is_obeyed(data: bytes, words: dict[str, Any]) -> None:
    """The same row comes out of each way of writing it, and nobody is told anything."""
    assert ([["1", "x|y", "z"]], []) == table(data, agreed(**words))


@pytest.mark.parametrize(
    ("row", "words", "cells"),
    [
        (b'1,"x""y",z', {}, ["1", 'x"y', "z"]),
        (rb'1,"x\"y\\",z', {"escapeChar": "\\", "doubleQuote": False}, ["1", 'x"y\\', "z"]),
        (rb'1,"x\"y""",z', {"escapeChar": "\\", "doubleQuote": True}, ["1", 'x"y"', "z"]),
        (b'1,"x,z', {"quoteChar": ""}, ["1", '"x', "z"]),
        (rb"1,x\,y,z", {"quoteChar": "", "escapeChar": "\\"}, ["1", "x,y", "z"]),
        (b'1,"",', {}, ["1", "", None]),
        (b'NULL,"NULL",-', {"nullSequence": ["NULL", "-"]}, [None, "NULL", None]),
        (b'-, "-",x', {"nullSequence": ["-"], "skipInitialSpace": True}, [None, "-", "x"]),
        (b'1,"x\r\ny",z', {}, ["1", "x\r\ny", "z"]),
        (b'1,"x\ry",z', {}, ["1", "x\ry", "z"]),
    ],
)
def test_quotes_escapes_and_nulls_mean_what_was_declared(
    row: bytes, words: dict[str, Any], cells: list[str | None]
) -> None:
    """Null is not empty text, a quoted token is no null, and a line end inside of quotes is data."""
    assert ([cells], []) == table(b"a,b,c\n" + row + b"\n", agreed(**words))


def test_several_header_rows_are_joined() -> None:
    """`headerRows: [1, 2]` names columns by both rows, and the data begins below."""
    match = contract([{"name": "size cm"}, {"name": "weight"}], headerRows=[1, 2])

    report = check(b"size,weight\ncm,\n1,2\n3\n", match)

    assert (["size cm", "weight"], 2, [4]) == (report.read.columns, report.read.rows, told(report)["short_row"])


@pytest.mark.parametrize("rows", [0, 2, [0], ["x"], [], [99]])
def test_header_rows_that_mean_nothing_are_refused(rows: Any) -> None:
    """With the place and what to write instead."""
    with pytest.raises(UnreadableContract, match="headerRows"):
        agreed(headerRows=rows)


def test_a_declared_header_row_that_is_not_there() -> None:
    """The file fails, and names the line where names were agreed."""
    assert {"missing_header": [3]} == told(check(b"a,b,c\n1,2,3\n", agreed(headerRows=[3])))


def test_a_sign_for_two_things_is_refused() -> None:
    """Nobody can read cells that are separated by the sign that quotes them."""
    assert {"contradicting_dialect"} == set(told(check(b"a,b,c\n1,2,3\n", agreed(delimiter='"'))))


def test_a_detected_delimiter_is_told_with_its_evidence() -> None:
    """What was read, why, and where the second reading differs."""
    report = check(b"a;b;c\n1;x,y;z\n2;x;z\n", agreed())

    title = causes(report)["detected_dialect"].title
    assert (Verdict.PASS, ";") == (report.verdict, report.read.delimiter)
    assert "semicolon" in title and "3 agreed names" in title and "3 of 3 lines have 3 cells" in title
    assert "comma 2 of 3 lines" not in title or "line" in title


def test_two_readings_that_are_equally_likely_are_refused() -> None:
    """Neither is guessed: both are named with the evidence, and how to declare the right one."""
    report = check(
        b"1,5;2,5\n3,5;4,5\n", contract([{"name": "x"}, {"name": "y"}, {"name": "z"}, {"name": "w"}], header=False)
    )

    cause = causes(report)["ambiguous_delimiter"]
    assert (Verdict.FAIL, None) == (report.verdict, report.read.rows)
    assert "comma 2 of 2 lines have 3 cells" in cause.title and "semicolon 2 of 2 lines have 2 cells" in cause.title
    assert "delimiter: " in cause.fix


def test_apostrophes_are_quotes_where_lines_only_agree_so() -> None:
    """Found, read so, and warned about."""
    report = check(b"a,b,c\n1,'x,y',z\n2,x,'z'\n", agreed())

    assert (Verdict.WARN, {"detected_quote": [2]}, 2) == (report.verdict, told(report), report.read.rows)


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"Report of today\n\na,b,c\n1,x,y\n", "preamble", [1]),
        (b"a,b,c\n1,x,y\nTOTAL,2\n", "footer", [3]),
        (b"a,b,c\n1,x,y\n(1 row)\n", "footer", [3]),
        (b"1,x,y\n2,x,y\n", "missing_header", [1]),
        (b"a,b,c\n1,x,y\n,,\n", "empty_rows", [3]),
        (b'a,b,c\n1,5" pipe,y\n2,x,y\n', "stray_quote", [2]),
        (b'a,b,c\n1, "x",y\n', "stray_quote", [2]),
        (b'a,b,c\n1,12",7"\n2,"x",y\n', "stray_quote", [2]),
        (b'a,b,c\n1,"x" ,y\n', "broken_quote", [2]),
        (b'a,b,c\n1,x,y\n2,x,"y",\n3,x,\n', "long_row", [3]),
        (b"a,b,c\n1,x,\n2,x,,", "long_row", [3]),
        (b"a,b,c\n1,x,y\n\n2,x,y\n   \n", "blank_lines", [3, 5]),
        (b"a,b,c\r\n1,x,y\r\n2,x,y\n3,x,y\r\n", "mixed_line_ends", [3]),
        (b"a,b,c\n1,x,y\n2,x,y\r3,x,y\n", "mixed_line_ends", [3]),
        (b"a,b,c\n1,x,y\n2,x\xff,y\n", "bad_encoding", [3]),
        (b"a,b,c\n1,x\0,y\n", "nul_bytes", [2]),
        (b"a,b,c\n1,x,y\n2," + b"x" * 2_200_000 + b",y\n3,x,y\n4,x\n", "over_long_line", [3]),
    ],
)
def test_each_oddity_is_told_with_its_line(data: bytes, code: str, lines: list[int]) -> None:
    """Once, exactly, and the rows around it are read."""
    report = check(data, agreed())

    assert lines == told(report)[code]
    assert report.read.complete and report.error is None


def test_bad_bytes_are_told_in_columns_that_nobody_checks() -> None:
    """With the place of the first one in the file, a byte order mark included."""
    report = check(b"\xef\xbb\xbfa,zz\n1,x\n2,\xff\n3,\xff\n", contract([{"name": "a"}]))

    cause = causes(report)["bad_encoding"]
    assert (2, [3, 4]) == (cause.count, cause.lines)
    assert "byte is number 14" in cause.title


def test_bytes_of_a_legacy_encoding_are_told_with_line_and_byte() -> None:
    """windows-1252 has no 0x81."""
    report = check(b"a,b,c\n1,\x81,\xe4\n", agreed(encoding="windows-1252"))

    cause = causes(report)["bad_encoding"]
    assert (1, [2], True) == (cause.count, cause.lines, "byte 8" in cause.title)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_an_encoding_that_had_to_be_guessed_warns(encoding: str) -> None:
    """Only UTF-16 and UTF-32 show themselves without a byte order mark; the rows are read."""
    report = check("a,b,c\n1,x,y\n".encode(encoding), agreed())

    assert (Verdict.WARN, {"undeclared_encoding": [1]}, 1) == (report.verdict, told(report), report.read.rows)


@pytest.mark.parametrize("encoding", ["hex", "rot13", "unicode_escape", "idna", "zlib", "nobody", "undefined"])
def test_codecs_that_are_no_encodings_are_refused(encoding: str) -> None:
    """Python knows codecs that unpack or escape; a contract cannot ask for them."""
    assert {"unknown_encoding"} <= set(told(check(b"a,b,c\n1,x,y\n", agreed(encoding=encoding))))


@pytest.mark.parametrize("data", [b"x", b"a,b,c\n1,2,3\n", b"a"])
def test_declared_utf16_without_a_mark_is_told(data: bytes) -> None:
    """Never a failure of ours."""
    report = check(data, agreed(encoding="UTF-16"))

    assert report.error is None and "no_byte_order_mark" in told(report)


BROKEN = {
    "short_row": b"1,x",
    "long_row": b"1,x,y,z",
    "broken_quote": b'1,"x,y',
    "bad_encoding": b"1,\xff,y",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_file_of_broken_rows_has_exact_totals(code: str) -> None:
    """All counted, few shown; thousands of unclosed quotes cost one pass."""
    report = check(b"a,b,c\n" + (BROKEN[code] + b"\n") * 30_000, agreed())

    cause = causes(report)[code]
    assert (30_000, 2, 30_001) == (cause.count, cause.first_line, cause.last_line)
    assert (30_000, 30_000) == (report.read.rows, report.read.rejected_rows)


def test_broken_rows_in_the_middle_of_a_good_file() -> None:
    """Where a look at some pieces finds nothing, the count of accepted rows does."""
    rows = [b'%d,"x",y' % number for number in range(150_000)]
    rows[70_000], rows[70_001], rows[90_000] = b"x,y", b'1,"x,y', b"1,x,y,z"

    report = check(b"a,b,c\n" + b"\n".join(rows), agreed())

    found = {"short_row": [70_002], "broken_quote": [70_003], "long_row": [90_002]}
    assert (found, 150_000) == (told(report), report.read.rows)


def test_windows_of_the_text_do_not_show() -> None:
    """Records across the edges of what is read at a time keep their lines."""
    cell = b"x" * 50_000
    rows = [b'%d,"%s\n%s",y' % (number, cell, cell) for number in range(120)]
    rows[100] = b"z,y"

    report = check(b"a,b,c\n" + b"\n".join(rows) + b"\nq,x,y\n", agreed())

    assert {"short_row": [202], "text_in_number": [241]} == told(report)


SIGNS = st.sampled_from([*"ab ,;|\t'\"\\#\n\r", "\r\n", "é", "€", "--", "0"])
CELLS = st.one_of(st.none(), st.lists(SIGNS, max_size=6).map("".join))


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "||", "\x1f"]))
    quote = draw(st.sampled_from(['"', "'"]))
    escape = draw(st.sampled_from([None, None, "\\"]))
    words: dict[str, Any] = {"delimiter": delimiter, "quoteChar": quote}
    words |= {"escapeChar": escape, "doubleQuote": False} if escape else {}
    words |= {"nullSequence": [null]} if (null := draw(st.sampled_from(["", "NULL"]))) else {}
    words |= {"header": False} if draw(st.booleans()) else {}
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "utf-8-sig", "utf-32", "cp1252"]))
    return words | {"encoding": encoding, "lineTerminator": draw(st.sampled_from(["\n", "\r\n", "\r"]))}


def written(rows: list[list[str | None]], words: dict[str, Any], *, quotes_all: bool) -> bytes:
    """The table in this dialect, by a writer of a few lines."""
    quote, escape, null = words["quoteChar"], words.get("escapeChar"), words.get("nullSequence", [""])[0]

    def cell(text: str | None) -> str:
        if text is None:
            return null
        special = (quote, *words["delimiter"], "\n", "\r", escape or quote, " ")  # half a delimiter beside one is none
        if not quotes_all and text not in ("", null) and not any(one in text for one in special):
            return text
        inner = (
            text.replace(escape, escape * 2).replace(quote, escape + quote)
            if escape
            else text.replace(quote, quote * 2)
        )
        return f"{quote}{inner}{quote}"

    lines = [words["delimiter"].join(map(cell, row)) + words["lineTerminator"] for row in rows]
    return "".join(lines).encode(words["encoding"])


@settings(max_examples=120, deadline=None)
@given(dialects(), st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8), st.booleans())
def test_any_table_in_any_dialect_is_the_same_table(
    words: dict[str, Any], rows: list[tuple[str | None, ...]], quotes_all: bool
) -> None:
    """Written in any dialect and read as declared: the same cells, null told from empty, and no finding."""
    cells = [[*row] for row in rows]
    cells[0][0] = cells[0][0] or "1"
    head: list[list[str | None]] = [] if "header" in words else [[*NAMES]]
    match = contract([{"name": name} for name in NAMES], **words)

    found, codes = table(written([*head, *cells], words, quotes_all=quotes_all), match)

    assert (cells, set()) == (found, set(codes) - {"empty_rows"})


def test_the_rows_of_the_engine_are_those_of_the_report() -> None:
    """A file with every kind of oddity: rows, rejected rows and lines add up."""
    data = b'a,b,c\n1,x,y\n\n2,"x\n\ny",z\r\n3,x\n,,\n4,5" x,y\n5,"open,y\n6,x,y\n7,"x"z,y\nq,x,y'

    report = check(data, agreed())

    expected = {
        "blank_lines": [3], "mixed_line_ends": [6], "short_row": [7], "empty_rows": [8], "stray_quote": [9],
        "broken_quote": [10, 12], "text_in_number": [13],
    }  # fmt: skip
    assert (expected, 9, 3) == (told(report), report.read.rows, report.read.rejected_rows)
    assert 1 == failed(report)["a.logicalType"]
