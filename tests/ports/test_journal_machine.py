"""The journal against a model: several pools, killed and late, in every order that chance finds, on both databases."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fileproc.domain.jobs import FINISHED, WAITING, Job, JobState
from fileproc.domain.ports import PoolIdentity
from fileproc.store.journal import SqlJournal
from tests.ports.journals import AGAIN, DIED, LIMIT, PASSED, new, pool

POOLS = ("p1", "p2", "p3")
ENDINGS = (PASSED, DIED, AGAIN)


@dataclass
class Known:
    """What the model knows of a job."""

    id: int
    state: JobState
    fence: int = 0
    owner: str = ""
    suspect: bool = False  # its pool died: it may have to wait until it can run alone


class JournalMachine(RuleBasedStateMachine):
    """The model is a dict; `hands` are all claims that were ever made, so most writers come late."""

    journal: SqlJournal
    run = 0

    @initialize()
    def begin(self) -> None:
        type(self).run += 1
        self.known: dict[str, Known] = {}
        self.hands: list[Job] = []
        self.living = set(POOLS)
        for number, name in enumerate(POOLS):
            self.journal.register_pool(pool(name, pid=number + 1))

    @rule(name=st.sampled_from("abcd"), state=st.sampled_from([JobState.AVAILABLE, JobState.HELD]))
    def add(self, name: str, state: JobState) -> None:
        key = f"{self.run}/{name}"
        (added,) = self.journal.add([new(key, state)], limit=LIMIT)
        assert added.duplicate is (key in self.known)
        known = self.known.setdefault(key, Known(added.job_id, state))
        assert (known.id, known.state) == (added.job_id, added.state)

    @rule(owner=st.sampled_from(POOLS), count=st.integers(1, 3), held=st.booleans())
    def claim(self, owner: str, count: int, held: bool) -> None:
        if owner not in self.living:
            return
        states = WAITING if held else WAITING - {JobState.HELD}
        due = [one for one in self.known.values() if one.state in states and not one.suspect]
        jobs = self.journal.claim(owner, count, held=held)
        assert len(jobs) == len({job.id for job in jobs}) <= count
        assert jobs or not due
        for job in jobs:
            assert self.known[job.ref.key].state in states
            self._taken(job, owner)

    @rule(owner=st.sampled_from(POOLS), name=st.sampled_from("abcd"))
    def claim_one(self, owner: str, name: str) -> None:
        one = self.known.get(f"{self.run}/{name}")
        if one is None or owner not in self.living:
            return
        job = self.journal.claim_one(owner, one.id)
        assert (one.state in WAITING) is (job is not None)
        if job is not None:
            self._taken(job, owner)

    def _taken(self, job: Job, owner: str) -> None:
        one = self.known[job.ref.key]
        one.state, one.fence, one.owner = JobState.RUNNING, one.fence + 1, owner
        assert (one.id, one.fence) == (job.id, job.fence)
        self.hands.append(job)

    @rule(choice=st.integers(0, 100), ending=st.sampled_from(ENDINGS))
    def settle(self, choice: int, ending: object) -> None:
        if not self.hands:
            return
        job = self.hands[choice % len(self.hands)]
        one, settlement = self.known[job.ref.key], next(each for each in ENDINGS if each is ending)
        mine = one.state is JobState.RUNNING and one.fence == job.fence
        assert mine is self.journal.settle(job, settlement)
        if mine:
            one.state, one.owner, one.suspect = settlement.state, "", False

    @rule(choice=st.integers(0, 100))
    def release(self, choice: int) -> None:
        if not self.hands:
            return
        job = self.hands[choice % len(self.hands)]
        one = self.known[job.ref.key]
        mine = one.state is JobState.RUNNING and one.fence == job.fence
        assert mine is self.journal.release(job)
        if mine:
            one.state, one.owner = JobState.AVAILABLE, ""

    @rule()
    def release_held(self) -> None:
        held = [one for one in self.known.values() if one.state is JobState.HELD]
        assert len(held) == self.journal.release_held()
        for one in held:
            one.state = JobState.AVAILABLE

    @rule(name=st.sampled_from("abcd"))
    def replay(self, name: str) -> None:
        if one := self.known.get(f"{self.run}/{name}"):
            finished = one.state in FINISHED
            assert ([one.id] if finished else []) == self.journal.replay([one.id])
            one.state = JobState.AVAILABLE if finished else one.state

    @rule(victim=st.sampled_from(POOLS))
    def kill_a_pool(self, victim: str) -> None:
        self.living.discard(victim)
        lost = [one for one in self.known.values() if one.state is JobState.RUNNING and one.owner == victim]
        assert sorted(one.id for one in lost) == sorted(self.journal.rescue(pool("me", pid=9), self._alive, ttl=1e6))
        for one in lost:
            one.state, one.owner, one.suspect = JobState.AVAILABLE, "", True

    @rule(name=st.sampled_from(POOLS))
    def start_a_pool(self, name: str) -> None:
        if name not in self.living:
            self.living.add(name)
            self.journal.register_pool(pool(name, pid=POOLS.index(name) + 1))

    def _alive(self, asked: PoolIdentity) -> bool:
        return asked.id in self.living

    @invariant()
    def counts_agree(self) -> None:
        backlog = self.journal.backlog()
        for state in (*WAITING, JobState.RUNNING):
            assert sum(one.state is state for one in self.known.values()) == backlog[state], state

    def teardown(self) -> None:
        for name in POOLS:
            self.journal.retire_pool(name)
        self.journal.rescue(pool("me", pid=9), lambda _: False, ttl=1e6)
        for one in getattr(self, "known", {}).values():  # one database serves all runs
            if job := self.journal.claim_one("cleaner", one.id):
                self.journal.settle(job, PASSED)


def test_the_journal_does_what_the_model_says(sql_journal: SqlJournal, request: pytest.FixtureRequest) -> None:
    """Whatever pools claim, settle late, die with or start again, no result of a former attempt is written (zombies of
    Sidekiq and Celery), no job is claimed twice, and no counter lies."""
    machine = type("Machine", (JournalMachine,), {"journal": sql_journal})
    few = settings(
        phases=[Phase.generate],  # a failing run is told as it was found: to shrink it takes minutes
        max_examples=20,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(machine, settings=few)  # type: ignore[no-untyped-call]
