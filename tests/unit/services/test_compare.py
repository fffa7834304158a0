"""Comparing at settlement: a report that waits for the past gets its verdict from it, and teaches what comes after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Job, JobClass, JobOutcome
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, Settlement
from fileproc.services.compare import compared
from fileproc.services.settle import decide
from tests.fakes.journal import MemoryJournal
from tests.unit.quality.checking import check, contract

MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
RULE = {
    "id": "usual-size",
    "type": "custom",
    "engine": "fileproc",
    "implementation": {"check": "history", "measure": "rowCount"},
    "mustBeBetween": [-50, 50],
}
MATCH = contract([{"name": "a"}], quality=[RULE])


def measured(rows: int) -> dict[str, Any]:
    """What a worker, who knows no past, says of a file with so many rows."""
    return check(b"a\n" + b"x\n" * rows, MATCH).to_document()


def settle(journal: MemoryJournal, clock: FrozenClock, job: Job, rows: int) -> Settlement:
    outcome = JobOutcome(JobClass.VERDICT, report=measured(rows))
    settlement = decide(job, outcome, now=clock.utcnow(), jitter=lambda: 0.0)
    settlement = compared(job, settlement, journal, clock)
    assert journal.settle(job, settlement)
    return settlement


def arrives(journal: MemoryJournal, clock: FrozenClock, day: int, rows: int) -> Settlement:
    """A file of a day, from its event to its settlement."""
    new = NewJob(ObjectRef("b", f"{day}.csv", etag="e"), event_time=MONDAY + day * DAY)
    (added,) = journal.add([new], limit=100)
    job = journal.claim_one("p1", added.job_id)
    assert job is not None
    return settle(journal, clock, job, rows)


def again(journal: MemoryJournal, clock: FrozenClock, day: int, rows: int) -> Settlement:
    """The same object, run again long after."""
    (job_id,) = journal.replay([number for number, row in journal.rows.items() if row.job.ref.key == f"{day}.csv"])
    job = journal.claim_one("p1", job_id)
    assert job is not None
    return settle(journal, clock, job, rows)


def told(settlement: Settlement) -> dict[str, Any]:
    """The history check of a settled report."""
    assert settlement.report is not None
    check: dict[str, Any] = next(one for one in settlement.report["checks"] if one["id"] == "usual-size")
    return check


def test_the_fourth_file_is_judged_by_the_three_before_it() -> None:
    """Verdict, summary and counts of the stored report are those of the comparison, not of the worker."""
    clock = FrozenClock(wall=MONDAY)
    journal = MemoryJournal(clock=clock)
    first = [arrives(journal, clock, day, 100) for day in range(3)]
    fourth = arrives(journal, clock, 3, 20)

    assert ["pass"] * 3 == [one.verdict for one in first]
    assert ("fail", "fail") == (fourth.verdict, (fourth.report or {})["verdict"])
    assert "20 rows are 80 % less" in (fourth.report or {})["summary"]
    assert 1 == (fourth.report or {})["counts"]["failed"]


def test_a_failed_file_does_not_train() -> None:
    """After a broken delivery the next whole one is as usual, and the next broken one is not."""
    clock = FrozenClock(wall=MONDAY)
    journal = MemoryJournal(clock=clock)
    sizes = [100, 100, 100, 20, 20, 20, 100]
    verdicts = [arrives(journal, clock, day, rows).verdict for day, rows in enumerate(sizes)]

    assert ["pass", "pass", "pass", "fail", "fail", "fail", "pass"] == verdicts


def test_a_replay_gives_the_answer_of_its_day() -> None:
    """Months later, when files are larger, the old one is still as usual as it was."""
    clock = FrozenClock(wall=MONDAY)
    journal = MemoryJournal(clock=clock)
    for day, rows in enumerate([100, 100, 100, 100, 150, 165, 178]):
        assert "pass" == arrives(journal, clock, day, rows).verdict

    replayed = again(journal, clock, 3, 100)

    assert ("pass", "0 %") == (replayed.verdict, told(replayed)["actual"].split(" (")[0])
    assert 7 == len(journal.profiles)


def test_an_attempt_that_is_tried_again_is_not_compared() -> None:
    """It has no report yet, and asks nobody about the past."""
    clock = FrozenClock(wall=MONDAY)
    job = Job(1, ObjectRef("b", "a.csv"), "running")  # type: ignore[arg-type]
    settlement = decide(job, JobOutcome(JobClass.INFRA, "S3 is down"), now=clock.utcnow(), jitter=lambda: 0.0)

    assert settlement is compared(job, settlement, MemoryJournal(clock=clock), clock)
