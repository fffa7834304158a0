"""Keys that do not fit into memory: written to disk once, and compared part by part.

The engine spills what it groups, but not always in time: below a certain limit it gives up on millions of short keys.
A table spills whenever it must, and all keys of one hash are in the same part, so parts can be counted one by one.
"""

from __future__ import annotations

import duckdb

from fileproc.quality.checks.kinds import KeyCheck, Measures
from fileproc.quality.reading.source import Source

TABLE = "spilled_keys"

#: Keys that are compared at once: 40 MB at 100 bytes each, a quarter of the least memory that an engine gets.
AT_ONCE = 400_000

#: Twice as many parts each time that one is too large still; what is larger than that is no key.
MOST_PARTS = 4_096


def count_apart(source: Source, keys: list[KeyCheck], measures: Measures) -> None:
    """Rows with a key and surplus rows of each, by scans of their own. Raises duckdb.Error."""
    counted: dict[tuple[int, ...], tuple[int, int]] = {}
    for key in keys:
        place = tuple(column.number for column in key.columns)
        if place not in counted:
            counted[place] = _count(source, key)
        present, distinct = counted[place]
        measures.tested[key.id], measures.bad[key.id] = present, present - distinct


def _count(source: Source, key: KeyCheck) -> tuple[int, int]:
    cells = ", ".join(f"{column.cell} AS k{number}" for number, column in enumerate(key.columns))
    # All columns are looked at, so that the rows are those of the first scan: others may have bytes that are no text.
    anything = " OR ".join(f"{column.cell} IS NOT NULL" for column in source.columns)
    rows = f"SELECT {cells} FROM ({source.scan()}) WHERE ({key.present}) AND ({anything})"
    source.connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} AS {rows}")
    try:
        present = _number(source, f"SELECT count(*) FROM {TABLE}")
        return present, _distinct(source, len(key.columns), -(-present // AT_ONCE) or 1)
    finally:
        source.connection.execute(f"DROP TABLE {TABLE}")


def _distinct(source: Source, width: int, parts: int) -> int:
    names = ", ".join(f"k{number}" for number in range(width))
    query = f"SELECT count(DISTINCT ROW({names})) FROM {TABLE} WHERE hash({names}) % {parts} = "
    while True:
        try:
            return sum(_number(source, f"{query}{part}") for part in range(parts))
        except duckdb.OutOfMemoryException:
            if parts >= MOST_PARTS:
                raise
            parts *= 2


def _number(source: Source, query: str) -> int:
    return int(source.connection.execute(query).fetchall()[0][0])
