"""Files of fixed width as a source: columns are places in a line, by contract. Each line is a row or a finding.

The engine reads whole lines and cuts them itself. A line of another length is never cut: nobody knows what moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fileproc.domain.reports import ReadInfo, Sample, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import Dialect, SchemaObject
from fileproc.quality.contracts.odcs_layout import Field, Misplaced, fields_of
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.head import Text
from fileproc.quality.reading.json_clean import NOT_UTF8, SHOWN, TOO_LONG, Lines, clean_lines, first_bad_byte
from fileproc.quality.reading.json_look import lines_query
from fileproc.quality.reading.line_ends import mixed_ends
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.reading.survey import LONGEST_LINE, survey

#: What a line is that is no row → (code, title, fix); they are tried in this order.
KINDS = {
    "bad_encoding": ("{n} not valid as {encoding}", "save the file in the encoding that was agreed"),
    "over_long_line": (f"{{n}} longer than {LONGEST_LINE >> 20} MiB", "end every record with a line end"),
    "short_line": ("{n} shorter than {length} {unit}", "fill every line up with the padding"),
    "long_line": ("{n} longer than {length} {unit}", "cut every value to its width"),
    "cut_character": ("{n} where a column begins or ends within a character", "count the places in characters"),
}
BLANK = "blank_lines"


class NoLayout(Exception):
    """The contract does not say where the columns are; the message says which."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The lines of one kind: how many, the first ones, and some of their text."""

    code: str
    count: int
    first: list[int]
    last: int
    texts: list[tuple[int, str]]
    fit_bytes: int  # those that would have the right length if places were bytes


def open_fixed_width(
    connection: duckdb.DuckDBPyConnection,
    text: Text,
    dialect: Dialect,
    schema: SchemaObject | None,
    *,
    malformed_limit: int,
    folder: Path,
) -> Source:
    """Raises NoLayout, and duckdb.Error for what the engine cannot read."""
    return _FixedWidth(connection, text, dialect, _fields(schema), clean_lines(text.path, folder)).open(malformed_limit)


def _fields(schema: SchemaObject | None) -> list[Field]:
    if schema is None or not schema.properties:
        raise NoLayout("a file of fixed width can only be read with a contract that says where its columns stand")
    placed = list(fields_of(schema.properties))
    wrong = next((one for one in placed if isinstance(one, Misplaced)), None)
    if wrong is not None:
        raise NoLayout(f"{wrong.reason} (custom properties `start` and `width`)")
    return [one for one in placed if isinstance(one, Field)]


