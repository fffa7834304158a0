"""SQL rules: would the engine run them, and do they fit the columns that were agreed?

The engine itself is asked, over a table without rows that has the contract's columns; nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from fileproc.quality import sql
from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_walk import mappings, scalar
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.database import idle
from fileproc.quality.sql_tree import ENGINE_TYPES, Refused, check_tables, parse, resolved

#: Wider tables are not built to look at a query.
MOST_COLUMNS = 2_000


def sql_findings(rule: Place, schema: Place, prop: Place | None) -> Iterator[LintFinding]:
    """Findings about the query of one rule."""
    query = scalar(rule, "query")
    if query is None:
        return
    mark = rule.document.value_mark((*rule.path, "query"))
    table, column = scalar(schema, "name") or "rows", None if prop is None else _column(prop)
    names = {table, scalar(schema, "physicalName") or table}
    try:
        text = resolved(query, table, column)
        check_tables(parse(idle(), text), names)
    except Refused as error:
        fix = "write one SELECT FROM {object} that gives one number"
        yield finding("FPC417", mark, f"the query is refused: {shown(str(error))[1:-1]}", fix)
        return
    wrong = _does_not_fit(text, names, schema)
    if wrong is not None:
        yield finding(
            "FPC418", mark, f"the query does not fit the columns: {wrong}", "name columns as the contract does"
        )


def _column(prop: Place) -> str:
    return scalar(prop, "physicalName") or scalar(prop, "name") or "column"


def _does_not_fit(query: str, tables: set[str], schema: Place) -> str | None:
    """What the engine says against it, in a few words."""
    columns = _columns(schema)
    if not columns or len(columns) > MOST_COLUMNS:
        return None
    view = ", ".join(f"NULL::{type_} AS {sql.name(name)}" for name, type_ in columns.items())
    connection = idle().cursor()
    try:
        for table in tables:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {sql.name(table)} AS SELECT {view}")
        connection.execute(f"EXPLAIN {query}").fetchall()
    except duckdb.Error as error:
        return shown(str(error).splitlines()[0].partition("Error: ")[2] or str(error))[1:-1]
    finally:
        connection.close()
    return None


def _columns(schema: Place) -> dict[str, str]:
    """Names as SQL compares them → the engine's types, as a rule sees them when it is run."""
    found: dict[str, str] = {}
    for prop in mappings(schema, "properties"):
        type_ = ENGINE_TYPES.get((scalar(prop, "logicalType") or "").lower(), "VARCHAR")
        for name in (_column(prop), scalar(prop, "name")):
            if name is not None:
                found.setdefault(name.casefold(), type_)
    return found
