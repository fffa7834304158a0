"""What the outbox promises, on SQLite and on PostgreSQL: a report reaches each sink at least once, whoever dies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from fileproc.clock import FrozenClock
from fileproc.domain.deliveries import Delivery, DeliveryState, Ending
from fileproc.domain.jobs import Job, JobClass, JobState
from fileproc.domain.ports import Settlement
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.outbox import SqlOutbox
from fileproc.store.tables import deliveries
from fileproc.store.views import Views
from tests.ports.journals import LIMIT, REPORT, new, pool

LEASE = 60.0


class World:
    """A journal whose reports go to the sinks `a` and `b`, and its outbox."""

    def __init__(self, url: str, clock: FrozenClock) -> None:
        self.engine = engine = open_engine(url)
        self.clock = clock
        self.journal = SqlJournal(engine, clock=clock, wanted=lambda _report: ["a", "b"])
        self.outbox = SqlOutbox(engine, clock=clock)
        self.views = Views(engine, clock=clock)
        self.journal.register_pool(pool())

    def told(self, key: str, **report: Any) -> Job:
        """A job that ends with a report."""
        (added,) = self.journal.add([new(key)], limit=LIMIT)
        return self.ended(added.job_id, **report)

    def ended(self, job_id: int, **report: Any) -> Job:
        job = self.journal.claim_one("p1", job_id)
        assert job is not None
        document = {**REPORT, **report}
        verdict = str(document["verdict"])
        done = Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict=verdict, report=document)
        assert self.journal.settle(job, done)
        return job

    def delivered(self, one: Delivery) -> bool:
        return self.outbox.settle([(one, Ending(DeliveryState.DELIVERED))])[0]

    def put_off(self, one: Delivery, reason: str, seconds: float | None) -> bool:
        state = DeliveryState.DEAD if seconds is None else DeliveryState.WAITING
        return self.outbox.settle([(one, Ending(state, reason, seconds or 0.0))])[0]

    def wait(self, seconds: float) -> None:
        """PostgreSQL has a clock of its own: time goes by for what waits, not for everybody."""
        with self.engine.begin() as connection:
            for row in connection.execute(select(deliveries)).all():
                earlier = row.not_before - timedelta(seconds=seconds)
                connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(not_before=earlier))

    def take(self, sink: str = "a", most: int = 10) -> list[Delivery]:
        return self.outbox.take(sink, most, lease=LEASE)


@pytest.fixture
def world(journal_url: str, clock: FrozenClock) -> World:
    return World(journal_url, clock)


def test_a_report_waits_for_each_of_its_sinks_once(world: World) -> None:
    """It is due for both as soon as it is stored; whoever takes one has it for himself, in the order of the jobs."""
    first, second = world.told("1"), world.told("2")

    assert ["a", "b"] == world.outbox.due(["a", "b", "c"])
    assert [first.id, second.id] == [one.job_id for one in world.take()]
    assert [] == world.take()
    assert ["b"] == world.outbox.due(["a", "b", "c"])
    assert {"a": 2, "b": 2} == world.outbox.waiting()


def test_what_is_taken_holds_the_report_as_it_is(world: World) -> None:
    """With what the sink needs of it, and with a key that is the same for every try and another for every verdict."""
    job = world.told("1", summary="é\u2028 \U0001f600")
    (taken,) = world.take()

    assert ("é\u2028 \U0001f600", "a", 1) == (taken.report["summary"], taken.sink, taken.tries)
    assert f"{job.id}-{job.fence}" == taken.key


def test_what_is_delivered_never_comes_again(world: World) -> None:
    """And people see when."""
    job = world.told("1")
    (taken,) = world.take()
    assert world.delivered(taken)
    world.wait(10 * LEASE)

    assert [] == world.take()
    states = {one["sink"]: one["state"] for one in world.views.deliveries(job.id)}
    assert {"a": "delivered", "b": "waiting"} == states


def test_whoever_dies_with_one_costs_its_lease(world: World) -> None:
    """Nobody settles it: it comes again when its time is over, and what the dead one would have said counts no more."""
    world.told("1")
    (lost,) = world.take()
    world.wait(LEASE - 5)
    assert [] == world.take()
    world.wait(5)
    (again,) = world.take()

    assert 2 == again.tries
    assert not world.delivered(lost)
    assert not world.put_off(lost, "late", 5.0)
    assert world.delivered(again)


def test_what_is_put_off_comes_when_its_time_has_come(world: World) -> None:
    """Not before, and people see why."""
    job = world.told("1")
    (taken,) = world.take()
    assert world.put_off(taken, "the receiver answered 503", 30.0)
    world.wait(20)
    assert [] == world.take()
    world.wait(10)

    assert 2 == world.take()[0].tries
    assert "the receiver answered 503" == world.views.deliveries(job.id)[0]["reason"]


def test_what_was_given_up_begins_anew_when_somebody_asks(world: World) -> None:
    """Dead is not due; `retry` gives it all of its tries again, and only of the sink that was named."""
    world.told("1")
    for sink in ("a", "b"):
        (taken,) = world.take(sink)
        assert world.put_off(taken, "no such topic", None)
    assert [] == world.outbox.due(["a", "b"])
    assert ["dead", "dead"] == [one["state"] for one in world.outbox.listed(state="dead", sink=None, limit=10)]

    assert 1 == world.outbox.again(sink="a")
    assert ["a"] == world.outbox.due(["a", "b"])
    assert 1 == world.take()[0].tries


def test_a_new_verdict_takes_the_place_of_what_was_not_told_yet(world: World) -> None:
    """A replay while the old report waits: the sink hears the new one, once; the old try can settle nothing."""
    job = world.told("1", summary="old")
    (old,) = world.take()
    assert [job.id] == world.journal.replay([job.id])
    world.ended(job.id, summary="new")
    assert not world.delivered(old)
    (taken,) = world.take()

    assert ("new", 1) == (taken.report["summary"], taken.tries)
    assert old.key != taken.key


def test_deliveries_go_with_their_job(world: World) -> None:
    """Purging leaves nothing behind."""
    world.told("1")
    world.clock.advance(2 * 86_400)
    assert 1 == world.journal.purge(1)

    assert {} == world.outbox.waiting()


BAD = {"code": "FP101", "check": "amount.type", "column": "amount", "severity": "fail", "title": "decimal commas"}
READ = {"complete": True}


def changes(world: World, key: str, **report: Any) -> dict[str, Any]:
    world.told(key, **({"read": READ} | report))
    (taken,) = world.take()
    note = world.outbox.changes(taken)
    assert world.delivered(taken)
    return {"opened": note["opened"], "recovered": [(one["title"], one["files"]) for one in note["recovered"]]}


def test_an_incident_is_told_twice_however_many_files_it_has(world: World) -> None:
    """When its first file comes and when the first one comes without it."""
    nothing: dict[str, Any] = {"opened": [], "recovered": []}
    assert nothing == changes(world, "1")
    assert {"opened": ["decimal commas"], "recovered": []} == changes(world, "2", verdict="fail", causes=[BAD])
    other = {**BAD, "count": 7, "first_line": 3}
    assert nothing == changes(world, "3", verdict="fail", causes=[other])
    assert {"opened": [], "recovered": [("decimal commas", 2)]} == changes(world, "4")
    assert nothing == changes(world, "5")


def test_a_file_that_could_not_be_read_ends_no_incident(world: World) -> None:
    """What a cut file does not show may still be wrong; what could not be checked is an incident of its own."""
    changes(world, "1", verdict="fail", causes=[BAD])
    cut = {**BAD, "code": "FP201", "check": "container", "column": None, "title": "the file is cut"}
    told = changes(world, "2", verdict="fail", causes=[cut], read={"complete": False})
    assert {"opened": ["the file is cut"], "recovered": []} == told
    failed = changes(world, "3", verdict="error", causes=[], error={"class": "denied", "reason": "no"})
    assert {"opened": ["files could not be checked (denied)"], "recovered": []} == failed
    over = changes(world, "4")
    assert {"decimal commas", "the file is cut", "files could not be checked (denied)"} == {
        title for title, _ in over["recovered"]
    }


def test_a_second_try_says_what_the_first_one_said(world: World) -> None:
    """The chat was down: what had been decided is not decided again, or nobody would ever hear of the incident."""
    world.told("1", verdict="fail", causes=[BAD], read=READ)
    (taken,) = world.take()
    first = world.outbox.changes(taken)
    assert world.put_off(taken, "the chat answered 500", 5.0)
    world.wait(5)
    (again,) = world.take()

    assert ["decimal commas"] == first["opened"]
    assert first == world.outbox.changes(again)
    assert first == world.outbox.changes(replace(again))
