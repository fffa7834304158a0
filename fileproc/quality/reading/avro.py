"""Avro object container files as a source: blocks are decoded one by one and spooled; a bad one is told, not fatal."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from fileproc.domain.reports import ReadInfo, Severity
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.avro_blocks import CODECS, Block, Blocks, Damaged
from fileproc.quality.reading.avro_schema import Field, NotRead, schema_of
from fileproc.quality.reading.avro_values import Impossible, kind_of, physical, texter
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.reading.spool import MOST_COLUMNS, Spool
from fileproc.quality.reading.survey import LONGEST_LINE, Places

#: What a decoder raises for bytes that are no record.
UNDECODABLE = (EOFError, ValueError, LookupError, TypeError, ArithmeticError, struct.error, MemoryError, StopIteration)

PLACES = {
    "bad_encoding": ("{n} with text that is not UTF-8", "write texts as UTF-8"),
    "impossible_value": ("{n} with a value that its type does not allow", "correct the values"),
    "over_long_line": (f"{{n}} longer than {LONGEST_LINE >> 20} MiB", "keep such values elsewhere"),
}


def open_avro(connection: duckdb.DuckDBPyConnection, path: Path, *, malformed_limit: int, folder: Path) -> Source:
    """Raises Damaged for a header that cannot be read, NotRead for a schema or codec that is not read here."""
    blocks = Blocks(path)
    schema = schema_of(blocks.meta.get("avro.schema", b""))
    if len(schema.fields) > MOST_COLUMNS:
        raise NotRead(f"it has {len(schema.fields):,} fields; at most {MOST_COLUMNS:,} are read")
    if blocks.codec not in CODECS:
        raise NotRead(f"Avro blocks packed with {blocks.codec[:40]!r} are not read, only {', '.join(CODECS)}")
    try:
        parsed = fastavro.parse_schema(schema.plain)
    except (SchemaParseException, UnknownType, *UNDECODABLE) as error:
        raise NotRead(f"the schema in the file is no Avro schema: {str(error)[:200]}", broken=True) from None
    reading = _Reading(schema.fields, parsed, folder)
    reading.read(blocks)
    return reading.source(connection, malformed_limit)


class _Reading:
    """One file under way: what was spooled, and what was not."""

    def __init__(self, fields: tuple[Field, ...], parsed: Any, folder: Path) -> None:
        self._fields = fields
        self._parsed = parsed
        self._spool = Spool(folder, 2 * len(fields))
        self._texters = [(field.name, texter(field), field.is_any) for field in fields]
        self._number = 0
        self._rejected = 0
        self._bad: list[Block] = []
        self._bad_count = 0
        self._places = {code: Places() for code in PLACES}

    def read(self, blocks: Blocks) -> None:
        with self._spool:
            for block in blocks:
                if block.trouble is None:
                    self._decode(block)
                else:
                    self._lose(block, block.count, block.trouble)

    def _decode(self, block: Block) -> None:
        data, done = BytesIO(block.data), 0
        try:
            for record in self._records(data, block):
                done += 1
                self._number += 1
                self._take(record)
        except UNDECODABLE:
            self._lose(block, block.count - done, "its records cannot be decoded")
            return
        if data.tell() < len(block.data):
            self._lose(block, 0, "bytes are left over behind its last record")

    def _records(self, data: BytesIO, block: Block) -> Iterator[dict[str, Any]]:
        if block.count > len(block.data):
            raise ValueError("more records than bytes")
        for _ in range(block.count):
            record: Any = fastavro.schemaless_reader(data, self._parsed, None, handle_unicode_errors="surrogateescape")
            yield record

    def _take(self, record: dict[str, Any]) -> None:
        """A record as texts; one that cannot be is told by its number."""
        try:
            cells: list[str | None] = []
            for name, text, is_any in self._texters:
                value = record[name]
                cells += [None if value is None else text(value), kind_of(value) if is_any else None]
            code = None if self._spool.add(self._number, cells) else "over_long_line"
        except Impossible:
            code = "impossible_value"
        except UnicodeEncodeError:
            code = "bad_encoding"
        if code is not None:
            self._places[code].add(self._number)
            self._rejected += 1

    def _lose(self, block: Block, lost: int, trouble: str) -> None:
        """Records of a block that cannot be read keep their numbers."""
        lost = lost if lost <= LARGEST_LOSS else 0
        self._number += lost
        self._rejected += lost
        self._bad_count += 1
        if len(self._bad) < FIRST_LINES:
            self._bad.append(Block(block.number, block.offset, lost, b"", trouble, block.is_cut))

    def source(self, connection: duckdb.DuckDBPyConnection, limit: int) -> Source:
        names = [field.name for field in self._fields]
        columns = [Column(n, field.name, _physical(field)) for n, field in enumerate(self._fields)]
        cells = ", ".join(_cells(field, number) for number, field in enumerate(self._fields))
        relation = f"SELECT {cells} FROM {self._spool.table()}"
        read = ReadInfo(format="avro", columns=names, rejected_rows=self._rejected)
        source = Source("parquet", connection, relation, columns, read, paths=[self._spool.path])
        for column, field in zip(columns, self._fields, strict=True):
            column.is_json = field.is_any
        source.rejected = self._rejected
        source.lines_of = self._spool.lines_of
        source.after_scan = self._spool.counted
        source.findings = self._findings(Severity.FAIL if self._rejected > limit else Severity.WARN)
        return source

    def _findings(self, severity: Severity) -> list[Finding]:
        found = [self._damage()] if self._bad else []
        for code, (title, fix) in PLACES.items():
            places = self._places[code]
            if places.count:
                found.append(
                    Finding.structure(
                        code, title.format(n=plural(places.count, "record")), fix, agreed="records that can be read",
                        severity=severity, count=places.count, lines=places.lines[:FIRST_LINES],
                        last_line=places.lines[-1],
                    )
                )  # fmt: skip
        return found

    def _damage(self) -> Finding:
        """Blocks that could not be read, with the place of each."""
        told = "; ".join(f"block {one.number} at byte {one.offset:,}: {one.trouble}" for one in self._bad[:3])
        lost = sum(one.count for one in self._bad)
        more = f" ({plural(lost, 'record')} lost)" if lost else ""
        cut = any(one.is_cut for one in self._bad)
        code, fix = ("truncated_avro", "send the whole file again") if cut else ("corrupt_block", "send it again")
        title = f"{plural(self._bad_count, 'block')} of the avro data cannot be read{more}: {told}"
        return Finding(
            code,
            "container",
            title,
            fix,
            count=self._bad_count,
            found=title,
            agreed="a whole file of the agreed format",
        )


#: A damaged count that is larger says nothing about how many records there were.
LARGEST_LOSS = 1 << 24


def _physical(field: Field) -> str | None:
    return None if field.is_any else physical(field.schema)


def _cells(field: Field, number: int) -> str:
    """Text, and typed value or what the value says that it is."""
    text, said = f"x{2 * number}", f"x{2 * number + 1}"
    if field.is_any:
        return f"{text} AS c{number}, {text} AS r{number}, {said} AS t{number}"
    kind = physical(field.schema)
    engine = "JSON" if kind in ("STRUCT", "MAP", "JSON[]") else "VARCHAR" if kind == "BLOB" else kind
    return f"{text} AS c{number}, TRY_CAST({text} AS {engine}) AS r{number}"


__all__ = ["Damaged", "NotRead", "open_avro"]
