"""Accepted and rejected rows: which rows are rejected, what stands beside them, and when no row is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from fileproc.domain.reports import Result, Severity
from fileproc.quality.checks import custom
from fileproc.quality.contracts.contract import Match
from fileproc.quality.plugins import Bad, Row
from fileproc.quality.split.fault import CannotSplit
from tests.unit.quality.checking import check, contract
from tests.unit.quality.splitting import Halves, halves

INTEGER = {"name": "id", "logicalType": "integer"}
TEXT = {"name": "note", "logicalType": "string"}


def accepted(data: bytes, match: Match, name: str = "file.csv") -> bytes:
    """The accepted part, which must be good when it is checked in its turn."""
    found = halves(data, match, name=name).accepted or b""
    again = check(found, match, name=name)
    assert [] == [one.id for one in again.checks if one.result is Result.FAIL and one.severity is Severity.FAIL]
    return found


def rejected_lines(split: Halves) -> list[list[str]]:
    """The cells of each rejected row of a plain CSV."""
    return [line.split(",") for line in (split.rejected or b"").decode().splitlines()[1:]]


def test_rows_are_written_as_they_were() -> None:
    """Quotes that nobody needed, blanks and line ends of an accepted row are those of the file."""
    data = b'"id ",note\r\n 1,x\r\n"2","y"\r\n3,"say ""hi"""\r\n4 , z \r\n5,"two\r\nlines"'
    match = contract([{"name": "note", "logicalType": "string"}, INTEGER | {"name": "id "}])

    assert b'"id ",note\r\n"2","y"\r\n3,"say ""hi"""\r\n5,"two\r\nlines"' == accepted(data, match)


def test_a_rejected_row_says_where_it_was_and_what_is_wrong() -> None:
    """Line, record, codes, columns and fixes stand behind the row's own cells, in the file's dialect."""
    split = halves(b"id;note\n1;a\nx;b\n", contract([INTEGER, TEXT | {"required": True}], delimiter=";"))

    fix = "write a number, or leave the cell empty"
    told = f'id;note;_line;_record;_codes;_columns;_fixes;_raw\nx;b;3;2;text_in_number;id;"{fix}";\n'
    assert told.encode() == split.rejected


def test_a_malformed_row_is_a_rejected_row_with_its_text() -> None:
    """What could not be read is not lost: its text stands in the last column of a row that can be read."""
    split = halves(b'id,note\n1,a\n2\n3,"x"y\n4,b,c\n', contract([INTEGER, TEXT]))

    told = [line.split(b",", 7) for line in (split.rejected or b"").splitlines()[1:]]
    assert [(b"3", b"short_row"), (b"4", b"broken_quote"), (b"5", b"long_row")] == [(row[2], row[4]) for row in told]
    assert ([b"2", b'"3,""x""y"', b'"4,b,c"'], (1, 3)) == ([_last(row[-1]) for row in told], _rows(split))


def _last(cells: bytes) -> bytes:
    """The last cell, which is behind the fix."""
    return cells.rpartition(b'",')[2] if cells.endswith(b'"') else cells.rpartition(b",")[2]


def _rows(split: Halves) -> tuple[int, int]:
    return split.manifest["accepted"]["rows"], split.manifest["rejected"]["rows"]


def test_a_broken_row_shifts_no_other() -> None:
    """Bytes that are no text, in a column of which nothing is asked: the bad row behind them is the one rejected."""
    rows = [b"1,a", b"2,\xff", b"3,c", b"x,d", b"5,e", b"5,f"]
    data = b"id,note\n" + b"\n".join(rows) + b"\n"

    assert b"id,note\n1,a\n3,c\n5,e\n" == accepted(data, contract([INTEGER | {"unique": True}, TEXT]))


def test_of_equal_keys_the_first_stays() -> None:
    """Surplus rows are rejected, as many as the report counts, and the first one with the key is accepted."""
    match = contract([INTEGER | {"unique": True}, TEXT])

    assert b"id,note\n1,a\n2,b\n,c\n,d\n" == accepted(b"id,note\n1,a\n2,b\n1,c\n,c\n1,d\n,d\n", match)


def test_the_first_row_keeps_its_key_even_if_it_is_rejected() -> None:
    """Which row is the original is decided by the file alone, as in the report, not by what else is wrong with it."""
    properties = [INTEGER, {"name": "note", "logicalType": "integer"}]
    properties[0] = INTEGER | {"unique": True}

    assert b"id,note\n2,2\n" == accepted(b"id,note\n1,x\n1,1\n2,2\n", contract(properties))


def test_a_warning_keeps_its_row() -> None:
    """Only what fails a file rejects a row; a rule of severity warning is told in the report alone."""
    rule = {"metric": "nullValues", "mustBe": 0, "severity": "warning"}
    match = contract([INTEGER, TEXT | {"quality": [rule]}])
    data = b"id,note\n1,\n2,b\nx,c\n"

    assert b"id,note\n1,\n2,b\n" == accepted(data, match)


