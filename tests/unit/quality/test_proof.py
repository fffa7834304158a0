"""The cheap proof against the exact count: whatever a file is like, both tell the same numbers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks import engine
from fileproc.quality.contracts.contract import Match
from fileproc.quality.reading import delimited
from tests.unit.quality.checking import contract

MATCH = contract(
    [
        {"name": "id", "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": 1, "required": True},
        {"name": "part", "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "amount", "logicalType": "number", "unique": True, "physicalType": "DECIMAL(6,2)",
         "logicalTypeOptions": {"minimum": 0, "maximum": 100}},
        {"name": "kind", "logicalType": "string", "enum": [{"value": "a"}, {"value": "b"}]},
        {"name": "sent", "logicalType": "date", "logicalTypeOptions": {"minimum": "2020-01-01"}},
        {"name": "came", "logicalType": "date"},
    ],
    quality=[
        {"id": "in-order", "type": "sql", "query": "SELECT count(*) FROM {object} WHERE came < sent", "mustBe": 0},
        {"id": "few", "metric": "duplicateValues", "arguments": {"properties": ["id", "part"]}, "unit": "percent",
         "mustBeLessThan": 50},
        {"id": "mean", "type": "sql", "query": "SELECT avg(amount) FROM {object}", "mustBeGreaterThan": 1},
    ],
)  # fmt: skip

#: Cells that are nearly right, or right in another way than the engine would write them.
ODD: dict[int, tuple[str, ...]] = {
    0: ("", "007", "+5", "1e2", "7.5", " 3", "x", "-0", "99999999999999999999"),
    1: ("", "01", "1.0"),
    2: ("", "1.5", "1.50", "01.50", "1e1", "NaN", "-1.00", "100.01", "12345678.00", "0.005", "1,50", "inf"),
    3: ("", '""', "A", "c", " a", "zz"),
    4: ("", "2019-12-31", "2026/01/02", "2026-1-2", "10000-01-01", "2026-02-30", "epoch", "2026-01-02 00:00:00"),
    5: ("", "9999-12-31", "10000-01-01", "1999-01-01", "infinity"),
}


def row(number: int) -> list[str]:
    """A good row, above the one before."""
    day = 1 + number % 28
    return [str(number), str(number % 3), f"{number % 97}.{number % 100:02}", "ab"[number % 2], f"2026-01-{day:02}",
            f"2026-02-{day:02}"]  # fmt: skip


def reported(data: str, *, proving: bool, match: Match = MATCH) -> Report:
    """The report about a file whose every size is worth proving, or none is."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "WORTH_PROVING", 0 if proving else 1 << 60)
        patch.setattr(delimited, "WORTH_WEIGHING", 0 if proving else 1 << 60)
        patch.setattr(delimited, "PIECE", 16)  # what is looked at beforehand shows nothing
        patch.setattr(delimited, "PIECES", 1)
        path = Path(folder) / "input"
        path.write_bytes(data.encode())
        info = FileInfo(bucket="b", key="file.csv", size=path.stat().st_size)
        limits = Limits(temp_folder=Path(folder))
        return check_file(path, match, file=info, report_id="1", limits=limits, clock=SystemClock())


def told(report: Report) -> dict[str, Any]:
    """All of it that does not follow the clock."""
    document = report.to_document()
    return {key: document[key] for key in ("verdict", "counts", "checks", "causes", "read")}


@settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(
    count=st.integers(1, 40),
    odd=st.lists(st.tuples(st.integers(0, 39), st.sampled_from([(c, v) for c in ODD for v in ODD[c]])), max_size=4),
    again=st.lists(st.integers(0, 39), max_size=2),
    seed=st.randoms(use_true_random=False),
    sorted_=st.booleans(),
)
def test_the_proof_never_tells_another_number_than_the_count(
    count: int, odd: list[tuple[int, tuple[int, str]]], again: list[int], seed: Any, sorted_: bool
) -> None:
    """A file that is looked at in the cheap way gets the very report of the exact way, whatever is in it."""
    rows = [row(number) for number in range(count)]
    for place, (column, cell) in odd:
        if place < count:
            rows[place][column] = cell
    rows += [list(rows[place]) for place in again if place < count]
    if not sorted_:
        seed.shuffle(rows)
    data = "id,part,amount,kind,sent,came\n" + "".join(",".join(one) + "\n" for one in rows)

    assert told(reported(data, proving=False)) == told(reported(data, proving=True))


