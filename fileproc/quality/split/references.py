"""References into the file itself: when a row is rejected, rows that refer to it have nothing left to refer to."""

from __future__ import annotations

from dataclasses import dataclass

from fileproc.domain.reports import Severity
from fileproc.quality.checks.kinds import CellCheck, Plan
from fileproc.quality.contracts.contract import Match, Relationship
from fileproc.quality.reading.source import Column, Source


@dataclass(frozen=True, slots=True)
class SelfReference:
    """A check whose keys are those of the same file, in a table of the engine."""

    check: CellCheck
    source: Source
    table: str
    target: tuple[Column, ...]

    def forget(self, rejected: str) -> None:
        """Take out the keys that only rejected rows have; `rejected` is a query of their numbers."""
        cells = [column.cell for column in self.target]
        key = cells[0] if len(cells) == 1 else f"ROW({', '.join(cells)})"
        present = " AND ".join(f"{cell} IS NOT NULL" for cell in cells)
        query = f"""
            CREATE OR REPLACE TEMP TABLE {self.table} AS SELECT DISTINCT {key} AS k
            FROM ({self.source.scan(numbered=True)}) WHERE {present} AND rn NOT IN ({rejected})
        """
        self.source.connection.execute(query)


def self_references(match: Match, source: Source, plan: Plan) -> list[SelfReference]:
    """The checks of a plan that refer to the file's own rows."""
    schema = match.schema
    relations = [*schema.relationships, *(one for prop in schema.properties for one in prop.relationships)]
    own = {f"{one.id}.relationship": one for one in relations if one.to_object == schema.name}
    found = []
    for check in plan.cells:
        relation = own.get(check.id)
        table = next((name for name in source.tables if check.bad.endswith(f"FROM {name})")), None)
        if relation is not None and table is not None and check.severity is Severity.FAIL:
            found.append(SelfReference(check, source, table, _columns(relation, match, source)))
    return found


def _columns(relation: Relationship, match: Match, source: Source) -> tuple[Column, ...]:
    by_name = {column.name: column for column in source.columns}
    called = {prop.name: prop.column for prop in match.schema.properties}
    return tuple(by_name[called.get(name, name)] for name in relation.to)
