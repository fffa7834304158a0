"""The contract in Pandera on an eager Polars frame (a LazyFrame is by default checked for its schema only).

The typed read stops at the first cell or row that it cannot take, so only files that are well formed get this far.
"""

import json
import sys
from datetime import date

import pandera.polars as pa
import polars as pl

TYPES = {
    "l_orderkey": pl.Int64, "l_partkey": pl.Int64, "l_suppkey": pl.Int64, "l_linenumber": pl.Int32,
    "l_quantity": pl.Float64, "l_extendedprice": pl.Float64, "l_discount": pl.Float64, "l_tax": pl.Float64,
    "l_returnflag": pl.String, "l_linestatus": pl.String,
    "l_shipdate": pl.Date, "l_commitdate": pl.Date, "l_receiptdate": pl.Date,
    "l_shipinstruct": pl.String, "l_shipmode": pl.String, "l_comment": pl.String,
}  # fmt: skip
CHECKS = {
    "l_quantity": [pa.Check.in_range(1, 50)],
    "l_extendedprice": [pa.Check.gt(0)],
    "l_discount": [pa.Check.in_range(0, 0.1)],
    "l_returnflag": [pa.Check.isin(["A", "N", "R"])],
    "l_shipdate": [pa.Check.in_range(date(1992, 1, 1), date(1998, 12, 31))],
    "l_shipinstruct": [pa.Check.str_matches(r"^[A-Z]+( [A-Z]+)*$")],
    "l_shipmode": [pa.Check.isin(["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"])],
}
REQUIRED = ("l_orderkey", "l_linenumber", "l_quantity")


def received_after_shipped(data: pa.PolarsData) -> pl.LazyFrame:
    """Row by row."""
    return data.lazyframe.select(pl.col("l_receiptdate") >= pl.col("l_shipdate"))


def has_rows(data: pa.PolarsData) -> bool:
    """At least one."""
    return bool(data.lazyframe.select(pl.len()).collect().item() > 0)


def main(path: str) -> None:
    """Print how many rows were read and how many failures were told."""
    schema = pa.DataFrameSchema(
        {
            name: pa.Column(kind, CHECKS.get(name, []), nullable=name not in REQUIRED)
            for name, kind in TYPES.items()
        },
        checks=[pa.Check(received_after_shipped), pa.Check(has_rows)],
        unique=["l_orderkey", "l_linenumber"],
        strict=True,
    )  # fmt: skip
    frame = pl.read_csv(path, schema=TYPES)
    failures = 0
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failures = len(errors.failure_cases)
    print(json.dumps({"rows": frame.height, "failures": failures}))


if __name__ == "__main__":
    main(sys.argv[1])
