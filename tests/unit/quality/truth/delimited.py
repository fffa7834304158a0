"""A random table as delimited text in a random dialect, broken in many ways, with the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

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

#: Bytes that a row may not have; written through surrogates.
NOT_UTF8 = "\udcff"

ROW_FAULTS = ("short row", "long row", "bad UTF-8", "unclosed quote", "text after quote")
LINE_FAULTS = ("blank line", "empty cells", "stray quote", "NUL", "mixed line ends")
HEADER_FAULTS = (
    "missing column", "extra column", "renamed column", "column case", "duplicate column", "blank column",
    "other delimiter",
)  # fmt: skip

OVER_LONG = (2 << 20) + 4_096


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written; `declared` are the contract's words for it."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    end: str = "\n"
    encoding: str = "utf-8"
    has_bom: bool = False
    has_header: bool = True
    null: str = ""
    declared: dict[str, Any] = field(default_factory=dict)

    @property
    def is_utf8(self) -> bool:
        return self.encoding == "utf-8"

    def cell(self, cell: Cell, *, quoted: bool) -> str:
        """One cell as it is written; an empty text must be quoted, null must not."""
        if cell.text is None:
            return self.null
        text = cell.text
        special = (self.delimiter, self.quote, "\n", "\r", self.escape or self.delimiter)
        if not (quoted or text in ("", self.null) or any(one in text for one in special)):
            return text
        return f"{self.quote}{self._escaped(text)}{self.quote}"

    def _escaped(self, text: str) -> str:
        if self.escape is None:
            return text.replace(self.quote, self.quote * 2)
        return text.replace(self.escape, self.escape * 2).replace(self.quote, self.escape + self.quote)

    def encodable(self, text: str) -> str:
        """Euro is no character of ISO-8859-1."""
        return text.replace("€", "$") if self.encoding == "latin-1" else text

    def bytes(self, text: str) -> bytes:
        """The text in the file's encoding, with the BOM where there is one."""
        if self.is_utf8:
            return (b"\xef\xbb\xbf" if self.has_bom else b"") + text.encode("utf-8", "surrogateescape")
        return (("\ufeff" if self.has_bom else "") + text).encode(self.encoding)


def make_dialect(chance: Random) -> Dialect:
    """A dialect that is declared in the contract; what is not declared is the default."""
    delimiter, quote = chance.choice(",,,;\t|^"), chance.choice('"""\'')
    escape = "\\" if chance.random() < 0.15 else None
    null = chance.choice(("", "", "", "NULL", "\\N")) if escape is None else ""
    end, encoding = chance.choice(("\n", "\n", "\r\n", "\r")), chance.choice(("utf-8",) * 6 + ("utf-16", "latin-1"))
    has_header = chance.random() < 0.9
    declared: dict[str, Any] = {"delimiter": delimiter}
    if quote != '"':
        declared["quoteChar"] = quote
    if escape:
        declared |= {"escapeChar": escape, "doubleQuote": False}
    if null:
        declared["nullSequence"] = [null]
    if not has_header:
        declared["header"] = False
    if encoding == "latin-1":
        declared["encoding"] = "ISO-8859-1"
    has_bom = encoding == "utf-16" or (encoding == "utf-8" and chance.random() < 0.1)
    if has_bom and chance.random() < 0.5:
        declared["encoding"] = "utf-8-sig" if encoding == "utf-8" else "UTF-16"
    if encoding == "utf-16":
        encoding = chance.choice(("utf-16-le", "utf-16-be"))
    return Dialect(delimiter, quote, escape, end, encoding, has_bom, has_header, null, declared)


@dataclass(slots=True)
class Made:
    """A file, the contract's parts, and the truth."""

    name: str
    data: bytes
    properties: list[dict[str, Any]]
    quality: list[dict[str, Any]]
    relationships: list[dict[str, Any]]
    words: dict[str, Any]
    truth: Truth


def make_file(chance: Random, *, rows: int | None = None) -> Made:
    """Everything by chance. `rows` is for a large file, which is dirty in fewer places."""
    columns = make_columns(chance)
    large = rows is not None
    count = chance.randrange(5, 120) if rows is None else rows
    table = Table(columns, make_rows(chance, columns, count))
    share = chance.choice((0, 0.01, 0.04)) if not large else 0.0005
    writer = _Writer(chance, table, make_dialect(chance), share)
    writer.choose_header_fault(0 if large else 0.35)
    spoil_cells(chance, table, share, faults=writer.cell_faults())
    spoil_keys(chance, table, share)
    writer.spoil_rows()
    if chance.random() < 0.1:
        table.row_count_offset = chance.choice((-1, 1, 5))
    return writer.write()


