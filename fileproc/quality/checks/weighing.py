"""The weight of all cells, and whether any has a quote inside: with both, a reader knows that every byte was read.

A source that has no quote anywhere asks with an empty one: then only the weight is in question.

Bytes of a text are cells, delimiters, line ends and the quotes around cells. Where no cell has a quote in it and the
sum is right to the byte, there was no stray quote and no delimiter too many, and nobody need look for them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from fileproc.quality import sql
from fileproc.quality.checks.aggregates import Aggregates
from fileproc.quality.checks.exact import ROWS, touched
from fileproc.quality.checks.witnesses import Witnesses
from fileproc.quality.reading.source import Column, Source


class Weighing:
    """Asked for before the scan, answered after it. `formed` are columns (by number) that are proved by their form."""

    def __init__(self, source: Source, witnesses: Witnesses, formed: AbstractSet[int]) -> None:
        self._source = source
        self._witnesses = witnesses
        self._formed = formed

    def ask(self, sums: Aggregates) -> None:
        """The weight of every column, and a look at those whose cells nothing else proves."""
        if self._source.quote is None:
            return
        for column in self._source.columns:
            sums.add(_weight(column))
            if self._source.quote and column.number not in self._formed and not self._witnesses.has_asked(column):
                sums.add(self._quoted(column))

    def answer(self, sums: Aggregates, wrong_types: AbstractSet[int]) -> None:
        """Tell the source."""
        columns, quote = self._source.columns, self._source.quote
        if quote is None or (quote and not all(self._is_without(one, sums, quote, wrong_types) for one in columns)):
            return
        self._source.weighed = sum(sums.number(_weight(column)) for column in columns)
        rows = sums.number(ROWS)
        self._source.is_filled = any(sums.number(touched(self._source, column.cell)) == rows for column in columns)

    def _is_without(self, column: Column, sums: Aggregates, quote: str, wrong_types: AbstractSet[int]) -> bool:
        if column.number in self._formed:
            return column.number not in wrong_types
        if self._witnesses.has_asked(column):
            return self._witnesses.are_without(column, quote)
        return sums.number(self._quoted(column)) == 0

    def _quoted(self, column: Column) -> str:
        return sql.count_if(f"contains({column.cell}, {sql.text(self._source.quote or '')})")


def _weight(column: Column) -> str:
    return f"sum(strlen({column.cell}))"
