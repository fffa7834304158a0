"""The waiting jobs by line: the fake in memory and both databases keep every promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Journal, Line, NewJob, Turns
from fileproc.store import turns
from fileproc.store.engine import open_engine, reading
from fileproc.store.journal import SqlJournal
from fileproc.store.turns import SqlTurns
from tests.conftest import KINDS
from tests.fakes.journal import MemoryJournal, MemoryTurns
from tests.ports.journals import AGAIN, LIMIT, pool

MIB = 1 << 20
AVAILABLE = JobState.AVAILABLE


@pytest.fixture(params=["memory", *KINDS], ids=["memory", "sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[tuple[Journal, Turns]]:
    """An empty journal of each kind, and the same jobs by line."""
    if request.param == "memory":
        memory = MemoryJournal(clock=clock)
        yield memory, MemoryTurns(memory)
        return
    engine = open_engine(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))
    yield SqlJournal(engine, clock=clock), SqlTurns(engine, clock=clock)
    engine.dispose()


def add(journal: Journal, bucket: str, *keys: str, size: int | None = 1) -> list[int]:
    """Jobs that wait; their ids."""
    jobs = [NewJob(ObjectRef(bucket, key, etag="e", size=size)) for key in keys]
    return [added.job_id for added in journal.add(jobs, limit=LIMIT)]


def keys(jobs: Turns, *lines: Line, each: int = 10) -> list[str]:
    return [one.key for one in jobs.waiting(lines, each=each)]


def test_each_bucket_and_order_of_size_is_a_line(both: tuple[Journal, Turns]) -> None:
    """However many jobs stand in a line, it is told once; buckets whose circuit is open are left out."""
    journal, jobs = both
    add(journal, "a", "1", "2", "3")
    add(journal, "a", "large", size=300 * MIB)
    add(journal, "b", "unknown", size=None)
    add(journal, "shut", "x")

    found = jobs.lines(without=frozenset({"shut"}), most=10)

    assert [Line(AVAILABLE, "a", 0), Line(AVAILABLE, "a", 3), Line(AVAILABLE, "b", 0)] == found


def test_more_lines_than_are_looked_at_have_their_turn_later(both: tuple[Journal, Turns]) -> None:
    """Nobody is overlooked for ever because of how his bucket is called."""
    journal, jobs = both
    for bucket in "abcde":
        add(journal, bucket, "1")

    looks = [[line.bucket for line in jobs.lines(most=2)] for _ in range(4)]

    assert [["a", "b"], ["c", "d"], ["e"], ["a", "b"]] == looks


def test_the_first_of_each_line_are_shown(both: tuple[Journal, Turns], clock: FrozenClock) -> None:
    """Oldest first, with what a prediction needs, and how long each has waited by the journal's clock."""
    journal, jobs = both
    ids = add(journal, "a", *(f"{n}.csv" for n in range(5)), size=7)
    add(journal, "b", "0.csv")

    found = jobs.waiting([Line(AVAILABLE, "a", 0), Line(AVAILABLE, "b", 0)], each=2)

    assert [(ids[0], "a", "0.csv", 7), (ids[1], "a", "1.csv", 7)] == [
        (one.id, one.bucket, one.key, one.size) for one in found if one.bucket == "a"
    ]
    assert 3 == len(found)
    assert all(0 <= one.waited < 60 for one in found)


def test_what_may_not_run_now_is_not_shown(both: tuple[Journal, Turns]) -> None:
    """A retry whose time has not come, a suspect (it runs alone) and a held job stay out of sight."""
    journal, jobs = both
    add(journal, "a", "waits", "due", "suspect")
    journal.register_pool(pool("p1"))
    waits, due, _ = journal.claim("p1", 3)
    journal.settle(waits, replace(AGAIN, retry_in=600.0))
    journal.settle(due, replace(AGAIN, retry_in=-1.0))
    journal.rescue(pool("p2", pid=2), lambda _: False, ttl=30)
    journal.add([NewJob(ObjectRef("a", "held", etag="e"), JobState.HELD)], limit=LIMIT)

    lines = [line for line in jobs.lines(most=10) if line.bucket == "a"]

    assert ["due"] == keys(jobs, *lines)
    assert ["due", "held"] == sorted(keys(jobs, *jobs.lines(held=True, most=10)))


def test_what_was_chosen_is_claimed_if_it_still_waits(both: tuple[Journal, Turns]) -> None:
    """In the order of the choice, each under a new fence; what another pool has taken meanwhile is simply missing."""
    journal, jobs = both
    first, second, third = add(journal, "a", "1", "2", "3")
    journal.claim_one("p2", second)

    claimed = jobs.claim_these("p1", [third, second, first])

    assert [(third, 1), (first, 1)] == [(job.id, job.fence) for job in claimed]
    assert [] == jobs.claim_these("p2", [first, second, third])
    assert [] == jobs.claim_these("p1", [])


def test_held_jobs_are_claimed_only_when_that_is_asked_for(both: tuple[Journal, Turns]) -> None:
    """They are what a half-open breaker is probed with."""
    journal, jobs = both
    (added,) = journal.add([NewJob(ObjectRef("a", "held", etag="e"), JobState.HELD)], limit=LIMIT)

    assert [] == jobs.claim_these("p1", [added.job_id])
    assert [added.job_id] == [job.id for job in jobs.claim_these("p1", [added.job_id], held=True)]


def test_a_look_jumps_from_line_to_line(journal_url: str) -> None:
    """With a hundred thousand jobs in a line its neighbours cost the same: an index is used, and nothing is sorted."""
    engine = open_engine(journal_url)
    if engine.dialect.name == "postgresql":
        fill(engine)
    line = Line(AVAILABLE, "b", 0)
    with reading(engine) as connection:
        now = FrozenClock().utcnow()
        for query in (turns._next_place(AVAILABLE, ("a", 0)), turns._line(line, now, 16)):
            statement = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
            plan = "\n".join(str(row) for row in connection.execute(text(f"{explain} {statement}".replace(":", r"\:"))))
            assert "ix_jobs_turn" in plan
            assert not any(word in plan for word in ("SCAN", "Seq Scan", "TEMP B-TREE", "Sort"))
    engine.dispose()


def fill(engine: Engine) -> None:
    """PostgreSQL looks at the whole of a small table rather than at an index."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO jobs (identity, bucket, key, state, accepted_at)"
                " SELECT n, chr(97 + n % 3), n, 'available', now() FROM generate_series(1, 20000) AS n"
            )
        )
        connection.execute(text("ANALYZE jobs"))
