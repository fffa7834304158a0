"""The practical limit: bare DuckDB on one thread reads every cell and checks nothing."""

import json
import sys

import duckdb

COLUMNS = (
    "l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount", "l_tax",
    "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate", "l_shipinstruct", "l_shipmode",
    "l_comment",
)  # fmt: skip


def reader(path: str) -> str:
    """The scan of one file, all columns as text."""
    if path.endswith(".parquet"):
        return f"read_parquet('{path}')"
    types = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS) + "}"
    if path.endswith(".ndjson"):
        return f"read_json('{path}', format='newline_delimited', columns={types})"
    return f"read_csv('{path}', auto_detect=false, header=true, columns={types})"


def main(path: str) -> None:
    """Print how many rows and characters there are."""
    cells = " + ".join(f"sum(length({name}::VARCHAR))" for name in COLUMNS)
    connection = duckdb.connect(config={"threads": 1})
    rows, characters = connection.execute(f"SELECT count(*), {cells} FROM {reader(path)}").fetchall()[0]
    print(json.dumps({"rows": rows, "characters": int(characters)}))


if __name__ == "__main__":
    main(sys.argv[1])
