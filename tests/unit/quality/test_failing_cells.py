"""Failing cells that repeat themselves are named once; the report is as if each had been named on its own."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Report
from fileproc.quality.checks import failing_cells, grouping
from fileproc.quality.checks.failing_cells import FailingCells
from tests.unit.quality.test_proof import ODD, reported, row

HEADER = "id,part,amount,kind,sent,came\n"


def dirty(seed: int, rows: int = 120) -> str:
    """Rows of which many have odd cells, with a header in the middle and a total at the end."""
    chance = random.Random(seed)
    lines = []
    for number in range(rows):
        cells = row(number)
        for place in chance.sample(range(6), chance.randrange(4)):
            cells[place] = chance.choice(ODD[place])
        lines.append(",".join(cells) + "\n")
    lines.insert(rows // 2, HEADER)
    return HEADER + "".join(lines) + "Total,,x,c,,\n"


def told(data: str, *, remembering: bool) -> Report:
    """The report of each way; half of what was remembered is forgotten again, so that both branches are taken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "ALL_TOLD", -1 if remembering else 1 << 40)
        patch.setattr(failing_cells, "WORTH_REMEMBERING", 0)
        patch.setattr(failing_cells, "MOST_DETAILS", 1_000)
        patch.setattr(FailingCells, "look_ahead", forgetful(FailingCells.look_ahead))
        return reported(data, proving=False)


def forgetful(look_ahead):  # type: ignore[no-untyped-def]
    """Look ahead, then forget every second cell."""

    def looking(self: FailingCells) -> None:
        look_ahead(self)
        assert self._remembered
        self._source.connection.execute(f"DELETE FROM {failing_cells.TABLE} WHERE rowid % 2 = 1")

    return looking


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1 << 30))
def test_a_cell_is_called_the_same_whether_it_was_remembered_or_not(seed: int) -> None:
    """Names, totals, lines, samples and details of every cause are those of looking at each cell."""
    data = dirty(seed)

    one_by_one, remembered = told(data, remembering=False), told(data, remembering=True)

    assert one_by_one.causes
    assert one_by_one.causes == remembered.causes


def test_rows_of_samples_are_the_same_when_they_are_fetched_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where very many cells fail the samples' rows are read after the scan, and are the very same rows."""
    data = dirty(7)
    kept = reported(data, proving=False)
    monkeypatch.setattr(grouping, "FEW", -1)
    fetched = reported(data, proving=False)

    assert kept.causes
    assert [cause.samples for cause in kept.causes] == [cause.samples for cause in fetched.causes]
