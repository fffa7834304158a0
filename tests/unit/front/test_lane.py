"""The lane: a burst of messages leaves the hub to others between two turns, and nobody waits for ever."""

from __future__ import annotations

from itertools import pairwise

import gevent
import pytest

from fileproc.front import lane
from fileproc.front.lane import FEW, PER_TURN, Lane


def burst(lane_: Lane, count: int) -> list[int]:
    """So many messages at once; the list of those whose turn has come grows as the hub runs."""
    done: list[int] = []

    def message(number: int) -> None:
        lane_.take_turn()
        done.append(number)

    for number in range(count):
        gevent.spawn(message, number)
    return done


def test_one_after_another_never_waits() -> None:
    """At everyday load a message comes in at once."""
    lane_ = Lane()
    for _ in range(10 * FEW):
        lane_.take_turn()
        gevent.sleep(0)
        gevent.idle()

    assert 0 == len(lane_)


def test_a_burst_comes_in_by_handfuls_and_in_its_order() -> None:
    """Between two turns others are served; each message has its turn, first come, first served."""
    done = burst(Lane(), 1_000)
    gevent.sleep(0)
    seen = [len(done)]
    while len(done) < 1_000:
        gevent.idle()
        seen.append(len(done))

    assert FEW == seen[0]
    assert max(after - before for before, after in pairwise(seen)) <= FEW
    assert len(seen) > (1_000 - 3 * FEW) / PER_TURN
    assert list(range(1_000)) == done


def test_a_hub_that_is_never_idle_does_not_starve_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of other requests holds a message up for milliseconds only."""
    monkeypatch.setattr(lane.gevent, "idle", lambda: gevent.sleep(60))
    done = burst(Lane(), FEW + 2 * PER_TURN)
    with gevent.Timeout(5):
        while len(done) < FEW + 2 * PER_TURN:
            gevent.sleep(0.001)

    assert list(range(FEW + 2 * PER_TURN)) == done
