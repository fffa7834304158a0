"""Dirty files whose truth is known: the report must tell every count and every line exactly.

The long form (a thousand seeds and large files) is `make truth`; a seed that fails here is replayed with
`make truth ARGS="--seed N --seeds 1 --large 0"`.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.quality.truth.__main__ import judge, make
from tests.unit.quality.truth.faults import FAULTS

SEEDS = range(45)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_count_and_every_line_is_exact(seed: int) -> None:
    """Random columns, dialect and faults: nothing is missed, nothing is made up, and no line is wrong."""
    assert [] == judge(make(seed))


def test_a_larger_file_is_as_exact() -> None:
    """Five thousand rows take the ways that small files do not, and are told as exactly."""
    assert [[], []] == [judge(make(seed, rows=5_000)) for seed in (0, 2)]


def test_every_kind_of_fault_is_made() -> None:
    """The table of faults is what the generator really makes: each occurs in many of the first thousand files."""
    made: Counter[str] = Counter()
    for seed in range(0, 1_000, 4):
        made.update(make(seed).truth.faults)

    assert [] == [name for name in FAULTS if not made[name]]
    assert len(FAULTS) >= 50


def test_a_wrong_count_does_not_pass() -> None:
    """The comparison is no formality: a truth that is off by one line is told."""
    made = make(7)
    made.truth.rows += 1
    made.truth.causes["short_row", ""].append(3)

    assert {"rows", "('short_row', '')"} <= {found.split(":")[0] for found in judge(made)}
