"""xls workbooks, as Excel wrote them until 2007. The format has to be read as a whole, so its size is limited."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlrd
from xlrd.compdoc import CompDocError

from fileproc.quality.reading.workbook import Cell, Damaged, Row, Seen, Sheet, date_cell, number_cell

#: A sheet has at most 65,536 rows; a workbook that is larger holds pictures, or is no data. In memory it takes several
#: times as much.
LARGEST = 48 << 20

#: What the library raises for bytes that are no workbook.
UNREADABLE = (
    xlrd.XLRDError, CompDocError, struct.error, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
    AssertionError, NotImplementedError, RecursionError, EOFError, MemoryError,
)  # fmt: skip
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@contextmanager
def xls_sheets(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook. Raises Damaged."""
    data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    if not data:
        why = f"xls workbooks of more than {LARGEST >> 20} MiB are not read: they do not fit into memory"
        raise Damaged(why, code="large_workbook", fix="save it as xlsx or CSV")
    if ENCRYPTED in data:
        raise Damaged("the workbook is encrypted with a password", code="encrypted", fix="save it without a password")
    with Path(os.devnull).open("w") as nowhere:
        try:
            book = xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=nowhere)
        except UNREADABLE as error:
            if "ncrypted" in str(error):
                fix = "save it without a password"
                raise Damaged("the workbook is encrypted with a password", code="encrypted", fix=fix) from None
            raise Damaged(f"the xls workbook cannot be read: {str(error)[:100]}") from None
        yield [_sheet(book, number) for number in range(book.nsheets)]


def _sheet(book: Any, number: int) -> Sheet:
    def rows(seen: Seen) -> Iterator[Row]:
        try:
            sheet = book.sheet_by_index(number)
            seen.hidden_columns |= {column for column, info in sheet.colinfo_map.items() if info.hidden}
            seen.merged_count = len(sheet.merged_cells)
            seen.merged += [first + 1 for first, *_ in sheet.merged_cells[:1_000]]
            for index in range(sheet.nrows):
                yield _row(book, sheet, index)
        except UNREADABLE as error:
            raise Damaged(f"the sheet cannot be read: {str(error)[:100]}") from None

    return Sheet(book.sheet_names()[number], book._sheet_visibility[number] == 0, rows)


def _row(book: Any, sheet: Any, index: int) -> Row:
    info = sheet.rowinfo_map.get(index)
    cells = [_cell(book, cell) for cell in sheet.row(index)]
    return Row(index + 1, cells, is_hidden=bool(info is not None and info.hidden))


def _cell(book: Any, cell: Any) -> Cell | None:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return "VARCHAR", cell.value
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return number_cell(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "BOOLEAN", "true" if cell.value else "false"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return "ERROR", xlrd.error_text_from_code.get(cell.value, "#ERROR!")
    if cell.ctype == xlrd.XL_CELL_DATE:
        return date_cell(cell.value, is_1904=bool(book.datemode), has_date=cell.value >= 1)
    return None
