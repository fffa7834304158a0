"""The table of costs, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from fileproc.clock import FrozenClock
from fileproc.domain.costs import Cost
from fileproc.store import costs
from fileproc.store.costs import SqlCosts
from fileproc.store.engine import open_engine


@pytest.fixture
def engine(journal_url: str) -> Iterator[Engine]:
    engine = open_engine(journal_url)
    yield engine
    engine.dispose()


def test_what_was_written_is_read_and_replaced(engine: Engine) -> None:
    """Each kind has one cost, the last that was written."""
    book = SqlCosts(engine, clock=FrozenClock())
    book.write({("b", "csv"): Cost(1.0, 2.0, 3), ("b", "csv.gz"): Cost(4.0, 5.0, 6)})
    book.write({("b", "csv"): Cost(7.0, 8.0, 9)})

    assert {("b", "csv"): Cost(7.0, 8.0, 9), ("b", "csv.gz"): Cost(4.0, 5.0, 6)} == book.read()
    assert (Cost(7.0, 8.0, 9), Cost()) == (book.of("b", "x/a.csv"), book.of("other", "a.csv"))


def test_rows_are_bounded_and_the_oldest_go(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender who invents formats fills nothing."""
    monkeypatch.setattr(costs, "KEPT", 5)
    clock = FrozenClock()
    engine = open_engine(sqlite_url)
    book = SqlCosts(engine, clock=clock)
    for number in range(20):
        clock.advance(1)
        book.write({("b", f"f{number}"): Cost()})

    assert [f"f{number}" for number in range(15, 20)] == [format_ for _, format_ in book.read()]
    engine.dispose()
