"""A source: a file as rows that the engine can scan, whatever its format.

Every source offers the same: columns with an expression for the text of a cell (`c{n}`) and for its typed value
(`v{n}`), a relation to scan, and the way from an accepted record back to its line in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from fileproc.domain.reports import ReadInfo
from fileproc.quality import sql
from fileproc.quality.finding import Finding
from fileproc.quality.logical_types import Typed, compile_type
from fileproc.quality.patterns import refusal
from fileproc.quality.reading.physical import typed_physical
from fileproc.quality.reading.sheet_types import text_date, typed_cell

JSON_KINDS = {
    "integer": ("BIGINT", "UBIGINT", "HUGEINT"),
    "number": ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
}


#: Kinds of source whose relation has the number of each record already, as `rn`.
NUMBERED = ("ndjson", "fixed")


@dataclass(slots=True)
class Column:
    """One column of the file, or a field inside of one. `physical` is its type where the format has types.

    A field inside (`address.street`) is `derived`: the column that it is in, and the JSON pointer to it.
    """

    number: int
    name: str
    physical: str | None = None
    value_type: Typed | None = None
    derived: tuple[Column, str] | None = None
    is_json: bool = False  # its values say themselves what they are, in t{n}
    is_opened: bool = False  # j{n} is asked for: its text where that is JSON

    @property
    def json(self) -> str:
        """The JSON of an object or array, NULL where the cell is none."""
        return f"j{self.number}"

    @property
    def json_kind(self) -> str:
        """What JSON says the cell is: OBJECT, ARRAY, VARCHAR …"""
        return f"t{self.number}" if self.is_json else f"json_type({self.json})"

    @property
    def cell(self) -> str:
        """The text of the cell, NULL where it is empty."""
        return f"c{self.number}"

    @property
    def value(self) -> str:
        """The typed value; the text itself where the type is text."""
        typed = self.value_type
        return self.cell if typed is None or (typed.is_text and typed.value == self.cell) else f"v{self.number}"

    @property
    def value_text(self) -> str:
        """The text of a cell that is of its type, NULL for a bad one: it has its finding already."""
        if self.value == self.cell:
            return self.cell
        return f"CASE WHEN {self.value} IS NOT NULL THEN {self.cell} END"


def _themselves(records: list[int]) -> dict[int, int]:
    """Where a record's number is its line already."""
    return {record: record for record in records}


@dataclass(frozen=True, slots=True)
class Unaccepted:
    """A physical record of the data that is no accepted one; `code` is that of its finding."""

    first_line: int
    last_line: int
    code: str


