"""The contract in Soda's contract language, on DuckDB with one thread: `table` loads the file first, as its guide says;
`view` reads the file anew for every query."""

import json
import logging
import sys
import tempfile
from pathlib import Path

import duckdb
from soda_core.contracts import verify_contract_locally
from soda_duckdb import DuckDBDataSource

TYPES = {
    "l_orderkey": "BIGINT", "l_partkey": "BIGINT", "l_suppkey": "BIGINT", "l_linenumber": "INTEGER",
    "l_quantity": "DECIMAL(15,2)", "l_extendedprice": "DECIMAL(15,2)", "l_discount": "DECIMAL(15,2)",
    "l_tax": "DECIMAL(15,2)", "l_returnflag": "VARCHAR", "l_linestatus": "VARCHAR",
    "l_shipdate": "DATE", "l_commitdate": "DATE", "l_receiptdate": "DATE",
    "l_shipinstruct": "VARCHAR", "l_shipmode": "VARCHAR", "l_comment": "VARCHAR",
}  # fmt: skip
MODES = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]
MISSING = [{"missing": None}]
CHECKS = {
    "l_orderkey": MISSING,
    "l_linenumber": MISSING,
    "l_quantity": [*MISSING, {"invalid": {"valid_min": 1, "valid_max": 50}}],
    "l_discount": [{"invalid": {"valid_min": 0, "valid_max": 0.1}}],
    "l_returnflag": [{"invalid": {"valid_values": ["A", "N", "R"]}}],
    "l_shipmode": [{"invalid": {"valid_values": MODES}}],
    "l_shipinstruct": [{"invalid": {"valid_format": {"name": "words", "regex": "^[A-Z]+( [A-Z]+)*$"}}}],
}
FEW = {"metric": "percent", "must_be_less_than": 1}
KEY = ["l_orderkey", "l_linenumber"]


def failed_rows(name: str, expression: str) -> dict[str, object]:
    """Rows for which an expression holds."""
    return {"failed_rows": {"name": name, "qualifier": name, "expression": expression}}


def contract() -> dict[str, object]:
    """The contract; its language is YAML, of which JSON is a part."""
    late = "l_shipdate < DATE '1992-01-01' OR l_shipdate > DATE '1998-12-31'"
    return {
        "dataset": "bench/main/lineitem",
        "checks": [
            {"schema": None},
            {"row_count": {"threshold": {"must_be_greater_than": 0}}},
            {"duplicate": {"columns": KEY}},
            {"duplicate": {"columns": KEY, "qualifier": "few", "threshold": FEW}},
            failed_rows("price", "l_extendedprice <= 0"),
            failed_rows("shipdate", late),
            failed_rows("received", "l_receiptdate < l_shipdate"),
        ],
        "columns": [
            {"name": name, "data_type": kind.partition("(")[0].lower()}
            | ({"checks": CHECKS[name]} if name in CHECKS else {})
            for name, kind in TYPES.items()
        ],
    }  # fmt: skip


def main(path: str, kind: str) -> None:
    """Print how many checks there were and which did not pass."""
    logging.disable(logging.CRITICAL)
    connection = duckdb.connect(config={"threads": 1})
    types = "{" + ", ".join(f"'{name}': '{kind_}'" for name, kind_ in TYPES.items()) + "}"
    read = f"read_csv('{path}', auto_detect=false, header=true, columns={types})"
    connection.execute(f"CREATE {kind.upper()} lineitem AS SELECT * FROM {read}")
    with tempfile.TemporaryDirectory() as folder:
        promise = Path(folder) / "lineitem.yml"
        promise.write_text(json.dumps(contract()))
        source = DuckDBDataSource.from_existing_cursor(connection, name="bench")
        session = verify_contract_locally(data_sources=[source], contract_file_path=str(promise), publish=False)
    results = [one for verified in session.contract_verification_results for one in verified.check_results]
    bad = [one.check.type for one in results if one.outcome.name != "PASSED"]
    print(json.dumps({"checks": len(results), "not_passed": bad}))
    if not results:
        sys.exit(f"nothing was checked: {session.get_errors_str()[:300]}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
