"""One JSON object a line: every line is a row or a finding, and every finding has the line of the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Report, Verdict
from fileproc.quality.contracts.contract import NoMatch
from tests.unit.quality.checking import causes, check, contract, failed

COLUMNS = contract([{"name": "a", "logicalType": "integer"}])

#: A line between good ones → the finding that it is.
TROUBLE = {
    "bytes that are no UTF-8": (b'{"a":"\xff"}', "bad_encoding"),
    "more than 2 MiB": (b'{"a":"' + b"x" * 2_200_000 + b'"}', "over_long_line"),
    "the reader's separator": (b'{"a":1}\x01junk', "not_json"),
    "a stray carriage return in a text": (b'{"a":"x\ry"}', "not_json"),
    "a NUL byte": (b'{"a":\x001}', "not_json"),
    "two objects": (b'{"a":1}{"a":2}', "not_json"),
    "an array": (b"[1]", "not_json"),
    "nothing": (b"", "blank_lines"),
    "blanks": (b" \t", "blank_lines"),
    "a key that stands twice": (b'{"a":1,"a":2}', "duplicate_keys"),
    "NaN": (b'{"b":NaN}', "not_json_number"),
    "infinity inside": (b'{"b":[1, -Infinity]}', "not_json_number"),
    "a trailing comma": (b'{"a":1,}', "trailing_comma"),
    "a lone surrogate": (b'{"b":"\\ud800"}', "not_json"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', "not_json"),
}


def read(data: bytes) -> Report:
    return check(data, COLUMNS, name="file.ndjson")


@pytest.mark.parametrize("what", TROUBLE)
def test_a_line_that_is_not_as_agreed_is_named_and_the_lines_behind_it_keep_their_numbers(what: str) -> None:
    """Whatever stands in line 2, it is told with line 2, and the bad cell of line 3 with line 3."""
    line, code = TROUBLE[what]
    report = read(b'{"a":0}\n' + line + b'\n{"a":"x"}\n{"a":4}\n')
    assert [2] == causes(report)[code].lines
    cell = next(cause for cause in report.causes if cause.check == "a.logicalType" and 3 in cause.lines)
    assert "a" == cell.column


def test_what_looks_like_trouble_inside_of_a_text_is_a_text() -> None:
    """`[NaN,}` in quotes is data."""
    assert [] == read(b'{"a":1}\n{"a":2,"b":"[NaN, -inf,] ,}"}\n').causes[1:]


def test_keys_that_come_late_are_columns_too() -> None:
    """The first 1,000 lines say nothing about the last one."""
    data = b'{"a":1}\n' * 3_000 + b'{"a":1,"new":2}\n'
    assert ["a", "new"] == read(data).read.columns
    assert "extra_column" in causes(read(data)) or "extraColumn" in {check.type for check in read(data).checks}


def test_objects_with_endless_keys_stay_bounded() -> None:
    """A key for every row is told, agreed keys are read all the same, and no column is made of each."""
    lines = [json.dumps({f"k{number}": 1}) for number in range(3_000)]
    report = read("\n".join([*lines, '{"a":"x"}']).encode())
    assert "too_many_keys" in causes(report)
    assert {"a.logicalType": 1} == {key: n for key, n in failed(report).items() if key == "a.logicalType"}


def test_lines_may_end_as_they_like() -> None:
    """CRLF, CR alone, and mixed ends are all one line each."""
    for ends in (b"\r\n", b"\r", b"\n"):
        report = read(ends.join([b'{"a":1}', b'{"a":"x"}', b'{"a":2}']))
        assert (3, [2]) == (report.counts.rows, report.causes[0].lines), ends
    for ends in ((b"\r\n", b"\n", b"\r\n"), (b"\n", b"\r\n", b"\n")):
        report = read(b"".join(b'{"a":1}' + end for end in ends))
        assert (3, [2]) == (report.counts.rows, causes(report)["mixed_line_ends"].lines), ends


#: A last line → the finding that it is, or none.
LAST = {
    "cut": (b'{"a":1', "not_json"),
    "a number alone": (b"42", "not_json"),
    "a text alone": (b'"a"', "not_json"),
    "nested 100,000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "text_in_number"),
    "brackets without end": (b"[" * 100_000, "not_json"),
    "a number of 10,000 digits": (b'{"a":' + b"9" * 10_000 + b"}", None),
    "no UTF-8": (b'{"a":"\xff"}', "bad_encoding"),
    "a carriage return alone": (b'{"a":1}\r', "mixed_line_ends"),
}


@pytest.mark.parametrize("what", LAST)
def test_a_last_line_that_is_none_is_told(what: str) -> None:
    """Whatever a file ends with, its line is told and nothing fails on our side."""
    line, code = LAST[what]
    report = read(b'{"a":0}\n' + line)
    assert (None, 2) == (report.error, report.counts.rows)
    assert code is None or [2] == causes(report)[code].lines
    assert "pass" != report.verdict


def test_the_place_of_a_bad_byte_is_told() -> None:
    """People open the file at that offset."""
    assert "byte 14" in causes(read(b'{"a":0}\n{"a":"\xff"}'))["bad_encoding"].title


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c d", "é/~"]), JSON), min_size=1, max_size=8))
def test_any_objects_read_back_without_a_finding(rows: list[dict[str, object]]) -> None:
    """What a JSON writer writes is never a finding of structure."""
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    report = check(data, NoMatch("none"), name="file.ndjson")
    assert ([], len(rows)) == (report.causes, report.counts.rows)


def test_a_property_that_stands_twice_in_the_contract_is_no_error_of_ours() -> None:
    """The lint tells it; the file is read all the same, and held against what is agreed."""
    match = contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}, {"name": "a", "logicalType": "integer"}])

    report = check(b'{"a": 1, "b": "x"}\n{"a": "y", "b": "z"}\n', match, name="file.ndjson")

    assert (Verdict.FAIL, None) == (report.verdict, report.error)