@dataclass(slots=True)
class Source:
    """A file, ready to be scanned. `lines_of` turns accepted record numbers into file lines."""

    kind: str
    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: list[Column]
    read: ReadInfo
    header_line: int | None = None
    findings: list[Finding] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    lines_of: Callable[[list[int]], dict[int, int]] = field(default=_themselves)
    after_scan: Callable[[Source, int], Source] | None = None  # what only the scan could tell: rejected rows
    rejected: int = 0
    first_line: int | None = None  # where the data begins, behind preamble and header
    unaccepted: Callable[[], Iterator[Unaccepted]] | None = None  # after the scan: all that is no accepted record
    text: Path | None = None  # the text that is scanned, where a piece of it can be looked at before
    sample: Callable[[Path], str] | None = None  # such a piece as a relation
    quote: str | None = None  # where set: are all cells without this sign, and how many bytes do they have together?
    weighed: int | None = None  # the answer, before `after_scan`; None where one has the sign, or nobody can tell
    is_filled: bool = False  # known with it: some column has a value in every row, so no row is empty
    check_of_finding: dict[int, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)  # temporary ones, with keys that are referred to
    records: str | None = None  # (rn, line) of all records, rejected ones too, as a relation
    fields: list[Column] = field(default_factory=list)  # derived columns, for what is agreed inside of a cell
    decodes_apart: bool = False  # too many columns for one scan: those that nobody asks about are decoded after it

    def __post_init__(self) -> None:
        for column in self.columns:
            column.is_json = self.kind == "ndjson"

    def typed(self, column: Column, logical: str, options: dict[str, Any], decimal_char: str | None) -> Typed | None:
        """The logical type compiled for this kind of source."""
        if self.kind == "parquet" and not column.is_json:
            return typed_physical(f"r{column.number}", column.cell, column.physical or "", logical, options)
        if self.kind == "sheet" and not column.is_json:
            return typed_cell(column.cell, f"t{column.number}", logical, options)
        typed = compile_type(logical, column.cell, options, None if column.is_json else decimal_char)
        if column.is_json:
            return typed_json(column.cell, column.json_kind, logical, typed)
        return typed

    def hint(self, column: Column) -> Callable[[str], str] | None:
        """What a bad cell is that only looks right: in a sheet, a date that is a text."""
        typed = column.value_type
        return text_date if self.kind == "sheet" and typed is not None and typed.kind == "date" else None

    def open_json(self, column: Column) -> None:
        """From here on `j{n}` is the cell's JSON."""
        column.is_opened = True

    def field_of(self, column: Column, name: str, key: str) -> Column:
        """A new column for a key of an object: its pointer counts from the outermost column."""
        outer, pointer = column.derived or (column, "")
        self.open_json(outer)
        derived = (outer, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
        inner = Column(len(self.columns) + len(self.fields), name, derived=derived, is_json=True)
        self.fields.append(inner)
        return inner

    def accepts_pattern(self, pattern: str) -> bool:
        """Whether the engine can run it in linear time."""
        return refusal(pattern, self.connection) is None

    def scan(self, *, numbered: bool = False, instead: Mapping[int, str] | None = None) -> str:
        """The rows with cells and typed values; `numbered` adds `rn`, the number of the accepted record.

        `instead` has other expressions for the values of columns (by number), for those who prove their form elsewhere.
        """
        number = ["row_number() OVER () AS rn"] if numbered and self.kind not in NUMBERED else []
        query = _with(self._whole() if numbered else self.relation, number)
        query = _with(query, [self._json_of(column) for column in self.columns if column.is_opened])
        query = _with(query, [part for column in self.fields for part in _field(column)])
        query = _with(query, [self._json_of(column) for column in self.fields if column.is_opened])
        return _with(
            query,
            [
                f"{(instead or {}).get(column.number, column.value_type.value)} AS {column.value}"
                for column in (*self.columns, *self.fields)
                if column.value_type is not None and column.value != column.cell
            ],
        )

    def _whole(self) -> str:
        """The rows with every column read: in one that is not, the engine would take bytes that are no text, and the
        row that it refuses otherwise would shift the numbers of all behind it."""
        if self.kind != "csv":
            return self.relation
        cells = ", ".join(column.cell for column in self.columns)
        return f"SELECT * FROM ({self.relation}) WHERE hash({cells}) IS NOT NULL"

    def _json_of(self, column: Column) -> str:
        """JSON text or NULL, so that no JSON function ever meets a text that it would refuse with an error."""
        if column.is_json:
            return f"CASE WHEN {column.json_kind} IN ('OBJECT', 'ARRAY') THEN {column.cell} END AS {column.json}"
        if self.kind == "parquet":
            return f"CAST(to_json(r{column.number}) AS VARCHAR) AS {column.json}"
        return f"CASE WHEN json_valid({column.cell}) THEN {column.cell} END AS {column.json}"


def _with(query: str, expressions: list[str]) -> str:
    return f"SELECT *, {', '.join(expressions)} FROM ({query})" if expressions else query


def _field(column: Column) -> list[str]:
    """Cell and JSON kind of a field inside of a column."""
    outer, pointer = column.derived or (column, "")
    where = sql.text(pointer)
    return [
        f"json_extract_string({outer.json}, {where}) AS {column.cell}",
        f"json_type({outer.json}, {where}) AS t{column.number}",
    ]


def typed_json(cell: str, kind: str, logical: str, typed: Typed | None) -> Typed | None:
    """JSON says itself what a value is: `"42"` is no integer. `kind` is the expression for what it says."""
    kinds = JSON_KINDS.get(logical, ("VARCHAR",))
    wrong = f"{kind} NOT IN ({sql.texts(kinds)})"
    if typed is None:
        return None
    value = f"CASE WHEN {kind} IN ({sql.texts(kinds)}) THEN {typed.value} END"
    bad = f"{cell} IS NOT NULL AND ({wrong} OR ({typed.value}) IS NULL)"
    return Typed(value, typed.agreed, typed.is_text, bad, typed.kind)
