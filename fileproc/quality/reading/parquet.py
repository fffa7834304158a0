"""Parquet as a source. A row count from metadata proves nothing: every column is decoded by the scan."""

from __future__ import annotations

from pathlib import Path

import duckdb

from fileproc.domain.reports import ReadInfo
from fileproc.quality import sql
from fileproc.quality.reading.source import Column, Source

#: Columns decoded in one scan: each takes memory of its own, whether there are many rows or few.
MOST_AT_ONCE = 200


def open_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Source:
    """Raises duckdb.Error for a footer that cannot be read."""
    table = f"read_parquet({sql.text(str(path))})"
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()
    columns = [Column(number, str(row[0]), str(row[1])) for number, row in enumerate(described)]
    cells = [f"r{column.number}, CAST(r{column.number} AS VARCHAR) AS {column.cell}" for column in columns]
    names = ", ".join(f"r{column.number}" for column in columns)
    relation = f"SELECT {', '.join(cells)} FROM {table} AS t({names})"
    read = ReadInfo(format="parquet", columns=[column.name for column in columns], rejected_rows=0)
    source = Source("parquet", connection, relation, columns, read, paths=[path])
    if len(columns) > MOST_AT_ONCE:
        source.decodes_apart = True
        source.after_scan = lambda scanned, _accepted: _decode(scanned, table)
    return source


def _decode(source: Source, table: str) -> Source:
    """Every column, a few at a time. Raises duckdb.Error for one that cannot be decoded."""
    for first in range(0, len(source.columns), MOST_AT_ONCE):
        names = [sql.name(column.name) for column in source.columns[first : first + MOST_AT_ONCE]]
        lengths = ", ".join(f"max(length(CAST({name} AS VARCHAR)))" for name in names)
        source.connection.execute(f"SELECT {lengths} FROM {table}").fetchall()
    return source