class _Writer:
    """Writes the rows one by one and notes the line of each, as an editor counts them."""

    def __init__(self, chance: Random, table: Table, dialect: Dialect, share: float) -> None:
        self._chance = chance
        self._table = table
        self._dialect = dialect
        self._share = share
        self._truth = Truth()
        self._pieces: list[str] = []
        self._line = 1
        self._accepted: list[Row] = []
        self._ends: list[tuple[int, str]] = []  # (line, line end) of every record and blank line

    def cell_faults(self) -> set[str]:
        """Faults that can be written in this dialect and are a bad cell there."""
        kinds = {fault for column in self._table.columns for fault in column.kind.wrong}
        return kinds - {"other kind"}  # text has no kinds

    def choose_header_fault(self, share: float) -> None:
        if not self._dialect.has_header or self._chance.random() >= share:
            return
        fault = self._chance.choice(HEADER_FAULTS)
        if fault == "other delimiter" and self._dialect.delimiter not in ",;\t|":
            return
        self._table.header_fault = fault
        spare = [number for number, column in enumerate(self._table.columns) if column.name not in ("id", "parent")]
        self._table.header_column = self._chance.choice(spare)

    def spoil_rows(self) -> None:
        """Rows that cannot be read, or are written oddly."""
        possible = [fault for fault in (*ROW_FAULTS, *LINE_FAULTS) if self._can(fault)]
        for row in self._table.rows:
            if self._chance.random() < self._share:
                row.fault = self._chance.choice(possible)
                if row.fault == "empty cells":
                    row.cells = [self._emptied(column) for column in self._table.columns]
        self._limit("mixed line ends", len(self._table.rows) // 3)
        if self._chance.random() < 0.02:
            self._chance.choice(self._table.rows).fault = "over-long line"

    def _limit(self, fault: str, most: int) -> None:
        """So many rows of a fault and no more."""
        for row in [row for row in self._table.rows if row.fault == fault][most:]:
            row.fault = None

    def _emptied(self, column: Column) -> Cell:
        return Cell(None, "missing value", "required") if column.required else Cell(None)

    def _can(self, fault: str) -> bool:
        return fault != "bad UTF-8" or self._dialect.is_utf8

    # writing

    def write(self) -> Made:
        dialect, table, truth = self._dialect, self._table, self._truth
        self._tell_encoding()
        written = dialect
        if table.header_fault == "other delimiter":
            self._dialect = written = replace(dialect, delimiter=self._chance.choice(
                [one for one in ",;\t|" if one != dialect.delimiter]))  # fmt: skip
        if dialect.has_header:
            self._write_header()
        for row in table.rows:
            self._write_row(row)
        text = "".join(self._pieces)
        if self._chance.random() < 0.2:
            text = self._without_last_end(text)
        truth.rows = len(self._accepted) + truth.rejected
        hidden = self._tell_header()
        tell_rows(truth, table, self._accepted, hidden=hidden)
        self._tell_count()
        self._tell_ends()
        properties, quality, relationships = agreed(table)
        name = "file.tsv" if written.delimiter == "\t" else "file.csv"
        return Made(name, written.bytes(text), properties, quality, relationships, dialect.declared, truth)

    def _without_last_end(self, text: str) -> str:
        last = self._table.rows[-1]
        return text.removesuffix(self._dialect.end) if last.fault is None else text

    def _tell_encoding(self) -> None:
        dialect = self._dialect
        if dialect.has_bom and "encoding" not in dialect.declared:
            self._truth.structure("undeclared BOM" if dialect.is_utf8 else "undeclared UTF-16", 1)

    def _tell_count(self) -> None:
        """The contract asks for as many rows as were made; every one of them is there, broken or not."""
        if self._table.row_count_offset:
            self._truth.faults.add("row count")
            self._truth.causes["row_count", "rows"] = []

    # header

    def _write_header(self) -> None:
        names = [column.name for column in self._table.columns]
        place = self._table.header_column
        changed = {
            "renamed column": f"{names[place]}s",
            "column case": names[place].upper(),
            "duplicate column": names[place],
            "blank column": "",
            "extra column": "nobody_agreed",
        }
        fault = self._table.header_fault
        if fault in ("renamed column", "column case"):
            names[place] = changed[fault]
        elif fault in ("duplicate column", "blank column", "extra column"):
            names.append(changed[fault])
        elif fault == "missing column":
            del names[place]
        self._put(self._dialect.delimiter.join(names))

    def _tell_header(self) -> set[str]:
        """What is wrong with the header; the columns that are not there under their name."""
        truth, fault = self._truth, self._table.header_fault
        column = self._table.columns[self._table.header_column]
        if fault is None:
            return set()
        truth.faults.add(fault)
        if fault == "other delimiter":
            truth.structure(fault, 1)
        elif fault in ("missing column", "renamed column", "column case"):
            code = {"missing column": "missing_column", "renamed column": "renamed_column"}.get(fault, "column_case")
            truth.causes[code, f"{column.name}.present"] = [1]
        if fault in ("duplicate column", "blank column"):
            truth.structure(fault, 1)
        if fault in ("duplicate column", "blank column", "extra column", "renamed column", "column case"):
            truth.causes["extra_column", "rows.extraColumn"] = [1]
        return {column.name} if fault in ("missing column", "renamed column", "column case") else set()

    # rows

    def _write_row(self, row: Row) -> None:
        row.line = self._line
        fault = row.fault
        cells = [self._written(column, cell) for column, cell in zip(self._table.columns, row.cells, strict=True)]
        cells = self._fitted(cells)
        if fault == "blank line":
            self._truth.structure(fault, self._line)
            self._put("")
            row.line = self._line
            fault = None
        end = None
        if fault in ROW_FAULTS or fault == "over-long line":
            self._truth.structure(fault, row.line)
            self._truth.rejected += 1
            cells = self._broken(fault, cells)
        else:
            self._accepted.append(row)
            end = self._odd(fault, row, cells)
        self._put(self._dialect.delimiter.join(cells), end=end)

    def _written(self, column: Column, cell: Cell) -> str:
        quoted = cell.text is not None and self._chance.random() < 0.2
        if column.kind.is_free and cell.text and self._chance.random() < 0.1:
            odd = self._chance.choice((self._dialect.delimiter, self._dialect.quote, self._dialect.end, "ä"))
            cell = Cell(f"{cell.text}{odd}x", cell.fault, cell.check)
        return self._dialect.encodable(self._dialect.cell(cell, quoted=quoted))

    def _fitted(self, cells: list[str]) -> list[str]:
        """As many cells as the header has."""
        fault = self._table.header_fault
        if fault in ("duplicate column", "blank column", "extra column"):
            return [*cells, "extra"]
        if fault == "missing column":
            return cells[: self._table.header_column] + cells[self._table.header_column + 1 :]
        return cells

    def _broken(self, fault: str, cells: list[str]) -> list[str]:
        """The cells of a row that cannot be read. They stay on one line."""
        quote, place = self._dialect.quote, self._chance.randrange(len(cells))
        cells = ["x" if quote in cell or "\n" in cell or "\r" in cell else cell for cell in cells]
        if fault == "short row":
            return ["1", *cells[1:-1]]
        if fault == "long row":
            return [*cells, *["more"] * self._chance.randint(1, 3)]
        cells[place] = {
            "bad UTF-8": f"a{NOT_UTF8}b",
            "unclosed quote": f"{quote}open",
            "text after quote": f"{quote}closed{quote}x",
            "over-long line": "x" * OVER_LONG,
        }[fault]
        return cells

    def _odd(self, fault: str | None, row: Row, cells: list[str]) -> str | None:
        """Rows that are read although something is odd; answers the line end where it is another."""
        if fault == "mixed line ends":
            return {"\n": "\r\n", "\r\n": "\n", "\r": "\n"}[self._dialect.end]
        if fault in ("stray quote", "NUL"):
            place = self._table.place("note")
            if place is None or self._is_hidden(place):
                row.fault = None
                return None
            place -= any(self._is_hidden(before) for before in range(place))
            cells[place] = f"5{self._dialect.quote} pipe" if fault == "stray quote" else "a\0b"
            self._truth.structure(fault, row.line)
        if fault == "empty cells":
            cells[:] = [""] * len(cells)
            self._truth.structure(fault, row.line)
        return None

    def _is_hidden(self, place: int) -> bool:
        return self._table.header_fault == "missing column" and place == self._table.header_column

    def _put(self, text: str, *, end: str | None = None) -> None:
        end = end or self._dialect.end
        self._pieces.append(text + end)
        self._ends.append((self._line + _lines(text), end))
        self._line += 1 + _lines(text)

    def _tell_ends(self) -> None:
        """The lines that end otherwise than most; line breaks inside of quotes are data."""
        odd = [line for line, end in self._ends if end != self._dialect.end]
        for line in odd:
            self._truth.structure("mixed line ends", line)


def _lines(text: str) -> int:
    """Line ends inside of a text, as an editor counts them."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
