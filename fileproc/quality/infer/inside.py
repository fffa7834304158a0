"""What is inside of JSON objects and lists, as sources of their own: their fields and elements are columns like any."""

from __future__ import annotations

from fileproc.domain.reports import ReadInfo
from fileproc.quality import sql
from fileproc.quality.reading.source import Column, Source

#: More different keys are no fields that anybody agreed on.
MOST_FIELDS = 100

#: Deeper is told as an object or a list, and no more.
DEEPEST = 6


def fields_of(source: Source, column: Column) -> Source | None:
    """The objects of a column as rows; None for objects without keys, or with too many different ones."""
    objects = _opened(source, column, "OBJECT")
    numbered = f"SELECT json_keys(j) AS keys, row_number() OVER () AS n FROM ({objects})"
    keys = f"SELECT unnest(keys) AS k, unnest(range(len(keys))) AS i, n FROM ({numbered})"
    query = f"SELECT k FROM ({keys}) GROUP BY k ORDER BY min((n, i)), k LIMIT {MOST_FIELDS + 1}"
    names = [str(row[0]) for row in source.connection.execute(query).fetchall()]
    if not names or len(names) > MOST_FIELDS:
        return None
    cells = []
    for number, name in enumerate(names):
        pointer = sql.text("/" + name.replace("~", "~0").replace("/", "~1"))
        cells.append(f"json_extract_string(j, {pointer}) AS c{number}, json_type(j, {pointer}) AS t{number}")
    return _source(source, f"SELECT {', '.join(cells)} FROM ({objects})", names)


def elements_of(source: Source, column: Column) -> Source:
    """The elements of the lists of a column, each a row with one column."""
    lists = _opened(source, column, "ARRAY")
    elements = f"SELECT unnest(CAST(j AS JSON[])) AS e FROM ({lists})"
    return _source(source, f"SELECT json_extract_string(e, '$') AS c0, json_type(e) AS t0 FROM ({elements})", ["items"])


def length_of(source: Source, column: Column) -> str:
    """How many elements the list of a cell has."""
    source.open_json(column)
    return f"CASE WHEN {column.json_kind} = 'ARRAY' THEN json_array_length({column.json}) END"


def _opened(source: Source, column: Column, kind: str) -> str:
    source.open_json(column)
    return f"SELECT {column.json} AS j FROM ({source.scan()}) WHERE {column.json_kind} = {sql.text(kind)}"


def _source(outer: Source, relation: str, names: list[str]) -> Source:
    columns = [Column(number, name) for number, name in enumerate(names)]
    return Source("ndjson", outer.connection, relation, columns, ReadInfo(format="json"))
