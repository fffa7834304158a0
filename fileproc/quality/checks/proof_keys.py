"""Keys in the proof: each above the one before where the sample says so, else counted; equal ones only once."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from fileproc.quality import sql
from fileproc.quality.checks.aggregates import Aggregates
from fileproc.quality.checks.kinds import KeyCheck
from fileproc.quality.checks.sampling import Sampled, ascent, plain
from fileproc.quality.reading.source import Column


class ProofKeys:
    """`written_alike` are the columns (by number) whose values are as different as their texts, once proved."""

    def __init__(self, keys: list[KeyCheck], sampled: Sampled, *, written_alike: AbstractSet[int]) -> None:
        self._alike = written_alike
        self._ascending: dict[tuple[int, ...], str] = {}
        self._before: list[str] = []
        self._values: list[str] = []
        for key in keys:
            if key.id in sampled.ascending and _place(key) not in self._ascending:
                self._add(key)

    def _add(self, key: KeyCheck) -> None:
        prefix = f"k{len(self._ascending)}_"
        condition, before = ascent(len(key.columns), prefix)
        self._values += [f"{_value(column)} AS {prefix}{number}" for number, column in enumerate(key.columns)]
        self._before.append(before)
        self._ascending[_place(key)] = sql.count_if(condition)

    def relation(self, rows: str) -> str:
        """The rows, with the key of the row before where that is compared."""
        if not self._values:
            return rows
        return f"SELECT *, {', '.join(self._before)} FROM (SELECT *, {', '.join(self._values)} FROM ({rows}))"

    def expressions(self, key: KeyCheck) -> list[str]:
        """What is to be counted for a key."""
        if _place(key) in self._ascending:
            return [self._ascending[_place(key)]]
        return [_present(key), self._distinct(key)]

    def count(self, key: KeyCheck, sums: Aggregates, rows: int) -> tuple[int, int] | None:
        """(rows with a key, surplus rows), or None where that is not proved."""
        if _place(key) in self._ascending:
            whole = all(sums.number(f"count({column.cell})") == rows for column in key.columns)
            return (rows, 0) if whole and sums.number(self._ascending[_place(key)]) == max(0, rows - 1) else None
        present = sums.number(_present(key))
        return present, present - sums.number(self._distinct(key))

    def _distinct(self, key: KeyCheck) -> str:
        """Typed values take less room than texts; one value alone stays text, which the engine spills more readily."""
        if len(key.columns) == 1:
            return f"count(DISTINCT {key.columns[0].cell})"
        values = [_value(one) if one.number in self._alike and _is_exact(one) else one.cell for one in key.columns]
        return f"count(DISTINCT CASE WHEN {key.present} THEN ROW({', '.join(values)}) END)"


def _place(key: KeyCheck) -> tuple[int, ...]:
    return tuple(column.number for column in key.columns)


def _present(key: KeyCheck) -> str:
    return sql.count_if(key.present)


def _value(column: Column) -> str:
    """The value by its name in the scan: it is computed once, however many look at it."""
    return column.cell if plain(column) == column.cell else column.value


def _is_exact(column: Column) -> bool:
    """Floating-point values of different texts may be the same."""
    return column.value_type is not None and column.value_type.kind in ("integer", "date")
