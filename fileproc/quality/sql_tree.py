"""SQL rules as the engine's own syntax tree: what they may touch, and how they fold into the one scan.

The engine parses (`json_serialize_sql`), so what is judged is what would run. Nothing is found by searching in text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from fileproc.quality import sql

#: What a FROM clause may hold besides tables that are known.
SOURCES = {"SUBQUERY", "JOIN", "EMPTY", "EMPTY_FROM", "EXPRESSION_LIST", "VALUES"}
TABLE_FUNCTIONS = {"unnest", "range", "generate_series"}

#: Functions that ask about the machine instead of the file, wait, or leave something behind.
REFUSED_FUNCTIONS = {
    "current_setting", "current_query", "getenv", "getvariable", "which_secret", "user_agent", "stats", "nextval",
    "currval", "setval", "setseed", "sleep_ms", "write_log",
}  # fmt: skip

OBJECT_WORDS = "object|table|model|schema|dataset"
QUALIFIER = re.compile(r"\$?\{(?:schema|dataset|catalog|database)\}\s*\.\s*", re.IGNORECASE)
OBJECT = re.compile(rf"\$?\{{(?:{OBJECT_WORDS}|catalog|database)\}}", re.IGNORECASE)
PROPERTY = re.compile(r"\$?\{(?:property|column|field)\}", re.IGNORECASE)

#: Kind of value → the engine's type for it in delimited text.
ENGINE_TYPES = {
    "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMPTZ",
    "time": "TIME",
}  # fmt: skip

#: Text of a rule that is longer is no rule.
LONGEST = 20_000
DEEPEST = 100


class Refused(Exception):
    """A query that is not run; the message says why."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One SELECT statement."""

    document: dict[str, Any]

    @property
    def node(self) -> dict[str, Any]:
        node: dict[str, Any] = self.document["statements"][0]["node"]
        return node


def resolved(query: str, table: str, column: str | None) -> str:
    """Placeholders of every age as quoted names. Raises Refused."""
    if not query.strip():
        raise Refused("the query is missing")
    query = OBJECT.sub(lambda _: sql.name(table), QUALIFIER.sub("", query))
    if PROPERTY.search(query) and column is None:
        raise Refused("{property} means nothing in a rule of a schema object")
    return PROPERTY.sub(lambda _: sql.name(column or ""), query).strip().rstrip(";")


def parse(connection: duckdb.DuckDBPyConnection, query: str) -> Tree:
    """Exactly one SELECT. Raises Refused for everything else."""
    if len(query) > LONGEST:
        raise Refused(f"the query is longer than {LONGEST:,} characters")
    try:
        row = connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [query]).fetchone()
        document = json.loads(row[0]) if row else {}
    except (duckdb.Error, RecursionError, ValueError) as error:
        raise Refused(f"the query cannot be read: {str(error).splitlines()[0][:200]}") from error
    if document.get("error"):
        what = str(document.get("error_message", "")).splitlines()[0][:200]
        raise Refused("only SELECT is run" if "Only SELECT" in what else f"the query cannot be read: {what}")
    if len(document["statements"]) != 1:
        raise Refused(f"one SELECT is run, not {len(document['statements'])} statements")
    return Tree(document)


def check_tables(tree: Tree, known: set[str]) -> None:
    """No table but the file itself, and no function that reaches for anything else. Raises Refused."""
    names = {name.casefold() for name in known} | {name.casefold() for name in _common_tables(tree.document)}
    for node in walk(tree.document):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            name = str(node.get("table_name", ""))
            if name.casefold() not in names or node.get("schema_name") or node.get("catalog_name"):
                raise Refused(f"the table {name[:60]!r} is not known; the file is {{object}} or {sorted(known)[0]!r}")
        elif kind == "TABLE_FUNCTION":
            function = str(node.get("function", {}).get("function_name", "")).casefold()
            if function not in TABLE_FUNCTIONS:
                raise Refused(f"the table function {function[:60]}() is not allowed")
        elif node.get("class") == "FUNCTION" and str(node.get("function_name")).casefold() in REFUSED_FUNCTIONS:
            raise Refused(f"the function {str(node.get('function_name'))[:60]}() is not allowed")
        elif _is_source(node) and kind not in SOURCES:
            raise Refused(f"{str(kind).lower()[:40]} is not allowed in FROM")


def column_names(tree: Tree) -> Iterator[str]:
    """The last part of every name of a column in a query."""
    for node in walk(tree.document):
        if node.get("class") == "COLUMN_REF" and node.get("column_names"):
            yield str(node["column_names"][-1])


