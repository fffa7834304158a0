"""The breaker as a table: what opens it, what closes it, and what must not move it."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fileproc.breaker.states import LONGEST_COOLDOWN, TRANSITIONS, Breaker, JobFailure, Policy, State
from fileproc.domain.jobs import Outcome

POLICY = Policy(max_failures=3, cooldown=60, probes=1)


def fail(breaker: Breaker, job: int, now: float = 0.0, *, generation: int | None = None) -> Breaker:
    started = breaker.generation if generation is None else generation
    return breaker.ended(Outcome.FAILURE, job, 1, started, now, JobFailure(job, "infra", "down", 0.0))


def succeed(breaker: Breaker, job: int, now: float = 0.0) -> Breaker:
    return breaker.ended(Outcome.SUCCESS, job, 1, breaker.generation, now)


def opened() -> Breaker:
    breaker = Breaker(policy=POLICY)
    for job in (1, 2, 3):
        breaker = fail(breaker, job)
    return breaker


def test_consecutive_failures_of_different_jobs_open_it() -> None:
    """The third in a row opens it; a success in between begins anew."""
    breaker = fail(fail(Breaker(policy=POLICY), 1), 2)

    assert State.OPEN is fail(breaker, 3).state
    assert State.CLOSED is fail(succeed(breaker, 9), 3).state


def test_retries_of_one_job_are_one_failure() -> None:
    """One poisonous file cannot stop everybody else's."""
    breaker = Breaker(policy=POLICY)
    for _ in range(10):
        breaker = fail(breaker, 1)

    assert (State.CLOSED, 1) == (breaker.state, breaker.consecutive)


def test_neutral_outcomes_neither_count_nor_reset() -> None:
    """An object that is gone says nothing about S3."""
    breaker = fail(fail(Breaker(policy=POLICY), 1), 2)
    breaker = breaker.ended(Outcome.NEUTRAL, 9, 1, breaker.generation, 0)

    assert (2, State.OPEN) == (breaker.consecutive, fail(breaker, 3).state)


def test_nothing_starts_while_it_is_open_and_one_probe_afterwards() -> None:
    """Closed: as many as there are. Open: none. Half open: as many as there are probes."""
    breaker = opened()

    assert (None, 0, 1) == (Breaker(policy=POLICY).permits(0), breaker.permits(59), breaker.permits(60))
    assert 0 == breaker.started(7, 1, 60).permits(60)


def test_a_probe_decides() -> None:
    """Success closes it, failure opens it for twice as long, up to a cap."""
    probing = opened().started(7, 1, 60)

    assert State.CLOSED is succeed(probing, 7, 61).state
    again = fail(probing, 7, 61)
    assert (State.OPEN, 0, 1) == (again.state, again.permits(61 + 119), again.permits(61 + 120))
    for _ in range(10):
        now = again.open_until
        again = fail(again.started(7, 1, now), 7, now)
    assert LONGEST_COOLDOWN == again.cooldown


def test_a_dead_prober_frees_its_permit() -> None:
    """A probe whose worker was drained away does not keep the breaker half open for ever."""
    probing = opened().started(7, 1, 60)

    freed = probing.ended(Outcome.NEUTRAL, 7, 1, probing.generation, 61)

    assert (State.HALF_OPEN, 1) == (freed.state, freed.permits(61))


def test_outcomes_from_before_do_not_move_it() -> None:
    """A slow failure that began before a reset does not open what was just closed."""
    breaker = opened()
    before = breaker.generation
    breaker = breaker.reset(10)
    for job in (11, 12, 13):
        breaker = fail(breaker, job, 11, generation=before)

    assert (State.CLOSED, 0) == (breaker.state, breaker.consecutive)


def test_without_probes_the_cooldown_is_a_plain_reset() -> None:
    """As people know it from before."""
    breaker = Breaker(policy=Policy(max_failures=1, cooldown=60, probes=0))

    assert State.CLOSED is fail(breaker, 1).at(60).state


@pytest.mark.parametrize("verb", ["reset", "opened"])
def test_verbs_by_hand_begin_a_new_generation(verb: str) -> None:
    """What ran before an operator's word is not held against it."""
    breaker = fail(Breaker(policy=POLICY), 1)

    assert breaker.generation < getattr(breaker, verb)(0).generation


class AgainstANaiveModel(RuleBasedStateMachine):
    """Random outcomes and time; the naive model keeps a list of what happened since the last change."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(policy=POLICY)
        self.now = 0.0
        self.job = 0
        self.run: list[int] = []
        self.state = "closed"
        self.until = 0.0
        self.wait = 60.0

    def _time(self) -> None:
        if self.state == "open" and self.now >= self.until:
            self.state = "half_open"

    @rule(seconds=st.floats(0, 100))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(outcome=st.sampled_from(list(Outcome)), same=st.booleans())
    def run_a_job(self, outcome: Outcome, same: bool) -> None:
        self._time()
        if self.breaker.permits(self.now) == 0:
            assert self.state == "open"
            return
        self.job += 0 if same and self.job else 1
        self.breaker = self.breaker.started(self.job, 1, self.now)
        failure = JobFailure(self.job, "infra", "down", 0.0) if outcome is Outcome.FAILURE else None
        self.breaker = self.breaker.ended(outcome, self.job, 1, self.breaker.generation, self.now, failure)
        self._model(outcome)

    def _model(self, outcome: Outcome) -> None:
        if outcome is Outcome.SUCCESS:
            self.run, self.state, self.wait = [], "closed", 60.0
        elif outcome is Outcome.FAILURE and self.state == "half_open":
            self.wait = min(LONGEST_COOLDOWN, self.wait * 2)
            self.state, self.until = "open", self.now + self.wait
        elif outcome is Outcome.FAILURE and self.job not in self.run:
            self.run.append(self.job)
            if len(self.run) == 3:
                self.state, self.until = "open", self.now + self.wait

    @rule()
    def reset(self) -> None:
        self.breaker = self.breaker.reset(self.now)
        self.run, self.state, self.wait = [], "closed", 60.0

    @invariant()
    def agree(self) -> None:
        self._time()
        before = self.breaker.state
        moment = self.breaker.at(self.now)
        assert self.state == moment.state
        assert moment.state is before or moment.state in TRANSITIONS[before]


AgainstANaiveModel.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestAgainstANaiveModel = AgainstANaiveModel.TestCase
