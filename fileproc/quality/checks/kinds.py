"""The kinds of checks that a plan holds; each is an expression of the one scan, or was decided without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fileproc.domain.reports import CheckResult, Severity
from fileproc.quality.contracts.contract import Operator
from fileproc.quality.finding import Finding
from fileproc.quality.reading.source import Column

if TYPE_CHECKING:
    from fileproc.quality.plugins import Plugin

DIMENSIONS = {
    "required": "completeness",
    "columnPresent": "completeness",
    "nullValues": "completeness",
    "missingValues": "completeness",
    "rowCount": "completeness",
    "unique": "uniqueness",
    "primaryKey": "uniqueness",
    "duplicateValues": "uniqueness",
    "relationship": "consistency",
    "freshness": "timeliness",
    "latency": "timeliness",
    "retention": "timeliness",
}


def dimension_of(type_: str) -> str:
    """The ODCS dimension of a check that the contract gives none."""
    return DIMENSIONS.get(type_, "conformity")


@dataclass(frozen=True, slots=True)
class CellCheck:
    """`bad` is true for a bad cell, an expression over `c{n}` (text) and `v{n}` (typed value) of column n.

    `shown` is what people see of a bad cell: the cell, or the one element of a list that is bad. A check of the
    `whole_row` is about several cells together; its column is only where it is shown.
    """

    id: str
    type: str
    column: Column
    severity: Severity
    bad: str
    agreed: str
    tested: str  # aggregate expression: how many cells were held against it
    masked: bool = False
    operator: Operator | None = None  # library metrics compare the count of bad cells with this
    unit: str = "rows"
    dimension: str | None = None
    shown: str = ""
    name: str | None = None  # of the place inside of the column: `tags[]`
    kind: str = "string"
    listed: tuple[str, ...] = ()
    says_type: bool = False  # the format says what a value is: "42" is a text there
    whole_row: bool = False  # its condition is over several columns
    hint: Callable[[str], str] | None = None  # from a bad cell's expression to the one that names what is wrong with it

    @property
    def where(self) -> str:
        """The column's name, or that of the place inside of it."""
        return self.name or self.column.name


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """No two rows have the same values in these columns. The count is of surplus rows: non-null rows less distinct."""

    id: str
    type: str
    columns: tuple[Column, ...]
    severity: Severity
    agreed: str
    masked: bool = False
    operator: Operator | None = None
    unit: str = "rows"
    dimension: str | None = "uniqueness"

    @property
    def key(self) -> str:
        """The key as one value, NULL when a part of it is."""
        if len(self.columns) == 1:
            return self.columns[0].cell
        cells = [column.cell for column in self.columns]
        return f"CASE WHEN {self.present} THEN ROW({', '.join(cells)}) END"

    @property
    def present(self) -> str:
        """Whether every part of the key is there."""
        return " AND ".join(f"{column.cell} IS NOT NULL" for column in self.columns)


@dataclass(frozen=True, slots=True)
class RowCountCheck:
    """How many rows there are."""

    id: str
    severity: Severity
    operator: Operator
    type: str = "rowCount"
    dimension: str | None = "completeness"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a measured value means: whether it holds (None: it cannot be told, `error` says why), and in words."""

    holds: bool | None
    actual: str
    error: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class MeasureCheck:
    """One number of the whole file. `expression` is an aggregate of the scan, or None where `query` is run apart."""

    id: str
    type: str
    severity: Severity
    judge: Callable[[Any], Judgement]
    expected: str
    title: str
    fix: str
    code: str
    expression: str | None = None
    query: str | None = None
    column: str | None = None
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class PluginCheck:
    """A check of somebody else's; it sees every row after the scan, and its bad rows are counted."""

    id: str
    severity: Severity
    plugin: Plugin
    arguments: dict[str, Any]
    operator: Operator
    agreed: str
    column: str | None = None
    masked: bool = False
    type: str = "custom"
    unit: str = "rows"
    dimension: str | None = None


@dataclass(slots=True)
class Measures:
    """The numbers of a scan: rows, and per check how many were tested and how many are bad."""

    rows: int = 0
    failing_rows: int | None = None
    tested: dict[str, int] = field(default_factory=dict)
    bad: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)  # of measure checks that were part of the scan
    extras: tuple[Any, ...] = ()  # what the caller's own expressions came to, in their order


@dataclass(slots=True)
class Plan:
    """Everything that will be run, and everything that need not or cannot be."""

    cells: list[CellCheck] = field(default_factory=list)
    keys: list[KeyCheck] = field(default_factory=list)
    row_counts: list[RowCountCheck] = field(default_factory=list)
    measures: list[MeasureCheck] = field(default_factory=list)
    plugins: list[PluginCheck] = field(default_factory=list)
    settled: list[CheckResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    apart: list[MeasureCheck] = field(default_factory=list)  # for row checks from SQL, should they break the scan

    def take_apart(self) -> bool:
        """Take everything out of the scan that can be run on its own; False where there is nothing."""
        if not self.apart and not any(check.expression and check.query for check in self.measures):
            return False
        own = {check.id for check in self.apart}
        self.cells = [check for check in self.cells if check.id not in own]
        self.measures = [replace(check, expression=None) if check.query else check for check in self.measures]
        self.measures += self.apart
        self.apart = []
        return True
