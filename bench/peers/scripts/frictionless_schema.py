"""The contract in Frictionless: a Table Schema, and one row constraint for the two dates."""

import json
import sys
from pathlib import Path

from frictionless import Checklist, Resource, Schema, checks, system

KEYS = ("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber")
NUMBERS = ("l_quantity", "l_extendedprice", "l_discount", "l_tax")
DATES = ("l_shipdate", "l_commitdate", "l_receiptdate")
ORDER = (*KEYS, *NUMBERS, "l_returnflag", "l_linestatus", *DATES, "l_shipinstruct", "l_shipmode", "l_comment")
CONSTRAINTS = {
    "l_orderkey": {"required": True},
    "l_linenumber": {"required": True},
    "l_quantity": {"required": True, "minimum": 1, "maximum": 50},
    "l_extendedprice": {"minimum": 0.01},
    "l_discount": {"minimum": 0, "maximum": 0.1},
    "l_returnflag": {"enum": ["A", "N", "R"]},
    "l_shipdate": {"minimum": "1992-01-01", "maximum": "1998-12-31"},
    "l_shipinstruct": {"pattern": "[A-Z]+( [A-Z]+)*"},
    "l_shipmode": {"enum": ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]},
}


def type_of(name: str) -> str:
    """The Table Schema type of a column."""
    if name in KEYS:
        return "integer"
    return "number" if name in NUMBERS else "date" if name in DATES else "string"


def main(path: str) -> None:
    """Print how many rows were read and how many errors were told."""
    fields = [{"name": name, "type": type_of(name), "constraints": CONSTRAINTS.get(name, {})} for name in ORDER]
    schema = Schema.from_descriptor({"fields": fields, "primaryKey": ["l_orderkey", "l_linenumber"]})
    later = checks.row_constraint(formula="l_receiptdate >= l_shipdate")
    checklist = Checklist(checks=[later, checks.table_dimensions(min_rows=1)])
    with system.use_context(trusted=True):
        report = Resource(path=str(Path(path)), schema=schema).validate(checklist, limit_errors=100_000)
    task = report.tasks[0]
    print(json.dumps({"rows": task.stats.get("rows"), "failures": task.stats.get("errors")}))


if __name__ == "__main__":
    main(sys.argv[1])
