"""The second scan: failing cells by check, name and detail, with true totals, first lines, samples and where they lie.

Its memory follows neither the file nor what is in it: a cell's name is one of a table, and details (a value that is not
listed, the form of a cell without a name) are told apart only where they are among the first and most frequent ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fileproc.quality import sql
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.checks.naming import code_of
from fileproc.quality.checks.row_shapes import row_code
from fileproc.quality.reading.source import Source

#: Details that are told apart for one check; the rest is one more, with its true total.
MOST_DETAILS = 20

#: Failing cells that are looked at to choose them.
LOOKED_AT = 2_000

#: Failing cells up to which the rows of the samples are kept during the scan; with more, they are fetched after it.
FEW = 20_000

#: Lines that a cause names.
FIRST = 10

#: A cell's beginning decides its form; what comes later is only longer.
SHAPED = 48

#: Parts that a file is cut into, to show where in it the failing rows lie.
PARTS = 40

#: Characters of a cell, and cells of a row, that anybody is shown.
LONGEST_CELL = 200
MOST_CELLS = 50

#: Checks of a list: the failing values themselves are told apart.
LISTS = ("enum", "invalidValues")


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
    named = _named(source, failed, rows, with_cells=bad <= FEW)
    known = _known(source, named) if bad > LOOKED_AT else None
    groups = []
    for row in source.connection.execute(_grouped(named, known, samples=samples, rows=rows)).fetchall():
        number, code, detail, count, first, last, records, picked, parts = row
        told = [(one["rn"], one["v"], list(one["cells"])) for one in picked][:samples]
        strip = [int(parts.get(part, 0)) for part in range(PARTS)]
        check = failed[number].id
        groups.append(ShapeGroup(check, detail, int(count), first, last, list(records), told, code, strip))
    return groups if bad <= FEW else _with_cells(source, groups)


def _with_cells(source: Source, groups: list[ShapeGroup]) -> list[ShapeGroup]:
    """The rows of the samples: where many cells fail they are mostly the first ones, so that the scan ends early."""
    wanted = sorted({record for group in groups for record, _, _ in group.samples})
    if not wanted:
        return groups
    records = ", ".join(map(str, wanted))
    query = (
        f"SELECT rn, {_cells(source)} FROM ({source.scan(numbered=True)}) WHERE rn IN ({records}) LIMIT {len(wanted)}"
    )
    rows = dict(source.connection.execute(query).fetchall())
    for one in groups:
        one.samples = [(record, cell, list(rows.get(record, []))) for record, cell, _ in one.samples]
    return groups


def _cells(source: Source) -> str:
    return sql.list_of([f"left({column.cell}, {LONGEST_CELL + 1})" for column in source.columns[:MOST_CELLS]])


def _named(source: Source, failed: Sequence[CellCheck], rows: int, *, with_cells: bool) -> str:
    """Failing cells one by one: number of the check, cell, its name, its detail, and the cells of its row."""
    entries = [
        f"CASE WHEN {check.bad} THEN {{'k': {place}, 'v': {check.shown}}} END" for place, check in enumerate(failed)
    ]
    cells = _cells(source) if with_cells else "CAST([] AS VARCHAR[])"
    anything = " OR ".join(f"({check.bad})" for check in failed)
    lists = ", ".join(str(place) for place, check in enumerate(failed) if check.type in LISTS) or "-1"
    return f"""
        SELECT rn, k, code, cells, left(v, {LONGEST_CELL + 1}) AS v,
               CASE WHEN v IS NULL THEN NULL WHEN k IN ({lists}) THEN left(v, {SHAPED})
                    WHEN code IS NULL THEN {_form("v")} END AS detail
        FROM (
            SELECT rn, cells, f.k AS k, f.v AS v,
                   coalesce(whole, CASE WHEN f.v IS NOT NULL THEN {code_of(failed, "f.k", "f.v")} END) AS code
            FROM (
                SELECT rn, cells, whole, unnest(entries) AS f
                FROM (
                    SELECT rn, {cells} AS cells, {row_code(source, failed, rows)} AS whole,
                           list_filter({sql.list_of(entries)}, lambda x: x IS NOT NULL) AS entries
                    FROM ({source.scan(numbered=True)}) WHERE {anything}
                )
            )
        )
    """


def _known(source: Source, named: str) -> list[tuple[int, str]]:
    """The most frequent details of each check among the first failing cells."""
    query = f"""
        SELECT k, detail FROM (SELECT k, detail FROM ({named}) LIMIT {LOOKED_AT}) WHERE detail IS NOT NULL
        GROUP BY k, detail QUALIFY row_number() OVER (PARTITION BY k ORDER BY count(*) DESC, detail) <= {MOST_DETAILS}
    """
    return source.connection.execute(query).fetchall()


def _grouped(named: str, known: list[tuple[int, str]] | None, *, samples: int, rows: int) -> str:
    most = max(1, samples)
    if known is None:
        detail = "detail"
    elif known:
        allowed = ", ".join(f"({number}, {sql.text(detail)})" for number, detail in known)
        detail = f"CASE WHEN (k, detail) IN ({allowed}) THEN detail END"
    else:
        detail = "CAST(NULL AS VARCHAR)"
    return f"""
        SELECT k, code, {detail} AS told, count(*) AS n, min(rn) AS first, max(rn) AS last, min(rn, {FIRST}) AS records,
               arg_min({{'rn': rn, 'v': v, 'cells': cells}}, rn, {most}) AS picked,
               histogram(least({PARTS - 1}, (rn - 1) * {PARTS} // {max(1, rows)})) AS parts
        FROM ({named}) GROUP BY ALL ORDER BY k, n DESC, first
    """


def _form(cell: str) -> str:
    """Runs of digits → 9, of capitals → A, of small letters → a."""
    text = f"left({cell}, {SHAPED})"
    for pattern, sign in (("[0-9]+", "9"), (r"\p{Lu}+", "A"), (r"[\p{Ll}\p{Lo}]+", "a")):
        text = f"regexp_replace({text}, {sql.text(pattern)}, {sql.text(sign)}, 'g')"
    return text