def _is_source(node: dict[str, Any]) -> bool:
    return "query_location" in node and "class" not in node and "sample" in node and "alias" in node


def _common_tables(document: Any) -> Iterator[str]:
    """Names that WITH gives."""
    for node in walk(document):
        entries = node.get("cte_map")
        if isinstance(entries, dict):
            for entry in entries.get("map") or []:
                yield str(entry.get("key", ""))


def walk(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every mapping in a tree. Raises Refused for trees too deep to be a rule."""
    if depth > DEEPEST * 4:
        raise Refused("the query is nested too deeply")
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, depth + 1)


@dataclass(frozen=True, slots=True)
class Folded:
    """A query as one aggregate expression of the scan; `rows` is the condition, where it just counts rows."""

    expression: str
    rows: str | None
    columns: tuple[str, ...]


def fold(
    connection: duckdb.DuckDBPyConnection, tree: Tree, expressions: dict[str, str], aggregates: frozenset[str]
) -> Folded | None:
    """The query as part of the one scan, or None where it needs one of its own.

    `expressions` are what the column names (in small letters) stand for in the scan.
    """
    node = tree.node
    if not _is_plain(node):
        return None
    chosen, condition = node["select_list"][0], node.get("where_clause")
    used = _replace_columns([chosen, condition], expressions)
    if used is None:
        return None
    found = [one for one in walk(chosen) if _is_aggregate(one, aggregates)]
    if not found:
        return None
    rows = None
    if chosen.get("function_name") == "count_star" and condition is not None and chosen.get("filter") is None:
        rows = _text(connection, tree, condition)
    for one in found:
        one["filter"] = _and(one.get("filter"), condition)
    chosen["alias"] = ""
    return Folded(_text(connection, tree, chosen), rows, tuple(used))


def _is_plain(node: dict[str, Any]) -> bool:
    """SELECT one expression FROM the file [WHERE …], and nothing else."""
    if node.get("type") != "SELECT_NODE" or len(node.get("select_list", [])) != 1:
        return False
    empty = ("modifiers", "group_expressions", "group_sets", "having", "sample", "qualify")
    if any(node.get(key) for key in empty) or (node.get("cte_map") or {}).get("map"):
        return False
    table = node.get("from_table", {})
    if table.get("type") != "BASE_TABLE" or table.get("sample") or table.get("column_name_alias"):
        return False
    parts = [*walk(node["select_list"]), *walk(node.get("where_clause"))]
    return not any(part.get("class") in ("SUBQUERY", "WINDOW", "STAR", "LAMBDA") for part in parts)


def _replace_columns(parts: list[Any], expressions: dict[str, str]) -> list[str] | None:
    """Column names → the scan's own names; None when one is not known."""
    used: list[str] = []
    for part in walk(parts):
        if part.get("class") != "COLUMN_REF":
            continue
        name = str(part["column_names"][-1]).casefold()
        if len(part["column_names"]) > 2 or name not in expressions:
            return None
        used.append(name)
        part["column_names"] = [expressions[name]]
    return used


def function_names(tree: Tree) -> set[str]:
    """The functions that a query calls; operators, which have no letters, are none."""
    functions = (str(node.get("function_name")) for node in walk(tree.node) if node.get("class") == "FUNCTION")
    return {name for name in functions if any(map(str.isalpha, name))}


def _is_aggregate(node: dict[str, Any], aggregates: frozenset[str]) -> bool:
    return node.get("class") == "FUNCTION" and node.get("function_name") in aggregates


def _and(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return {
        "class": "CONJUNCTION", "type": "CONJUNCTION_AND", "alias": "", "query_location": 0, "query_location_length": 0,
        "children": [one, other],
    }  # fmt: skip


def _text(connection: duckdb.DuckDBPyConnection, tree: Tree, expression: dict[str, Any]) -> str:
    """One expression back as SQL."""
    node = dict(tree.node)
    node["select_list"], node["where_clause"] = [expression], None
    node["from_table"] = {
        "type": "EMPTY", "alias": "", "sample": None, "query_location": 0, "query_location_length": 0
    }  # fmt: skip
    document = {"error": False, "statements": [{**tree.document["statements"][0], "node": node}]}
    row = connection.execute("SELECT json_deserialize_sql(CAST(? AS JSON))", [json.dumps(document)]).fetchone()
    text = str(row[0]) if row else ""
    return text.removeprefix("SELECT ").removesuffix(";")
