"""Where fuzzing begins: small good and bad files of every format, contracts, and words that parsers listen to."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import duckdb

from fileproc.quality.contracts.contract import Match, NoMatch
from tests.fuzz.case import NAMES, Case
from tests.unit.quality.checking import contract
from tests.unit.quality.truth.__main__ import make

DATA = Path(__file__).parents[1] / "data"

#: Files of the generator whose contracts can be chosen.
TRUTHS = range(24)

#: Larger seeds are only slow.
LARGEST = 24_000

ROWS = b'a,b,c\n1,"x, y",2026-11-24\n2,,\n3,"line\nbreak",x\n'
OBJECTS = [{"a": 1, "b": "x", "c": {"d": [1, 2, None]}}, {"a": None, "b": "\u00e4", "c": {}}]

#: Pieces that mean something to one of the readers.
WORDS = (
    b'"', b"'", b"\\", b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xfe\xff", b'""', b'"\n', b'","', b"{", b"}", b"[", b"]", b"{}", b"[[[[[[[[", b'{"a":', b"null", b"NaN",
    b"-Infinity", b"1e999", b"-0", b"9223372036854775808", b"\\u0000", b"\\ud800", b"0x1F", b"TOTAL", b"1,234",
    b"12,5", b"\x1f\x8b\x08", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"BZh9", b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\0", b"PAR1", b"PARE", b"Obj\x01", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"&a", b"*a", b"<<: *a",
    b"!!python/object:x", b"- ", b": ", b"? ", b"|\n", b"%YAML 1.1", b"apiVersion", b"schema:", b"properties:",
    b"logicalType: ", b"logicalTypeOptions:", b"quality:", b"mustBe: ", b"pattern: '(?='", b"customProperties:",
    b"enum:", b"query: SELECT ", b"${VAR:-x}", b"relationships:", b"required: maybe",
)  # fmt: skip


@cache
def match_of(number: int) -> Match | NoMatch:
    """The prepared contract of a number: none, a plain one, a nested one, or that of a generated file."""
    if number == 0:
        return NoMatch("no contract's location matches", ())
    if number == 1:
        dates = {"name": "c", "logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
        return contract(
            [{"name": "a", "logicalType": "integer", "unique": True}, {"name": "b", "required": True}, dates]
        )
    if number == 2:
        inner = [{"name": "d", "logicalType": "array", "items": {"logicalType": "integer"}}]
        return contract([{"name": "a"}, {"name": "b"}, {"name": "c", "logicalType": "object", "properties": inner}])
    if number == 3:
        return contract([{"name": "a"}], header=False, commentChar="#", skipInitialSpace=True)
    made = make(TRUTHS[number % len(TRUTHS)])
    return contract(made.properties, quality=made.quality, relationships=made.relationships, **made.words)


def seeds() -> Iterator[Case]:
    """Everything that fuzzing begins with."""
    yield from _plain()
    for number in TRUTHS:
        made = make(number)
        if len(made.data) < LARGEST:
            yield Case(made.name, 4 + (number - 4) % len(TRUTHS), made.data)
    for path in sorted(DATA.rglob("*")):
        if path.is_file() and path.stat().st_size < LARGEST:
            yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Case]:
    name = next((one for one in NAMES if Path(one).suffix == path.suffix), None)
    if path.suffix in (".yaml", ".yml"):
        yield Case(None, 0, path.read_bytes())
    elif name is not None:
        yield Case(name, 0, path.read_bytes())


def _plain() -> Iterator[Case]:
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in OBJECTS)
    yield Case("file.csv", 1, ROWS)
    yield Case("file.csv", 0, ROWS.decode().encode("utf-16"))
    yield Case("file.csv", 3, b"# c\n 1\n")
    yield Case("file.ndjson", 2, lines)
    yield Case("file.json", 2, json.dumps(OBJECTS, indent=1).encode())
    yield Case("file.csv.gz", 1, gzip.compress(ROWS, mtime=0) + gzip.compress(b"4,,\n", mtime=0))
    yield Case("file.csv.bz2", 1, bz2.compress(ROWS))
    yield Case("file.csv.xz", 1, lzma.compress(ROWS))
    yield Case("file.ndjson.gz", 2, gzip.compress(lines, mtime=0))
    yield Case("file.csv.zip", 1, _zipped({"file.csv": ROWS}))
    yield Case("file.csv.zip", 1, _zipped({"a.csv": ROWS, "../b.csv": ROWS}))
    yield Case("file.xlsx", 1, _workbook())
    yield Case("file.parquet", 1, _parquet())
    yield Case("file.avro", 1, _avro())
    yield Case("file.fwf", 0, b"1   x   2026-11-24\n2   y   \n")


def _zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


SPACE = "http://schemas.openxmlformats.org"
WORKBOOK = {
    "[Content_Types].xml": f"""<Types xmlns="{SPACE}/package/2006/content-types">
        <Default Extension="xml" ContentType="application/xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{SPACE}/package/2006/relationships">
        <Relationship Id="r" Type="{SPACE}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
        </Relationships>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{SPACE}/package/2006/relationships">
        <Relationship Id="r" Type="{SPACE}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
        </Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="{SPACE}/spreadsheetml/2006/main"
        xmlns:r="{SPACE}/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r"/></sheets>
        </workbook>""",
    "xl/worksheets/sheet1.xml": f"""<worksheet xmlns="{SPACE}/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>
        </sheetData></worksheet>""",
}


def _workbook() -> bytes:
    """The least that is a workbook."""
    return _zipped({name: text.encode() for name, text in WORKBOOK.items()})


def _parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.parquet"
        query = "SELECT i AS a, 'x' || i AS b, DATE '2026-11-24' AS c, [i] AS d, {'e': i} AS f FROM range(20) r(i)"
        duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


def _avro() -> bytes:
    """A container file as the specification writes it: magic, schema, sync mark, one block of two records."""
    schema = b'{"type":"record","name":"r","fields":[{"name":"a","type":"long"},{"name":"b","type":["null","string"]}]}'
    sync, rows = bytes(range(16)), b"\x02\x02\x02x" + b"\x04\x00"
    meta = b"\x04" + b"\x16avro.schema" + _zigzag(len(schema)) + schema + b"\x14avro.codec" + b"\x08null" + b"\x00"
    return b"Obj\x01" + meta + sync + b"\x04" + _zigzag(len(rows)) + rows + sync


def _zigzag(number: int) -> bytes:
    """A whole number as Avro writes lengths."""
    left, out = number << 1, b""
    while left > 0x7F:
        out, left = out + bytes((left & 0x7F | 0x80,)), left >> 7
    return out + bytes((left,))


def mutate(data: bytes, chance: Random, others: list[bytes]) -> bytes:
    """Changed in one to four places: bits, bytes, words, pieces cut, doubled, moved, or from another case."""
    work = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _change(work, chance, others)
    return bytes(work[: LARGEST * 2])


def _change(work: bytearray, chance: Random, others: list[bytes]) -> None:
    at = chance.randrange(len(work) + 1)
    until = min(len(work), at + chance.choice((1, 2, 8, 64, 1_000)))
    kind = chance.randrange(8)
    if kind == 0 and work:
        work[at % len(work)] ^= 1 << chance.randrange(8)
    elif kind == 1 and work:
        work[at % len(work)] = chance.randrange(256)
    elif kind in (2, 3):
        work[at:at] = chance.choice(WORDS) * chance.choice((1, 1, 1, 3, 200))
    elif kind == 4:
        del work[at:until]
    elif kind == 5:
        work[at:at] = work[at:until] * chance.choice((1, 1, 50))
    elif kind == 6:
        del work[max(2, at) :]
    else:
        other = chance.choice(others)
        start = chance.randrange(len(other))
        work[at:until] = other[start : start + chance.choice((4, 40, 400))]
