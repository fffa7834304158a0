"""Parts are written in the format, dialect, encoding and compression of the file."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import openpyxl
import pytest
import zstandard

from fileproc.domain.reports import ReadInfo
from fileproc.quality.contracts.contract import Match
from fileproc.quality.finding import Finding
from fileproc.quality.reading.opening import OPENERS, Opening
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.split.lines import coding_of, raw_lines
from tests.unit.quality.checking import check, contract
from tests.unit.quality.splitting import halves

PROPERTIES = [
    {"name": "id", "logicalType": "integer", "required": True, "unique": True},
    {"name": "note", "logicalType": "string"},
]
GOOD, BAD = b"id,note\n1,a\n3,c\n", b"id,note\n1,a\nx,b\n3,c\n"


def agreed(**words: Any) -> Match:
    return contract(PROPERTIES, **words)


def zipped(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("orders.csv", data)
    return target.getvalue()


def unzipped(data: bytes) -> bytes:
    archive = zipfile.ZipFile(io.BytesIO(data))
    (name,) = archive.namelist()
    return archive.read(name)


PACKINGS: list[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = [
    ("gz", gzip.compress, gzip.decompress),
    ("bz2", bz2.compress, bz2.decompress),
    ("xz", lzma.compress, lzma.decompress),
    ("zst", zstandard.compress, lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)),
    ("zip", zipped, unzipped),
]


@pytest.mark.parametrize(("ending", "pack", "unpack"), PACKINGS)
def test_compression_is_kept(
    ending: str, pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A packed file has packed parts, the same bytes from the same rows, whatever the time is."""
    match = agreed()
    first = halves(pack(BAD), match, name=f"orders.csv.{ending}")
    data = pack(BAD)
    monkeypatch.setattr("time.time", lambda: 1e9)
    second = halves(data, match, name=f"orders.csv.{ending}")
    monkeypatch.undo()

    assert GOOD == unpack(first.accepted or b"")
    assert (first.accepted, first.rejected) == (second.accepted, second.rejected)
    assert f"orders.accepted.csv.{ending}" == first.manifest["accepted"]["file"]
    assert "fail" != check(first.accepted or b"", match, name=f"orders.csv.{ending}").verdict


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "iso-8859-1", "shift_jis"])
@pytest.mark.parametrize("header", [True, False])
def test_encoding_is_kept(encoding: str, header: bool) -> None:
    """Both parts are text in the file's encoding, with its byte order mark, also where the first row is rejected."""
    head = "id,note\r\n" if header else ""
    data = f"{head}x,first\r\n1,\u00df\r\n2,b\r\n" if encoding != "shift_jis" else f"{head}x,f\r\n1,\u8868\r\n2,b\r\n"
    match = agreed(encoding=encoding, header=header)
    split = halves(data.encode(encoding), match)

    kept = data.replace("x,first\r\n", "").replace("x,f\r\n", "")
    assert kept.encode(encoding) == split.accepted
    assert "text_in_number" in (split.rejected or b"").decode(encoding)
    assert (split.rejected or b"").decode(encoding).encode(encoding) == split.rejected


@pytest.mark.parametrize(
    ("words", "data", "good", "bad"),
    [
        ({"delimiter": "||"}, b"id||note\n1||a\nx||b\n", b"id||note\n1||a\n", b"x||b||3||2||text_in_number||id||"),
        ({"delimiter": ";", "quoteChar": ""}, b'id;note\n1;"a\nx;b\n2\n', b'id;note\n1;"a\n',
         rb";;4;;short_row;;write every cell, empty ones too;2"),
        ({"quoteChar": "'"}, b"id,note\n1,'a,b'\nx,'it''s'\n", b"id,note\n1,'a,b'\n", b"x,'it''s',3,2,text_in_number"),
        ({"commentChar": "#"}, b"id,note\n# a word, or two\n1,a\nx,b\n", b"id,note\n1,a\n", b"x,b,4,2,text_in"),
    ],
)  # fmt: skip
def test_dialect_is_kept(words: dict[str, Any], data: bytes, good: bytes, bad: bytes) -> None:
    """Long delimiters, other quotes or none, comments: rows are cut where the contract says they are."""
    split = halves(data, agreed(**words))

    assert good == split.accepted
    assert bad in (split.rejected or b"")


def test_what_cannot_be_quoted_is_escaped() -> None:
    """Where no quote exists the text of a malformed row has its delimiters as escapes, so the row can be read."""
    split = halves(b"id;note\n1;a\n2;b;c\n", agreed(delimiter=";", quoteChar=""))

    assert (split.rejected or b"").endswith(b"quote cells that contain the delimiter;2\\x3bb\\x3bc\n")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_are_kept(end: bytes) -> None:
    """Also those of old machines; what we write ends as the file's lines do."""
    split = halves(BAD.replace(b"\n", end), agreed())

    assert GOOD.replace(b"\n", end) == split.accepted
    assert (split.rejected or b"").count(end) == 2


