"""A worker that even SIGKILL does not end: it sits in the kernel, and nothing else may wait for it."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fileproc.breaker.page import PageWriter
from fileproc.breaker.states import Policy
from fileproc.clock import FrozenClock
from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity
from fileproc.metrics.prometheus import PrometheusRecorder
from fileproc.pool.exits import ALL_LOST
from fileproc.pool.guard import Guard
from fileproc.pool.ledger import Ledger
from fileproc.pool.options import PoolOptions
from fileproc.pool.slot import LADDER, LOST_AFTER, Slot, SlotState
from fileproc.pool.supervisor import Supervisor
from tests.fakes.journal import MemoryJournal, queue

ME = PoolIdentity("p1", "here", "boot", 1, 7)


class Immortal:
    """What the supervisor sees of a process in uninterruptible sleep: signals are taken, and change nothing."""

    pid, generation = 2**22 + 1, 1

    def __init__(self) -> None:
        self.signals: list[int] = []
        self.channel = self
        self.has_unsent = False

    def signal(self, number: signal.Signals) -> None:
        self.signals.append(number)

    def stack_dump(self) -> str:
        return "in the kernel"


@pytest.fixture
def stage() -> Iterator[tuple[Supervisor, MemoryJournal, FrozenClock, Any]]:
    """A supervisor of two workers whose loop is turned by hand, its journal, its clock and its guard."""
    clock = FrozenClock()
    journal = MemoryJournal(clock=clock)
    recorder = PrometheusRecorder("pool")
    ledger = Ledger(*queue(journal), ME, recorder, clock)
    ledger.open()
    with tempfile.TemporaryDirectory() as folder:
        policy = Policy(max_failures=1, cooldown=60, probes=1)
        guard = Guard(PageWriter(Path(folder) / "page", clock, policy, boot_id="b"), recorder, clock)
        options = PoolOptions(Path(folder), {}, workers_max=2, workers_min=0, job_timeout=10)
        yield Supervisor(options, ledger, guard, recorder, clock), journal, clock, guard


def busy(supervisor: Supervisor, journal: MemoryJournal, clock: FrozenClock, slot: Slot, key: str) -> Immortal:
    """A job in the hands of a worker that cannot die."""
    (added,) = journal.add([NewJob(ObjectRef("b", key, etag="e"))], limit=10)
    job = journal.claim_one(ME.id, added.job_id)
    assert job is not None
    worker = Immortal()
    slot.worker = worker  # type: ignore[assignment]
    for state in (SlotState.STARTING, SlotState.IDLE):
        slot.move(state, clock.monotonic())
    worker.send = lambda message: None  # type: ignore[attr-defined]
    supervisor._feeder.assign(slot, job, clock.monotonic())
    return worker


def pass_time(supervisor: Supervisor, clock: FrozenClock, slot: Slot, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.advance(1.0)
        supervisor._look_after(slot, clock.monotonic())


def test_its_job_ends_and_the_breaker_hears_of_it(stage: Any) -> None:
    """After the ladder and ten seconds the job is settled as a timeout with its evidence; no probe is kept."""
    supervisor, journal, clock, guard = stage
    slot = supervisor._slots[0]
    worker = busy(supervisor, journal, clock, slot, "a")

    pass_time(supervisor, clock, slot, 10 + LADDER[-1][0] + LOST_AFTER + 3)

    row = journal.rows[1]
    assert [signal.SIGUSR2, signal.SIGUSR2, signal.SIGTERM, signal.SIGKILL] == worker.signals
    assert (SlotState.LOST, None) == (slot.state, slot.job)
    assert (JobState.RETRYABLE, "timeout") == (row.job.state, row.settlement.job_class)
    assert {"stack_before", "exit_code"} <= row.settlement.evidence.keys()
    assert 1 == guard._page.circuits.scopes["b"].breaker.consecutive


def test_when_every_place_is_lost_the_program_ends_with_a_name(stage: Any) -> None:
    """One lost place leaves the others; with none left the pool says so by its exit code, instead of living on idle."""
    supervisor, journal, clock, _ = stage
    for number, slot in enumerate(supervisor._slots):
        assert supervisor._exit_code_wanted != ALL_LOST
        busy(supervisor, journal, clock, slot, f"job-{number}")
        pass_time(supervisor, clock, slot, 40)

    assert ALL_LOST == supervisor._exit_code_wanted
