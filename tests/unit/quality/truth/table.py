"""A random table: what is agreed on its columns, rows of cells, and faults in some of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.unit.quality.truth.columns import DATE, FREE, KINDS, Kind


@dataclass(slots=True)
class Column:
    """A column as agreed."""

    name: str
    kind: Kind
    required: bool = False

    def property(self) -> dict[str, Any]:
        """Its entry in the contract."""
        return {"name": self.name, **self.kind.agreed, **({"required": True} if self.required else {})}


@dataclass(slots=True)
class Cell:
    """`text` is None for null. `fault` is what is wrong with it, told by the check of type `check`."""

    text: str | None
    fault: str | None = None
    check: str | None = None


@dataclass(slots=True)
class Row:
    """`fault` is what is wrong with the row as a whole, or with how it is written. `line` is known once written."""

    cells: list[Cell]
    fault: str | None = None
    line: int = 0


@dataclass(slots=True)
class Table:
    """Columns `id` (unique), `part` (with `group` a composite key), `parent` (refers to `id`), then random ones."""

    columns: list[Column]
    rows: list[Row]
    header_fault: str | None = None
    header_column: int = 0
    row_count_offset: int = 0  # the contract asks for so many rows more

    def place(self, name: str) -> int | None:
        """Where a column stands, if it is there."""
        return next((number for number, column in enumerate(self.columns) if column.name == name), None)


#: Columns that every table has: a unique one, two of a composite key, one that refers, and two that are compared.
FIXED = (
    ("id", Kind("id", {"logicalType": "integer", "unique": True}, lambda _: "0", has_numbers=True)),
    ("part", Kind("part", {"logicalType": "string"}, lambda chance: chance.choice(("A", "B", "C")))),
    ("number", Kind("number", {"logicalType": "integer"}, lambda _: "0", has_numbers=True)),
    ("parent", Kind("parent", {"logicalType": "integer"}, lambda _: "0", has_numbers=True)),
    ("begins", DATE),
    ("ends", DATE),
)


def make_columns(chance: Random) -> list[Column]:
    """The fixed columns and up to eight random ones, in random order."""
    chosen = [Column(name, kind) for name, kind in FIXED]
    for number in range(chance.randint(1, 8)):
        kind = chance.choice(KINDS)
        chosen.append(Column(f"{kind.name.replace(' ', '_')}_{number}", kind, required=chance.random() < 0.4))
    chosen.append(Column("note", FREE))
    chance.shuffle(chosen)
    return chosen


def make_rows(chance: Random, columns: list[Column], count: int) -> list[Row]:
    """Good rows: keys are unique, references lead to a row, and nothing contradicts anything."""
    return [Row([_good(chance, column, number, count) for column in columns]) for number in range(1, count + 1)]


def _good(chance: Random, column: Column, number: int, count: int) -> Cell:
    if column.name == "id" or column.name == "number":
        return Cell(str(number))
    if column.name == "parent":
        return Cell(None if chance.random() < 0.3 else str(chance.randint(1, count)))
    if column.name == "begins":
        return Cell(f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}")
    if column.name == "ends":
        return Cell(f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}")
    if not column.required and chance.random() < 0.1:
        return Cell(None)
    return Cell(column.kind.good(chance))


def spoil_cells(chance: Random, table: Table, share: float, *, faults: set[str]) -> None:
    """Wrong values, nulls where a value is required; each wrong cell is wrong in one way."""
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if chance.random() < share:
                _spoil(chance, column, cell, faults)


def _spoil(chance: Random, column: Column, cell: Cell, faults: set[str]) -> None:
    possible = [fault for fault in column.kind.wrong if fault in faults]
    if column.name in ("begins", "ends"):
        possible = [fault for fault in possible if fault not in ("below", "above")]
    if column.required:
        possible.append("missing value")
    if not possible:
        return
    cell.fault = chance.choice(possible)
    if cell.fault == "missing value":
        cell.text, cell.check = None, "required"
        return
    cell.check, make = column.kind.wrong[cell.fault]
    cell.text = make(chance)


def spoil_keys(chance: Random, table: Table, share: float) -> None:
    """Repeated ids and tuples, references to nothing, an end before its beginning. The truth counts them afterwards."""
    place = {column.name: number for number, column in enumerate(table.columns)}
    for number, row in enumerate(table.rows):
        other = table.rows[chance.randrange(number + 1)]
        if chance.random() < share:
            row.cells[place["id"]] = Cell(other.cells[place["id"]].text)
        if chance.random() < share:
            for name in ("part", "number"):
                row.cells[place[name]] = Cell(other.cells[place[name]].text)
        if chance.random() < share:
            row.cells[place["parent"]] = Cell(str(10_000_000 + number))
        if chance.random() < share:
            row.cells[place["ends"]] = Cell("2024-01-01")


def agreed(table: Table) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """(properties, rules, relationships) of the contract about a table."""
    rows = len(table.rows)
    quality = [
        {"id": "tuple", "metric": "duplicateValues", "arguments": {"properties": ["part", "number"]}, "mustBe": 0},
        {"id": "rows", "metric": "rowCount", "mustBe": rows + table.row_count_offset},
        {
            "id": "order",
            "type": "sql",
            "query": "SELECT count(*) FROM {object} WHERE ends < begins",
            "mustBe": 0,
        },
    ]
    relationships = [{"id": "family", "type": "foreignKey", "from": "parent", "to": "rows.id"}]
    return [column.property() for column in table.columns], quality, relationships
