"""JSON documents: every element of an array is a row or a finding, with the line of the file where it begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Report
from fileproc.quality.contracts.contract import NoMatch
from fileproc.quality.database import connect
from fileproc.quality.reading import json_array, json_split, json_window
from fileproc.quality.reading.head import Text
from fileproc.quality.reading.json_array import open_json_array
from tests.unit.quality.checking import causes, check, contract

COLUMNS = contract([{"name": "a", "logicalType": "integer"}])


def read(data: bytes, name: str = "file.json") -> Report:
    return check(data, COLUMNS, name=name)


#: What stands between the elements of lines 2 and 4 → (code, line, rows in all, rejected ones).
TROUBLE = {
    "an element that is no JSON": (b'{"a":},', "not_json", 3, 4, 1),
    "an element without its bracket": (b'{"a":1,', "not_json", 3, 4, 1),
    "an element with the wrong bracket": (b'{"a":[1},', "not_json", 3, 4, 1),
    "a text that never ends": (b'{"a":"1},', "not_json", 3, 4, 1),
    "a number": (b"1,", "not_json", 3, 4, 1),
    "a word": (b"abc,", "not_json", 3, 4, 1),
    "null": (b"null,", "not_json", 3, 4, 1),
    "an array": (b'[{"a":1}],', "not_json", 3, 4, 1),
    "a NUL byte": (b'{"a":\x001},', "not_json", 3, 4, 1),
    "bytes that are no UTF-8": (b'{"a":"\xff"},', "bad_encoding", 3, 4, 1),
    "more than 2 MiB": (b'{"a":"' + b"x" * 2_200_000 + b'"},', "over_long_line", 3, 4, 1),
    "two commas": (b",", "stray_comma", 3, 3, 0),
    "no comma": (b'{"a":1}', "missing_comma", 4, 4, 0),
    "a bracket too many": (b'{"a":1}},', "text_between", 3, 4, 0),
    "a key that stands twice": (b'{"a":1,"a":2},', "duplicate_keys", 3, 4, 0),
    "NaN": (b'{"b":NaN},', "not_json_number", 3, 4, 0),
    "a trailing comma in an element": (b'{"a":1,},', "trailing_comma", 3, 4, 0),
}


@pytest.mark.parametrize("what", TROUBLE)
def test_trouble_is_named_with_its_line_and_what_follows_is_still_read(what: str) -> None:
    """Whatever stands in line 3 is told with its line, the totals are exact, and a bad cell below has its own line."""
    text, code, line, rows, rejected = TROUBLE[what]
    report = read(b'[\n{"a":0},\n' + text + b'\n{"a":"x"},\n{"a":4}\n]\n')
    assert [line] == causes(report)[code].lines
    bad = next(one for one in report.causes if one.check == "a.logicalType" and one.samples[-1].cell == "x")
    assert line + (0 if what == "no comma" else 1) == bad.last_line
    assert (rows, rejected) == (report.counts.rows, report.read.rejected_rows)


#: A whole file → the codes of its findings of structure, by line, and how many rows it has.
FILES: dict[str, tuple[bytes, dict[str, list[int]], int]] = {
    "nothing in it": (b"[]", {}, 0),
    "a comma behind the last element": (b'[{"a":1},\n]', {"stray_comma": [2]}, 1),
    "cut between two elements": (b'[{"a":1},\n', {"truncated_json": [2]}, 1),
    "cut inside of an element": (b'[{"a":1},\n{"a":', {"not_json": [2], "truncated_json": [2]}, 2),
    "text behind": (b'[{"a":1}]\nDONE', {"text_behind": [2]}, 1),
    "a second array": (b'[{"a":1}]\n[{"a":2}]', {"several_arrays": [2]}, 2),
    "one object alone": (b'{\n"a": 1\n}', {"no_array": [1]}, 1),
    "objects over several lines": (b'{\n"a": 1\n}\n{\n"a": 2\n}', {"no_array": [1, 4]}, 2),
    "brackets without end": (b"[" * 50_000, {"not_json": [1], "truncated_json": [1]}, 1),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_whole_array_says_so(what: str) -> None:
    """What is wrong with the document is a finding with its line, and every element that is there is a row."""
    data, codes, rows = FILES[what]
    report = read(data)
    assert (codes, rows) == ({cause.code: cause.lines for cause in report.causes}, report.counts.rows)


def test_an_array_in_a_file_of_lines_is_a_finding() -> None:
    """Whoever loads one object a line cannot load an array, so the agreed form is part of the promise."""
    assert "not_lines" in causes(read(b'[{"a":1}]', "file.ndjson"))
    assert {} == causes(read(b'{"a":1}\n{"a":2}\n', "file.json"))


def test_a_broken_object_in_an_indented_file_costs_that_object_only() -> None:
    """Pretty-printed files are the usual ones: the next element begins as far from the margin as this one."""
    rows = [{"a": number, "inner": [{"b": 1}, {"b": 2}]} for number in range(5)]
    text = json.dumps(rows, indent=2).replace('"b": 2', '"b": [2', 1)
    report = read(text.encode())
    assert (5, 1, [2]) == (report.counts.rows, report.read.rejected_rows, causes(report)["not_json"].lines)


def test_the_place_of_a_bad_byte_is_told() -> None:
    """People open the file at that offset."""
    assert "byte 6" in causes(read(b'[{"a":\xff1}]'))["bad_encoding"].title


def test_an_empty_array_is_a_file_without_rows_and_no_column_is_missing() -> None:
    """Nothing in it contradicts the contract; how many rows there must be is a rule of its own."""
    must = contract([{"name": "a", "required": True}], quality=[{"metric": "rowCount", "mustBeGreaterThan": 0}])
    report = check(b"[]", must, name="file.json")
    assert ["row_count"] == [cause.code for cause in report.causes]


def test_many_broken_elements_take_no_quadratic_time() -> None:
    """5,000 objects that are never closed are told one by one, in the time of a few passes."""
    report = read(b"[" + b'{"a":[1,"x' * 5_000 + b"]")
    assert "fail" == report.verdict
    report = read(b"[" + b'{"a":[1},' * 5_000 + b'{"a":1}]')
    assert (5_001, 5_000) == (report.counts.rows, report.read.rejected_rows)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "},{", "é/~"]), JSON), min_size=1, max_size=8)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.sampled_from([None, 0, 2]))
def test_any_array_reads_back_without_a_finding(rows: list[dict[str, object]], indent: int | None) -> None:
    """What a JSON writer writes is never a finding of structure, however it is indented."""
    report = check(json.dumps(rows, indent=indent).encode(), NoMatch("none"), name="file.json")
    assert ([], len(rows)) == (report.causes, report.counts.rows)


@settings(max_examples=8, deadline=None)
@given(ROWS, st.sampled_from([None, 1]), st.integers(20, 60))
def test_both_readers_see_the_same_elements(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], indent: int | None, chunk: int
) -> None:
    """The quick reader and the careful one agree on every element and its line, wherever a chunk of the file ends."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "file").write_text(json.dumps(rows, indent=indent))
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_split, "CHUNK", chunk)
        patch.setattr(json_window, "CHUNK", chunk)
        for quick in (True, False):
            patch.setattr(json_array, "_quickly", json_array._quickly if quick else lambda *_: None)
            seen.append(_elements(folder))
    assert seen[0] == seen[1]


def _elements(folder: Path) -> list[tuple[int, object]]:
    with connect(folder, memory_mb=100) as connection:
        source = open_json_array(connection, Text(folder / "file", "utf-8"), None, malformed_limit=0, folder=folder)
        rows = connection.execute(f"SELECT rn, line FROM ({source.records}) ORDER BY rn").fetchall()
        lines = source.lines_of([row[0] for row in rows])
    return [(lines[number], json.loads(line)) for number, line in rows]


def test_a_text_in_front_of_a_bracket_that_nobody_opened_is_a_broken_element() -> None:
    """Rubbish between the brackets is told as such, and never an error of ours."""
    report = check(b'[\n : "2",\n    "c"; "6\n"  }\n]', NoMatch("none"), name="file.json")

    assert (None, True) == (report.error, "not_json" in causes(report))
