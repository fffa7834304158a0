"""A source: a file as rows that the engine can scan, whatever its format.

Every source offers the same: columns with an expression for the text of a cell (`c{n}`) and for its typed value
(`v{n}`), a relation to scan, and the way from an accepted record back to its line in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from fileproc.domain.reports import ReadInfo
from fileproc.quality import sql
from fileproc.quality.finding import Finding
from fileproc.quality.logical_types import AGREED, Typed, compile_type
from fileproc.quality.patterns import refusal

INTEGERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
)  # fmt: skip
#: The typed value of a column that cannot hold the logical type: always NULL, of a type that bounds compare with.
NOTHING = {
    "integer": "HUGEINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "time": "TIME",
    "string": "VARCHAR",
}
JSON_KINDS = {
    "integer": ("BIGINT", "UBIGINT", "HUGEINT"),
    "number": ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
    "object": ("OBJECT",),
    "array": ("ARRAY",),
}


@dataclass(slots=True)
class Column:
    """One column of the file. `physical` is its type where the format has types."""

    number: int
    name: str
    physical: str | None = None
    value_type: Typed | None = None

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
    check_of_finding: dict[int, str] = field(default_factory=dict)

    def typed(self, column: Column, logical: str, options: dict[str, Any], decimal_char: str | None) -> Typed | None:
        """The logical type compiled for this kind of source."""
        if self.kind == "parquet":
            return _typed_parquet(column, logical)
        typed = compile_type(logical, column.cell, options, decimal_char)
        if self.kind == "ndjson":
            return _typed_json(column, logical, typed)
        return typed

    def accepts_pattern(self, pattern: str) -> bool:
        """Whether the engine can run it in linear time."""
        if refusal(pattern) is not None:
            return False
        try:
            self.connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
        except duckdb.Error:
            return False
        return True

    def scan(self, *, numbered: bool = False) -> str:
        """The rows with cells and typed values; `numbered` adds `rn`, the number of the accepted record."""
        values = [
            f"{column.value_type.value} AS {column.value}"
            for column in self.columns
            if column.value_type is not None and column.value != column.cell
        ]
        number = ["row_number() OVER () AS rn"] if numbered and self.kind != "ndjson" else []
        inner = f"SELECT *, {number[0]} FROM ({self.relation})" if number else self.relation
        if not values:
            return inner
        return f"SELECT *, {', '.join(values)} FROM ({inner})"


def _typed_json(column: Column, logical: str, typed: Typed | None) -> Typed | None:
    """JSON says itself what a value is: `"42"` is no integer."""
    kinds = JSON_KINDS.get(logical, ("VARCHAR",))
    wrong = f"t{column.number} NOT IN ({sql.texts(kinds)})"
    if typed is None:
        if logical not in JSON_KINDS:
            return None
        return Typed(column.cell, AGREED[logical], is_text=True, bad=f"{column.cell} IS NOT NULL AND {wrong}")
    value = f"CASE WHEN t{column.number} IN ({sql.texts(kinds)}) THEN {typed.value} END"
    bad = f"{column.cell} IS NOT NULL AND ({wrong} OR ({typed.value}) IS NULL)"
    return Typed(value, typed.agreed, typed.is_text, bad, typed.kind)


def _typed_parquet(column: Column, logical: str) -> Typed | None:
    """A column's physical type must be able to hold the logical one; then values need no lexical form."""
    physical = (column.physical or "").split("(")[0].upper()
    raw, cell = f"r{column.number}", column.cell
    if physical.endswith("[]") or physical.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        return None
    if logical == "integer" and physical in INTEGERS:
        return Typed(raw, AGREED["integer"], kind="integer", bad="FALSE")
    if logical == "number" and physical in (*INTEGERS, "DECIMAL"):
        return Typed(f"CAST({raw} AS DOUBLE)", AGREED["number"], kind="number", bad="FALSE")
    if logical == "number" and physical in ("FLOAT", "DOUBLE"):
        return Typed(f"CASE WHEN isfinite({raw}) THEN {raw} END", AGREED["number"], kind="number")
    if logical == "timestamp" and physical.startswith("TIMESTAMP"):
        return Typed(f"CAST({raw} AS TIMESTAMPTZ)", AGREED["timestamp"], kind="timestamp", bad="FALSE")
    same = {"boolean": "BOOLEAN", "date": "DATE", "time": "TIME"}
    if same.get(logical) == physical:
        return Typed(raw, AGREED[logical], kind=logical, bad="FALSE")
    if logical == "string" and physical in ("VARCHAR", "UUID", "ENUM"):
        return Typed(cell, AGREED["string"], is_text=True)
    if logical not in AGREED or logical in ("object", "array"):
        return None
    agreed = f"a {logical} column, not {column.physical}"
    return Typed(f"CAST(NULL AS {NOTHING[logical]})", agreed, kind=logical, bad=f"{cell} IS NOT NULL")
