"""Is the report right? The counts and the lines of a dirty file against what was done to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

#: A count of the truth → the checks of the contract that must tell it, together.
CHECKS = {
    "orderkey_null": ("l_orderkey.required",),
    "orderkey_type": ("l_orderkey.logicalType",),
    "partkey_type": ("l_partkey.logicalType",),
    "quantity_null": ("l_quantity.required",),
    "quantity_type": ("l_quantity.logicalType",),
    "quantity_range": ("l_quantity.minimum", "l_quantity.maximum"),
    "discount_range": ("l_discount.minimum", "l_discount.maximum"),
    "price_positive": ("l_extendedprice.exclusiveMinimum",),
    "returnflag_known": ("known-returnflag",),
    "shipmode_known": ("known-shipmode",),
    "shipdate_type": ("l_shipdate.logicalType",),
    "shipdate_range": ("l_shipdate.minimum", "l_shipdate.maximum"),
    "received_after_shipped": ("received-after-shipped",),
    "commitdate_type": ("l_commitdate.logicalType",),
    "shipinstruct_pattern": ("l_shipinstruct.pattern",),
    "key_duplicates": ("l_orderkey+l_linenumber.primaryKey",),
}

#: A kind of broken row → the code of its cause.
CODES = {"short": "short_row", "long": "long_row", "bad_utf8": "bad_encoding"}


@dataclass(frozen=True, slots=True)
class Score:
    """How many counts and broken rows are told exactly, and what is not."""

    counts: int
    of_counts: int
    rows: int
    of_rows: int
    wrong: list[str]


def score(report: dict[str, Any], truth: dict[str, Any]) -> Score:
    """Hold a report against the truth."""
    wrong = []
    told = _told(report)
    for name, right in truth["counts"].items():
        if told.get(name) != right:
            wrong.append(f"{name}: {told.get(name)} instead of {right}")
    exact = len(truth["counts"]) - len(wrong)
    rows = 0
    for kind, lines in truth["structure"].items():
        good, trouble = _rows(report, CODES[kind], lines)
        rows += good
        wrong += [f"{kind}: {trouble}"] if trouble else []
    return Score(exact, len(truth["counts"]), rows, sum(len(lines) for lines in truth["structure"].values()), wrong)


def _told(report: dict[str, Any]) -> dict[str, int | None]:
    """The counts of the report, by the truth's names; a check that was not run tells nothing."""
    by_id = {check["id"]: check for check in report["checks"]}
    told: dict[str, int | None] = {"rows": report["read"]["rows"]}
    for name, ids in CHECKS.items():
        ran = [by_id[one] for one in ids if one in by_id and by_id[one]["result"] != "skipped"]
        told[name] = sum(_failed(check) for check in ran) if len(ran) == len(ids) else None
    return told


def _failed(check: dict[str, Any]) -> int:
    """Bad rows of a check; a rule of SQL has a measure instead, which is the count."""
    if check["failed"] is not None:
        return int(check["failed"])
    digits = "".join(character for character in str(check["actual"]).partition(" ")[0] if character.isdigit())
    return int(digits or -1)


def _rows(report: dict[str, Any], code: str, lines: list[int]) -> tuple[int, str | None]:
    """How many broken rows of a kind are told exactly.

    A report lists the first lines of a cause, its last one, and the true count. All rows are exact when the count is,
    and every line that is shown is the right one; else those count that are shown and right.
    """
    causes = [cause for cause in report["causes"] if cause["code"] == code]
    count = sum(cause["count"] for cause in causes)
    shown = {line for cause in causes for line in [*cause["lines"], cause["first_line"], cause["last_line"]]} - {None}
    shown |= {sample["line"] for cause in causes for sample in cause["samples"]} - {None}
    right, strange = shown & set(lines), shown - set(lines)
    firsts = set(lines[: min(len(right), len(lines)) - 1]) | {lines[-1]} if lines else set()
    if count == len(lines) and not strange and firsts <= right:
        return len(lines), None
    unseen = [line for line in lines if line not in shown]
    told = f"{count} rows instead of {len(lines)}; not told: {_some(unseen)}; wrongly told: {_some(sorted(strange))}"
    return min(len(right), count), told


def _some(lines: list[int]) -> str:
    return ", ".join(str(line) for line in lines[:12]) or "none"


def by_code(report: dict[str, Any]) -> dict[str, int]:
    """The causes of a report with their counts, for a person to look at."""
    counts: dict[str, int] = defaultdict(int)
    for cause in report["causes"]:
        counts[cause["code"]] += cause["count"]
    return dict(counts)
