"""Rows that explain their failing cells: the header again, a row of totals, cells shifted by one column.

Each is an expression over the cells of one row, looked at only for rows in which something fails.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fileproc.quality import sql
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.reading.source import Column, Source

#: Cells that a row's kind is read off: enough to be sure, and cheap.
FIRST_CELLS = 3

#: A row of totals is one of the last so many.
LAST_ROWS = 3

#: Typed columns that are held against their neighbours.
MOST_TYPED = 30

TOTALS = (
    r"(?i)\s*((grand |sub)?totals?|sum|summe|gesamt(summe)?|insgesamt|somme|suma|totale|totaal|total général|end|eof|"
    r"end of file|trailer|footer|(rows?|records?|lines?|count)\s*[:=]?\s*[0-9]*|[0-9]+ (rows?|records?|lines?))\s*:?\s*"
)


def row_code(source: Source, checks: Sequence[CellCheck], rows: int) -> str:
    """The expression that names a whole row, NULL for one that explains nothing. `rows` is how many were accepted."""
    if source.kind in ("parquet", "ndjson", "json"):
        return "CAST(NULL AS VARCHAR)"
    parts = [f"WHEN {_is_header(source.columns)} THEN 'repeated_header'"]
    parts.append(f"WHEN rn > {rows - LAST_ROWS} AND ({_is_total(source.columns)}) THEN 'footer'")
    shifted = _is_shifted(source, [check for check in checks if check.type == "logicalType" and not check.name])
    if shifted is not None:
        parts.append(f"WHEN {shifted} THEN 'shifted_row'")
    return f"CASE {' '.join(parts)} END"


def _is_header(columns: Sequence[Column]) -> str:
    first = columns[:FIRST_CELLS]
    return " AND ".join(f"coalesce(lower(trim({one.cell})) = {_name(one)}, false)" for one in first)


def _name(column: Column) -> str:
    return sql.text(column.name.strip().lower())


def _is_total(columns: Sequence[Column]) -> str:
    return " OR ".join(f"regexp_full_match({one.cell}, {sql.text(TOTALS)})" for one in columns[:FIRST_CELLS])


def _is_shifted(source: Source, checks: Sequence[CellCheck]) -> str | None:
    """At least two cells are not of their types, and all typed columns find a value of theirs beside them."""
    if len(checks) < 2:
        return None
    typed = [one for one in source.columns if one.value_type is not None and one.value != one.cell][:MOST_TYPED]
    wrong = " + ".join(f"(CASE WHEN {check.bad} THEN 1 ELSE 0 END)" for check in checks)
    sides = [side for side in (_beside(source, typed, 1), _beside(source, typed, -1)) if side is not None]
    return f"({wrong}) >= 2 AND ({' OR '.join(sides)})" if sides else None


def _beside(source: Source, typed: Sequence[Column], step: int) -> str | None:
    """Every typed column's value stands in the next column (or the one before); empty cells do not disagree."""
    conditions, there = [], []
    by_number = {column.number: column for column in source.columns}
    for column in typed:
        other = by_number.get(column.number + step)
        if other is None or column.value_type is None:
            continue
        value = re.sub(rf"\b{column.cell}\b", other.cell, column.value_type.value)
        conditions.append(f"({other.cell} IS NULL OR ({value}) IS NOT NULL)")
        there.append(f"(CASE WHEN {other.cell} IS NULL THEN 0 ELSE 1 END)")
    if len(conditions) < 2:
        return None
    return f"({' AND '.join(conditions)} AND {' + '.join(there)} >= 2)"
