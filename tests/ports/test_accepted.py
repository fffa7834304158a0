"""What every journal promises about accepted files: the fake in memory and both databases keep every one of these."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Job, JobClass, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Accepted, Journal, NewJob, Settlement
from fileproc.domain.profiles import KEPT, ColumnProfile, History, HistoryRule, Profile
from tests.conftest import KINDS
from tests.fakes.journal import MemoryJournal
from tests.ports.journals import LIMIT

RULE = HistoryRule("h", "rowCount", None, "fail", "mustBeGreaterThan", -50, 10, 3, 0)
FUTURE = timedelta(days=365)


class Remembering(Journal, Accepted, Protocol):
    """A journal that knows the accepted files."""


@pytest.fixture(params=["memory", *KINDS], ids=["memory", "sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest) -> str:
    """The fake has no address."""
    if request.param == "memory":
        return "memory"
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def journal(journal_url: str, clock: FrozenClock, request: pytest.FixtureRequest) -> Remembering:
    """An empty journal of each kind."""
    if journal_url == "memory":
        return MemoryJournal(clock=clock)
    journal: Remembering = request.getfixturevalue("sql_journal")
    return journal


def report(rows: int, verdict: str = "pass", *, contract: str = "orders", schema: str = "rows") -> dict[str, Any]:
    """As much of a report document as remembering needs."""
    column = ColumnProfile(nulls=3, mean=1.5, categories=("DE", "Ö\u2028\x00"), masked=True)
    history = History(contract, schema, (RULE,), ())
    profile = Profile(rows, {"a": column})
    return {"verdict": verdict, "history": history.to_document(), "profile": profile.to_document()}


def settle(journal: Remembering, key: str, at: datetime | None, document: dict[str, Any]) -> Job:
    """A job of this object, settled with this report."""
    (added,) = journal.add([NewJob(ObjectRef("b", key, etag="e"), event_time=at)], limit=LIMIT)
    if added.duplicate:
        journal.replay([added.job_id])
    job = journal.claim_one("p1", added.job_id)
    assert job is not None
    ending = Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict=document["verdict"], report=document)
    assert journal.settle(job, ending)
    return job


def rows_before(
    journal: Remembering, before: datetime, *, but: str = "", most: int = 10, contract: str = "orders"
) -> list[int]:
    ref = ObjectRef("b", but, etag="e")
    return [one.profile.rows for one in journal.accepted_before(contract, "rows", before=before, but=ref, most=most)]


def test_the_newest_accepted_files_come_first(journal: Remembering, clock: FrozenClock) -> None:
    """By the time of their events, in whatever order they were settled; no more than were asked for."""
    now = clock.utcnow()
    for hours in (2, 5, 3, 4):
        settle(journal, f"{hours}.csv", now - timedelta(hours=hours), report(hours))

    assert [2, 3, 4] == rows_before(journal, now, most=3)


def test_what_is_remembered_comes_back_as_it_was(journal: Remembering, clock: FrozenClock) -> None:
    """Numbers, values and the file's name; no text of a hostile file breaks a row."""
    at = clock.utcnow() - timedelta(hours=1)
    settle(journal, "a/ü.csv", at, report(7))

    (past,) = journal.accepted_before("orders", "rows", before=clock.utcnow(), but=ObjectRef("b", "-"), most=1)

    assert (at, 7, True) == (past.at, past.profile.rows, past.file.startswith("s3://b/a/ü"))
    column = past.profile.columns["a"]
    assert (3, 1.5, "DE", True) == (column.nulls, column.mean, (column.categories or ("",))[0], column.masked)


def test_only_what_came_before_is_the_past(journal: Remembering, clock: FrozenClock) -> None:
    """A replay sees the past of its own day; what came later, or at that very moment, is not in it."""
    noon = clock.utcnow()
    for hours in (-1, 0, 1):
        settle(journal, f"{hours}.csv", noon + timedelta(hours=hours), report(10 + hours))

    assert [9] == rows_before(journal, noon)


@pytest.mark.parametrize("verdict", ["fail", "error", "skipped"])
def test_files_that_were_not_accepted_are_not_remembered(
    journal: Remembering, clock: FrozenClock, verdict: str
) -> None:
    """A failed file never becomes what later ones are measured by; a warning does no harm."""
    settle(journal, "bad.csv", None, report(1, verdict))
    settle(journal, "warned.csv", None, report(2, "warn"))

    assert [2] == rows_before(journal, clock.utcnow() + FUTURE)


def test_an_object_trains_once(journal: Remembering, clock: FrozenClock) -> None:
    """Checked again, it exchanges its profile; and it is never compared with itself."""
    settle(journal, "a.csv", None, report(1))
    settle(journal, "a.csv", None, report(2))

    assert [2] == rows_before(journal, clock.utcnow() + FUTURE)
    assert [] == rows_before(journal, clock.utcnow() + FUTURE, but="a.csv")


def test_a_file_that_fails_when_it_is_checked_again_is_forgotten(journal: Remembering, clock: FrozenClock) -> None:
    """The contract was mended and the file is bad after all: what it taught goes with its verdict."""
    settle(journal, "a.csv", None, report(1))
    settle(journal, "a.csv", None, report(1, "fail"))

    assert [] == rows_before(journal, clock.utcnow() + FUTURE)


def test_a_late_result_teaches_nothing(journal: Remembering, clock: FrozenClock) -> None:
    """An attempt whose job was taken away writes neither report nor profile."""
    job = settle(journal, "a.csv", None, report(1))
    late = Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict="pass", report=report(99))

    assert not journal.settle(replace(job, fence=job.fence - 1), late)
    assert [1] == rows_before(journal, clock.utcnow() + FUTURE)


def test_contracts_and_schema_objects_have_pasts_of_their_own(journal: Remembering, clock: FrozenClock) -> None:
    """Orders are not compared with invoices, nor `ab`+`c` with `a`+`bc`."""
    settle(journal, "a.csv", None, report(1))
    settle(journal, "b.csv", None, report(2, contract="invoices"))
    settle(journal, "c.csv", None, report(3, contract="order", schema="srows"))

    soon = clock.utcnow() + FUTURE
    assert ([1], [2]) == (rows_before(journal, soon), rows_before(journal, soon, contract="invoices"))


def test_profiles_outlive_their_jobs(journal: Remembering, clock: FrozenClock) -> None:
    """Purging old jobs does not take the past away; the object that comes again after that still trains once."""
    settle(journal, "a.csv", None, report(1))
    clock.advance(40 * 86_400)
    assert 1 == journal.purge(30)
    assert [1] == rows_before(journal, clock.utcnow())

    settle(journal, "a.csv", None, report(2))

    assert [2] == rows_before(journal, clock.utcnow() + FUTURE)


def test_the_past_is_bounded(journal: Remembering, clock: FrozenClock) -> None:
    """The newest are kept of each series, however many files come."""
    start = clock.utcnow()
    for number in range(KEPT + 3):
        settle(journal, f"{number}.csv", start + timedelta(minutes=number), report(number))
    settle(journal, "other.csv", start, report(7, contract="invoices"))

    kept = rows_before(journal, start + FUTURE, most=10 * KEPT)
    assert list(range(KEPT + 2, 2, -1)) == kept
    assert [7] == rows_before(journal, start + FUTURE, contract="invoices")