class _FixedWidth:
    def __init__(
        self, connection: duckdb.DuckDBPyConnection, text: Text, dialect: Dialect, fields: list[Field], lines: Lines
    ) -> None:
        self._connection = connection
        self._text = text
        self._dialect = dialect
        self._fields = fields
        self._lines = lines
        self._in_bytes = dialect.width_unit == "bytes"
        self._length = dialect.line_length or max(field.end for field in fields)
        self._header_rows = 1 if dialect.header else 0

    def open(self, malformed_limit: int) -> Source:
        kinds = self._look()
        names = [field.column for field in self._fields]
        columns = [Column(number, name) for number, name in enumerate(names)]
        rejected = sum(kind.count for kind in kinds if kind.code != BLANK)
        cells = ", ".join(
            f"{self._cell(field)} AS {column.cell}" for field, column in zip(self._fields, columns, strict=True)
        )
        read = ReadInfo(
            format="fixed", encoding=self._text.encoding, columns=names, rejected_rows=rejected,
            header_line=self._header_rows or None,
        )  # fmt: skip
        relation = f"SELECT rn, {cells} FROM ({self._marked()}) WHERE kind IS NULL"
        source = Source("fixed", self._connection, relation, columns, read, paths=[self._lines.path], rejected=rejected)
        source.header_line = read.header_line
        source.first_line = self._header_rows + 1
        source.records = lines_query(self._lines)
        severity = Severity.FAIL if rejected > malformed_limit else Severity.WARN
        source.findings = [
            *self._text.findings, *self._header(), *self._findings(kinds, severity), *_bytes(self._text.path),
            *mixed_ends(self._lines, self._text.path),
        ]  # fmt: skip
        return source

    # lines

    def _data(self) -> str:
        """The lines between header and footer that are no comments."""
        last = self._lines.count - (self._dialect.footer_rows or 0)
        comment = self._dialect.comment_char
        no_comment = f" AND NOT starts_with(line, {sql.text(comment)})" if comment else ""
        where = f"rn > {self._header_rows} AND rn <= {last}{no_comment}"
        return f"SELECT line, rn FROM ({lines_query(self._lines)}) WHERE {where}"

    def _marked(self) -> str:
        """Every line with what is wrong with it, or NULL."""
        length = self._measure("line")
        cut = f"WHEN {self._cuts_character()} THEN 'cut_character'" if self._in_bytes else ""
        return f"""
            SELECT line, rn, CASE
                WHEN starts_with(line, {sql.text(NOT_UTF8)}) THEN 'bad_encoding'
                WHEN starts_with(line, {sql.text(TOO_LONG)}) THEN 'over_long_line'
                WHEN line IS NULL OR trim(line) = '' THEN '{BLANK}'
                WHEN {length} < {self._length} THEN 'short_line'
                WHEN {length} > {self._length} THEN 'long_line'
                {cut} END AS kind
            FROM ({self._data()})
        """

    def _measure(self, text: str) -> str:
        return f"strlen({text})" if self._in_bytes else f"length({text})"

    def _cuts_character(self) -> str:
        """A byte that goes on with a character stands where a column begins, or behind its end."""
        edges = sorted({place for field in self._fields for place in (field.start, field.end + 1)})
        inside = [f"hex(encode(line)[{place}:{place}]) BETWEEN '80' AND 'BF'" for place in edges]
        return f"strlen(line) <> length(line) AND ({' OR '.join(inside)})"

    def _cell(self, field: Field) -> str:
        """The text of a column without its padding; nothing but padding is null."""
        raw = f"substr(line, {field.start}, {field.layout.width})"
        if self._in_bytes:
            raw = f"try(decode(encode(line)[{field.start}:{field.end}]))"
        pad = sql.text(field.layout.pad_char)
        trimmed = {
            "both": f"trim({raw}, {pad})", "left": f"ltrim({raw}, {pad})", "right": f"rtrim({raw}, {pad})", "none": raw,
        }[field.layout.trim]  # fmt: skip
        nulls = sql.texts(dict.fromkeys(("", *self._dialect.null_sequence)))
        return f"CASE WHEN trim({raw}) <> '' AND {trimmed} NOT IN ({nulls}) THEN {trimmed} END"

    # findings

    def _look(self) -> list[_Kind]:
        """One look at all lines before the scan."""
        query = f"""
            SELECT kind, count(*), min(rn, {FIRST_LINES}), max(rn),
                   arg_min({{'rn': rn, 'line': line[:{SHOWN}]}}, rn, 3), count(*) FILTER (strlen(line) = {self._length})
            FROM ({self._marked()}) WHERE kind IS NOT NULL GROUP BY kind
        """
        order = [*KINDS, BLANK]
        found = [
            _Kind(code, count, list(first), last, [(one["rn"], one["line"] or "") for one in picked], fit)
            for code, count, first, last, picked, fit in self._connection.execute(query).fetchall()
        ]
        return sorted(found, key=lambda kind: order.index(kind.code))

    def _findings(self, kinds: Sequence[_Kind], severity: Severity) -> list[Finding]:
        return [self._blank(kind) if kind.code == BLANK else self._rejected(kind, severity) for kind in kinds]

    def _blank(self, kind: _Kind) -> Finding:
        return Finding.structure(
            BLANK, plural(kind.count, "blank line"), "remove them", agreed="no blank lines", severity=Severity.WARN,
            count=kind.count, lines=kind.first, last_line=kind.last,
        )  # fmt: skip

    def _rejected(self, kind: _Kind, severity: Severity) -> Finding:
        title, fix = KINDS[kind.code]
        unit = "bytes" if self._in_bytes else "characters"
        told = title.format(
            n=plural(kind.count, "line"), encoding=self._text.encoding.upper(), length=self._length, unit=unit
        )
        if kind.code == "bad_encoding":
            told += f" (the first at byte {first_bad_byte(self._text.path) or 0:,})"
        if kind.fit_bytes > kind.count // 2 and not self._in_bytes:
            fix = f"count in characters, or declare widthUnit: bytes ({self._length} bytes is what the lines have)"
        samples = tuple(Sample(line, None, None, shown) for line, shown in kind.texts)
        return Finding.structure(
            kind.code, told, fix, agreed=f"{self._length} {unit} in every line", severity=severity, count=kind.count,
            lines=kind.first, last_line=kind.last, samples=samples,
        )  # fmt: skip

    def _header(self) -> list[Finding]:
        """A header is passed over, but it should be one."""
        if not self._header_rows:
            return []
        cells = ", ".join(self._cell(field) for field in self._fields)
        row = self._connection.execute(
            f"SELECT {cells} FROM (SELECT line FROM ({lines_query(self._lines)}) WHERE rn = 1)"
        ).fetchone()
        other = [
            field.column
            for field, cell in zip(self._fields, row or [None] * len(self._fields), strict=True)
            if cell is None or not _same(cell, field.column)
        ]
        if not other:
            return []
        return [
            Finding.structure(
                "other_header",
                f"the header does not have the name of {plural(len(other), 'column')}, {other[0]!r} first",
                "write the agreed names above their columns",
                agreed="the columns' names in the first line",
                severity=Severity.WARN,
                lines=[1],
            )
        ]


def _bytes(path: Path) -> list[Finding]:
    """What only the raw bytes tell."""
    seen = survey(path, quote=b"")
    findings = []
    if seen.nul.count:
        findings.append(
            Finding.structure(
                "nul_bytes", "there are NUL bytes in the text", "export as text", agreed="no NUL bytes",
                count=seen.nul.count, lines=seen.nul.lines,
            )
        )  # fmt: skip
    return findings


def _same(cell: str, name: str) -> bool:
    """A header's cell may be too narrow for the whole name."""
    return name.casefold().startswith(cell.strip().casefold())
