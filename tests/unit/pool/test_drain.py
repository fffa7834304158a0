"""The end of a pool: how long it takes, and that each job is told once."""

from __future__ import annotations

import signal

from fileproc.pool.drain import FAREWELL, SHORT_FAREWELL, Drain
from fileproc.pool.slot import LADDER, Slot, SlotState


def test_asked_once_there_is_the_budget_and_asked_twice_there_is_none() -> None:
    """A second signal never makes it longer, however late it comes."""
    drain = Drain(10)
    assert (True, False, False) == (drain.ask(100), drain.is_over(109.9), drain.is_out_of_patience(110 + FAREWELL - 1))
    assert (False, True, True) == (drain.ask(103), drain.is_over(103), drain.is_out_of_patience(103 + SHORT_FAREWELL))
    drain.ask(500)
    assert drain.is_over(103)


def test_a_job_is_in_one_list_only() -> None:
    """Whose end could not be written is lost, whatever else was said of it; what ended before the drain is not told."""
    drain = Drain(10)
    drain.finished(1)
    drain.ask(0)
    for job_id in (2, 3):
        drain.finished(job_id)
    drain.released(4)

    drain.tell([3])

    assert "finished: 1 (2); released: 1 (4); lost: 1 (3)" == drain.last_words


def test_who_is_on_the_ladder_is_killed_when_the_budget_is_over() -> None:
    """A drain does not wait five seconds for a worker that ignores SIGTERM; one that got SIGKILL is left alone."""
    slot = Slot(0, state=SlotState.BUSY)
    slot.condemn("timeout", 100.0)
    assert LADDER[-1][0] == slot.ladder[-1][0] - 100

    slot.hurry(101.0)

    assert [(101.0, signal.SIGKILL)] == slot.ladder
    slot.ladder.clear()
    slot.hurry(102.0)
    assert [] == slot.ladder
