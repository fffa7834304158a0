"""SQL rules: one read-only SELECT about the file, folded into the one scan wherever that is possible.

A rule that counts rows (`SELECT count(*) FROM {object} WHERE …`, at most so many) is a check of rows, whose lines are
told as those of any other. Everything else is a number: compared, and told. Rules that cannot be folded are run after
the scan, one by one, with a time limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb

from fileproc.quality.checks.kinds import CellCheck, Judgement, MeasureCheck, dimension_of
from fileproc.quality.checks.planner import Planner
from fileproc.quality.checks.words import holds, in_words, operand_problem
from fileproc.quality.contracts.contract import Operator, QualityRule, SchemaObject
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.sql_tree import (
    ENGINE_TYPES,
    Folded,
    Refused,
    Tree,
    check_tables,
    column_names,
    fold,
    function_names,
    parse,
    resolved,
)

#: Operators for which a count of rows means that those rows are bad.
BAD_ROWS = ("mustBeLessThan", "mustBeLessOrEqualTo")

#: What most rules use. The engine is asked about others only, for its list of functions is slow to make.
USUAL_AGGREGATES = frozenset({"count_star", "count", "sum", "min", "max", "avg"})

_known_aggregates: frozenset[str] = frozenset()


def plan_sql(planner: Planner, rule: QualityRule, column: Column | None) -> None:
    """One SQL rule as a check: of rows, of a number in the scan, or of a number on its own."""
    name = None if column is None else column.name
    if rule.operator is None:
        planner.skip(rule.id, "sql", name, "the rule has no operator, such as mustBe: 0")
        return
    problem = operand_problem(rule.operator)
    if problem is not None:
        planner.skip(rule.id, "sql", name, problem)
        return
    connection = planner.source.connection
    table = planner.schema.name
    try:
        query = resolved(rule.query or "", table, name)
        tree = parse(connection, query)
        check_tables(tree, {table, planner.schema.physical_name or table})
        missing = _missing(planner, tree)
        folded = None if missing else _folded(planner, tree)
    except Refused as error:
        planner.error(rule.id, "sql", name, f"the SQL rule is not run: {error}")
        return
    if missing:
        planner.skip(rule.id, "sql", name, f"the column {missing[0]!r} is missing")
    elif folded is not None and folded.rows is not None and _means_bad_rows(rule):
        check = _row_check(planner, rule, folded, column)
        planner.plan.cells.append(check)
        planner.plan.apart.append(_measure(check.id, rule, query, None, name))
    else:
        planner.plan.measures.append(_measure(planner.id(rule.id), rule, query, folded, name))


def _missing(planner: Planner, tree: Tree) -> list[str]:
    """Agreed columns that the query names and the file lacks: that is the file's fault, and told as such already."""
    named = {name.casefold() for name in column_names(tree)}
    there = columns_of_source(planner.source, planner.schema)
    agreed = [prop for prop in planner.schema.properties if prop.column not in planner.by_name]
    return [prop.column for prop in agreed if {prop.name.casefold(), prop.column.casefold()} & named - set(there)]


def columns_of_source(source: Source, schema: SchemaObject) -> dict[str, str]:
    """Column names in small letters, as SQL compares them → the expression in the scan: typed where a type is."""
    found: dict[str, str] = {}
    by_name = {column.name: column for column in source.columns}
    for column in source.columns:
        found.setdefault(column.name.casefold(), column.value)
    for prop in schema.properties:
        if prop.column in by_name:
            found.setdefault(prop.name.casefold(), by_name[prop.column].value)
    return found


def _folded(planner: Planner, tree: Tree) -> Folded | None:
    """Only what the engine accepts as part of a scan: a rule must never keep the others from being run."""
    connection = planner.source.connection
    found = fold(connection, tree, columns_of_source(planner.source, planner.schema), _aggregates(connection, tree))
    if found is None:
        return None
    try:
        connection.execute(f"EXPLAIN SELECT {found.expression} FROM ({_empty(planner.source)})").fetchall()
    except duckdb.Error:
        return None
    return found


def _empty(source: Source) -> str:
    """The columns of a scan without any rows: enough to ask whether an expression means anything, and cheap."""
    if source.kind != "csv" or source.fields:
        return source.scan()
    cells = [f"NULL::VARCHAR AS {column.cell}" for column in source.columns]
    cells += [
        f"NULL::{ENGINE_TYPES.get(column.value_type.kind, 'VARCHAR')} AS {column.value}"
        for column in source.columns
        if column.value_type is not None and column.value != column.cell
    ]
    return f"SELECT {', '.join(cells)}"


def _aggregates(connection: duckdb.DuckDBPyConnection, tree: Tree) -> frozenset[str]:
    """The usual ones, or the engine's own list where a query has others; it is the same for every connection."""
    global _known_aggregates
    if function_names(tree) <= USUAL_AGGREGATES:
        return USUAL_AGGREGATES
    if not _known_aggregates:
        query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
        _known_aggregates = frozenset(str(row[0]) for row in connection.execute(query).fetchall())
    return _known_aggregates


def _means_bad_rows(rule: QualityRule) -> bool:
    operator = rule.operator
    if operator is None or isinstance(operator.value, bool) or not isinstance(operator.value, int | float):
        return False
    return operator.name in BAD_ROWS or (operator.name == "mustBe" and operator.value == 0)


def _row_check(planner: Planner, rule: QualityRule, folded: Folded, column: Column | None) -> CellCheck:
    """The rows that are counted are the bad ones; the first column of the condition is shown."""
    named = [one for one in planner.source.columns if one.name.casefold() in folded.columns]
    shown = column or (named[0] if named else planner.source.columns[0])
    agreed = rule.description or f"no row with {folded.rows}"
    words = {one.value: one.name for one in planner.source.columns}
    return CellCheck(
        id=planner.id(rule.id),
        type="sql",
        column=shown,
        severity=rule.severity,
        bad=f"({folded.rows})",
        agreed=_named(agreed, words),
        tested="count(*)",
        masked=any(planner.is_masked(one) for one in named or [shown]),
        operator=rule.operator,
        dimension=rule.dimension or dimension_of("sql"),
        shown=shown.cell,
        whole_row=True,
    )


def _named(text: str, words: dict[str, str]) -> str:
    """The scan's own names back as the names of columns."""
    return re.sub(r"\b[cv]\d+\b", lambda found: words.get(found[0], found[0]), text)[:300]


def _measure(check_id: str, rule: QualityRule, query: str, folded: Folded | None, column: str | None) -> MeasureCheck:
    operator = rule.operator or Operator("mustBe", 0)
    return MeasureCheck(
        check_id,
        "sql",
        rule.severity,
        judge_with(operator),
        expected=in_words(operator),
        title=rule.description or f"the SQL rule {rule.id} does not hold",
        fix="correct the rows that the query looks at",
        code="sql_rule",
        expression=folded.expression if folded else None,
        query=query,
        column=column,
        dimension=rule.dimension or dimension_of("sql"),
    )


def judge_with(operator: Operator) -> Callable[[Any], Judgement]:
    """Null is no answer, and a text cannot be compared with a number: both are errors, not failures."""

    def judge(value: Any) -> Judgement:
        if value is None:
            return Judgement(None, "", "the query's result is null, so there is nothing to compare")
        measured = float(value) if isinstance(value, Decimal) else value
        if not isinstance(measured, bool | int | float | str):
            measured = str(measured)
        try:
            return Judgement(holds(operator, measured), str(measured)[:200])
        except TypeError:
            return Judgement(None, "", f"{measured!r:.60} cannot be compared with {operator.value!r:.60}")

    return judge