def test_a_rule_that_is_broken_rejects_all_of_its_bad_rows() -> None:
    """At most one empty note is allowed and there are two: nobody can say which one is too many."""
    match = contract([INTEGER, TEXT | {"quality": [{"metric": "nullValues", "mustBeLessThan": 2}]}])

    assert b"id,note\n2,b\n" == accepted(b"id,note\n1,\n2,b\n3,\n", match)


def test_bad_rows_that_a_rule_allows_stay() -> None:
    """A rule that holds rejects nothing."""
    match = contract([INTEGER, TEXT | {"quality": [{"metric": "nullValues", "mustBeLessThan": 3}]}])

    assert b"id,note\n1,\n2,b\n3,\n" == accepted(b"id,note\n1,\n2,b\n3,\nx,d\n", match)


def test_a_share_is_held_against_what_is_left() -> None:
    """Two of six notes may be empty; two of the three rows that are left may not, so they are rejected as well."""
    rule = {"metric": "nullValues", "mustBeLessThan": 40, "unit": "percent"}
    match = contract([INTEGER, TEXT | {"quality": [rule]}])

    assert b"id,note\n3,c\n" == accepted(b"id,note\n1,\n2,\n3,c\nx,d\nx,e\nx,f\n", match)


def test_a_rule_that_wants_bad_rows_rejects_none() -> None:
    """More than two empty notes are demanded: taking rows out would not mend that, so it is told of the file."""
    rule = {"id": "many", "metric": "nullValues", "mustBeGreaterThan": 2}
    split = halves(b"id,note\n1,\n2,b\n", contract([INTEGER, TEXT | {"quality": [rule]}]))

    assert ((2, 0), ["many"]) == (_rows(split), [cause["check"] for cause in split.manifest["file_causes"]])


def test_a_row_falls_with_the_row_it_refers_to() -> None:
    """An employee whose manager is rejected has none any more, and neither has whoever reports to them."""
    boss = {"name": "boss", "logicalType": "integer", "relationships": [{"to": "rows.id"}]}
    match = contract([INTEGER, boss, {"name": "age", "logicalType": "integer"}])
    data = b"id,boss,age\n1,,50\n2,1,old\n3,2,30\n4,3,20\n5,1,40\n"

    assert b"id,boss,age\n1,,50\n5,1,40\n" == accepted(data, match)


@pytest.mark.parametrize(
    ("name", "data", "good"),
    [
        (
            "a.ndjson",
            b'{"id":1}\n{"id":2,"id":9}\n{"id":3,"boss":2}\n{"id":4,"boss":1}\n',
            b'{"id":1}\n{"id":4,"boss":1}\n',
        ),
        ("a.csv", b"id,boss\n1,\n2,\x00\n3,2\n4,1\n", b"id,boss\n1,\n4,1\n"),
    ],
)
def test_a_row_falls_with_one_that_is_badly_written(name: str, data: bytes, good: bytes) -> None:
    """A row that is rejected for how it is written is nobody's boss either, though its id could be read."""
    boss = {"name": "boss", "relationships": [{"to": "rows.id"}]}
    match = contract([{"name": "id"}, boss], server={"format": name.rpartition(".")[2]})

    assert good == accepted(data, match, name)


def test_rows_of_an_sql_rule_are_rejected() -> None:
    """A rule that counts rows rejects those rows."""
    rule = {"type": "sql", "query": "SELECT count(*) FROM {object} WHERE id > 2", "mustBe": 0}

    assert b"id,note\n1,a\n2,b\n" == accepted(b"id,note\n1,a\n2,b\n3,c\n", contract([INTEGER, TEXT], quality=[rule]))


