"""A sheet of a workbook as a source: a header, rows with the numbers that Excel shows, cells that have types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import duckdb

from fileproc.domain.reports import ReadInfo, Severity
from fileproc.quality.contracts.contract import Dialect, SchemaObject
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.head import nearest
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.reading.spool import MOST_COLUMNS, Spool
from fileproc.quality.reading.survey import LONGEST_LINE, Places
from fileproc.quality.reading.workbook import Cell, Damaged, Row, Seen, Sheet
from fileproc.quality.reading.xls import xls_sheets
from fileproc.quality.reading.xlsx import xlsx_sheets

#: Rows among which the header is looked for.
LOOKED_AT = 50

#: What is told of rows → (title, fix, what was agreed, severity).
ROWS = {
    "long_row": ("{n} with cells to the right of the header", "name every column, or clear these cells",
                 "cells below the header only", None),
    "over_long_line": (f"{{n}} longer than {LONGEST_LINE >> 20} MiB", "keep such texts elsewhere", "shorter rows",
                       None),
    "bad_text": ("{n} with text that is none", "write the text anew", "valid text", None),
    "empty_rows": ("{n} without any cell", "remove them", "no empty rows between the others", Severity.WARN),
    "hidden_rows": ("{n} hidden; they were read", "show or remove them", "no hidden rows", Severity.WARN),
    "error_cells": ("{n} with an Excel error such as #REF! in a column without an agreed type",
                    "mend the formula, or clear the cell", "values", Severity.FAIL),
    "no_cached_value": ("{n} with a formula whose result was never stored", "open and save the workbook in Excel",
                        "formulas with their results", Severity.FAIL),
}  # fmt: skip


def open_workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, kind: str, dialect: Dialect, schema: SchemaObject | None, *,
    malformed_limit: int, folder: Path,
) -> Source:  # fmt: skip
    """Raises Damaged for a workbook that cannot be read, or has no such sheet."""
    opened: AbstractContextManager[list[Sheet]] = xlsx_sheets(path, folder) if kind == "xlsx" else xls_sheets(path)
    with opened as sheets:
        sheet, findings = _chosen(sheets, dialect.sheet, schema)
        reading = _Reading(sheet, kind, dialect, schema, folder)
        reading.read()
    source = reading.source(connection, malformed_limit)
    source.findings = [*findings, *source.findings]
    return source


def _chosen(sheets: list[Sheet], declared: str | None, schema: SchemaObject | None) -> tuple[Sheet, list[Finding]]:
    """The declared sheet; else the one that is called as the schema object; else the first that can be seen."""
    names = [sheet.name for sheet in sheets]
    if not sheets:
        raise Damaged("the workbook has no sheet with cells", fix="save it with a sheet")
    if declared is not None:
        if declared not in names:
            meant = nearest(declared, names)
            hint = f"; {meant!r} may be meant" if meant else f"; there are {', '.join(map(repr, names[:10]))}"
            why = f"the workbook has no sheet {declared!r}{hint}"
            raise Damaged(
                why, code="missing_sheet", fix=f"name the sheet {declared!r}, or change the contract's `sheet`"
            )
        return sheets[names.index(declared)], []
    called = {name for name in (schema.physical_name, schema.name) if name} if schema else set()
    own = [sheet for sheet in sheets if sheet.name in called]
    visible = [sheet for sheet in sheets if sheet.is_visible] or sheets
    if own or len(visible) == 1:
        return (own or visible)[0], []
    told = ", ".join(repr(sheet.name) for sheet in visible[:10])
    return visible[0], [
        Finding.structure(
            "several_sheets", f"the workbook has {len(visible)} sheets ({told}); the first was read",
            "declare which one with `sheet`, or send one sheet alone", agreed="one sheet", severity=Severity.WARN,
            count=len(visible),
        )
    ]  # fmt: skip


@dataclass(slots=True)
class _Header:
    """Where the names of columns stand, and which cells they are."""

    row: int | None
    names: list[str]
    columns: list[int]
    findings: list[Finding] = field(default_factory=list)


class _Reading:
    def __init__(self, sheet: Sheet, kind: str, dialect: Dialect, schema: SchemaObject | None, folder: Path) -> None:
        self._sheet = sheet
        self._kind = kind
        self._dialect = dialect
        self._properties = schema.properties if schema else ()
        self._folder = folder
        self._seen = Seen()
        self._places = {code: Places() for code in ROWS}
        self._header = _Header(None, [], [])

    def read(self) -> None:
        rows = iter(self._sheet.rows(self._seen))
        first = list(islice((row for row in rows if not row.is_empty), LOOKED_AT))
        self._header, data = self._find_header(first)
        if len(self._header.names) > MOST_COLUMNS:
            why = f"the sheet has {len(self._header.names):,} columns; at most {MOST_COLUMNS:,} are read"
            raise Damaged(why, code="too_many_columns", fix="send a table with fewer columns, or as CSV")
        self._spool = Spool(self._folder, 2 * len(self._header.names))
        typed = {prop.column for prop in self._properties if prop.logical_type}
        self._untyped = {
            column for column, name in zip(self._header.columns, self._header.names, strict=True) if name not in typed
        }
        last = data[0].number - 1 if data else 0
        with self._spool:
            for row in chain(data, rows):
                if not row.is_empty or row.uncalculated:
                    for number in range(max(last + 1, row.number - FIRST_LINES), row.number):
                        self._places["empty_rows"].add(number)
                    self._places["empty_rows"].count += max(0, row.number - last - 1 - FIRST_LINES)
                    last = row.number
                    self._take(row)

    def _find_header(self, first: list[Row]) -> tuple[_Header, list[Row]]:
        """The row with the most agreed names; without a contract the first one."""
        wanted = [prop.column for prop in self._properties]
        if self._dialect.header is False:
            width = max((len(row.cells) for row in first), default=0)
            names = [*wanted, *(f"column {number}" for number in range(len(wanted) + 1, width + 1))]
            return _Header(None, names, list(range(len(names)))), first
        if not first:
            return _Header(None, wanted, list(range(len(wanted)))), []
        fits = [len({cell[1].strip() for cell in row.cells if cell is not None} & set(wanted)) for row in first]
        at = fits.index(max(fits))
        header = _header_of(first[at])
        if at:
            lines = [row.number for row in first[:at]]
            header.findings.append(
                Finding.structure(
                    "preamble", f"{plural(at, 'row')} above the header", "remove them", agreed="the header first",
                    severity=Severity.WARN, count=at, lines=lines,
                )
            )  # fmt: skip
        return header, first[at + 1 :]

    def _take(self, row: Row) -> None:
        if row.is_hidden:
            self._places["hidden_rows"].add(row.number)
        if row.uncalculated:
            self._places["no_cached_value"].add(row.number)
        cells = row.cells
        if any(cells[column] is not None for column in range(self._width, len(cells))):
            self._places["long_row"].add(row.number)
            return
        texts: list[str | None] = []
        for column in self._header.columns:
            cell = cells[column] if column < len(cells) else None
            texts += (None, None) if cell is None else (cell[1], cell[0])
        if any(kind == "ERROR" for kind, _ in self._untyped_in(cells)):
            self._places["error_cells"].add(row.number)
        try:
            if not self._spool.add(row.number, texts):
                self._places["over_long_line"].add(row.number)
        except UnicodeEncodeError:
            self._places["bad_text"].add(row.number)

    def _untyped_in(self, cells: list[Cell | None]) -> Iterator[Cell]:
        """Cells that no agreed type judges."""
        return (cell for column, cell in enumerate(cells) if cell is not None and column in self._untyped)

    @property
    def _width(self) -> int:
        return max(self._header.columns, default=-1) + 1

    @property
    def _rejected(self) -> int:
        return sum(self._places[code].count for code in ("long_row", "over_long_line", "bad_text"))

    def source(self, connection: duckdb.DuckDBPyConnection, limit: int) -> Source:
        names = self._header.names
        columns = [Column(number, name) for number, name in enumerate(names)]
        cells = ", ".join(f"x{2 * n} AS c{n}, x{2 * n + 1} AS t{n}" for n in range(len(names))) or "x"
        read = ReadInfo(format=self._kind, columns=names, rejected_rows=self._rejected, header_line=self._header.row)
        relation = f"SELECT {cells} FROM {self._spool.table()}"
        source = Source("sheet", connection, relation, columns, read, paths=[self._spool.path])
        source.header_line = self._header.row
        source.rejected = self._rejected
        source.lines_of = self._spool.lines_of
        source.after_scan = self._spool.counted
        source.findings = [*self._header.findings, *self._told(limit), *self._layout()]
        return source

    def _told(self, limit: int) -> Iterator[Finding]:
        rejecting = Severity.FAIL if self._rejected > limit else Severity.WARN
        for code, (title, fix, agreed, severity) in ROWS.items():
            places = self._places[code]
            if places.count:
                yield Finding.structure(
                    code, title.format(n=plural(places.count, "row")), fix, agreed=agreed,
                    severity=severity or rejecting, count=places.count, lines=places.lines[:FIRST_LINES],
                    last_line=places.lines[-1],
                )  # fmt: skip

    def _layout(self) -> Iterator[Finding]:
        """What is meant for eyes: merged cells leave all but the first of them empty, hidden columns are overlooked."""
        first = (self._header.row or 0) + 1
        merged = [row for row in self._seen.merged if row >= first]
        if merged:
            yield Finding.structure(
                "merged_cells", f"{plural(len(merged), 'group')} of merged cells: only the first cell has a value",
                "unmerge the cells and fill each", agreed="one value in every cell", severity=Severity.WARN,
                count=len(merged), lines=sorted(merged)[:FIRST_LINES], last_line=max(merged),
            )  # fmt: skip
        hidden = sorted(self._seen.hidden_columns.intersection(self._header.columns))
        if hidden:
            names = dict(zip(self._header.columns, self._header.names, strict=True))
            told = ", ".join(repr(names[column]) for column in hidden[:5])
            yield Finding.structure(
                "hidden_columns", f"{plural(len(hidden), 'column')} hidden ({told}); they were read",
                "show or remove them", agreed="no hidden columns", severity=Severity.WARN, count=len(hidden),
            )  # fmt: skip
        if not self._sheet.is_visible:
            yield Finding.structure(
                "hidden_sheet", f"the sheet {self._sheet.name!r} is hidden; it was read", "show it",
                severity=Severity.WARN, agreed="a sheet that can be seen",
            )  # fmt: skip


def _header_of(row: Row) -> _Header:
    """Names of the columns from the first cell to the last one that has a name."""
    cells = [cell[1].strip() if cell is not None else "" for cell in row.cells]
    names: dict[str, None] = {}
    for position, cell in enumerate(cells, 1):
        name = cell or f"column {position}"
        names[name if name not in names else f"{name} ({position})"] = None
    header = _Header(row.number, list(names), list(range(len(names))))
    blank = [position for position, cell in enumerate(cells, 1) if not cell]
    twice = sorted({cell for cell in cells if cell and cells.count(cell) > 1}) if len(cells) < 2_000 else []
    if blank:
        places = ", ".join(map(str, blank[:5]))
        header.findings.append(
            Finding.structure(
                "blank_header", f"{plural(len(blank), 'column')} without a name (column {places})",
                "name every column, or remove the empty ones", agreed="a name for every column", count=len(blank),
                lines=[row.number],
            )
        )  # fmt: skip
    if twice:
        header.findings.append(
            Finding.structure(
                "duplicate_header", f"the column name {twice[0]!r} stands more than once",
                "give every column its own name", agreed="every column name once", count=len(twice), lines=[row.number],
            )
        )  # fmt: skip
    return header
