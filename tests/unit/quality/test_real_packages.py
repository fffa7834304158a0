"""More real files that nobody here wrote, packed and as JSON; each claimed line is looked up by other means."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from fileproc.domain.reports import Report, Verdict
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from fileproc.quality.contracts.lint import lint
from tests.unit.quality.checking import check

CONTRACTS = Path(__file__).parents[2] / "data"
Row = dict[str, Any]

#: (line, row) as another reader finds them.
Numbered = list[tuple[int, Row]]


def checked(package: str, name: str, contract: str) -> tuple[Report, bytes]:
    """The report about a file that was copied out of a package, and its bytes."""
    data = (CONTRACTS / package / name).read_bytes()
    match = Catalogue.single(CONTRACTS / package / f"{contract}.odcs.yaml")
    assert isinstance(match, Match)
    return check(data, match, name=name), data


def told(report: Report) -> dict[tuple[str, str | None], tuple[int, list[int], int | None]]:
    return {(one.code, one.column): (one.count, one.lines, one.last_line) for one in report.causes}


def lines(rows: Numbered, bad: Callable[[Row], bool]) -> tuple[int, list[int], int]:
    found = [line for line, row in rows if bad(row)]
    return len(found), found[:10], found[-1]


def surplus(rows: Numbered, names: Iterable[str]) -> tuple[int, list[int], int]:
    """Rows whose key was there before."""
    seen: Counter[tuple[Any, ...]] = Counter()
    names = list(names)

    def again(row: Row) -> bool:
        key = tuple(row[name] for name in names)
        seen[key] += 1
        return seen[key] > 1

    return lines(rows, again)


def of_csv(data: bytes) -> Numbered:
    """No cell of these files has a line break in it."""
    text = gzip.decompress(data).decode()
    return list(enumerate(csv.DictReader(io.StringIO(text, newline="")), 2))


def of_json(data: bytes) -> Numbered:
    """Each car begins on the line of its bracket: the file is written with one word a line."""
    begins = [line for line, text in enumerate(data.decode().splitlines(), 1) if text.strip() == "{"]
    return list(zip(begins, json.loads(data), strict=True))


def test_a_glucose_monitor_s_log() -> None:
    """gzip, CRLF: 1,061 times 'nil' among numbers, three moments twice, and a last line that ends otherwise."""
    report, data = checked("bokeh_sampledata", "CGM.csv.gz", "glucose")
    rows = of_csv(data)

    assert {
        ("null_word", "isig"): lines(rows, lambda row: row["isig"] == "nil"),
        ("duplicate", "datetime"): surplus(rows, ["datetime"]),
        ("mixed_line_ends", None): (1, [len(rows) + 1], len(rows) + 1),
    } == told(report)
    assert (Verdict.FAIL, 52_281, "gzip") == (report.verdict, report.counts.rows, report.read.compression)


def test_orders_of_a_shop() -> None:
    """gzip: postal codes of New England without their zero, high discounts, seventeen lines twice."""
    report, data = checked("bokeh_sampledata", "SampleSuperstore.csv.gz", "superstore")
    rows = of_csv(data)

    assert {
        ("lost_zeros", "Postal Code"): lines(rows, lambda row: len(row["Postal Code"]) < 5),
        ("too_large", "Discount"): lines(rows, lambda row: float(row["Discount"]) > 0.5),
        ("duplicate", None): surplus(rows, rows[0][1]),
    } == told(report)


def test_cars_as_a_json_array() -> None:
    """Nulls, cylinders that nobody agreed on and models twice, each on the line where its object begins."""
    report, data = checked("vega_datasets", "cars.json", "cars")
    rows = of_json(data)

    assert {
        ("missing", "Miles_per_Gallon"): lines(rows, lambda row: row["Miles_per_Gallon"] is None),
        ("missing", "Horsepower"): lines(rows, lambda row: row["Horsepower"] is None),
        ("not_listed", "Cylinders"): lines(rows, lambda row: row["Cylinders"] not in (4, 6, 8)),
        ("duplicate", None): surplus(rows, ["Name", "Year"]),
    } == told(report)


@pytest.mark.parametrize("contract", sorted(CONTRACTS.glob("*_*/*.odcs.yaml")), ids=lambda path: path.name)
def test_the_contracts_are_clean(contract: Path) -> None:
    """What is shown as an example has no finding of its own lint."""
    assert [] == lint(contract)
