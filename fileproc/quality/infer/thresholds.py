"""How much evidence a rule needs. Below, the rule is written as a comment: it held, but luck may have made it hold.

The table is part of `docs/how-to/write-a-contract.md`, and a test keeps them in step.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """One row of the table: what a rule asks for, and why."""

    rule: str
    asks: str
    why: str


#: Rows without an empty cell before a column is called required.
REQUIRED_ROWS = 30

#: Values before a string format or a fixed shape counts.
FORMAT_VALUES = 10
SHAPE_VALUES = 30
SHAPE_DISTINCT = 10

#: Rows before uniqueness counts, and the duplicates that chance would have made of whole numbers so dense.
UNIQUE_ROWS = 100
EXPECTED_DUPLICATES = 10

#: A list of categories: not longer, every one seen so often, and so many values for each.
MOST_CATEGORIES = 20
CATEGORY_SEEN = 3
VALUES_FOR_EACH = 10

#: Values that are never below zero, though the lowest is within so small a part of the highest.
NEVER_NEGATIVE = 100
NEAR_ZERO = 100

#: Values of one length before that becomes a rule.
ONE_LENGTH = 100

#: Files before their row counts become bounds.
COUNTED_FILES = 3

TABLE = (
    Threshold(
        "`logicalType`", "every value, whatever their number", "a type is what a column is; one exception undoes it"
    ),
    Threshold(
        "`required`",
        f"no empty cell in at least {REQUIRED_ROWS} rows",
        "no empty cell in n rows leaves a share of 3/n likely: 10 % at 30",
    ),
    Threshold(
        "`format` of a string",
        f"every value, at least {FORMAT_VALUES}",
        "no text becomes a UUID or an address by chance",
    ),
    Threshold(
        "`pattern`",
        f"every value, at least {SHAPE_VALUES}, {SHAPE_DISTINCT} of them different; letters and digits in one order",
        "a few values share a shape easily",
    ),
    Threshold(
        "`minLength` = `maxLength`",
        f"one length, at least {ONE_LENGTH} values, and no pattern that says so already",
        "other lengths are only the extremes so far, so they are offered",
    ),
    Threshold(
        "`enum`",
        f"at most {MOST_CATEGORIES} texts, each seen {CATEGORY_SEEN} times or more, {VALUES_FOR_EACH} values for each",
        "values that were seen once tell how many were not seen yet (Good and Turing)",
    ),
    Threshold(
        "`unique`",
        f"no value twice in at least {UNIQUE_ROWS} rows of each file, and either an identifier by its name, UUIDs, or "
        f"whole numbers or codes so dense that chance would have made {EXPECTED_DUPLICATES} duplicates",
        "measured values and times are different from one another without anybody promising it",
    ),
    Threshold("`primaryKey`", "unique and required; the first such column, identifiers first", "there is one at most"),
    Threshold(
        "`minimum: 0`",
        f"at least {NEVER_NEGATIVE} numbers, none below, the lowest 0, 1 or less than 1/{NEAR_ZERO} of the highest",
        "they come near zero and stop there; the lowest and highest values so far are not, so they are offered",
    ),
    Threshold("`rowCount`", "more than 0, where no file is empty", f"bounds are offered from {COUNTED_FILES} files on"),
)


def reference_table() -> str:
    """The table for the docs, as Markdown."""
    rows = [f"| {one.rule} | {one.asks} | {one.why} |" for one in TABLE]
    return "\n".join(["| rule | asks for | because |", "|---|---|---|", *rows])
