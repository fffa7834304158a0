"""The value checks of the contract by hand in Polars, streaming. It cannot see broken rows: short ones are filled with
nulls, long ones cut, bytes that are no UTF-8 replaced, all in silence."""

import json
import sys

import polars as pl

INTEGERS = {"l_orderkey": pl.Int64, "l_partkey": pl.Int64, "l_suppkey": pl.Int64, "l_linenumber": pl.Int32}
NUMBERS = ("l_quantity", "l_extendedprice", "l_discount", "l_tax")
DATES = ("l_shipdate", "l_commitdate", "l_receiptdate")
TEXTS = ("l_returnflag", "l_linestatus", "l_shipinstruct", "l_shipmode", "l_comment")
MODES = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]


def scan(path: str) -> pl.LazyFrame:
    """All columns as text, except from Parquet, which has types."""
    if path.endswith(".parquet"):
        return pl.scan_parquet(path)
    if path.endswith(".ndjson"):
        names = pl.scan_ndjson(path, infer_schema_length=1).collect_schema().names()
        return pl.scan_ndjson(path, schema=dict.fromkeys(names, pl.String))
    return pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")


def values(frame: pl.LazyFrame) -> list[pl.Expr]:
    """The typed values, null where the text has no such value, and the key in one number."""
    dates = frame.collect_schema()["l_shipdate"] == pl.Date
    typed = {name: pl.col(name).cast(kind, strict=False) for name, kind in INTEGERS.items()}
    typed |= {name: pl.col(name).cast(pl.Decimal(15, 2), strict=False) for name in NUMBERS}
    typed |= {name: pl.col(name) if dates else pl.col(name).str.to_date("%Y-%m-%d", strict=False) for name in DATES}
    key = typed["l_orderkey"] * 8 + typed["l_linenumber"]
    return [*(one.alias(name[2:]) for name, one in typed.items()), key.alias("k")]


def checks() -> list[pl.Expr]:
    """One aggregate per check."""
    quantity, discount, price = pl.col("quantity"), pl.col("discount"), pl.col("extendedprice")
    shipped, received, key = pl.col("shipdate"), pl.col("receiptdate"), pl.col("k")
    first, last = pl.date(1992, 1, 1), pl.date(1998, 12, 31)
    bad = {
        "quantity_range": (quantity < 1) | (quantity > 50),
        "discount_range": (discount < 0) | (discount > pl.lit("0.10").cast(pl.Decimal(15, 2))),
        "price_positive": price <= 0,
        "shipdate_range": (shipped < first) | (shipped > last),
        "received_after_shipped": received < shipped,
        "returnflag_known": ~pl.col("l_returnflag").is_in(["A", "N", "R"]),
        "shipmode_known": ~pl.col("l_shipmode").is_in(MODES),
        "shipinstruct_pattern": ~pl.col("l_shipinstruct").str.contains(r"^[A-Z]+( [A-Z]+)*$"),
        "orderkey_null": pl.col("l_orderkey").is_null(),
        "quantity_null": pl.col("l_quantity").is_null(),
    }
    typed = (*INTEGERS, *NUMBERS, *DATES)
    bad |= {f"{name}_type": pl.col(name).is_not_null() & pl.col(name[2:]).is_null() for name in typed}
    keys = (key.count() - key.drop_nulls().n_unique()).alias("key_duplicates")
    read = [pl.col(name).str.len_bytes().sum().alias(name) for name in TEXTS]
    return [pl.len().alias("rows"), *(one.sum().alias(name) for name, one in bad.items()), keys, *read]


def main(path: str) -> None:
    """Print the count of every check."""
    frame = scan(path)
    found = frame.with_columns(values(frame)).select(checks()).collect(engine="streaming").row(0, named=True)
    print(json.dumps({name: int(count) for name, count in found.items() if name not in TEXTS}))


if __name__ == "__main__":
    main(sys.argv[1])
