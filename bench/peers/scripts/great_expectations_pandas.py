"""The contract in Great Expectations on a pandas frame, read with declared types; an ephemeral context, no docs."""

import json
import sys

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

TYPES = {
    "l_orderkey": "int64", "l_partkey": "int64", "l_suppkey": "int64", "l_linenumber": "int64",
    "l_quantity": "float64", "l_extendedprice": "float64", "l_discount": "float64", "l_tax": "float64",
    "l_returnflag": "str", "l_linestatus": "str", "l_shipinstruct": "str", "l_shipmode": "str", "l_comment": "str",
}  # fmt: skip
DATES = ["l_shipdate", "l_commitdate", "l_receiptdate"]
MODES = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]


def expectations(frame: pd.DataFrame) -> list[object]:
    """One per check of the contract, and one per column for its type."""
    first, last = pd.Timestamp("1992-01-01"), pd.Timestamp("1998-12-31")
    return [
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=list(frame.columns)),
        *(
            gxe.ExpectColumnValuesToBeOfType(column=name, type_=str(kind))
            for name, kind in frame.dtypes.items()
            if name not in DATES and str(kind) != "str"
        ),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in ("l_orderkey", "l_linenumber", "l_quantity")),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in DATES),  # what is no date became null
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["l_orderkey", "l_linenumber"]),
        gxe.ExpectColumnValuesToBeBetween(column="l_quantity", min_value=1, max_value=50),
        gxe.ExpectColumnValuesToBeBetween(column="l_extendedprice", min_value=0, strict_min=True),
        gxe.ExpectColumnValuesToBeBetween(column="l_discount", min_value=0, max_value=0.1),
        gxe.ExpectColumnValuesToBeInSet(column="l_returnflag", value_set=["A", "N", "R"]),
        gxe.ExpectColumnValuesToBeInSet(column="l_shipmode", value_set=MODES),
        gxe.ExpectColumnValuesToBeBetween(column="l_shipdate", min_value=first, max_value=last),
        gxe.ExpectColumnValuesToMatchRegex(column="l_shipinstruct", regex=r"^[A-Z]+( [A-Z]+)*$"),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="l_receiptdate", column_B="l_shipdate", or_equal=True),
    ]


def main(path: str) -> None:
    """Print whether all held, and how many were held."""
    frame = pd.read_csv(path, dtype=TYPES, keep_default_na=False)
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d", errors="coerce")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = context.data_sources.add_pandas("files").add_dataframe_asset("lineitem")
    definition = batch.add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(name="lineitem", expectations=expectations(frame))
    result = definition.get_batch({"dataframe": frame}).validate(suite, result_format="SUMMARY")
    failed = [one.expectation_config.type for one in result.results if not one.success]
    print(json.dumps({"rows": len(frame), "expectations": len(result.results), "failed": failed}))


if __name__ == "__main__":
    main(sys.argv[1])
