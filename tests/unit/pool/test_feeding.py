"""Feeding: what is claimed ahead, how little that is, and how it goes back when something else comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from fileproc.breaker.page import PageWriter
from fileproc.breaker.states import Policy
from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Job, JobClass, JobOutcome, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity
from fileproc.metrics.recorder import NullRecorder
from fileproc.pool.feeding import Feeder
from fileproc.pool.guard import Guard
from fileproc.pool.hand import MOST_EACH, OLDEST
from fileproc.pool.ledger import TOGETHER, TOGETHER_SECONDS, Ledger
from fileproc.pool.options import PoolOptions
from fileproc.pool.slot import Slot, SlotState
from tests.fakes.journal import MemoryJournal, queue

ME = PoolIdentity("p1", "here", "boot", 1, 7)
WORKERS = 2
PASSED = JobOutcome(JobClass.VERDICT, report={"verdict": "pass", "usage": {"bytes_read": 1_000}})


class Scene:
    """A pool's feeder over a journal with a crowd in it; its workers are idle and nobody is in them."""

    def __init__(self, folder: Path, clock: FrozenClock) -> None:
        self.clock = clock
        self.journal = MemoryJournal(clock=clock)
        self.ledger = Ledger(*queue(self.journal), ME, NullRecorder(), clock)
        self.page = PageWriter(folder / "page", clock, Policy(max_failures=3, cooldown=60, probes=1), boot_id="boot")
        self.guard = Guard(self.page, NullRecorder(), clock)
        self.slots = [Slot(number, SlotState.IDLE) for number in range(WORKERS)]
        options = PoolOptions(folder, {}, workers_max=WORKERS)
        self.feeder = Feeder(options, self.ledger, self.guard, self.slots, clock)
        self.ledger.open()

    def crowd(self, count: int = 100, *, seconds: float = 0.01) -> None:
        """So many files wait, and the pool knows how long each will take."""
        self.journal.add([NewJob(ObjectRef("b", f"{n}.csv", etag="e", size=1_000)) for n in range(count)], limit=1_000)
        for _ in range(50):
            self.ledger.costs.learn(ObjectRef("b", "old.csv", etag="e"), 1_000, seconds)
        self.clock.advance(2)
        self.ledger.keep_house()

    def feed(self) -> None:
        self.feeder.feed(self.clock.monotonic())

    def ends(self, slot: Slot, outcome: JobOutcome = PASSED) -> Job:
        """The worker in this slot is done."""
        job = slot.job
        assert job is not None
        slot.job = None
        slot.move(SlotState.IDLE, self.clock.monotonic())
        self.guard.ended(job, outcome, slot.breaker_generation)
        return job

    def running(self) -> int:
        return sum(row.job.state is JobState.RUNNING for row in self.journal.rows.values())

    def interrupted(self) -> int:
        return sum(row.job.interruptions for row in self.journal.rows.values())


@pytest.fixture
def scene(tmp_path: Path, clock: FrozenClock) -> Scene:
    return Scene(tmp_path, clock)


def test_in_a_crowd_a_worker_goes_on_without_asking_the_journal(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files are claimed several at a time, so that no worker waits for the database between two of them."""
    scene.crowd()
    scene.feed()
    monkeypatch.setattr(scene.journal, "claim", None)  # whoever asks now gets a TypeError
    done = scene.ends(scene.slots[0])

    assert scene.feeder.hand_over(scene.slots[0], scene.clock.monotonic())
    assert scene.slots[0].job not in (None, done, scene.slots[1].job)


def test_what_is_claimed_ahead_is_little(scene: Scene) -> None:
    """Of a crowd of quick files a few are claimed ahead, and never more with every turn."""
    scene.crowd()
    for _ in range(10):
        scene.feed()

    assert WORKERS < scene.running() <= WORKERS + MOST_EACH * WORKERS


def test_what_takes_long_is_not_claimed_ahead(scene: Scene) -> None:
    """Whoever takes a second would keep another pool, or a more urgent file, waiting."""
    scene.crowd(seconds=1.0)
    scene.feed()

    assert WORKERS == scene.running()


def test_a_few_files_are_not_claimed_ahead(scene: Scene) -> None:
    """Where there is no crowd, another pod may take what this one has no worker for."""
    scene.crowd(WORKERS + 3)
    scene.feed()

    assert WORKERS == scene.running()


@pytest.mark.parametrize("why", ["suspect", "breaker", "age", "drain", "lease"])
def test_what_is_in_hand_goes_back_when_something_else_comes_first(scene: Scene, why: str) -> None:
    """A suspect must run alone, an open breaker holds, workers are busy for long, a deploy comes, the lease is old:
    what was claimed ahead waits again, for whoever may begin it."""
    scene.crowd()
    scene.feed()
    in_hand = scene.running() - WORKERS
    if why == "suspect":
        scene.ledger.suspects = 1
    elif why == "breaker":
        for slot in scene.slots:
            scene.ends(slot, JobOutcome(JobClass.DENIED, "denied"))
        scene.page.circuits = scene.page.circuits.opened(scene.clock.monotonic(), None)
    elif why == "age":
        scene.clock.advance(OLDEST + 0.1)
        scene.ledger.keep_house()
    elif why == "lease":
        scene.clock.advance(3_600)
    if why == "drain":
        scene.feeder.give_back()
    else:
        scene.feeder.more = False
        scene.feed()

    assert in_hand > 0
    assert WORKERS == scene.running()
    assert in_hand == scene.interrupted()


def test_results_that_may_wait_are_written_in_one_commit(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit costs as much as a small check: several results share one, and none waits longer than a moment."""
    commits: list[int] = []
    settle_all = scene.journal.settle_all
    monkeypatch.setattr(
        scene.journal, "settle_all", lambda endings: (commits.append(len(endings)), settle_all(endings))[1]
    )
    scene.crowd()
    jobs = scene.journal.claim(ME.id, TOGETHER + 2)
    for job in jobs:
        scene.ledger.settle(job, PASSED, seconds=0.01, may_wait=True)
    waiting = scene.ledger.unwritten
    scene.clock.advance(TOGETHER_SECONDS)
    scene.ledger.keep_house()

    assert 2 == waiting
    assert [TOGETHER, 2] == commits
    assert 0 == scene.ledger.unwritten
