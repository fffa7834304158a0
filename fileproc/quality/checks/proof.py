"""The proof: one cheaper scan that shows that nothing is wrong, for everything of which that is true.

Most files are good, and that a check holds everywhere costs less to show than to count where it does not. A column that
repeats itself is right when each of its different cells is; a range holds when the least and the greatest value are
inside; a number has the right form when it reads as the engine would write it; keys are unique when each is above the
one before. Whatever is not proved is left for the exact scan, so a proof never decides that something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from fileproc.quality import sql
from fileproc.quality.checks.aggregates import Aggregates
from fileproc.quality.checks.exact import ROWS, touched
from fileproc.quality.checks.kinds import CellCheck, Measures, Plan
from fileproc.quality.checks.proof_keys import ProofKeys
from fileproc.quality.checks.sampling import Sampled, plain
from fileproc.quality.checks.weighing import Weighing
from fileproc.quality.checks.witnesses import Witnesses
from fileproc.quality.checks.words import BOUNDS
from fileproc.quality.reading.source import Column, Source

#: Checks that hold between two values when they hold for both.
RANGES = {*BOUNDS, "format"}

#: A comparison of two typed values and nothing else.
COMPARISON = re.compile(r"\(*v(\d+) (?:<|<=|>|>=|=|<>|!=) v(\d+)\)*")

#: As text, dates are in order when all of them are this long.
DATE_LENGTH = 10


@dataclass(slots=True)
class Proved:
    """The measures of what was proved, and the plan of what was not."""

    measures: Measures
    rest: Plan = field(default_factory=Plan)
    with_extras: bool = False  # the caller's own expressions could not be trusted


class ProofScan:
    """A scan that proves as much of a plan as it can. Valid for delimited text only: cells there are texts.

    Typed values of this scan do not look at the form of their text; the forms are looked at beside them. `d{n}` are
    numbers as decimals, where all of them seem to have the same number of digits behind the point.
    """

    def __init__(self, source: Source, plan: Plan, sampled: Sampled, extras: Sequence[str]) -> None:
        self._source = source
        self._plan = plan
        self._sampled = sampled
        self._extras = [*extras]
        self._sums = Aggregates()
        self._forms = {column.number: form for column in source.columns if (form := _form(column, sampled))}
        typed = {check.column.number for check in plan.cells if check.type == "logicalType"}
        self._keys = ProofKeys(plan.keys, sampled, written_alike=typed & self._forms.keys())
        self._witnesses = Witnesses(source, sampled)
        asked_directly = {check.column.number for check in plan.cells
                          if check.type == "logicalType" and not self._by_witness(check)}  # fmt: skip
        self._weighing = Weighing(source, self._witnesses, self._forms.keys() & asked_directly)
        self._ask()

    def run(self) -> Proved:
        """Scan, and look at the witnesses. Raises duckdb.Error."""
        self._sums.run(self._source.connection, self._relation())
        self._witnesses.hear(self._sums)
        proved = Proved(Measures(rows=self._sums.number(ROWS), failing_rows=0))
        wrong_types = {check.column.number for check in self._plan.cells
                       if check.type == "logicalType" and not self._holds(check, set())}  # fmt: skip
        self._weighing.answer(self._sums, wrong_types)
        for check in self._plan.cells:
            if self._holds(check, wrong_types):
                proved.measures.bad[check.id] = 0
                proved.measures.tested[check.id] = self._tested(check)
            else:
                proved.rest.cells.append(check)
        self._settle_keys(proved, wrong_types)
        self._settle_rest(proved, bool(wrong_types))
        return proved

    def _relation(self) -> str:
        columns = self._source.columns
        rows = self._source.scan(instead={column.number: plain(column) for column in columns})
        decimals = [
            f"TRY_CAST({column.cell} AS DECIMAL(18, {self._sampled.scales[column.number]})) AS d{column.number}"
            for column in columns
            if column.number in self._sampled.scales
        ]
        rows = f"SELECT *, {', '.join(decimals)} FROM ({rows})" if decimals else rows
        return self._keys.relation(rows)

    # asking

    def _ask(self) -> None:
        self._sums.add(ROWS)
        for column in self._source.columns:
            self._sums.add(touched(self._source, column.cell))
        for check in self._plan.cells:
            self._ask_cell(check)
        for key in self._plan.keys:
            for expression in self._keys.expressions(key):
                self._sums.add(expression)
        for expression in (*(one.expression for one in self._plan.measures if one.expression), *self._extras):
            self._sums.add(expression)
        self._weighing.ask(self._sums)

    def _ask_cell(self, check: CellCheck) -> None:
        if not _is_simple(check.tested):
            self._sums.add(check.tested)
        if _is_null_check(check):
            return
        if self._by_witness(check):
            for expression in self._witnesses.ask(check):
                self._sums.add(expression)
        else:
            self._sums.add(self._direct(check))

    def _by_witness(self, check: CellCheck) -> bool:
        if check.whole_row or check.column.derived or check.column.is_opened:
            return False
        return check.column.number in self._sampled.repeating or _is_range(check, self._sampled)

    def _direct(self, check: CellCheck) -> str:
        """An aggregate that is the number of non-null cells, or of no bad ones, when all is well."""
        typed, column = check.column.value_type, check.column
        if check.type == "logicalType" and typed is not None and typed.plain is not None and not column.derived:
            return sql.count_if(self._forms.get(column.number, f"({typed.value}) IS NOT NULL"))
        dates = self._dates(check)
        return sql.count_if(_on_cells(check.bad) if dates else check.bad)

    def _dates(self, check: CellCheck) -> list[Column]:
        """The dates that a check compares with one another: they are in order as texts, where all are as long."""
        found = COMPARISON.fullmatch(check.bad)
        if found is None or not check.whole_row:
            return []
        columns = [one for one in self._source.columns if str(one.number) in found.groups()]
        return columns if all(self._witnesses.knows(one) and _is_plain_date(one) for one in columns) else []

    # answering

    def _holds(self, check: CellCheck, wrong_types: set[int]) -> bool:
        """Whether it is proved; what looks at typed values is only worth something when all types are right."""
        cells = self._sums.number(f"count({check.column.cell})") if not check.column.derived else 0
        if _is_null_check(check):
            return self._sums.number(ROWS) == cells
        leaning = check.column.number in wrong_types or (wrong_types and (check.whole_row or check.column.derived))
        if check.type != "logicalType" and leaning:
            return False
        if self._by_witness(check):
            return self._witnesses.speak_for(check)
        if not all(self._witnesses.are_long(column, DATE_LENGTH) for column in self._dates(check)):
            return False
        direct = self._direct(check)
        wanted = cells if check.type == "logicalType" and direct != sql.count_if(check.bad) else 0
        return self._sums.number(direct) == wanted

    def _tested(self, check: CellCheck) -> int:
        """All types being right, as many cells have a value as have a text."""
        if check.tested == ROWS:
            return self._sums.number(ROWS)
        if _is_simple(check.tested):
            return self._sums.number(f"count({check.column.cell})")
        return self._sums.number(check.tested)

    def _settle_keys(self, proved: Proved, wrong_types: set[int]) -> None:
        """A key of other columns than those with wrong types is none the worse for them."""
        rows = self._sums.number(ROWS)
        for key in self._plan.keys:
            doubtful = any(column.number in wrong_types or (wrong_types and column.derived) for column in key.columns)
            found = None if doubtful else self._keys.count(key, self._sums, rows)
            if found is None:
                proved.rest.keys.append(key)
            else:
                proved.measures.tested[key.id], proved.measures.bad[key.id] = found

    def _settle_rest(self, proved: Proved, wrong_types: bool) -> None:
        measured = [one for one in self._plan.measures if one.expression is not None]
        if wrong_types:
            proved.rest.measures += measured
            proved.with_extras = bool(self._extras)
            return
        for one in measured:
            proved.measures.values[one.id] = self._sums.value(one.expression or "")
        proved.measures.extras = self._sums.values(self._extras)


def _form(column: Column, sampled: Sampled) -> str | None:
    """True for a cell whose text is what the engine would write, and so is of its type without looking any closer."""
    typed = column.value_type
    if typed is None or typed.plain is None or column.derived or column.is_opened:
        return None
    if column.number in sampled.scales:
        return f"d{column.number}::VARCHAR = {column.cell}"
    # By its name the value is computed once, however many look at it.
    return typed.canonical and typed.canonical.replace(typed.plain, column.value)


def _on_cells(comparison: str) -> str:
    return re.sub(r"\bv(\d+)\b", r"c\1", comparison)


def _is_plain_date(column: Column) -> bool:
    typed = column.value_type
    return typed is not None and typed.kind == "date" and typed.canonical is not None


def _is_simple(tested: str) -> bool:
    return tested == ROWS or tested.startswith(("count(c", "count(v"))


def _is_null_check(check: CellCheck) -> bool:
    return check.bad == f"{check.column.cell} IS NULL" and not check.column.derived


def _is_range(check: CellCheck, sampled: Sampled) -> bool:
    typed = check.column.value_type
    if check.type == "precision":  # with as many digits behind the point everywhere, the longest are the outermost
        return check.column.number in sampled.scales
    return check.type in RANGES and typed is not None and not typed.is_text and typed.plain is not None
