"""Accept: what becomes of one message, and what its sender is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fileproc.domain.events import Event, Ignored, Malformed, ObjectCreated, ObjectRemoved
from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Added, NewJob
from fileproc.errors import BadRequest, JournalUnavailable, Unavailable
from fileproc.services.accept import Acceptance, accept


class Book:
    """A journal in memory: unique by identity, counting from 1."""

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[int, NewJob]] = {}
        self.cancelled: list[ObjectRef] = []
        self.restored: list[ObjectRef] = []

    def add(self, jobs: list[NewJob]) -> list[Added]:
        added = []
        for job in jobs:
            duplicate = job.ref.identity in self.jobs
            number, known = self.jobs.setdefault(job.ref.identity, (len(self.jobs) + 1, job))
            added.append(Added(number, duplicate, known.state))
        return added

    def cancel(self, ref: ObjectRef) -> int:
        self.cancelled.append(ref)
        return 1

    def restore(self, ref: ObjectRef) -> int:
        self.restored.append(ref)
        return 1

    def accept(self, *events: Event, **options: Any) -> Acceptance:
        settings = {"breaker_open": False, "on_open": "hold", "message_id": "m"} | options
        return accept(events, add=self.add, cancel=self.cancel, restored=self.restore, **settings)  # type: ignore[arg-type]

    @property
    def states(self) -> list[JobState]:
        return [job.state for _, job in self.jobs.values()]


@pytest.fixture
def book() -> Book:
    return Book()


def created(key: str = "a.csv") -> ObjectCreated:
    return ObjectCreated(ObjectRef("acme", key, etag="e"), "ObjectCreated:Put", "eu-west-1")


def told(number: int, key: str = "a.csv") -> dict[str, str]:
    return {"id": str(number), "bucket": "acme", "key": key}


def test_an_object_becomes_a_job(book: Book) -> None:
    """The answer names the job, with its id as text, and the job keeps region and message."""
    assert Acceptance("accepted", {"status": "accepted", "jobs": [told(1)]}, new=1, job_ids=(1,)) == book.accept(
        created()
    )
    ((_, job),) = book.jobs.values()
    assert (JobState.AVAILABLE, "m", "eu-west-1") == (job.state, job.message_id, job.region)


def test_the_same_object_again_is_a_duplicate(book: Book) -> None:
    """A replay, a retry and a second topic make no second job; the sender learns which one it is."""
    book.accept(created())

    assert Acceptance("duplicate", {"status": "duplicate", "jobs": [{"id": "1"}]}, job_ids=(1,)) == book.accept(
        created()
    )


def test_old_and_new_in_one_message(book: Book) -> None:
    """New objects are accepted, and the duplicates beside them are counted."""
    book.accept(created("old.csv"))

    document = {"status": "accepted", "jobs": [told(2, "new.csv")], "duplicates": 1}
    assert document == book.accept(created("old.csv"), created("new.csv")).document


def test_records_of_every_kind_in_one_message(book: Book) -> None:
    """What was accepted comes first, and each other record says what became of it."""
    events = (created(), Ignored("folder marker"), Malformed("no key"), ObjectRemoved(created("b").ref, "x"))

    assert {
        "status": "accepted",
        "jobs": [told(1)],
        "others": [
            {"status": "ignored", "reason": "folder marker"},
            {"status": "malformed", "reason": "no key"},
            {"status": "ignored", "reason": "object removed"},
        ],
    } == book.accept(*events).document
    assert [created("b").ref] == book.cancelled


@pytest.mark.parametrize(
    ("on_open", "state", "outcome", "held"),
    [("hold", JobState.HELD, "held", True), ("skip", JobState.CANCELLED, "skipped", False)],
)
def test_an_open_breaker_holds_or_skips(book: Book, on_open: str, state: JobState, outcome: str, held: bool) -> None:
    """Either way the object is in the journal, and either way the answer is 200 and says skipped."""
    acceptance = book.accept(created(), breaker_open=True, on_open=on_open)

    assert (
        Acceptance(outcome, {"status": "skipped", "held": held, "jobs": [told(1)]}, new=1, job_ids=(1,)) == acceptance
    )
    assert [state] == book.states


def test_a_bucket_that_is_shut_keeps_back_its_own_objects_only(book: Book) -> None:
    """One message about two partners: one waits, the other runs, and the answer tells which."""
    other = replace(created("b"), ref=replace(created("b").ref, bucket="other"))

    acceptance = book.accept(created("a"), other, shut={"other"}, on_open="hold")

    assert ("accepted", ["available", "held"]) == (
        acceptance.document["status"],
        [job["state"] for job in acceptance.document["jobs"]],
    )
    with pytest.raises(Unavailable):
        book.accept(created("c"), replace(other, ref=replace(other.ref, key="d")), shut={"other"}, on_open="reject")
    assert [JobState.AVAILABLE, JobState.HELD] == book.states


def test_an_open_breaker_can_reject(book: Book) -> None:
    """Then nothing is written, and the sender is told when to come again."""
    with pytest.raises(Unavailable) as caught:
        book.accept(created(), breaker_open=True, on_open="reject", retry_after=41.7)

    assert (503, 42, []) == (caught.value.http_status, caught.value.retry_after, book.states)


def test_what_needs_no_job_is_ignored_even_while_open(book: Book) -> None:
    """A test event is acknowledged whatever the breaker does."""
    acceptance = book.accept(Ignored("s3:TestEvent"), breaker_open=True, on_open="reject")

    assert Acceptance("ignored", {"status": "ignored", "reason": "s3:TestEvent"}) == acceptance


def test_removals_cancel(book: Book) -> None:
    """What waits for a removed object need not run."""
    acceptance = book.accept(ObjectRemoved(created().ref, "ObjectRemoved:Delete"))

    assert {"status": "ignored", "reason": "object removed"} == acceptance.document
    assert [created().ref] == book.cancelled


def test_a_message_of_rubbish_only_is_a_bad_request(book: Book) -> None:
    """If nothing at all could be read, its sender hears so."""
    with pytest.raises(BadRequest, match="no key"):
        book.accept(Malformed("no key"), Malformed("no bucket"))


def test_nothing_is_told_before_it_is_written(book: Book) -> None:
    """If the journal cannot be written there is no answer, only its error."""

    def broken(_jobs: list[NewJob]) -> list[Added]:
        raise JournalUnavailable("disk full")

    with pytest.raises(JournalUnavailable):
        accept([created()], add=broken, cancel=book.cancel, restored=book.restore, breaker_open=False, on_open="hold")
