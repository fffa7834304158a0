"""Failing cells one by one, each with its name, as a relation; cells that repeat themselves are named once.

Naming is the dear part where everything fails. So the first failing cells are named beforehand and remembered in a
table of bounded size: whoever of the rest is among them is not looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence

from fileproc.quality import sql
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.checks.naming import code_of
from fileproc.quality.checks.row_shapes import row_code
from fileproc.quality.reading.source import Source

#: Details that are told apart for one check; the rest is one more, with its true total.
MOST_DETAILS = 20

#: Failing cells that are looked at beforehand …
LOOKED_AT = 20_000

#: … and remembered where each stands for so many of them; else looking it up costs more than it spares.
WORTH_REMEMBERING = 2

#: A cell's beginning decides its form; what comes later is only longer.
SHAPED = 48

#: Characters of a cell, and cells of a row, that anybody is shown.
LONGEST_CELL = 200
MOST_CELLS = 50

#: Checks of a list: the failing values themselves are told apart.
LISTS = ("enum", "invalidValues")

TABLE = "failing_cells"


class FailingCells:
    """Of the checks in `failed`, whose places are their numbers. `rows` is how many rows were accepted."""

    def __init__(self, source: Source, failed: Sequence[CellCheck], rows: int) -> None:
        self._source = source
        self._failed = failed
        self._rows = rows
        self._remembered = False
        self._details: dict[int, list[str]] | None = None

    def look_ahead(self) -> None:
        """Name the first failing cells, and choose the most frequent details among them: only these are told apart."""
        connection = self._source.connection
        shown = f"CASE WHEN strlen(v) <= {LONGEST_CELL} THEN v END"
        first = f"SELECT k, {shown} AS v FROM ({self._unnamed(with_cells=False)}) LIMIT {LOOKED_AT}"
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE {TABLE} AS
            SELECT k, v, n, code, {self._detail(_form("v"))} AS detail
            FROM (SELECT k, v, n, {self._name()} AS code
                  FROM (SELECT k, v, count(*) AS n FROM ({first}) WHERE v IS NOT NULL GROUP BY ALL))
        """)
        different, all_of_them = connection.execute(f"SELECT count(*), sum(n) FROM {TABLE}").fetchall()[0]
        self._remembered = bool(different) and all_of_them >= WORTH_REMEMBERING * different
        self._details = {}
        for number, detail in connection.execute(f"""
            SELECT k, detail FROM {TABLE} WHERE detail IS NOT NULL GROUP BY k, detail
            QUALIFY row_number() OVER (PARTITION BY k ORDER BY sum(n) DESC, detail) <= {MOST_DETAILS}
        """).fetchall():
            self._details.setdefault(number, []).append(detail)

    def relation(self, *, with_cells: bool) -> str:
        """Query for `rn, k, code, detail, v, cells`; `cells` are those of the whole row, none where not asked for."""
        rows = self._unnamed(with_cells=with_cells)
        name, detail = self._name(), self._told(self._detail(_form("v")))
        if self._remembered:
            known = f"SELECT k AS known_k, v AS known_v, code AS known_code, {self._told('detail')} AS known_detail"
            rows = f"SELECT * FROM ({rows}) LEFT JOIN ({known} FROM {TABLE}) ON k = known_k AND v = known_v"
            name = f"CASE WHEN known_k IS NOT NULL THEN known_code ELSE {name} END"
            known_detail = f"CASE WHEN {self._is_list()} OR code IS NULL THEN known_detail END"
            detail = f"CASE WHEN known_k IS NOT NULL THEN {known_detail} ELSE {detail} END"
        return f"""
            SELECT rn, k, code, {detail} AS detail, left(v, {LONGEST_CELL + 1}) AS v, cells
            FROM (SELECT *, coalesce(whole, {name}) AS code FROM ({rows}))
        """

    def cells(self) -> str:
        """The cells of a row, as anybody is shown them."""
        columns = self._source.columns[:MOST_CELLS]
        return sql.list_of([f"left({column.cell}, {LONGEST_CELL + 1})" for column in columns])

    def shown(self) -> str:
        """The cell that each check is about."""
        return sql.list_of([f"left({check.shown}, {LONGEST_CELL + 1})" for check in self._failed])

    def _unnamed(self, *, with_cells: bool) -> str:
        """Query for `rn, cells, whole, k, v`: row, its cells and its name, number of the check, and the cell."""
        entries = [
            f"CASE WHEN {check.bad} THEN {{'k': {place}, 'v': {check.shown}}} END"
            for place, check in enumerate(self._failed)
        ]
        anything = " OR ".join(f"({check.bad})" for check in self._failed)
        return f"""
            SELECT rn, cells, whole, f.k AS k, f.v AS v
            FROM (
                SELECT rn, cells, whole, unnest(entries) AS f
                FROM (
                    SELECT rn, {self.cells() if with_cells else "CAST([] AS VARCHAR[])"} AS cells,
                           {row_code(self._source, self._failed, self._rows)} AS whole,
                           list_filter({sql.list_of(entries)}, lambda x: x IS NOT NULL) AS entries
                    FROM ({self._source.scan(numbered=True)}) WHERE {anything}
                )
            )
        """

    def _name(self) -> str:
        return f"CASE WHEN v IS NOT NULL THEN {code_of(self._failed, 'k', 'v')} END"

    def _is_list(self) -> str:
        lists = [str(place) for place, check in enumerate(self._failed) if check.type in LISTS]
        return f"k IN ({', '.join(lists)})" if lists else "false"

    def _detail(self, form: str) -> str:
        """The value of a list that it is not, or the form of a cell without a name."""
        value = f"WHEN {self._is_list()} THEN left(v, {SHAPED})"
        return f"CASE WHEN v IS NULL THEN NULL {value} WHEN code IS NULL THEN {form} END"

    def _told(self, detail: str) -> str:
        """Only the details that are told apart, where they have been chosen."""
        if self._details is None:
            return detail
        chosen = [
            f"WHEN {number} THEN CASE WHEN {detail} IN ({sql.texts(details)}) THEN {detail} END"
            for number, details in self._details.items()
        ]
        return f"CASE k {' '.join(chosen)} END" if chosen else "CAST(NULL AS VARCHAR)"


def _form(cell: str) -> str:
    """Runs of digits → 9, of capitals → A, of small letters → a."""
    text = f"left({cell}, {SHAPED})"
    for pattern, sign in (("[0-9]+", "9"), (r"\p{Lu}+", "A"), (r"[\p{Ll}\p{Lo}]+", "a")):
        text = f"regexp_replace({text}, {sql.text(pattern)}, {sql.text(sign)}, 'g')"
    return text