def test_rows_of_somebody_elses_check_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plug-in refuses is in the rejected part, however many rows that are."""

    def odd(rows: Iterator[Row], _arguments: Mapping[str, Any]) -> Iterable[Bad]:
        return (Bad(row, "id", "odd") for row in rows if int(row["id"] or 0) % 2)

    monkeypatch.setattr(custom, "find_plugin", lambda _name: odd)
    rule = {"type": "custom", "engine": "fileproc", "implementation": {"check": "even"}}
    data = b"id,note\n" + b"".join(b"%d,x\n" % number for number in range(200))

    assert 101 == accepted(data, contract([INTEGER, TEXT], quality=[rule])).count(b"\n")


def test_what_is_wrong_with_the_whole_file_is_in_the_manifest() -> None:
    """Half a file has good rows all the same; that it is half is told, with check and fix."""
    rule = {"id": "enough", "metric": "rowCount", "mustBeGreaterThan": 9}
    split = halves(b"id,note\n1,a\nx,b\n", contract([INTEGER, TEXT], quality=[rule]))

    assert (True, (1, 1)) == (split.manifest["split"], _rows(split))
    assert [("row_count", "enough")] == [(one["code"], one["check"]) for one in split.manifest["file_causes"]]
    assert [("text_in_number", 1)] == [(one["code"], one["count"]) for one in split.manifest["reasons"]]


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"id,comment\n1,a\n", "file.csv", "'note' is missing"),
        (b"id,id,note\n1,2,a\n", "file.csv", "more than once"),
        (b"\x1f\x8b\x08\x00broken", "file.csv.gz", "gzip"),
        (b"", "file.csv", "no bytes"),
        (b"\x89PNG\r\n\x1a\n" + bytes(90), "file.csv", "PNG"),
    ],
)
def test_where_no_row_can_be_trusted_there_are_no_parts(data: bytes, name: str, why: str) -> None:
    """A column that must be there, a broken packing, no data at all: only the manifest is made, and says why."""
    split = halves(data, contract([INTEGER, TEXT | {"required": True}]), name=name)

    assert (None, None, False) == (split.accepted, split.rejected, split.manifest["split"])
    assert why in split.manifest["untrusted"]


def test_a_check_that_could_not_be_run_leaves_no_parts() -> None:
    """Nobody knows which rows it would have refused, so none is called accepted; the reason names the check."""
    rule = {"id": "odd", "type": "custom", "engine": "fileproc", "implementation": {"check": "nobody-has-it"}}

    with pytest.raises(CannotSplit, match="the check odd could not be evaluated: no installed package offers"):
        halves(b"id,note\n1,a\nx,b\n", contract([INTEGER, TEXT], quality=[rule]))


def test_a_file_that_passed_is_its_own_accepted_part() -> None:
    """Copied to the last byte, blank lines and all; the rejected part has a header and no row."""
    data = b"id,note\r\n1,a\r\n\r\n2,b"
    split = halves(data, contract([INTEGER, TEXT]))

    assert (data, b"id,note,_line,_record,_codes,_columns,_fixes,_raw\r\n") == (split.accepted, split.rejected)
    assert (2, 0) == _rows(split)


def test_malformed_rows_that_are_tolerated_are_rejected_rows() -> None:
    """A file may have one malformed row and passes with a warning; that row is no good row all the same."""
    split = halves(b"id,note\n1,a\n2\n", contract([INTEGER, TEXT], malformedRows=1))

    assert ("warn", (1, 1)) == (split.report.verdict, _rows(split))


def test_a_file_without_a_good_row_leaves_its_header() -> None:
    """The accepted part is there and has no row, so nobody waits for it."""
    split = halves(b"id,note\nx,a\ny,b\n", contract([INTEGER, TEXT]))

    assert (b"id,note\n", (0, 2)) == (split.accepted, _rows(split))


def test_extra_columns_never_meet_columns_of_the_file() -> None:
    """A rejected part that is sent again and rejected again has both sets of columns."""
    match = contract([INTEGER, TEXT], extraColumns="allow")
    first = halves(b"id,note\nx,a\n", match).rejected or b""
    second = halves(first, match)

    assert b"__line,__record,__codes,__columns,__fixes,__raw" in (second.rejected or b"").splitlines()[0]


def test_the_manifest_holds_no_cell() -> None:
    """Whoever may read the manifest learns nothing of what partners wrote, classified or not."""
    secret = TEXT | {"classification": "confidential", "logicalTypeOptions": {"maxLength": 3}}
    split = halves(b"id,note\nCANARY1,CANARY2\n1,CANARY3\n2,CANARY4,CANARY5\n", contract([INTEGER, secret]))

    assert "CANARY" not in json.dumps(split.manifest)
    assert (0, 3) == _rows(split)


def test_the_manifest_ties_everything_together() -> None:
    """Contract, source, parts and counts: who holds a part can prove what it came from."""
    import hashlib

    data = b"id,note\n1,a\nx,b\n"
    split = halves(data, contract([INTEGER, TEXT]), name="daily/file.csv")
    manifest = split.manifest

    digests = [hashlib.sha256(part or b"").hexdigest() for part in (data, split.accepted, split.rejected)]
    assert digests == [manifest["source"]["sha256"], manifest["accepted"]["sha256"], manifest["rejected"]["sha256"]]
    assert ("daily/file.csv", "file.accepted.csv", "fileproc/split/1", "1", 2) == (
        manifest["source"]["key"], manifest["accepted"]["file"], manifest["schema"], manifest["report"],
        manifest["rows"],
    )  # fmt: skip
    assert 64 == len(manifest["contract"]["digest"])


def test_the_names_of_causes_are_those_of_the_report() -> None:
    """A value nearly as listed, a separator that only the other cells explain: one word for one thing everywhere."""
    properties = [
        {"name": "currency", "logicalType": "string", "enum": ["EUR", "USD"]},
        {"name": "amount", "logicalType": "number"},
    ]
    data = b'currency,amount\nEURO,1\nusd,2\nXXX,3\nEUR,"1,234"\nEUR,"12,5"\n'
    split = halves(data, contract(properties))

    told = {(cause.code, cause.column): cause.count for cause in split.report.causes}
    assert told == {(one["code"], one["column"]): one["count"] for one in split.manifest["reasons"]}
