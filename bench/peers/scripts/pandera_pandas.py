"""The contract in Pandera on a pandas frame, read with declared types."""

import json
import sys

import pandas as pd
import pandera.pandas as pa

TYPES = {
    "l_orderkey": "int64", "l_partkey": "int64", "l_suppkey": "int64", "l_linenumber": "int64",
    "l_quantity": "float64", "l_extendedprice": "float64", "l_discount": "float64", "l_tax": "float64",
    "l_returnflag": "str", "l_linestatus": "str", "l_shipinstruct": "str", "l_shipmode": "str", "l_comment": "str",
}  # fmt: skip
DATES = ["l_shipdate", "l_commitdate", "l_receiptdate"]
CHECKS = {
    "l_quantity": [pa.Check.in_range(1, 50)],
    "l_extendedprice": [pa.Check.gt(0)],
    "l_discount": [pa.Check.in_range(0, 0.1)],
    "l_returnflag": [pa.Check.isin(["A", "N", "R"])],
    "l_shipdate": [pa.Check.in_range(pd.Timestamp("1992-01-01"), pd.Timestamp("1998-12-31"))],
    "l_shipinstruct": [pa.Check.str_matches(r"^[A-Z]+( [A-Z]+)*$")],
    "l_shipmode": [pa.Check.isin(["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"])],
}
REQUIRED = ("l_orderkey", "l_linenumber", "l_quantity")


def main(path: str) -> None:
    """Print how many rows were read and how many failures were told."""
    frame = pd.read_csv(path, dtype=TYPES, parse_dates=DATES, date_format="%Y-%m-%d", keep_default_na=False)
    columns = {
        name: pa.Column(str(frame[name].dtype), CHECKS.get(name, []), nullable=name not in REQUIRED)
        for name in [*TYPES, *DATES]
    }
    wide = [pa.Check(lambda df: df["l_receiptdate"] >= df["l_shipdate"]), pa.Check(lambda df: len(df) > 0)]
    schema = pa.DataFrameSchema(columns, checks=wide, unique=["l_orderkey", "l_linenumber"], strict=True)
    failures = 0
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failures = len(errors.failure_cases)
    print(json.dumps({"rows": len(frame), "failures": failures}))


if __name__ == "__main__":
    main(sys.argv[1])
