"""The ledger: what it does with results while the journal is away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Job, JobClass, JobOutcome, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity
from fileproc.domain.profiles import History, HistoryRule, Past, Profile
from fileproc.errors import JournalUnavailable
from fileproc.metrics.recorder import NullRecorder
from fileproc.pool.ledger import BACKOFF, Ledger
from tests.fakes.journal import MemoryJournal, queue

ME = PoolIdentity("p1", "here", "boot", 1, 7)
RULE = HistoryRule("usual-size", "rowCount", None, "fail", "mustBeGreaterThan", -50, 10, 1, 0)


class Forgetful(MemoryJournal):
    """A journal whose past cannot be read for a while."""

    is_away = False

    def accepted_before(self, contract: str, schema: str, *, before: datetime, but: ObjectRef, most: int) -> list[Past]:
        if self.is_away:
            raise JournalUnavailable("away")
        return super().accepted_before(contract, schema, before=before, but=but, most=most)


class Verdicts(NullRecorder):
    """Keeps the verdicts that were counted."""

    def __init__(self) -> None:
        self.counted: list[str | None] = []

    def job_settled(self, verdict: str | None, job_class: str, **_: Any) -> None:
        self.counted.append(verdict)


def measured(rows: int) -> JobOutcome:
    """What a worker says, who knows no past."""
    check = {
        "id": "usual-size", "type": "history", "column": None, "dimension": None, "severity": "fail",
        "result": "skipped", "tested": None, "failed": None, "actual": None, "expected": None, "reason": "later",
    }  # fmt: skip
    structure = check | {"id": "structure", "type": "structure", "result": "pass", "reason": None}
    report = {
        "id": "1", "verdict": "pass", "summary": "As agreed.", "checks": [structure, check], "causes": [],
        "counts": {"rows": rows, "failing_rows": 0}, "history": History("c", "s", (RULE,)).to_document(),
        "profile": Profile(rows).to_document(),
    }  # fmt: skip
    return JobOutcome(JobClass.VERDICT, report=report)


def claimed(journal: MemoryJournal, key: str) -> Job:
    (added,) = journal.add([NewJob(ObjectRef("b", key, etag="e"))], limit=10)
    job = journal.claim_one(ME.id, added.job_id)
    assert job is not None
    return job


def test_a_result_that_waits_for_the_past_is_compared_when_the_journal_is_back() -> None:
    """Nothing is stored or counted with the verdict that it would have without its past."""
    clock = FrozenClock()
    journal, recorder = Forgetful(clock=clock), Verdicts()
    ledger = Ledger(*queue(journal), ME, recorder, clock)
    ledger.settle(claimed(journal, "usual.csv"), measured(100), seconds=0.1)
    clock.advance(60)
    small = claimed(journal, "small.csv")

    journal.is_away = True
    ledger.settle(small, measured(10), seconds=0.1)
    assert (1, ["pass"]) == (ledger.unwritten, recorder.counted)

    journal.is_away = False
    clock.advance(BACKOFF[1])
    assert ledger.flush()

    settlement = journal.rows[small.id].settlement
    assert settlement is not None
    assert ("fail", ["pass", "fail"]) == (settlement.verdict, recorder.counted)
    assert JobState.COMPLETED == journal.rows[small.id].job.state


class Silent(MemoryJournal):
    """A journal that cannot be reached for a while."""

    is_away = False

    def beat(self, pool_id: str) -> bool:
        if self.is_away:
            raise JournalUnavailable("away")
        return super().beat(pool_id)


def test_a_pool_that_cannot_beat_starts_nothing_and_lets_go_before_its_lease_is_over() -> None:
    """Another pool may take its jobs back at 30 s: it claims nothing after 15, and ends what runs after 25."""
    clock = FrozenClock()
    journal = Silent(clock=clock)
    ledger = Ledger(*queue(journal), ME, NullRecorder(), clock)
    ledger.open()
    journal.add([NewJob(ObjectRef("b", key, etag="e")) for key in "ab"], limit=10)
    journal.is_away = True

    told = []
    for _ in range(30):
        clock.advance(1.0)
        ledger.keep_house()
        told.append((ledger.lease_is_old, ledger.lease_is_over))

    assert ([True] * 15, [True] * 5) == ([old for old, _ in told][15:], [over for _, over in told][25:])
    assert not any(old for old, _ in told[:15])
    assert [] == ledger.claim(1, held=False)
    journal.is_away = False
    clock.advance(BACKOFF[1])
    ledger.keep_house()
    assert (False, False, 1) == (ledger.lease_is_old, ledger.lease_is_over, len(ledger.claim(1, held=False)))
