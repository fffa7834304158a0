"""Verdicts: which records a contract rejects, as a table of the engine that spills, and never as a list in memory.

A record is rejected by a failing check of severity fail that is about rows: a cell, a key (the first row with a key
stays, those after it are surplus), a row of an SQL rule, a row of somebody else's check. A rule that allows some bad
rows and is broken rejects all of its bad rows. What is left must hold on its own, so rules about shares and references
into the file itself are held against the rows that remain, until nothing more falls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice
from typing import Any

import duckdb

from fileproc.domain.reports import CheckResult, Result, Severity
from fileproc.quality.checks.apart import rows_of
from fileproc.quality.checks.failing_cells import LISTS
from fileproc.quality.checks.judging import TELLING, meant
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Measures, Plan, PluginCheck
from fileproc.quality.checks.naming import code_of
from fileproc.quality.checks.row_shapes import row_code
from fileproc.quality.checks.shapes import AMBIGUOUS, words_for
from fileproc.quality.checks.words import holds
from fileproc.quality.contracts.contract import Match
from fileproc.quality.reading.source import Source
from fileproc.quality.split.fault import CannotSplit, Fault, Refused
from fileproc.quality.split.references import SelfReference, self_references

TABLE = "split_faults"
BATCH = 5_000

#: The number of no check: records that are rejected for how they are written, which is told by who reads them.
SPOILT = -1

#: So much of a cell tells which listed value was meant.
SHOWN = 60

#: Rounds after which references into the file itself must have come to rest.
MOST_ROUNDS = 100

RowCheck = CellCheck | KeyCheck | PluginCheck


@dataclass(slots=True)
class Verdicts:
    """The records of one source that are rejected. `prepare` asks the engine, `refused` tells them in order."""

    source: Source
    plan: Plan
    measures: Measures
    results: dict[str, CheckResult]
    match: Match
    _checks: list[RowCheck] = field(default_factory=list)
    _active: set[int] = field(default_factory=set)

    def prepare(self, spoilt: Iterator[int]) -> None:
        """Find every faulty record. Raises CannotSplit, and duckdb.Error for what the engine cannot do.

        `spoilt` are records that were read, and will be rejected all the same for how they are written.
        """
        everything: list[RowCheck] = [*self.plan.cells, *self.plan.keys, *self.plan.plugins]
        own = self_references(self.match, self.source, self.plan)
        followed = {reference.check.id for reference in own}
        self._checks = [check for check in everything if self._matters(check) or check.id in followed]
        self._active = {number for number, check in enumerate(self._checks) if self._failed(check)}
        columns = "rn BIGINT, k INTEGER, code VARCHAR, v VARCHAR"
        self.source.connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} ({columns})")
        self._note_cells([one for one in self._checks if isinstance(one, CellCheck)])  # they stand first
        for number, check in enumerate(self._checks):
            if isinstance(check, KeyCheck):
                self._note_surplus(number, check)
            elif isinstance(check, PluginCheck):
                self._note_plugin(number, check)
        if own or len(self._active) < len(self._checks):  # else it makes no difference which rows are left
            for batch in _batches(spoilt):
                self._insert(SPOILT, batch)
        self._settle(own)

    def refused(self) -> Iterator[Refused]:
        """Rejected records in the file's order, each with all of its faults."""
        tell = lru_cache(maxsize=4_096)(self._namer())
        query = f"SELECT rn, k, code, v FROM {TABLE} WHERE {self._is_active()} AND k <> {SPOILT} ORDER BY rn, k"
        for record, group in groupby(_rows(self.source.connection.execute(query)), key=lambda row: row[0]):
            yield Refused(int(record), tuple(tell(number, code, shown) for _, number, code, shown in group))

    def count(self) -> int:
        """How many records are rejected."""
        query = f"SELECT count(DISTINCT rn) FROM {TABLE} WHERE {self._is_active()}"
        return int(self.source.connection.execute(query).fetchall()[0][0])

    # which checks

    def _failed(self, check: RowCheck) -> bool:
        """It does not hold, and would without its bad rows: one that wants bad rows is not about them."""
        result = self.results.get(check.id)
        if check.severity is not Severity.FAIL or result is None or result.result is not Result.FAIL:
            return False
        return check.operator is None or holds(check.operator, 0.0)

    def _matters(self, check: RowCheck) -> bool:
        """It failed, or may fail when other rows are gone: a share of fewer rows is another share."""
        result = self.results.get(check.id)
        if check.severity is not Severity.FAIL or result is None or not result.failed:
            return False
        return self._failed(check) or (check.unit == "percent" if not isinstance(check, PluginCheck) else False)

    # noting faults

    def _note_cells(self, checks: list[CellCheck]) -> None:
        """All cells in one scan, each named as the report names it."""
        if not checks:
            return
        entries = [
            f"CASE WHEN {one.bad} THEN {{'k': {number}, 'v': {one.shown}}} END" for number, one in enumerate(checks)
        ]
        anything = " OR ".join(f"({check.bad})" for check in checks)
        lists = ", ".join(str(number) for number, one in enumerate(checks) if one.type in LISTS) or "-1"
        query = f"""
            INSERT INTO {TABLE}
            SELECT rn, k, code, CASE WHEN code IS NULL AND k IN ({lists}) THEN v[:{SHOWN}] END FROM (
                SELECT rn, f.k AS k, f.v AS v, coalesce(whole, CASE WHEN f.v IS NOT NULL THEN
                    {code_of(checks, "f.k", "f.v")} END) AS code
                FROM (SELECT rn, {row_code(self.source, checks, self.measures.rows)} AS whole,
                             unnest(list_filter([{", ".join(entries)}], lambda x: x IS NOT NULL)) AS f
                      FROM ({self.source.scan(numbered=True)}) WHERE {anything}))
        """
        self.source.connection.execute(query)

    def _note_surplus(self, number: int, key: KeyCheck) -> None:
        """All rows with a key but the first one of each."""
        query = f"""
            INSERT INTO {TABLE}
            WITH numbered AS (SELECT rn, {key.key} AS k FROM ({self.source.scan(numbered=True)})),
            twice AS (SELECT k, min(rn) AS original FROM numbered WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1)
            SELECT rn, {number}, NULL, NULL FROM numbered JOIN twice USING (k) WHERE rn > original
        """
        self.source.connection.execute(query)

    def _note_plugin(self, number: int, check: PluginCheck) -> None:
        """Somebody else's check is run once more, to know every row that it refuses."""
        try:
            for batch in _batches(bad.row.record for bad in check.plugin(rows_of(self.source), check.arguments)):
                self._insert(number, batch)
        except duckdb.Error:
            raise
        except Exception as error:
            # Somebody else's code: it ran before, and now it does not.
            raise CannotSplit(f"the check {check.id} raised {type(error).__name__} when asked again") from error

    def _insert(self, number: int, records: list[int]) -> None:
        query = f"INSERT INTO {TABLE} SELECT DISTINCT unnest($1::BIGINT[]), $2::INTEGER, NULL, NULL"
        self.source.connection.execute(query, [records, number])

    # what is left must hold

    def _settle(self, own: list[SelfReference]) -> None:
        for _ in range(MOST_ROUNDS):
            broken = [number for number in range(len(self._checks)) if not self._still_holds(number)]
            self._active.update(broken)
            fallen = sum(self._note_dangling(reference) for reference in own)
            if not broken and not fallen:
                return
        raise CannotSplit(f"rows refer to one another more than {MOST_ROUNDS} deep, so no end of the rejected is found")

    def _still_holds(self, number: int) -> bool:
        """Whether a rule about a share holds for the rows that are left; rows leave only, so counts can only fall."""
        check = self._checks[number]
        if number in self._active or isinstance(check, PluginCheck) or check.operator is None:
            return True
        query = f"""
            SELECT count(DISTINCT rn) FROM {TABLE}
            WHERE k = {number} AND rn NOT IN (SELECT rn FROM {TABLE} WHERE {self._is_active()})
        """
        bad = int(self.source.connection.execute(query).fetchall()[0][0])
        whole = self.measures.tested[check.id] if isinstance(check, KeyCheck) else self.measures.rows
        left = whole - self.count()  # for a key at least so many: rejected rows may have had none
        return not bad or (left > 0 and holds(check.operator, 100.0 * bad / left))

    def _note_dangling(self, reference: SelfReference) -> int:
        """Rows whose reference led to a row that is rejected by now."""
        number = self._checks.index(reference.check)
        self._active.add(number)
        before = self.count()
        reference.forget(f"SELECT rn FROM {TABLE} WHERE {self._is_active()}")
        query = f"""
            INSERT INTO {TABLE} SELECT rn, {number}, NULL, NULL
            FROM ({self.source.scan(numbered=True)})
            WHERE {reference.check.bad} AND rn NOT IN (SELECT rn FROM {TABLE} WHERE k = {number})
        """
        self.source.connection.execute(query)
        return self.count() - before

    def _is_active(self) -> str:
        return f"k IN ({', '.join(map(str, [SPOILT, *sorted(self._active)]))})"

    # telling

    def _namer(self) -> Callable[[int, str | None, str | None], Fault]:
        """What names a fault as the report does: some names only all cells of a check together tell."""
        query = f"SELECT DISTINCT k, code FROM {TABLE} WHERE code IS NOT NULL"
        seen = set(self.source.connection.execute(query).fetchall())
        told = {
            number: next((code for code in TELLING if (number, code) in seen), AMBIGUOUS)
            for number in range(len(self._checks))
        }
        return lambda number, code, shown: self._fault(number, told[number] if code == AMBIGUOUS else code, shown)

    def _fault(self, number: int, code: str | None, shown: str | None) -> Fault:
        check = self._checks[number]
        if isinstance(check, KeyCheck):
            names = ", ".join(column.name for column in check.columns)
            return Fault("duplicate", check.id, names, "remove the repeated rows")
        if isinstance(check, PluginCheck):
            return Fault("custom", check.id, check.column, "correct the rows")
        if code is None and shown and meant(shown, check.listed):
            code = "near_miss"
        code, _, fix = words_for(code, check.type)
        return Fault(code, check.id, check.where, fix)


def _batches(records: Iterable[int]) -> Iterator[list[int]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(BATCH):
        yield from batch
