"""A random table as NDJSON, broken in many ways, with the truth about it."""

from __future__ import annotations

import json
from random import Random

from tests.unit.quality.truth.delimited import OVER_LONG, Made
from tests.unit.quality.truth.table import (
    Cell,
    Column,
    Row,
    Table,
    agreed,
    make_columns,
    make_rows,
    spoil_cells,
    spoil_keys,
)
from tests.unit.quality.truth.truth import Truth, tell_rows

ROW_FAULTS = ("no JSON", "cut JSON", "no object", "bad UTF-8")
LINE_FAULTS = ("blank line", "duplicate key", "trailing comma", "NaN in JSON")


def make_lines(chance: Random, *, rows: int | None = None) -> Made:
    """Everything by chance, as for delimited text."""
    columns = make_columns(chance)
    table = Table(columns, make_rows(chance, columns, chance.randrange(5, 120) if rows is None else rows))
    share = chance.choice((0, 0.01, 0.04)) if rows is None else 0.0005
    spoil_cells(chance, table, share, faults=_faults(columns))
    spoil_keys(chance, table, share)
    for row in table.rows:
        if chance.random() < share:
            row.fault = chance.choice((*ROW_FAULTS, *LINE_FAULTS))
    if chance.random() < 0.02:
        chance.choice(table.rows).fault = "over-long line"
    if chance.random() < 0.1:
        table.row_count_offset = chance.choice((-1, 1, 5))
    return _Writer(chance, table).write()


def _faults(columns: list[Column]) -> set[str]:
    """What can be wrong with values here; digits in quotes are too many only where no quotes are wrong already."""
    return {fault for column in columns for fault in column.kind.wrong} - {"beyond 64 bits"}


class _Writer:
    def __init__(self, chance: Random, table: Table) -> None:
        self._chance = chance
        self._table = table
        self._truth = Truth()
        self._lines: list[bytes] = []
        self._accepted: list[Row] = []
        self._missing = {column.name for column in table.columns if column.name == "note" and chance.random() < 0.1}
        self._extra = chance.random() < 0.1

    def write(self) -> Made:
        """Lines, then what is wrong with the values of those that are rows."""
        table, truth = self._table, self._truth
        for row in table.rows:
            self._write(row)
        has_bom = self._chance.random() < 0.1
        if has_bom:
            truth.structure("undeclared BOM", 1)
        truth.rows = len(self._accepted) + truth.rejected
        tell_rows(truth, table, self._accepted, hidden=self._missing)
        self._tell_columns()
        end = self._chance.choice((b"\n", b"\n", b"\r\n"))
        data = (b"\xef\xbb\xbf" if has_bom else b"") + end.join(self._lines) + self._chance.choice((b"", end))
        properties, quality, relationships = agreed(table)
        return Made("file.ndjson", data, properties, quality, relationships, {}, truth)

    def _tell_columns(self) -> None:
        """A column that no line has is missing all the same; one that nobody agreed on is told once."""
        if self._extra:
            self._truth.faults.add("extra column")
            self._truth.causes["extra_column", "rows.extraColumn"] = []
        for name in self._missing:
            self._truth.faults.add("missing column")
            self._truth.causes["missing_column", f"{name}.present"] = []
        if self._table.row_count_offset:
            self._truth.faults.add("row count")
            self._truth.causes["row_count", "rows"] = []

    def _write(self, row: Row) -> None:
        row.line = len(self._lines) + 1
        fault = row.fault
        if fault == "blank line":
            self._truth.structure(fault, row.line)
            self._lines.append(b"")
            row.line, fault = row.line + 1, None
        line = self._line(row)
        if fault in ROW_FAULTS or fault == "over-long line":
            self._truth.structure(fault, row.line)
            self._truth.rejected += 1
            self._lines.append(self._broken(fault, line))
            return
        self._accepted.append(row)
        if fault is not None:
            self._truth.structure(fault, row.line)
            line = self._odd(fault, line)
        self._lines.append(line.encode())

    def _broken(self, fault: str, line: str) -> bytes:
        return {
            "no JSON": b"id,part,number",
            "cut JSON": line[:-3].encode(),
            "no object": self._chance.choice((b"[1, 2]", b"7", b'"text"', b"null")),
            "bad UTF-8": line.replace('"id"', '"i\udcff"', 1).encode("utf-8", "surrogateescape"),
            "over-long line": f'{{"id": 1, "note": "{"x" * OVER_LONG}"}}'.encode(),
        }[fault]

    def _odd(self, fault: str, line: str) -> str:
        """Lines that are read, although JSON has no such thing."""
        more = {"duplicate key": ', "id": -1}', "trailing comma": ", }", "NaN in JSON": ', "nobody_agreed": NaN}'}[
            fault
        ]
        self._extra = self._extra or fault == "NaN in JSON"
        return line.removesuffix("}") + more

    def _line(self, row: Row) -> str:
        pairs = [
            f"{json.dumps(column.name)}: {self._value(column, cell)}"
            for column, cell in zip(self._table.columns, row.cells, strict=True)
            if column.name not in self._missing and not (cell.text is None and self._chance.random() < 0.5)
        ]
        if self._extra and row.fault != "NaN in JSON":
            pairs.append('"nobody_agreed": 1')
        return "{" + ", ".join(pairs) + "}"

    def _value(self, column: Column, cell: Cell) -> str:
        """JSON says what a value is: a bad number is a text here, and a text that is a number is bad."""
        if cell.text is None:
            return "null"
        is_number = column.kind.has_numbers and (cell.fault is None or cell.check != "logicalType")
        if is_number or cell.fault == "other kind":
            return _number(cell.text)
        return json.dumps(cell.text, ensure_ascii=self._chance.random() < 0.5)


def _number(text: str) -> str:
    """As JSON writes it: without a plus or leading zeros."""
    if text in ("true", "false"):
        return text
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
    stripped = digits.lstrip("0")
    return sign + (stripped if stripped[:1].isdigit() else f"0{stripped}")