def test_a_good_file_is_proved_in_one_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheap way is taken at all: nothing is left for the exact scan of a good file."""
    scans: list[str] = []
    run = engine.ExactScan.run
    monkeypatch.setattr(engine.ExactScan, "run", lambda self: (scans.append("exact"), run(self))[1])
    lines = [f"{n},{n % 3},{n}.25,a,2026-01-01,2026-01-02" for n in range(99)]

    report = reported("id,part,amount,kind,sent,came\n" + "\n".join(lines) + "\n", proving=True)

    assert ("pass", []) == (report.verdict.value, scans)


TEXTS = contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}, {"name": "c"}], delimiter=",")

#: Pieces of which rows are made that are in order, nearly in order, or not at all.
PIECES = ["1", "x", '"x"', '""', '"a""b"', '"a,b"', 'a"b', 'a"b"c', '"a"b', '"', "", '"a\nb"', '"a\r\nb"', " ", "\r"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck),
          phases=(Phase.explicit, Phase.generate))  # fmt: skip
@given(
    rows=st.lists(st.lists(st.sampled_from(PIECES), min_size=2, max_size=4), max_size=3),
    good=st.integers(0, 4),
    end=st.sampled_from(["\n", "\n", "\r\n"]),
    blank=st.sampled_from(["", "", "\n"]),
)
def test_weighing_cells_never_hides_what_a_closer_look_would_find(
    rows: list[list[str]], good: int, end: str, blank: str
) -> None:
    """Stray quotes, cells too many and blank lines of a large file are told as those of a small one."""
    lines = ["a,b,c", *['1,"x, y",z'] * good, *(",".join(row) for row in rows), *["2,q,"] * good]
    data = end.join(lines) + end + blank

    told_closely, told_by_weight = (told(reported(data, proving=proving, match=TEXTS)) for proving in (False, True))

    assert told_closely == told_by_weight


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck),
          phases=(Phase.explicit, Phase.generate))  # fmt: skip
@given(
    rows=st.lists(st.lists(st.sampled_from(["1", "x", "", "", " ", "é"]), max_size=4), max_size=4),
    good=st.integers(0, 4),
    end=st.sampled_from(["", "\n", "\n\n"]),
)
def test_a_text_without_quotes_is_told_alike_whoever_counts_its_lines(
    rows: list[list[str]], good: int, end: str
) -> None:
    """Blank lines, rows of empty cells and cells too many are told of a large file, whose lines nobody counts."""
    lines = ["a,b,c", *["1,y,z"] * good, *(",".join(row) for row in rows), *["2,q,"] * good]
    data = "\n".join(lines) + end

    told_closely, told_by_weight = (told(reported(data, proving=proving, match=TEXTS)) for proving in (False, True))

    assert told_closely == told_by_weight


def test_a_row_of_empty_cells_is_found_where_every_byte_adds_up() -> None:
    """Its bytes are a row's, so the weight is right; only that no column is full gives it away."""
    lines = ["a,b,c", *["1,x,y"] * 9, ",,", *["2,x,y"] * 9]

    causes = reported("\n".join(lines) + "\n", proving=True, match=TEXTS).causes

    assert [("empty_rows", [11])] == [(cause.code, list(cause.lines)) for cause in causes]


def test_stray_quotes_and_cells_too_many_do_not_make_up_for_one_another() -> None:
    """Two bytes more than read and two bytes less: the sum is right, and yet both are told."""
    lines = ["a,b,c", *["1,x,y"] * 9, '2,x"y"z,w', "3,x,y,", "4,x,y,", "5,x,y"]

    codes = {cause.code for cause in reported("\n".join(lines) + "\n", proving=True, match=TEXTS).causes}

    assert {"stray_quote", "long_row"} == codes
