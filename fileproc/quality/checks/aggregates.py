"""The select list of a scan: every aggregate once, however many checks ask for it, and the way back to its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


class Aggregates:
    """Expressions that one query computes. `add` gives a ticket; `run` computes; `value` pays it out."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._row: tuple[Any, ...] = ()

    def add(self, expression: str) -> str:
        """Ask for an aggregate; asking twice costs nothing."""
        self._places.setdefault(expression, len(self._places))
        return expression

    def select(self, relation: str) -> str:
        """The query."""
        return f"SELECT {', '.join(self._places)} FROM ({relation})"

    def run(self, connection: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Compute all. Raises duckdb.Error."""
        self._row = connection.execute(self.select(relation)).fetchall()[0]

    def value(self, expression: str) -> Any:
        """What it came to."""
        return self._row[self._places[expression]]

    def number(self, expression: str) -> int:
        """What it came to, as a count."""
        return int(self.value(expression) or 0)

    def values(self, expressions: Sequence[str]) -> tuple[Any, ...]:
        return tuple(self.value(expression) for expression in expressions)
