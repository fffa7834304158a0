"""The proof: one cheaper scan that shows that nothing is wrong, for everything of which that is true.

Most files are good, and that a check holds everywhere costs less to show than to count where it does not. A column that
repeats itself is right when each of its different cells is; a range holds when the least and the greatest value are
inside; a number has the right form when it reads as the engine would write it; keys are unique when each is above the
one before. Whatever is not proved is left for the exact scan, so a proof never decides that something is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fileproc.quality.checks.aggregates import Aggregates
from fileproc.quality.checks.exact import ROWS, touched
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Measures, Plan
from fileproc.quality.checks.sampling import Sampled, ascent, plain
from fileproc.quality.checks.words import BOUNDS
from fileproc.quality.reading.source import Column, Source

#: Checks that hold between two values when they hold for both.
RANGES = {*BOUNDS, "format"}

TABLE = "proof"


@dataclass(slots=True)
class Proved:
    """The measures of what was proved, and the plan of what was not."""

    measures: Measures
    rest: Plan = field(default_factory=Plan)
    with_extras: bool = False  # the caller's own expressions could not be trusted


class ProofScan:
    """A scan that proves as much of a plan as it can. Valid for delimited text only: cells there are texts."""

    def __init__(self, source: Source, plan: Plan, sampled: Sampled, extras: Sequence[str]) -> None:
        self._source = source
        self._plan = plan
        self._sampled = sampled
        self._extras = [*extras]
        self._sums = Aggregates()
        self._keys = _Keys(plan.keys, sampled)
        self._forms = {column.number: form for column in source.columns if (form := _form(column, sampled))}
        self._witnesses = _Witnesses(source, sampled.scales)
        self._ask()

    def run(self) -> Proved:
        """Scan, and look at the witnesses. Raises duckdb.Error."""
        connection = self._source.connection
        self._sums.run(connection, self._keys.relation(self._source.scan(as_it_is=True)))
        held = self._witnesses.held(self._sums)
        proved = Proved(Measures(rows=self._sums.number(ROWS), failing_rows=0))
        wrong_types = {check.column.number for check in self._plan.cells
                       if check.type == "logicalType" and not self._holds(check, held, set())}  # fmt: skip
        for check in self._plan.cells:
            if self._holds(check, held, wrong_types):
                proved.measures.bad[check.id] = 0
                proved.measures.tested[check.id] = self._tested(check)
            else:
                proved.rest.cells.append(check)
        self._settle_keys(proved, bool(wrong_types))
        self._settle_rest(proved, bool(wrong_types))
        return proved

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

    def _ask_cell(self, check: CellCheck) -> None:
        if not _is_simple(check.tested):
            self._sums.add(check.tested)
        if _is_null_check(check):
            return
        if self._by_witness(check):
            for expression in self._witnesses.ask(check, all_of_them=self._repeats(check)):
                self._sums.add(expression)
        else:
            self._sums.add(self._direct(check))

    def _repeats(self, check: CellCheck) -> bool:
        return check.column.number in self._sampled.repeating

    def _by_witness(self, check: CellCheck) -> bool:
        if check.whole_row or check.column.derived or check.column.is_opened:
            return False
        return self._repeats(check) or _is_range(check, self._sampled)

    def _direct(self, check: CellCheck) -> str:
        """An aggregate that is the number of non-null cells, or of no bad ones, when all is well."""
        typed, column = check.column.value_type, check.column
        if check.type != "logicalType" or typed is None or typed.plain is None or column.derived:
            return f"count(*) FILTER ({check.bad})"
        # Typed values of this scan do not look at forms, so the form is looked at here.
        return f"count(*) FILTER ({self._forms.get(column.number, f'({typed.value}) IS NOT NULL')})"

    # answering

    def _holds(self, check: CellCheck, held: set[str], wrong_types: set[int]) -> bool:
        """Whether it is proved; what looks at typed values is only worth something when all types are right."""
        cells = self._sums.number(f"count({check.column.cell})") if not check.column.derived else 0
        if _is_null_check(check):
            return self._sums.number(ROWS) == cells
        leaning = check.column.number in wrong_types or (wrong_types and (check.whole_row or check.column.derived))
        if check.type != "logicalType" and leaning:
            return False
        if self._by_witness(check):
            return check.id in held
        direct = self._direct(check)
        wanted = cells if direct != f"count(*) FILTER ({check.bad})" else 0
        return self._sums.number(direct) == wanted

    def _tested(self, check: CellCheck) -> int:
        """All types being right, as many cells have a value as have a text."""
        if check.tested == ROWS:
            return self._sums.number(ROWS)
        if _is_simple(check.tested):
            return self._sums.number(f"count({check.column.cell})")
        return self._sums.number(check.tested)

    def _settle_keys(self, proved: Proved, wrong_types: bool) -> None:
        rows = self._sums.number(ROWS)
        for key in self._plan.keys:
            found = None if wrong_types else self._keys.count(key, self._sums, rows)
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
    if typed is None or column.derived or column.is_opened:
        return None
    if typed.kind == "number" and typed.plain is not None and column.number in sampled.scales:
        return f"TRY_CAST({column.cell} AS DECIMAL(18, {sampled.scales[column.number]}))::VARCHAR = {column.cell}"
    return typed.canonical


def _is_simple(tested: str) -> bool:
    return tested == ROWS or tested.startswith(("count(c", "count(v"))


def _is_null_check(check: CellCheck) -> bool:
    return check.bad == f"{check.column.cell} IS NULL" and not check.column.derived


def _is_range(check: CellCheck, sampled: Sampled) -> bool:
    typed = check.column.value_type
    if check.type == "precision":  # with as many digits behind the point everywhere, the longest are the outermost
        return check.column.number in sampled.scales
    return check.type in RANGES and typed is not None and not typed.is_text and typed.plain is not None


class _Witnesses:
    """Values that speak for a whole column: all different cells, or the least and the greatest value."""

    def __init__(self, source: Source, scales: dict[int, int]) -> None:
        self._source = source
        self._scales = scales
        self._cells: dict[int, list[CellCheck]] = {}
        self._ranges: dict[int, list[CellCheck]] = {}

    def ask(self, check: CellCheck, *, all_of_them: bool) -> list[str]:
        """The aggregates that bring the witnesses of this check."""
        column = check.column
        if all_of_them:
            self._cells.setdefault(column.number, []).append(check)
            return [f"list(DISTINCT {column.cell})"]
        self._ranges.setdefault(column.number, []).append(check)
        return [f"min({column.value})", f"max({column.value})"]

    def held(self, sums: Aggregates) -> set[str]:
        """The ids of checks against which no witness speaks. Raises duckdb.Error."""
        held: set[str] = set()
        for checks in self._cells.values():
            column = checks[0].column
            cells = sums.value(f"list(DISTINCT {column.cell})") or []
            held |= self._asked(checks, f"SELECT unnest($1::VARCHAR[]) AS {column.cell}", cells, typed=True)
        for checks in self._ranges.values():
            column = checks[0].column
            values = [sums.value(f"min({column.value})"), sums.value(f"max({column.value})")]
            kind = str(self._source.connection.execute("SELECT typeof($1)", [values[0]]).fetchall()[0][0])
            text = (
                f"CAST(w AS DECIMAL(18, {self._scales.get(column.number, 0)}))::VARCHAR" if kind == "DOUBLE" else "'x'"
            )
            rows = f"SELECT {text} AS {column.cell}, w AS {column.value} FROM (SELECT unnest($1::{kind}[]) AS w)"
            held |= self._asked(checks, rows, values, typed=False) if values[0] is not None else set()
        return held

    def _asked(self, checks: list[CellCheck], rows: str, values: list[object], *, typed: bool) -> set[str]:
        column = checks[0].column
        value = column.value_type
        if typed and value is not None and column.value != column.cell:
            rows = f"SELECT *, {value.value} AS {column.value} FROM ({rows})"
        counts = ", ".join(f"count(*) FILTER ({check.bad})" for check in checks)
        found = self._source.connection.execute(f"SELECT {counts} FROM ({rows})", [values]).fetchall()[0]
        return {check.id for check, count in zip(checks, found, strict=True) if not count}


class _Keys:
    """Keys in the scan: each above the one before where the sample says so, else counted; equal ones only once."""

    def __init__(self, keys: list[KeyCheck], sampled: Sampled) -> None:
        self._ascending: dict[tuple[int, ...], str] = {}
        self._before: list[str] = []
        self._values: list[str] = []
        for key in keys:
            if key.id in sampled.ascending:
                self._add(key)

    def _add(self, key: KeyCheck) -> None:
        place = tuple(column.number for column in key.columns)
        if place in self._ascending:
            return
        prefix = f"k{len(self._ascending)}_"
        condition, before = ascent(len(key.columns), prefix)
        self._values += [f"{plain(column)} AS {prefix}{number}" for number, column in enumerate(key.columns)]
        self._before.append(before)
        self._ascending[place] = f"count(*) FILTER ({condition})"

    def relation(self, scan: str) -> str:
        if not self._values:
            return scan
        return f"SELECT *, {', '.join(self._before)} FROM (SELECT *, {', '.join(self._values)} FROM ({scan}))"

    def expressions(self, key: KeyCheck) -> list[str]:
        place = tuple(column.number for column in key.columns)
        if place in self._ascending:
            return [self._ascending[place]]
        return [_present(key), _distinct(key)]

    def count(self, key: KeyCheck, sums: Aggregates, rows: int) -> tuple[int, int] | None:
        """(rows with a key, surplus rows), or None where that is not proved."""
        place = tuple(column.number for column in key.columns)
        if place in self._ascending:
            return (rows, 0) if sums.number(self._ascending[place]) == max(0, rows - 1) else None
        present = sums.number(_present(key))
        return present, present - sums.number(_distinct(key))


def _present(key: KeyCheck) -> str:
    return f"count(*) FILTER ({key.present})"


def _distinct(key: KeyCheck) -> str:
    """Typed values take less room than texts, and all being written in the same way they are as different."""
    values = [plain(column) for column in key.columns]
    one = values[0] if len(values) == 1 else f"CASE WHEN {key.present} THEN ROW({', '.join(values)}) END"
    return f"count(DISTINCT {one})"
