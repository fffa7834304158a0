"""The contract in Pointblank on a Polars frame, read with declared types. Failing rows are not extracted."""

import json
import sys
from datetime import date

import pointblank as pb
import polars as pl

TYPES = {
    "l_orderkey": pl.Int64, "l_partkey": pl.Int64, "l_suppkey": pl.Int64, "l_linenumber": pl.Int32,
    "l_quantity": pl.Float64, "l_extendedprice": pl.Float64, "l_discount": pl.Float64, "l_tax": pl.Float64,
    "l_returnflag": pl.String, "l_linestatus": pl.String,
    "l_shipdate": pl.Date, "l_commitdate": pl.Date, "l_receiptdate": pl.Date,
    "l_shipinstruct": pl.String, "l_shipmode": pl.String, "l_comment": pl.String,
}  # fmt: skip


def main(path: str) -> None:
    """Print how many rows failed, over all steps."""
    frame = pl.read_csv(path, schema=TYPES)
    schema = pb.Schema(columns=[(name, str(kind)) for name, kind in frame.schema.items()])
    plan = (
        pb.Validate(frame)
        .col_schema_match(schema)
        .col_vals_not_null(columns=["l_orderkey", "l_linenumber", "l_quantity"])
        .rows_distinct(columns_subset=["l_orderkey", "l_linenumber"])
        .col_vals_between(columns="l_quantity", left=1, right=50, na_pass=True)
        .col_vals_gt(columns="l_extendedprice", value=0, na_pass=True)
        .col_vals_between(columns="l_discount", left=0, right=0.1, na_pass=True)
        .col_vals_in_set(columns="l_returnflag", set=["A", "N", "R"])
        .col_vals_in_set(columns="l_shipmode", set=["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"])
        .col_vals_between(columns="l_shipdate", left=date(1992, 1, 1), right=date(1998, 12, 31), na_pass=True)
        .col_vals_regex(columns="l_shipinstruct", pattern=r"^[A-Z]+( [A-Z]+)*$", na_pass=True)
        .col_vals_expr(expr=pl.col("l_receiptdate") >= pl.col("l_shipdate"))
        .row_count_match(count=frame.height)
        .interrogate(collect_extracts=False)
    )
    failed = plan.n_failed()
    print(json.dumps({"rows": frame.height, "steps": len(failed), "failures": int(sum(failed.values()))}))


if __name__ == "__main__":
    main(sys.argv[1])
