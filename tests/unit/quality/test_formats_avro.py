"""Avro: records are typed by the file's own schema, damaged blocks are told with their place, and the rest is read."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Report
from fileproc.quality.contracts.contract import Match, NoMatch
from tests.unit.quality.checking import causes, check, contract, failed

ANY = NoMatch("none")


def schema(*fields: tuple[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in fields]}


def avro(written: dict[str, Any], rows: list[dict[str, Any]], codec: str = "null") -> bytes:
    """A file with a few records a block."""
    target = io.BytesIO()
    fastavro.writer(target, written, rows, codec=codec, sync_interval=40)
    return target.getvalue()


def read(data: bytes, match: Match | NoMatch = ANY) -> Report:
    return check(data, match, name="file.avro")


NUMBERS = schema(("id", "long"), ("name", ["null", "string"]))
ROWS = [{"id": number, "name": f"name {number}"} for number in range(20)]
IDS = contract([{"name": "id", "logicalType": "integer", "logicalTypeOptions": {"maximum": 18}}, {"name": "name"}])


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"])
def test_every_codec_is_read(codec: str) -> None:
    """However blocks are packed, the bad value is found in its record."""
    report = read(avro(NUMBERS, ROWS, codec), IDS)
    assert ({"id.maximum": 1}, [20], 20) == (failed(report), report.causes[0].lines, report.counts.rows)


#: Avro type, value → the logical types that a contract may agree on.
TYPES: dict[str, tuple[Any, Any, set[str]]] = {
    "long": ("long", 7, {"integer", "number"}),
    "double": ("double", 1.5, {"number"}),
    "boolean": ("boolean", True, {"boolean"}),
    "string": ("string", "2026-01-01", {"string"}),
    "enum": ({"type": "enum", "name": "e", "symbols": ["A"]}, "A", {"string"}),
    "date": ({"type": "int", "logicalType": "date"}, date(2026, 1, 1), {"date"}),
    "timestamp": ({"type": "long", "logicalType": "timestamp-micros"}, datetime(2026, 1, 1, tzinfo=UTC), {"timestamp"}),
    "local": ({"type": "long", "logicalType": "local-timestamp-millis"}, datetime(2026, 1, 1), {"timestamp"}),
    "time": ({"type": "int", "logicalType": "time-millis"}, time(6, 30), {"time"}),
    "decimal": ({"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}, Decimal("1.50"), {"number"}),
    "uuid": ({"type": "string", "logicalType": "uuid"}, "7d444840-9dc0-11d1-b245-5ffdce74fad2", {"string"}),
    "bytes": ("bytes", b"\x00\xff", set()),
    "record": (schema(("k", "int")) | {"name": "inner"}, {"k": 1}, {"map", "object"}),
    "list": ({"type": "array", "items": "int"}, [1, 2], {"array"}),
    "map": ({"type": "map", "values": "int"}, {"a": 1}, {"map", "object"}),
}
LOGICAL = ("integer", "number", "boolean", "string", "date", "timestamp", "time", "object", "array", "map")


@pytest.mark.parametrize("what", TYPES)
def test_a_column_must_be_of_a_type_that_holds_what_was_agreed(what: str) -> None:
    """The file says what its columns are: a date in a text is no date, and a number no text."""
    kind, value, allowed = TYPES[what]
    data = avro(schema(("a", ["null", kind])), [{"a": value}, {"a": None}])
    fits = {
        logical for logical in LOGICAL
        if read(data, contract([{"name": "a", "logicalType": logical}])).verdict == "pass"
    }  # fmt: skip
    assert allowed == fits


def test_what_is_inside_of_records_lists_and_unions_is_checked() -> None:
    """A field of a record is a column, and a value of a union says itself what it is."""
    written = schema(("o", schema(("k", ["null", "int"])) | {"name": "o"}), ("u", ["null", "string", "long"]))
    rows = [{"o": {"k": 1}, "u": 5}, {"o": {"k": 9}, "u": "x"}, {"o": {"k": None}, "u": None}]
    inner = {"name": "k", "logicalType": "integer", "logicalTypeOptions": {"maximum": 5}, "required": True}
    agreed = contract(
        [{"name": "o", "logicalType": "object", "properties": [inner]}, {"name": "u", "logicalType": "integer"}]
    )
    assert {"o.k.maximum": 1, "o.k.required": 1, "u.logicalType": 1} == failed(read(avro(written, rows), agreed))


def test_a_damaged_block_costs_itself_and_its_place_is_told() -> None:
    """The records of other blocks keep their numbers, and the totals are exact."""
    good = avro(NUMBERS, ROWS)
    place = good.index(b"name 7")
    for data in (good[:place] + b"\xff" + good[place + 1 :], _unsynced(good, place)):
        report = read(data, IDS)
        assert ([20], 20) == (next(c for c in report.causes if c.check == "id.maximum").lines, report.counts.rows)
        assert (report.read.rejected_rows or 0) > 0
    assert "at byte" in causes(read(_unsynced(good, place)))["corrupt_block"].title
    assert {"bad_encoding": [8]} == {c.code: c.lines for c in read(good.replace(b"name 7", b"name \xff")).causes}


def _unsynced(good: bytes, place: int) -> bytes:
    """The same file with the sync marker behind a place overwritten."""
    at = good.index(good[-16:], place)
    return good[:at] + b"?" * 16 + good[at + 16 :]


def test_a_file_that_is_cut_anywhere_is_never_passed() -> None:
    """Every prefix of a file is a finding, but for one that ends behind a block: nothing says that more was to come."""
    good = avro(NUMBERS, ROWS[:3])
    sync = good[-16:]
    for size in range(1, len(good), 3):
        if not (good[:size].endswith(sync) and size > good.index(sync) + 15):
            assert "pass" != read(good[:size], IDS).verdict, size


def hostile(written: Any, body: bytes, count: bytes = b"\x02") -> bytes:
    """A file of one block, by hand."""
    text = json.dumps(written).encode()
    header = b"Obj\x01\x02\x16avro.schema" + _long(len(text)) + text + b"\x00" + b"S" * 16
    return header + count + _long(len(body)) + body + b"S" * 16


def _long(value: int) -> bytes:
    value, out = value << 1, b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


NOTHING = {"type": "array", "items": "null"}
ITSELF = {"type": "record", "name": "n", "fields": [{"name": "next", "type": ["null", "n"]}]}

HOSTILE = {
    "a list of a billion nothings": hostile(schema(("a", NOTHING)), _long(10**9) + b"\x00"),
    "records that take no bytes": hostile(schema(("a", "null")), b"", _long(10**12)),
    "a record in itself": hostile(ITSELF, b"\x02" * 100_000),
    "more records than bytes": hostile(schema(("a", "long")), b"\x02", _long(10**9)),
    "a text longer than the file": hostile(schema(("a", "string")), _long(1 << 40)),
    "no schema": hostile(None, b""),
    "an unknown type": hostile(schema(("a", "money")), b""),
    "a type that says nothing": hostile(schema(("a", {"typ": "int"})), b""),
    "a type without fields": hostile({"type": "record", "name": "x"}, b""),
    "a very deep schema": hostile(json.loads('{"type":"array","items":' * 200 + '"int"' + "}" * 200), b""),
    "thousands of fields": hostile(schema(*((f"c{number}", "int") for number in range(3_000))), b""),
    "no record": hostile("string", b"\x02a"),
    "a date in the year six million": hostile(
        schema(("a", {"type": "int", "logicalType": "date"})), b"\xfe\xff\xff\xff\x0f"
    ),
    "a decimal with too many digits": hostile(
        schema(("a", {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 0})), b"\x04\x7f\xff"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_words(what: str) -> None:
    """No such file is passed, fails on our side, or takes more memory than a small one may."""
    report = read(HOSTILE[what], contract([{"name": "a"}]))
    assert (True, None) == (report.verdict in ("fail", "skipped"), report.error)


VALUES = st.fixed_dictionaries(
    {"a": st.none() | st.text(st.characters(exclude_categories=["Cs"])), "b": st.integers(-(2**63), 2**63 - 1)}
)


@settings(max_examples=15, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=8))
def test_any_records_read_back_without_a_finding(rows: list[dict[str, Any]]) -> None:
    """Whatever texts and numbers stand in a file, every record is a row."""
    report = read(avro(schema(("a", ["null", "string"]), ("b", "long")), rows))
    assert ([], len(rows)) == (report.causes, report.counts.rows)
