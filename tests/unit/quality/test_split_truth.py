"""Dirty files of every kind of fault, split: nothing is lost, and the accepted part checks clean."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fileproc.domain.reports import Result
from fileproc.quality.check import Limits
from tests.unit.quality.checking import contract
from tests.unit.quality.splitting import halves, one_engine
from tests.unit.quality.truth.__main__ import make


@pytest.fixture(scope="module")
def limits() -> Iterator[Limits]:
    with one_engine() as found:
        yield found


@pytest.mark.parametrize("seed", range(14))
def test_the_accepted_part_of_a_dirty_file_is_good(seed: int, limits: Limits) -> None:
    """Random columns, dialects, encodings and faults, references and keys: what is accepted needs no second look."""
    made = make(seed)
    match = contract(made.properties, quality=made.quality, relationships=made.relationships, **made.words)
    split = halves(made.data, match, name=made.name, limits=limits)
    if split.accepted is None:
        assert split.manifest["untrusted"]
        return
    rows = [split.manifest[part]["rows"] for part in ("accepted", "rejected")]
    again = halves(split.accepted, match, name=made.name, limits=limits) if rows[0] else None

    assert made.truth.rows == sum(rows)
    failing = [one for one in again.report.checks if one.result is Result.FAIL] if again else []
    assert [] == [one.id for one in failing if one.id != "preamble" and one.type != "rowCount"]  # of the whole file
    assert again is None or [rows[0], 0] == [again.manifest[part]["rows"] for part in ("accepted", "rejected")]
