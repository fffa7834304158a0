"""Predicted costs: what has ended tells what the next one will take."""

from __future__ import annotations

import pytest

from fileproc.domain.costs import FIRST_SECONDS, OTHER, Cost, format_of

MIB = 1 << 20


def test_what_has_ended_tells_what_comes() -> None:
    """After some jobs the prediction is near what they took, for small files and for large ones."""
    cost = Cost()
    for _ in range(30):
        cost = cost.learned(10_000, 0.5).learned(100 * MIB, 20.5)

    assert 0.5 == pytest.approx(cost.seconds(10_000), rel=0.1)
    assert 40.5 == pytest.approx(cost.seconds(200 * MIB), rel=0.1)


def test_the_first_job_counts_for_all_that_is_known() -> None:
    """One observation is better than an assumption."""
    assert 7.0 == pytest.approx(Cost().learned(100, 7.0).seconds(100), rel=0.01)


def test_a_size_that_nobody_said_is_a_small_one() -> None:
    """SNS events without a size do not stop anything."""
    assert FIRST_SECONDS == Cost().seconds(None)


@pytest.mark.parametrize(
    ("key", "format_"),
    [
        ("a/b/orders.csv", "csv"),
        ("a/orders.CSV.GZ", "csv.gz"),
        ("a.b/no-suffix", OTHER),
        ("2026.11.25", "11.25"),
        ("x." + "y" * 500, OTHER),
        ("a.csv\n", OTHER),
        ("", OTHER),
    ],
)
def test_a_format_is_read_off_the_key(key: str, format_: str) -> None:
    """Hostile keys make no long names."""
    assert format_ == format_of(key)
