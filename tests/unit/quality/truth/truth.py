"""The truth about a generated file: every count and every line, worked out from the rows and never from the product."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from tests.unit.quality.truth.faults import FAULTS
from tests.unit.quality.truth.table import Row, Table

#: Checks whose cells are counted by an operator, so that they do not make a row a failing one.
RULES = {"order"}


@dataclass(slots=True)
class Truth:
    """`causes` maps (code, column or check) to the lines where it is found, one entry each; structure has no column."""

    causes: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    rows: int = 0
    rejected: int = 0
    failing_rows: int = 0
    checks: dict[str, int] = field(default_factory=dict)  # check id → how many failed
    faults: set[str] = field(default_factory=set)  # kinds of faults that are in the file

    def structure(self, fault: str, line: int, *, code: str | None = None) -> None:
        """One thing wrong with the file's structure."""
        self.faults.add(fault)
        self.causes[code or FAULTS[fault].code, ""].append(line)

    def cell(self, fault: str, check: str, line: int) -> None:
        """One bad cell, or one bad row, of a check."""
        self.faults.add(fault)
        self.causes[FAULTS[fault].code, check].append(line)
        self.checks[check] = self.checks.get(check, 0) + 1


def tell_rows(truth: Truth, table: Table, accepted: list[Row], *, hidden: set[str]) -> None:
    """What is wrong with the values of the accepted rows. `hidden` are columns that are not there."""
    failing: set[int] = set()
    for row in accepted:
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell.fault and column.name not in hidden:
                truth.cell(cell.fault, f"{column.name}.{cell.check}", row.line)
                failing.add(row.line)
    _tell_unique(truth, table, accepted, ("id",), "id.unique", "duplicate", hidden)
    _tell_unique(truth, table, accepted, ("part", "number"), "tuple", "duplicate tuple", hidden)
    failing |= _tell_orphans(truth, table, accepted, hidden)
    _tell_order(truth, table, accepted, hidden)
    truth.failing_rows = len(failing) + truth.rejected


def _texts(table: Table, row: Row, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The cells of these columns, or None where one of them is null."""
    cells = [row.cells[place].text for name in names if (place := table.place(name)) is not None]
    return None if None in cells else tuple(str(cell) for cell in cells)


def _tell_unique(
    truth: Truth, table: Table, rows: list[Row], names: tuple[str, ...], check: str, fault: str, hidden: set[str]
) -> None:
    if hidden & set(names):
        return
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        key = _texts(table, row, names)
        if key is not None and key in seen:
            truth.cell(fault, check, row.line)
        elif key is not None:
            seen.add(key)


def _tell_orphans(truth: Truth, table: Table, rows: list[Row], hidden: set[str]) -> set[int]:
    if hidden & {"id", "parent"}:
        return set()
    known = {_texts(table, row, ("id",)) for row in rows}
    lost = set()
    for row in rows:
        parent = _texts(table, row, ("parent",))
        if parent is not None and parent not in known:
            truth.cell("orphan", "family.relationship", row.line)
            lost.add(row.line)
    return lost


def _tell_order(truth: Truth, table: Table, rows: list[Row], hidden: set[str]) -> None:
    """Both ends must be dates; a bad cell has its finding already and takes no part."""
    if hidden & {"begins", "ends"}:
        return
    begins, ends = table.place("begins"), table.place("ends")
    if begins is None or ends is None:
        return
    for row in rows:
        first, last = row.cells[begins], row.cells[ends]
        typed = [cell.fault is None or cell.check != "logicalType" for cell in (first, last)]
        if all(typed) and first.text is not None and last.text is not None and last.text < first.text:
            truth.cell("cross-column", "order", row.line)
