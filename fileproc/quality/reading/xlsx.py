"""xlsx workbooks, streamed: a row at a time, whatever their size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fileproc.quality.reading.workbook import MOST_COLUMNS, Cell, Damaged, Row, Seen, Sheet, date_cell, number_cell
from fileproc.quality.reading.xlsx_parts import SharedTexts, Styles, Workbook, relations, unescaped
from fileproc.quality.reading.xlsx_xml import Events, Package, parse, read_small


@contextmanager
def xlsx_sheets(path: Path, folder: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, as long as it is open. Raises Damaged."""
    with Package(path) as package:
        main = relations(package, "").one("officeDocument") or "xl/workbook.xml"
        workbook, parts = Workbook(), relations(package, main)
        read_small(package, main, workbook)
        styles = Styles()
        if (found := parts.one("styles")) is not None and package.has(found):
            read_small(package, found, styles)
        texts = SharedTexts(folder)
        found = parts.one("sharedStrings")
        texts.read(package, found if found is not None and package.has(found) else None)
        try:
            yield list(_sheets(package, workbook, parts.targets, styles, texts))
        finally:
            texts.close()


def _sheets(
    package: Package, workbook: Workbook, targets: dict[str, tuple[str, str]], styles: Styles, texts: SharedTexts
) -> Iterator[Sheet]:
    for name, relation, visible in workbook.sheets:
        kind, target = targets.get(relation, ("", ""))
        if kind != "worksheet":  # a chart has no cells
            continue

        def rows(seen: Seen, part: str = target) -> Iterator[Row]:
            reader = _SheetReader(styles.dates, texts, seen, is_1904=workbook.is_1904)
            for _ in parse(package, part, reader):
                yield from reader.taken()

        yield Sheet(name, visible, rows)


class _SheetReader(Events):
    def __init__(self, dates: dict[int, tuple[bool, bool]], texts: SharedTexts, seen: Seen, *, is_1904: bool) -> None:
        self._dates = dates
        self._texts = texts
        self._seen = seen
        self._is_1904 = is_1904
        self._done: list[Row] = []
        self._row = Row(0, [])
        self._cell: dict[str, str] = {}
        self._column = -1
        self._parts: list[str] = []
        self._inside = ""
        self._has_formula = False
        self._in_hint = 0

    def taken(self) -> list[Row]:
        """Rows that are whole."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside = name if name in ("v", "t") and not self._in_hint else ""
        if name == "c":
            self._cell, self._parts, self._has_formula = attributes, [], False
            self._column = _column(attributes.get("r", ""), self._column + 1)
        elif name == "row":
            number = attributes.get("r", "")
            following = self._row.number + 1
            self._row = Row(int(number) if number.isdigit() and len(number) < 9 else following, [])
            self._row.is_hidden = attributes.get("hidden", "0") in ("1", "true")
            self._column = -1
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._in_hint += 1
        elif name == "col" and attributes.get("hidden", "0") in ("1", "true"):
            first, last = (attributes.get(key, "") for key in ("min", "max"))
            if first.isdigit() and last.isdigit() and len(last) < 6:
                self._seen.hidden_columns.update(range(int(first) - 1, min(int(last), MOST_COLUMNS)))
        elif name == "mergeCell":
            self._merged(attributes.get("ref", ""))

    def _merged(self, ref: str) -> None:
        row = ref.partition(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
        self._seen.merged_count += 1
        if row.isdigit() and len(self._seen.merged) < 1_000:
            self._seen.merged.append(int(row[:9]))

    def text(self, data: str) -> None:
        if self._inside:
            self._parts.append(data)

    def end(self, name: str) -> None:
        self._inside = ""
        if name == "c":
            self._take()
        elif name == "row":
            self._done.append(self._row)
        elif name == "rPh":
            self._in_hint -= 1

    def _take(self) -> None:
        cell = self._value("".join(self._parts))
        if cell is None:
            self._row.uncalculated += self._has_formula
            return
        cells = self._row.cells
        if self._column >= len(cells):
            cells.extend([None] * (self._column + 1 - len(cells)))
        cells[self._column] = cell

    def _value(self, text: str) -> Cell | None:
        kind = self._cell.get("t", "n")
        if kind == "inlineStr" or (kind == "str" and (text or self._has_formula)):
            return "VARCHAR", unescaped(text)
        if not text:
            return None
        if kind == "s":
            return "VARCHAR", self._texts.get(int(text) if text.isdigit() and len(text) < 10 else -1)
        if kind == "b":
            return "BOOLEAN", "true" if text.strip() in ("1", "true") else "false"
        if kind == "e":
            return "ERROR", text
        if kind == "d":
            return ("TIMESTAMP" if "T" in text else "DATE"), text
        return self._number(text)

    def _number(self, text: str) -> Cell:
        try:
            value = float(text)
        except ValueError:
            raise Damaged(f"a number in row {self._row.number} is none") from None
        style = self._cell.get("s", "")
        shown = self._dates.get(int(style)) if style.isdigit() and len(style) < 9 else None
        if shown is None or value != value or abs(value) > 1e9:
            return number_cell(value)
        return date_cell(value, is_1904=self._is_1904, has_date=shown[0])


def _column(ref: str, following: int) -> int:
    """`BC12` → 54; a cell without a reference follows the one before."""
    value = 0
    for sign in ref:
        if not "A" <= sign <= "Z":
            break
        value = value * 26 + ord(sign) - 64
    column = value - 1 if value else following
    if column >= MOST_COLUMNS:
        raise Damaged(f"a cell stands beyond the last column that a sheet can have ({ref[:20]})")
    return column
