"""The history of a job: every attempt that ended is kept, and goes with its job."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import event

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Attempt, JobState
from fileproc.store.journal import SqlJournal
from fileproc.store.views import LARGEST_ID, Views
from tests.ports.journals import AGAIN, LIMIT, PASSED, in_state, new, pool

FIRST = Attempt("pod-1", 41, datetime(2026, 11, 25, 6, tzinfo=UTC), 1.5, 300 << 20)
SECOND = Attempt("pod-2", 42, datetime(2026, 11, 25, 7, tzinfo=UTC), 0.25)


def test_each_attempt_is_told_oldest_first(sql_journal: SqlJournal, views: Views) -> None:
    """Where, when, how long, with how much memory and how it ended, a replay included."""
    job = in_state(sql_journal, JobState.RUNNING)
    sql_journal.settle(job, replace(AGAIN, attempt=FIRST, reason="S3\x00is down"))
    again = sql_journal.claim_one("p1", job.id)
    assert again is not None
    sql_journal.settle(again, replace(PASSED, attempt=SECOND))
    sql_journal.replay([job.id])

    failed, passed = views.attempts(job.id)

    assert {
        "host": "pod-1", "pid": 41, "started_at": "2026-11-25T06:00:00.000Z", "ended_at": "2026-11-25T06:00:01.500Z",
        "seconds": 1.5, "peak_bytes": 300 << 20, "job_class": "infra", "state": "retryable",
        "reason": "S3\ufffdis down",
    } == failed  # fmt: skip
    assert ("pod-2", None, "completed") == (passed["host"], passed["peak_bytes"], passed["state"])
    assert [] == views.attempts(LARGEST_ID + 1)


def test_a_zombie_leaves_no_attempt(sql_journal: SqlJournal, views: Views) -> None:
    """What is fenced out is not in the history either; others of the same commit are."""
    zombie, other = in_state(sql_journal, JobState.RUNNING), in_state(sql_journal, JobState.RUNNING, "b")
    sql_journal.release(zombie)

    assert [False, True] == sql_journal.settle_all(
        [(zombie, replace(PASSED, attempt=FIRST)), (other, replace(PASSED, attempt=SECOND))]
    )

    assert (0, 1) == (len(views.attempts(zombie.id)), len(views.attempts(other.id)))


def test_what_a_dead_pool_was_doing_is_an_attempt_too(
    sql_journal: SqlJournal, views: Views, clock: FrozenClock
) -> None:
    """Nobody knows in which process or for how long; that it began and was interrupted is known."""
    sql_journal.register_pool(pool("p1"))
    job = in_state(sql_journal, JobState.RUNNING)

    assert [job.id] == sql_journal.rescue(pool("p2", pid=2), lambda _: False, ttl=30)

    (attempt,) = views.attempts(job.id)
    assert ("interrupted", "available", "its pool died") == tuple(
        attempt[name] for name in ("job_class", "state", "reason")
    )
    assert (True, None, None) == (attempt["started_at"] is not None, attempt["pid"], attempt["ended_at"])


def test_the_history_goes_with_its_job(sql_journal: SqlJournal, views: Views, clock: FrozenClock) -> None:
    """Retention removes both, so the table does not grow for ever."""
    job = in_state(sql_journal, JobState.RUNNING)
    sql_journal.settle(job, replace(PASSED, attempt=FIRST))
    clock.advance(31 * 86_400)

    assert 1 == sql_journal.purge(30)

    assert [] == views.attempts(job.id)


def test_a_commit_of_many_ends_writes_their_attempts_at_once(sql_journal: SqlJournal) -> None:
    """The history costs one statement a commit, however many jobs share it."""
    sql_journal.add([new(str(number)) for number in range(8)], limit=LIMIT)
    jobs = sql_journal.claim("p1", 8)
    seen: list[tuple[str, bool]] = []
    event.listen(
        sql_journal._engine, "before_cursor_execute",
        lambda _connection, _cursor, statement, _parameters, _context, many: seen.append((statement, many)),
    )  # fmt: skip

    sql_journal.settle_all([(job, replace(PASSED, attempt=FIRST)) for job in jobs])

    assert [True] == [many for statement, many in seen if "INSERT INTO attempts" in statement]