def test_ndjson_stays_lines() -> None:
    """Accepted objects are byte for byte what they were; a rejected one gets a key, and text that is none an object."""
    lines = [
        b'{"id": 1,  "note":"a"}', b'{"id":"x"}', b"", b"not json", b'{"id":1}', b'{"id":4,"note":NaN}',
        b'{"id":5,"id":6}', b'{"id":7,"note":"\xff"}', b'{"id":8}',
    ]  # fmt: skip
    match = contract(PROPERTIES, server={"format": "ndjson"})
    split = halves(b"\r\n".join(lines), match, name="file.ndjson")

    assert b'{"id": 1,  "note":"a"}\r\n{"id":8}' == split.accepted
    told = [json.loads(line)["_rejected"] for line in (split.rejected or b"").splitlines()]
    codes = ["text_in_number", "not_json", "duplicate", "not_json_number", "duplicate_keys", "bad_encoding"]
    assert codes == [one["causes"][0]["code"] for one in told]
    assert [2, 4, 5, 6, 7, 8] == [one["line"] for one in told]
    assert "not json" == told[1]["raw"]
    assert "fail" != check(split.accepted or b"", match, name="file.ndjson").verdict


def test_an_array_stays_an_array() -> None:
    """Both parts are JSON arrays; where an element stood in the file is told by its line."""
    data = b'[\n  {"id": 1,\n   "note": "a"},\n  {"id": "x"},\n  17,\n  {"id": 2}\n]\n'
    match = contract(PROPERTIES, server={"format": "json"})
    split = halves(data, match, name="file.json")

    assert [{"id": 1, "note": "a"}, {"id": 2}] == json.loads(split.accepted or b"")
    rejected = json.loads(split.rejected or b"")
    assert [("x", 4), (None, 5)] == [(one.get("id"), one["_rejected"]["line"]) for one in rejected]
    assert "pass" == check(split.accepted or b"", match, name="file.json").verdict


def test_parquet_stays_parquet(tmp_path: Path) -> None:
    """Columns, types and codec are those of the file; rejected rows have the causes behind them."""
    query = """
        SELECT id::BIGINT AS id, note, 1.50::DECIMAL(9,2) AS price, [1, 2] AS "a list", TIMESTAMP '2026-11-24' AS t
        FROM (VALUES (1, 'a'), (NULL, 'b'), (1, 'c'), (4, 'd')) AS rows(id, note)
    """
    path = tmp_path / "in.parquet"
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    match = contract(PROPERTIES, server={"format": "parquet"}, extraColumns="allow")
    split = halves(path.read_bytes(), match, name="file.parquet")

    for name, part in (("accepted", split.accepted), ("rejected", split.rejected)):
        (tmp_path / f"{name}.parquet").write_bytes(part or b"")
    types = "SELECT column_name, column_type FROM (DESCRIBE FROM '{}')"
    before, good, bad = (duckdb.execute(types.format(tmp_path / f"{name}.parquet")).fetchall()
                         for name in ("in", "accepted", "rejected"))  # fmt: skip
    assert before == good == bad[:5]
    assert [(1, "a"), (4, "d")] == duckdb.execute(f"SELECT id, note FROM '{tmp_path}/accepted.parquet'").fetchall()
    told = duckdb.execute(f"SELECT note, _record, _codes FROM '{tmp_path}/rejected.parquet'").fetchall()
    assert [("b", 2, "missing"), ("c", 3, "duplicate")] == told
    codec = f"SELECT DISTINCT compression FROM parquet_metadata('{tmp_path}/accepted.parquet')"
    assert [("ZSTD",)] == duckdb.execute(codec).fetchall()


def test_no_row_is_accepted_with_a_column_of_another_type(tmp_path: Path) -> None:
    """A Parquet column of texts where numbers were agreed spoils every row: only the manifest is made."""
    path = tmp_path / "in.parquet"
    duckdb.execute(f"COPY (SELECT 'one' AS id, 'a' AS note) TO '{path}' (FORMAT parquet)")
    split = halves(path.read_bytes(), contract(PROPERTIES, server={"format": "parquet"}), name="file.parquet")

    assert (None, False) == (split.accepted, split.manifest["split"])
    assert "id" in split.manifest["untrusted"]


def test_fixed_width_stays_fixed_width() -> None:
    """Lines are as they were; behind a rejected one a tab and its causes."""
    widths = {"id": 3, "note": 4}
    properties = [
        one | {"customProperties": [{"property": "width", "value": widths[str(one["name"])]}]} for one in PROPERTIES
    ]
    match = contract(properties, server={"format": "fixed"})
    split = halves(b"  1abcd\n  xabcd\n  2ab\n\n  3  yz\n", match, name="file.txt")

    assert b"  1abcd\n  3  yz\n" == split.accepted
    rejected = [line.split(b"\t") for line in (split.rejected or b"").splitlines()]
    assert [b"  xabcd", b"  2ab"] == [line for line, _ in rejected]
    codes = [json.loads(told)["causes"][0]["code"] for _, told in rejected]
    assert ["text_in_number", "short_line"] == codes


