"""The rows that a key has too many of: where they are, from a scan of their own, for keys that have failed."""

from __future__ import annotations

import duckdb

from fileproc.quality import sql
from fileproc.quality.checks.failing_cells import LONGEST_CELL, MOST_CELLS
from fileproc.quality.checks.grouping import FIRST, PARTS, ShapeGroup
from fileproc.quality.checks.kinds import KeyCheck
from fileproc.quality.reading.source import Source


def duplicates(source: Source, key: KeyCheck, *, samples: int, rows: int) -> ShapeGroup | None:
    """Where the surplus rows of a key are; None when telling that would need more memory than there is."""
    cells = sql.list_of([f"left({column.cell}, {LONGEST_CELL + 1})" for column in source.columns[:MOST_CELLS]])
    query = f"""
        WITH numbered AS (SELECT *, {key.key} AS k FROM ({source.scan(numbered=True)})),
        twice AS (SELECT k, min(rn) AS original FROM numbered WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1),
        surplus AS (SELECT rn, k, original, {cells} AS cells FROM numbered JOIN twice USING (k) WHERE rn > original)
        SELECT count(*), min(rn), max(rn), min(rn, {FIRST}),
               arg_min({{'rn': rn, 'v': left(k::VARCHAR, {LONGEST_CELL + 1}), 'cells': cells}}, rn, {max(1, samples)}),
               histogram(least({PARTS - 1}, (rn - 1) * {PARTS} // {max(1, rows)})), count(DISTINCT original)
        FROM surplus
    """
    try:
        count, first, last, records, picked, parts, keys = source.connection.execute(query).fetchall()[0]
    except duckdb.OutOfMemoryException:
        return None
    if not count:
        return None
    told = [(one["rn"], one["v"], list(one["cells"])) for one in picked or []][:samples]
    strip = [int(parts.get(part, 0)) for part in range(PARTS)]
    return ShapeGroup(key.id, "duplicate", int(count), first, last, list(records), told, strip=strip, keys=keys)
