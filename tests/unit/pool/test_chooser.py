"""The chooser: the scheduler's choice among jobs that really wait, and what the pool learns about their costs."""

from __future__ import annotations

import pytest

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Job, JobClass, JobOutcome
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity
from fileproc.metrics.recorder import NullRecorder
from fileproc.pool.chooser import Chooser
from fileproc.pool.ledger import Ledger
from tests.fakes.journal import MemoryJournal, queue

ME = PoolIdentity("p1", "here", "boot", 1, 7)
MIB = 1 << 20
NONE: frozenset[str] = frozenset()


@pytest.fixture
def journal(clock: FrozenClock) -> MemoryJournal:
    return MemoryJournal(clock=clock)


@pytest.fixture
def ledger(journal: MemoryJournal, clock: FrozenClock) -> Ledger:
    """A pool's ledger over the journal, registered."""
    ledger = Ledger(*queue(journal), ME, NullRecorder(), clock)
    ledger.open()
    return ledger


def add(journal: MemoryJournal, bucket: str, count: int, size: int = 1_000, key: str = "{}.csv") -> None:
    journal.add([NewJob(ObjectRef(bucket, key.format(n), etag="e", size=size)) for n in range(count)], limit=10_000)


def buckets(jobs: list[Job]) -> list[str]:
    return [job.ref.bucket for job in jobs]


def test_a_bucket_with_one_file_is_not_behind_one_with_thousands(
    journal: MemoryJournal, ledger: Ledger, clock: FrozenClock
) -> None:
    """The second partner's file is among the first to run, though it came last."""
    add(journal, "flood", 3_000)
    add(journal, "quiet", 1)
    chooser = Chooser(ledger, 4, clock)

    claimed = [bucket for _ in range(5) for bucket in buckets(chooser.claim(4, [], held=False, without=NONE))]

    assert "quiet" in claimed


def test_large_files_leave_room_for_small_ones(journal: MemoryJournal, ledger: Ledger, clock: FrozenClock) -> None:
    """What was learned of a bucket's large files decides that they are large; a quarter of the slots stays free."""
    (added,) = journal.add([NewJob(ObjectRef("b", "learned.csv", etag="e", size=100 * MIB))], limit=10)
    job = journal.claim_one("p1", added.job_id)
    assert job is not None
    report = {"verdict": "pass", "usage": {"bytes_read": 100 * MIB}}
    ledger.settle(job, JobOutcome(JobClass.VERDICT, report=report), seconds=60.0)
    add(journal, "b", 20, size=100 * MIB, key="{}-large.csv")
    add(journal, "b", 20)

    claimed = Chooser(ledger, 4, clock).claim(4, [], held=False, without=NONE)

    assert 3 >= sum(job.ref.size == 100 * MIB for job in claimed)
    assert any(job.ref.size == 1_000 for job in claimed)


def test_what_was_learned_is_written_down_and_read_again(
    journal: MemoryJournal, ledger: Ledger, clock: FrozenClock
) -> None:
    """A pool that is started anew knows what its files take."""
    add(journal, "b", 1)
    (job,) = journal.claim("p1", 1)
    report = {"verdict": "pass", "usage": {"bytes_read": 1_000}}
    ledger.settle(job, JobOutcome(JobClass.VERDICT, report=report), seconds=5.0)
    clock.advance(31)
    ledger.keep_house()

    another = Ledger(*ledger_parts(ledger), ME, NullRecorder(), clock)
    another.open()
    another.keep_house()

    assert 5.0 == pytest.approx(another.costs.seconds(job.ref), rel=0.01)


def ledger_parts(ledger: Ledger) -> tuple[object, ...]:
    return ledger._journal, ledger._turns, ledger._stored_costs


def test_jobs_that_others_took_are_looked_for_no_longer(
    journal: MemoryJournal, ledger: Ledger, clock: FrozenClock
) -> None:
    """A look is a moment old: what another pool has claimed since is left out, and the next look finds the rest."""
    add(journal, "b", 6)
    chooser = Chooser(ledger, 4, clock)
    first = chooser.claim(2, [], held=False, without=NONE)
    taken = journal.claim("p2", 2)

    second = chooser.claim(2, [], held=False, without=NONE)
    clock.advance(1)
    third = chooser.claim(2, [], held=False, without=NONE)

    assert [] == second
    assert 6 == len({job.id for job in (*first, *taken, *third)})
