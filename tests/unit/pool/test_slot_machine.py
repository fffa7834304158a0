"""The slot table against the real slot, driven at random; and the drawn page against the tables."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fileproc.errors import IllegalTransition
from fileproc.pool.slot import LADDER, MOVES, Slot, SlotState
from scripts.print_states import PAGE, page


class SlotMachine(RuleBasedStateMachine):
    """Whatever is asked of a slot, it is where its table says, and its ladder only climbs."""

    def __init__(self) -> None:
        super().__init__()
        self.slot = Slot(0)
        self.expected = SlotState.EMPTY
        self.now = 0.0

    @rule(state=st.sampled_from(SlotState))
    def move(self, state: SlotState) -> None:
        self.now += 1
        if state in MOVES[self.expected]:
            self.slot.move(state, self.now)
            self.expected = state
            return
        with pytest.raises(IllegalTransition):
            self.slot.move(state, self.now)

    @precondition(lambda self: SlotState.STOPPING in MOVES[self.expected])
    @rule(at_once=st.booleans())
    def condemn(self, at_once: bool) -> None:
        self.now += 1
        self.slot.condemn("timeout", self.now, at_once=at_once)
        self.expected = SlotState.STOPPING
        assert LADDER[-1][1] is self.slot.ladder[-1][1]
        assert self.now == self.slot.ladder[0][0] == self.slot.next_timer()

    @precondition(lambda self: SlotState.EMPTY in MOVES[self.expected])
    @rule()
    def empty(self) -> None:
        self.now += 1
        self.slot.empty(self.now)
        self.expected = SlotState.EMPTY
        assert (None, None, None, []) == (self.slot.worker, self.slot.job, self.slot.killed_for, self.slot.ladder)
        assert self.slot.next_timer() is None

    @invariant()
    def is_where_the_table_says(self) -> None:
        assert self.expected is self.slot.state
        assert self.slot.since <= self.now
        assert sorted(self.slot.ladder) == self.slot.ladder


SlotMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)


class TestSlot(SlotMachine.TestCase):  # type: ignore[name-defined, misc]
    """A slot never leaves its table, so a worker that was told to stop is never given another job (gunicorn#3626)."""


def test_the_drawn_state_machines_are_current() -> None:
    """What people see of job, slot and breaker is what the code does; `scripts/print_states.py --write` draws anew."""
    assert PAGE.read_text() == page()
