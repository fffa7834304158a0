"""NDJSON as a source: one object a line. A line that is none is a finding with its line, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fileproc.domain.reports import ReadInfo, Sample, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import SchemaObject
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.head import Text
from fileproc.quality.reading.json_clean import Lines, clean_lines, first_bad_byte
from fileproc.quality.reading.json_look import MOST_KEYS, Look, lines_query, look
from fileproc.quality.reading.line_ends import mixed_ends
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.reading.survey import LONGEST_LINE, Places

#: From line numbers of the text that is scanned to those of the file.
LinesOf = Callable[[list[int]], dict[int, int]]


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows are called and where they come from, for a source and its findings."""

    format: str = "ndjson"
    encoding: str = "utf-8"
    noun: str = "line"
    fix: str = "write one whole object a line, without brackets or commas around"
    agreed: str = "one JSON object a line"
    lines_of: LinesOf | None = None
    path: Path | None = None  # the text, for the places of bytes


def open_ndjson(
    connection: duckdb.DuckDBPyConnection,
    text: Text,
    schema: SchemaObject | None,
    *,
    malformed_limit: int,
    folder: Path,
) -> Source:
    """Columns are the contract's, plus what any line has besides."""
    lines = clean_lines(text.path, folder)
    seen = look(connection, lines, agreed_keys(schema))
    rows = Rows(encoding=text.encoding, path=text.path)
    source = source_of(connection, lines, seen, schema, rows)
    source.findings = [*text.findings, *findings_of(seen, rows, malformed_limit), *mixed_ends(lines, text.path)]
    return source


def source_of(
    connection: duckdb.DuckDBPyConnection, lines: Lines, seen: Look, schema: SchemaObject | None, rows: Rows
) -> Source:
    """The scan over lines that were looked at: every line is parsed once for texts and once for kinds."""
    expected = lines.count - seen.rejected - seen.blank.count
    names = _names(seen, schema, any_rows=expected > 0)
    columns = [Column(number, name) for number, name in enumerate(names)]
    json = "line" if seen.all_objects else "CASE WHEN json_valid(line) THEN line END"
    where = "" if seen.all_objects else "WHERE json_type(json) = 'OBJECT'"
    typed = len(agreed_keys(schema).intersection(names))  # they stand first; of the others nobody asks what they are
    cells = [f"cells[{column.number + 1}] AS {column.cell}" for column in columns]
    kinds = [f"kinds[{column.number + 1}] AS t{column.number}" for column in columns[:typed]]
    parsed = ["rn", *_parsed("json_extract_string", names, "cells"), *_parsed("json_type", names[:typed], "kinds")]
    relation = (
        f"SELECT {', '.join(['rn', *cells, *kinds])} FROM (SELECT {', '.join(parsed)} "
        f"FROM (SELECT rn, {json} AS json FROM ({lines_query(lines)})) {where})"
    )
    read = ReadInfo(format=rows.format, encoding=rows.encoding, columns=names, rejected_rows=seen.rejected)
    source = Source("ndjson", connection, relation, columns, read, paths=[lines.path], rejected=seen.rejected)
    source.after_scan = lambda scanned, accepted: _counted(scanned, accepted, expected)
    source.records = lines_query(lines)
    if rows.lines_of is not None:
        source.lines_of = rows.lines_of
    return source


def _parsed(function: str, names: list[str], called: str) -> list[str]:
    """One call for all keys parses a line once."""
    return [f"{function}(json, {sql.list_of([_pointer(name) for name in names])}) AS {called}"] if names else []


def _counted(source: Source, accepted: int, expected: int) -> Source:
    """Every line of the file must have come by; a reader that loses one in silence is our fault, not the file's."""
    if accepted != expected:
        raise ValueError(f"{expected} lines were expected in the scan, {accepted} came")
    return source