def test_avro_becomes_csv() -> None:
    """The values of a block format are written as CSV; numbers, nulls and empty texts stay what they were."""
    fields = [{"name": "id", "type": ["null", "long"]}, {"name": "note", "type": "string"}]
    rows = [{"id": 1, "note": "a"}, {"id": None, "note": "b,c"}, {"id": 1, "note": "d"}, {"id": 4, "note": ""}]
    target = io.BytesIO()
    fastavro.writer(target, {"type": "record", "name": "r", "fields": fields}, rows)
    split = halves(target.getvalue(), contract(PROPERTIES, server={"format": "avro"}), name="file.avro")

    assert b'id,note\n1,a\n4,""\n' == split.accepted
    told = [b'"b,c",2,2,missing', b"1,d,3,3,duplicate"]
    assert all(row in (split.rejected or b"") for row in told)


def test_a_workbook_becomes_csv() -> None:
    """The values of a sheet are written as CSV; a rejected row says which row of the sheet it is."""
    book = openpyxl.Workbook()
    for row in (["id", "note"], [1, "a"], [None, "b,c"], [1, "d"], [4, "e"]):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    split = halves(target.getvalue(), contract(PROPERTIES, server={"format": "xlsx"}), name="file.xlsx")

    assert (b"id,note\n1,a\n4,e\n", "file.accepted.csv") == (split.accepted, split.manifest["accepted"]["file"])
    told = [b'"b,c",3,2,missing', b"1,d,4,3,duplicate"]
    assert all(row in (split.rejected or b"") for row in told)


def test_values_without_text_become_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    """A format that is no text, such as Avro or Excel, is written as CSV with the values that were checked; a record
    that has no values is a rejected row all the same."""

    def opened(opening: Opening) -> Source:
        rows = "(VALUES ('1', 'a,b'), ('x', NULL), ('3', ''), ('4', 'say \"hi\"')) AS t(c0, c1)"
        columns = [Column(0, "id"), Column(1, "note")]
        read = ReadInfo(format="avro", columns=["id", "note"])
        source = Source("values", opening.connection, f"SELECT * FROM {rows}", columns, read, rejected=1)
        source.findings.append(Finding.structure("unreadable_row", "1 record is corrupt", "send it again", agreed="x"))
        return source

    monkeypatch.setitem(OPENERS, "csv", opened)
    split = halves(b"anything", agreed())

    assert b'id,note\n1,"a,b"\n3,""\n4,"say ""hi"""\n' == split.accepted
    assert b"x,,2,2,text_in_number,id," in (split.rejected or b"")
    assert b",,,,unreadable_row,,send it again\n" in (split.rejected or b"")
    assert ("file.accepted.csv", (3, 2)) == (
        split.manifest["accepted"]["file"],
        (split.manifest["accepted"]["rows"], split.manifest["rejected"]["rows"]),
    )
    assert "avro" in split.manifest["notes"][0]


@pytest.mark.parametrize(
    ("words", "data", "good"),
    [
        ({"lineTerminator": "|"}, b"id,note|1,a|x,b|3,c\nd|2|", b"id,note|1,a|3,c\nd|"),
        ({"headerRows": [2]}, b"export of today\nid,note\n1,a\nx,b\n", b"export of today\nid,note\n1,a\n"),
        ({"skipInitialSpace": True}, b'id, note\n1, "a, b"\nx, c\n', b'id, note\n1, "a, b"\n'),
        ({"doubleQuote": False, "escapeChar": "\\"}, b'id,note\n1,"a\\"b,c"\nx,d\n', b'id,note\n1,"a\\"b,c"\n'),
    ],
)
def test_rare_dialects_are_kept(words: dict[str, Any], data: bytes, good: bytes) -> None:
    """Line ends of one's own, lines above the header, blanks behind delimiters, escapes."""
    split = halves(data, agreed(**words))

    assert good == split.accepted
    assert b"text_in_number" in (split.rejected or b"")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-32-le", "iso-8859-1"])
@pytest.mark.parametrize("text", ["", "a\r\nb\n\nc", "a\rb\r\nc\r", "\u0a0a\u0d0d\n\u0d0a\r\nx", "ab" * 40 + "\n" * 9])
def test_lines_are_cut_without_loss(tmp_path: Path, encoding: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All lines together are the file, in every encoding, wherever it happens to be read in two."""
    monkeypatch.setattr("fileproc.quality.split.lines.CHUNK", 4)
    path = tmp_path / "text"
    data = text.encode(encoding, "replace")
    path.write_bytes(data)
    coding = coding_of(path, encoding)
    lines = [line.raw for line in raw_lines(path, coding)]

    assert data == b"".join(lines)
    expected = text.encode(encoding, "replace").decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    assert len(expected.removesuffix("\n").split("\n")) == len(lines) or not text


def test_a_line_of_any_length_is_cut_off_for_the_rejected_part(tmp_path: Path) -> None:
    """A line that is no data costs no more memory than the longest one that is."""
    split = halves(b"id,note\n1,a\n2," + b"x" * (5 << 20) + b"\n3,c\n", agreed())

    assert b"id,note\n1,a\n3,c\n" == split.accepted
    assert b"over_long_line" in (split.rejected or b"") and len(split.rejected or b"") < 3 << 20
