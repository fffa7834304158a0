"""The checks of the contract by hand, in one statement of bare DuckDB on one thread: strict, and past broken rows.

Strict means that a value has the type only if its text has the type's form: the cast alone takes `7.5` for 8. Rows with
too few or too many cells, or bytes that are no UTF-8, are counted with their lines.
"""

import json
import sys

import duckdb

INTEGERS = {"l_orderkey": "BIGINT", "l_partkey": "BIGINT", "l_suppkey": "BIGINT", "l_linenumber": "INTEGER"}
NUMBERS = ("l_quantity", "l_extendedprice", "l_discount", "l_tax")
DATES = ("l_shipdate", "l_commitdate", "l_receiptdate")
TEXTS = ("l_returnflag", "l_linestatus", "l_shipinstruct", "l_shipmode", "l_comment")
TYPED = (*INTEGERS, *NUMBERS, *DATES)
ORDER = (*INTEGERS, *NUMBERS, "l_returnflag", "l_linestatus", *DATES, "l_shipinstruct", "l_shipmode", "l_comment")
UNSORTED = "k <= lag(k) OVER ()"
VALUE_CHECKS = {
    "quantity_range": "quantity NOT BETWEEN 1 AND 50",
    "discount_range": "discount NOT BETWEEN 0 AND 0.1",
    "price_positive": "extendedprice <= 0",
    "shipdate_range": "shipdate NOT BETWEEN DATE '1992-01-01' AND DATE '1998-12-31'",
    "received_after_shipped": "receiptdate < shipdate",
    "returnflag_known": "l_returnflag NOT IN ('A', 'N', 'R')",
    "shipmode_known": "l_shipmode NOT IN ('AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK')",
    "shipinstruct_pattern": "NOT regexp_matches(l_shipinstruct, '^[A-Z]+( [A-Z]+)*$')",
    "orderkey_null": "l_orderkey IS NULL",
    "quantity_null": "l_quantity IS NULL",
}


def typed(column: str) -> str:
    """The value if the text has the form of its type, else null."""
    if column in DATES:
        return f"CASE WHEN length({column}) = 10 AND try_cast({column} AS DATE)::VARCHAR = {column} \
            THEN try_cast({column} AS DATE) END"
    kind = INTEGERS.get(column, "DECIMAL(15,2)")
    form = r"[+-]?\d+" if column in INTEGERS else r"[+-]?\d+(\.\d+)?"
    cast = f"try_cast({column} AS {kind})"
    return f"CASE WHEN {cast}::VARCHAR = {column} OR regexp_full_match({column}, '{form}') THEN {cast} END"


def reader(path: str) -> str:
    """The scan of one file, all columns as text; broken rows of a CSV are put aside."""
    if path.endswith(".parquet"):
        return f"(SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{path}'))"
    types = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in ORDER) + "}"
    if path.endswith(".ndjson"):
        return f"read_json('{path}', format='newline_delimited', columns={types})"
    return f"read_csv('{path}', auto_detect=false, header=true, columns={types}, store_rejects=true, rejects_limit=0)"


def main(path: str) -> None:
    """Print the count of every check, and how many lines cannot be read."""
    connection = duckdb.connect(config={"threads": 1})
    found = measure(connection, path, distinct=not looks_sorted(connection, path))
    if found["key_duplicates"]:
        found = measure(connection, path, distinct=True)
    if ".csv" in path:
        found["broken_lines"] = connection.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()[0][0]
    print(json.dumps(found))


def looks_sorted(connection: duckdb.DuckDBPyConnection, path: str) -> bool:
    """Whether the keys of the first rows rise; sorted keys are then shown to be unique by their neighbours."""
    first = f"SELECT {UNSORTED} AS unsorted FROM (SELECT * FROM ({rows_of(path)}) LIMIT 1000)"
    return not connection.execute(f"SELECT count(*) FILTER (unsorted) FROM ({first})").fetchall()[0][0]


def rows_of(path: str) -> str:
    """The rows with their texts, their values and their key."""
    values = ", ".join(f"{typed(name)} AS {name[2:]}" for name in TYPED)
    key = "CASE WHEN orderkey IS NOT NULL AND linenumber IS NOT NULL THEN orderkey * 8 + linenumber END"
    return f"SELECT *, {key} AS k FROM (SELECT *, {values} FROM {reader(path)})"


def measure(connection: duckdb.DuckDBPyConnection, path: str, *, distinct: bool) -> dict[str, int]:
    """One scan: every check is an aggregate of it."""
    types = {f"{name}_type": f"{name} IS NOT NULL AND {name[2:]} IS NULL" for name in TYPED}
    counts = [f"count(*) FILTER ({condition})" for condition in (VALUE_CHECKS | types).values()]
    rows = rows_of(path)
    if distinct:
        counts.append("count(k) - count(DISTINCT k)")
    else:
        rows = f"SELECT *, {UNSORTED} AS unsorted FROM ({rows})"
        counts.append("count(*) FILTER (unsorted)")
    counts += [f"count({name})" for name in TEXTS]
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    row = connection.execute(f"SELECT count(*), {', '.join(counts)} FROM ({rows})").fetchall()[0]
    return dict(zip(["rows", *VALUE_CHECKS, *types, "key_duplicates"], row, strict=False))


if __name__ == "__main__":
    main(sys.argv[1])
