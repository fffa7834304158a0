"""The second scan: failing cells by check, name and detail, with true totals, first lines, samples and where they lie.

Its memory follows neither the file nor what is in it: a cell's name is one of a table, and details (a value that is not
listed, the form of a cell without a name) are told apart only where they are among the first and most frequent ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fileproc.quality.checks.failing_cells import FailingCells
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.reading.source import Source

#: Failing cells up to which all details are told apart.
ALL_TOLD = 2_000

#: Failing cells up to which the rows of the samples are kept during the scan; with more, they are fetched after it.
FEW = 20_000

#: Lines that a cause names.
FIRST = 10

#: Parts that a file is cut into, to show where in it the failing rows lie.
PARTS = 40


@dataclass(slots=True)
class ShapeGroup:
    """Failing cells of one check, name and detail. `records` are accepted record numbers; `code` None has no name."""

    check: str
    shape: str | None
    count: int
    first: int
    last: int
    records: list[int]
    samples: list[tuple[int, str | None, list[str | None]]]  # (record, bad cell, all cells)
    code: str | None = None
    strip: list[int] = field(default_factory=list)
    keys: int = 0  # of surplus rows: how many keys they have


def group(source: Source, failed: Sequence[CellCheck], *, samples: int, rows: int, bad: int) -> list[ShapeGroup]:
    """Failing cells by check, name and detail, most frequent first. `rows` were accepted, `bad` cells failed."""
    if not failed:
        return []
    cells = FailingCells(source, failed, rows)
    if bad > ALL_TOLD:
        cells.look_ahead()
    found = source.connection.execute(_grouped(cells, samples=samples, rows=rows, few=bad <= FEW)).fetchall()
    groups = []
    for number, code, detail, count, first, last, records, picked, parts in found:
        told = [(one["rn"], one["v"], list(one["cells"])) for one in picked or ()][:samples]
        told = told or [(record, None, []) for record in records[:samples]]
        strip = [int(parts.get(part, 0)) for part in range(PARTS)]
        check = failed[number].id
        groups.append(ShapeGroup(check, detail, int(count), first, last, records[:FIRST], told, code, strip))
    return groups if bad <= FEW else _with_cells(source, failed, cells, groups)


def _grouped(cells: FailingCells, *, samples: int, rows: int, few: bool) -> str:
    """Parts first, for a group of its own costs less than a histogram that grows with each cell."""
    kept = max(1, samples)
    picked = f"arg_min({{'rn': rn, 'v': v, 'cells': cells}}, rn, {kept})" if few else "[]"
    return f"""
        SELECT k, code, detail, sum(n) AS n, min(first) AS first, max(last) AS last,
               list_sort(flatten(list(records)))[:{max(FIRST, kept)}] AS records,
               flatten(list(picked ORDER BY part)) AS picked, map(list(part), list(n)) AS parts
        FROM (
            SELECT k, code, detail, least({PARTS - 1}, (rn - 1) * {PARTS} // {max(1, rows)}) AS part, count(*) AS n,
                   min(rn) AS first, max(rn) AS last, min(rn, {max(FIRST, kept)}) AS records, {picked} AS picked
            FROM ({cells.relation(with_cells=few)}) GROUP BY k, code, detail, part
        )
        GROUP BY k, code, detail ORDER BY k, n DESC, first
    """


def _with_cells(
    source: Source, failed: Sequence[CellCheck], cells: FailingCells, groups: list[ShapeGroup]
) -> list[ShapeGroup]:
    """The rows of the samples: where many cells fail they are mostly the first ones, so that the scan ends early."""
    wanted = sorted({record for group in groups for record, _, _ in group.samples})
    if not wanted:
        return groups
    records = ", ".join(map(str, wanted))
    rows = f"SELECT * FROM ({source.scan(numbered=True)}) WHERE rn IN ({records}) LIMIT {len(wanted)}"
    query = f"SELECT rn, {cells.shown()}, {cells.cells()} FROM ({rows})"
    found = {record: (shown, row) for record, shown, row in source.connection.execute(query).fetchall()}
    numbers = {check.id: number for number, check in enumerate(failed)}
    for one in groups:
        told = [(record, *found.get(record, ([None] * len(failed), []))) for record, _, _ in one.samples]
        one.samples = [(record, shown[numbers[one.check]], list(row)) for record, shown, row in told]
    return groups