def findings_of(seen: Look, rows: Rows, limit: int) -> list[Finding]:
    """What the look found, by file lines."""
    tell = _Telling(rows, Severity.FAIL if seen.rejected > limit else Severity.WARN)
    findings = [
        tell.broken(seen),
        tell.places(
            seen.not_utf8, "bad_encoding", f"{{n}} not valid as UTF-8{_first_byte(seen, rows.path)}",
            "save as UTF-8, or declare the encoding", "text in UTF-8", tell.rejecting,
        ),
        tell.places(
            seen.too_long, "over_long_line", f"{{n}} longer than {LONGEST_LINE >> 20} MiB",
            "break the file into lines", f"lines of at most {LONGEST_LINE >> 20} MiB", tell.rejecting,
        ),
        tell.places(seen.blank, "blank_lines", "there are blank lines", "remove them", "no blank lines", Severity.WARN),
        tell.places(
            seen.twice, "duplicate_keys", f"{{n}} with a key that stands twice: {_listed(seen)}",
            "write every key once; the first value was read", "every key once in an object", Severity.FAIL,
        ),
        tell.places(
            seen.literals, "not_json_number", "{n} with NaN or Infinity, which JSON does not have",
            "write null where there is no number", "numbers as JSON has them", Severity.FAIL,
        ),
        tell.places(
            seen.commas, "trailing_comma", "{n} with a comma behind the last value",
            "write no comma before a closing bracket", "JSON without trailing commas", Severity.FAIL,
        ),
        _too_many_keys() if seen.too_many_keys else None,
    ]  # fmt: skip
    return [finding for finding in findings if finding is not None]


@dataclass(frozen=True, slots=True)
class _Telling:
    rows: Rows
    rejecting: Severity

    def broken(self, seen: Look) -> Finding | None:
        if not seen.broken.count:
            return None
        last = seen.broken_last or 1
        first = seen.broken.lines[:FIRST_LINES]
        lines = self._lines([*first, last])
        samples = tuple(Sample(lines.get(record, record), None, None, text) for record, text in seen.texts)
        return Finding.structure(
            "not_json", f"{plural(seen.broken.count, self.rows.noun)} that is no JSON object", self.rows.fix,
            agreed=self.rows.agreed, severity=self.rejecting, count=seen.broken.count,
            lines=[lines.get(record, record) for record in first], last_line=lines.get(last, last), samples=samples,
        )  # fmt: skip

    def places(
        self, places: Places, code: str, title: str, fix: str, agreed: str, severity: Severity
    ) -> Finding | None:
        if not places.count:
            return None
        shown = [*places.lines[:FIRST_LINES], places.lines[-1]]
        lines = self._lines(shown)
        return Finding.structure(
            code, title.format(n=plural(places.count, self.rows.noun)), fix, agreed=agreed, severity=severity,
            count=places.count, lines=[lines.get(record, record) for record in shown[:-1]],
            last_line=lines.get(shown[-1], shown[-1]),
        )  # fmt: skip

    def _lines(self, records: list[int]) -> dict[int, int]:
        return self.rows.lines_of(records) if self.rows.lines_of is not None else {}


def agreed_keys(schema: SchemaObject | None) -> frozenset[str]:
    """Keys that the contract names."""
    return frozenset(prop.column for prop in schema.properties) if schema else frozenset()


def _first_byte(seen: Look, path: Path | None) -> str:
    """Where in the file the first such byte is, for people with a hex editor."""
    found = first_bad_byte(path) if seen.not_utf8.count and path is not None else None
    return "" if found is None else f" (the first at byte {found:,})"


def _names(seen: Look, schema: SchemaObject | None, *, any_rows: bool) -> list[str]:
    """Agreed columns that occur anywhere, in the contract's order; then the others. Without rows none is missing."""
    agreed = list(dict.fromkeys(prop.column for prop in schema.properties)) if schema else []
    if not any_rows:
        return agreed
    others = sorted(key for key in seen.keys if key not in agreed) if agreed else list(seen.keys)
    return [name for name in agreed if name in seen.keys] + others


def _pointer(name: str) -> str:
    """A JSON pointer to a key, as a literal; any key can be written as one."""
    return sql.text("/" + name.replace("~", "~0").replace("/", "~1"))


def _listed(seen: Look) -> str:
    return ", ".join(repr(key[:40]) for key in list(seen.twice_keys)[:3]).replace("{", "{{").replace("}", "}}")


def _too_many_keys() -> Finding:
    return Finding.structure(
        "too_many_keys", f"the objects have more than {MOST_KEYS:,} different keys; the others were not read",
        "write values as values, not as keys", agreed=f"at most {MOST_KEYS:,} keys", severity=Severity.FAIL,
    )  # fmt: skip
