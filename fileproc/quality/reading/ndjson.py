"""NDJSON as a source: one object a line. A line that is none is a finding with its line, and the rest goes on."""

from __future__ import annotations

import duckdb

from fileproc.domain.reports import ReadInfo, Sample, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import SchemaObject
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.head import Text
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.reading.survey import LONGEST_LINE, survey

#: Keys are taken from so many lines where the contract names none.
LOOKED_AT = 1_000

#: `json` is the line, or NULL where it is none: no function ever meets text that it would refuse with an error.
IS_OBJECT = "json_type(json) = 'OBJECT'"


def open_ndjson(
    connection: duckdb.DuckDBPyConnection, text: Text, schema: SchemaObject | None, *, malformed_limit: int
) -> Source:
    """Every line through JSON once; columns are the contract's, plus what the first lines have besides."""
    seen = survey(text.path, quote=b"")
    findings = list(text.findings)
    if seen.over_long.count:
        findings.append(_over_long(seen.over_long.lines, seen.over_long.count))
    lines = (
        "SELECT line, CASE WHEN json_valid(line) THEN line END AS json, row_number() OVER () AS rn FROM read_csv("
        f"{sql.text(str(text.path))}, "
        "columns={'line': 'VARCHAR'}, auto_detect=false, header=false, delim=chr(1), quote='', escape='', nullstr='', "
        f"max_line_size={LONGEST_LINE}, strict_mode=false, store_rejects=true, rejects_limit=1000)"
    )
    names = _names(connection, lines, schema)
    columns = [Column(number, name) for number, name in enumerate(names)]
    cells = [expression for column in columns for expression in _cell(column)]
    relation = f"SELECT {', '.join(['rn', *cells])} FROM ({lines}) WHERE {IS_OBJECT}"
    bad, blank = _bad_lines(connection, lines)
    if bad is not None:
        findings.append(_not_objects(bad, malformed_limit))
    if blank:
        findings.append(_blank(blank))
    rejected = (bad[0] if bad else 0) + seen.over_long.count
    read = ReadInfo(format="ndjson", encoding=text.encoding, columns=names, rejected_rows=rejected)
    paths = [text.path]
    return Source("ndjson", connection, relation, columns, read, findings=findings, paths=paths, rejected=rejected)


def _names(connection: duckdb.DuckDBPyConnection, lines: str, schema: SchemaObject | None) -> list[str]:
    """Agreed columns that occur anywhere in the first lines, or later; then the others in order of appearance."""
    first = f"SELECT * FROM ({lines}) LIMIT {LOOKED_AT}"
    query = f"SELECT DISTINCT unnest(json_keys(json)) FROM ({first}) WHERE {IS_OBJECT}"
    there = [str(row[0]) for row in connection.execute(query).fetchall()]
    agreed = [prop.column for prop in schema.properties] if schema else []
    late = [name for name in agreed if name not in there]
    if late:
        tests = ", ".join(f"bool_or(json_exists(json, {_pointer(name)}))" for name in late)
        row = connection.execute(f"SELECT {tests} FROM ({lines}) WHERE {IS_OBJECT}").fetchone()
        there += [name for name, found in zip(late, row or (), strict=False) if found]
    return [name for name in agreed if name in there] + sorted(name for name in there if name not in agreed)


def _bad_lines(
    connection: duckdb.DuckDBPyConnection, lines: str
) -> tuple[tuple[int, list[int], int, list[str]] | None, list[int]]:
    """((count, first lines, last line, first texts) of lines that are no object, lines that are blank)."""
    query = f"""
        SELECT count(*), min(rn, {FIRST_LINES}), max(rn), arg_min(line[:200], rn, 3)
        FROM ({lines}) WHERE trim(coalesce(line, '')) <> '' AND NOT coalesce({IS_OBJECT}, false)
    """
    count, first, last, texts = connection.execute(query).fetchall()[0]
    query = f"SELECT min(rn, {FIRST_LINES}) FROM ({lines}) WHERE trim(coalesce(line, '')) = ''"
    blank = connection.execute(query).fetchall()[0][0] or []
    return ((count, list(first), last, list(texts)) if count else None), list(blank)


def _cell(column: Column) -> tuple[str, str]:
    """The text of a value, and what JSON says it is."""
    pointer = _pointer(column.name)
    return (
        f"json_extract_string(json, {pointer}) AS c{column.number}",
        f"json_type(json, {pointer}) AS t{column.number}",
    )


def _pointer(name: str) -> str:
    """A JSON pointer to a key, as a literal; any key can be written as one."""
    return sql.text("/" + name.replace("~", "~0").replace("/", "~1"))


def _not_objects(bad: tuple[int, list[int], int, list[str]], limit: int) -> Finding:
    count, first, last, texts = bad
    samples = tuple(Sample(line, None, None, text) for line, text in zip(first, texts, strict=False))
    return Finding.structure(
        "not_json",
        f"{plural(count, 'line')} that is no JSON object",
        "write one whole object a line, without brackets or commas around",
        agreed="one JSON object a line",
        severity=Severity.FAIL if count > limit else Severity.WARN,
        count=count,
        lines=first,
        last_line=last,
        samples=samples,
    )


def _blank(lines: list[int]) -> Finding:
    return Finding.structure(
        "blank_lines", "there are blank lines", "remove them", agreed="no blank lines",
        severity=Severity.WARN, count=len(lines), lines=lines,
    )  # fmt: skip


def _over_long(lines: list[int], count: int) -> Finding:
    return Finding.structure(
        "over_long_line",
        f"{plural(count, 'line')} longer than {LONGEST_LINE >> 20} MiB",
        "break the file into lines",
        agreed=f"lines of at most {LONGEST_LINE >> 20} MiB",
        count=count,
        lines=lines,
    )
