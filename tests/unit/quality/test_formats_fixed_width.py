"""Files of fixed width: columns are places in a line, and each line is a row or a finding with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Report
from fileproc.quality.contracts.contract import Match
from fileproc.quality.contracts.lint import lint
from tests.unit.quality.checking import causes, check, contract, failed, result


def column(name: str, logical: str, **places: Any) -> dict[str, Any]:
    custom = [{"property": word, "value": value, "vendor": "fileproc"} for word, value in places.items()]
    return {"name": name, "logicalType": logical, "customProperties": custom}


def agreed(*properties: dict[str, Any], **words: Any) -> Match:
    return contract(list(properties), server={"format": "fixed"} if not words else {}, **words)


ID_NAME = (column("id", "integer", width=4), column("name", "string", width=6))


def read(text: str | bytes, *properties: dict[str, Any], **words: Any) -> Report:
    data = text.encode() if isinstance(text, str) else text
    return check(data, contract(list(properties or ID_NAME), server=None, **words), name="file.fwf")


def test_columns_are_cut_by_place_and_padding_is_no_part_of_a_value() -> None:
    """Numbers stand to the right and texts to the left; blanks around both are padding, and nothing else is null."""
    report = read("   1Ann   \n  2x      \n   3Bo b  \n")
    assert (["id", "name"], 3) == (report.read.columns, report.counts.rows)
    assert ({"id.logicalType": 1}, [2]) == (failed(report), report.causes[0].lines)
    assert [{"id": "2x", "name": None}] == [sample.cells for sample in report.causes[0].samples]


def test_columns_may_stand_anywhere_with_gaps_between_them() -> None:
    """`start` counts from 1; what no column covers is filler, and `lineLength` says how long a line is."""
    columns = (column("b", "integer", start=8, width=2), column("a", "integer", start=1, width=3))
    assert {} == failed(read("001XXXX22..\n", *columns, lineLength=11))
    assert "long_line" in causes(read("001XXXX22..\n", *columns))


#: Line 2 of a file → the finding that it is.
TROUBLE = {
    "too short": (b"  1Ann", "short_line"),
    "too long": (b"   1Ann   x", "long_line"),
    "no UTF-8": (b"   1Ann \xff ", "bad_encoding"),
    "without an end": (b"1" * 2_200_000, "over_long_line"),
    "blank": (b"", "blank_lines"),
    "only padding": (b"          ", "blank_lines"),
    "a NUL byte": (b"   1An\0   ", "nul_bytes"),
    "another line end": (b"   1Ann   \r", "mixed_line_ends"),
}


@pytest.mark.parametrize("what", TROUBLE)
def test_a_line_that_is_not_as_agreed_is_named_and_the_rest_is_read(what: str) -> None:
    """Each kind of bad line is told with its line, and the bad cell of line 3 with its own."""
    line, code = TROUBLE[what]
    report = read(b"   0Ann   \n" + line + b"\n   xBob   \n")
    assert [2] == causes(report)[code].lines
    assert 3 == next(cause for cause in report.causes if cause.check == "id.logicalType").last_line
    assert code in ("nul_bytes", "mixed_line_ends", "blank_lines") or report.read.rejected_rows == 1


def test_header_footer_and_comments_are_no_rows() -> None:
    """A header is held against the names of the columns; lines keep their numbers."""
    words: dict[str, Any] = {"header": True, "footerRows": 1, "commentChar": "#"}
    good = read("id  name  \n# note\n   xAnn   \nT00001\n", **words)
    assert ([3], 1, 1) == (good.causes[0].lines, good.counts.rows, good.read.header_line)
    assert "other_header" in causes(read("no  nothing\n   1Ann   \nT00001\n", **words))


def test_places_may_be_counted_in_bytes() -> None:
    """`Zoë` is three characters and four bytes; who counts in which is told apart, with a hint."""
    by_bytes = "   1Zoë  \n   xBob   \n"
    assert {"id.logicalType": 1} == failed(read(by_bytes, widthUnit="bytes"))
    assert "widthUnit: bytes" in causes(read("   1Zoë  \n"))["short_line"].fix
    assert [1] == causes(read("   1Zoeeëx\n", widthUnit="bytes"))["long_line"].lines
    cut = (column("a", "string", width=3), column("b", "string", width=2))
    assert [1] == causes(read("Zoëx\n", *cut, widthUnit="bytes"))["cut_character"].lines


def test_padding_and_nulls_go_by_rule() -> None:
    """Zeros in front can be padding, blanks can belong to the value, and tokens can mean null."""
    padded = column("a", "string", width=5, trim="left", padChar="0") | {"enum": ["7", "12 "]}
    assert {} == failed(read("00007\n0012 \n", padded))
    kept = column("a", "string", width=5, trim="none") | {"enum": [" x   "]}
    assert {} == failed(read(" x   \n", kept))
    must = column("a", "string", width=5) | {"required": True}
    assert 1 == result(read("N/A  \nx    \n", must, nullSequence=["N/A"]), "a.required").failed


def test_without_places_nothing_is_checked_and_the_reason_is_told() -> None:
    """A guess at where columns stand would be worse than no verdict."""
    report = read("1Ann\n", {"name": "id"})
    assert ("skipped", True) == (report.verdict, "how many places the column 'id' is wide" in report.skipped.reason)


@pytest.mark.parametrize(
    ("places", "code", "words"),
    [
        ({"width": 0}, "FPC208", "width must be a whole number of at least 1"),
        ({"width": 4, "start": "x"}, "FPC208", "start must be"),
        ({"width": 4, "trim": "all"}, "FPC208", "trim must be one of"),
        ({"width": 4, "padChar": "ab"}, "FPC208", "padChar must be one character"),
        ({}, "FPC210", "how many places"),
        ({"start": 2, "width": 4}, "FPC210", "share the places 2 to 4"),
    ],
)
def test_the_lint_names_places_that_mean_nothing(tmp_path: Path, places: dict[str, Any], code: str, words: str) -> None:
    """A wrong place is found where it is written, before any file is."""
    document = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "t", "version": "1.0.0", "status": "active",
        "servers": [{"server": "s", "type": "s3", "location": "s3://b/*.txt", "format": "fixed"}],
        "schema": [{"name": "rows", "properties": [column("a", "string", width=4), column("b", "string", **places)]}],
    }  # fmt: skip
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    found = [one for one in lint(tmp_path / "c.yaml") if one.code == code]
    assert [True] == [words in one.message and one.mark.line > 1 for one in found]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9999), st.text("abé ß", max_size=6)), min_size=1, max_size=9), st.booleans())
def test_what_is_written_by_width_is_read_back(rows: list[tuple[int, str]], crlf: bool) -> None:
    """Any table that fits is read without a finding, whatever the line end."""
    end = "\r\n" if crlf else "\n"
    report = read("".join(f"{number:>4}{name:<6}{end}" for number, name in rows))
    assert ([], len(rows)) == ([cause.code for cause in report.causes], report.counts.rows)
