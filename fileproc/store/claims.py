"""Claims: which jobs are due, and the one statement that takes them.

Each state has its own stretch of the index `(state, not_before, id)`, so a claim reads a handful of entries even while
a hundred thousand jobs are held or wait for their next attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Update, select, text, union_all, update

from fileproc.domain.jobs import TRANSITIONS, Job, JobState, move
from fileproc.store.rows import job_of
from fileproc.store.tables import SUSPECTS, UNFINISHED, jobs


def due(states: Iterable[JobState], now: datetime, count: int, *, without: frozenset[str] = frozenset()) -> Select[Any]:
    """Ids of up to `count` due jobs in these states, oldest first, locked against other claimers; none of `without`."""
    others = [jobs.c.suspect == 0, *([jobs.c.bucket.not_in(sorted(without))] if without else [])]
    branches = [_branch(state, [condition, *others], count) for state in states for condition in _due_in(state, now)]
    together = union_all(*(select(branch.subquery().c.id) for branch in branches)).subquery()
    return select(together.c.id).order_by(together.c.id).limit(count)


def _due_in(state: JobState, now: datetime) -> list[Any]:
    """At once, or at an instant that has come. Only a retry ever has an instant."""
    at_once = jobs.c.not_before.is_(None)
    return [at_once, jobs.c.not_before <= now] if state is JobState.RETRYABLE else [at_once]


def _branch(state: JobState, conditions: list[Any], count: int) -> Select[Any]:
    # The literal condition is what lets both databases use the partial index.
    query = select(jobs.c.id).where(text(UNFINISHED), jobs.c.state == state.value, *conditions)
    return query.order_by(jobs.c.not_before, jobs.c.id).limit(count).with_for_update(skip_locked=True)


def suspects(count: int, *, without: frozenset[str] = frozenset()) -> Select[Any]:
    """Ids of up to `count` suspects that wait, oldest first; none of the buckets `without`."""
    query = select(jobs.c.id).where(text(SUSPECTS), jobs.c.suspect == 1, jobs.c.state == JobState.AVAILABLE.value)
    query = query.where(jobs.c.bucket.not_in(sorted(without))) if without else query
    return query.order_by(jobs.c.id).limit(count)


def this_one(states: Iterable[JobState], job_id: int) -> Select[Any]:
    """The id of this job if it is in one of these states, locked."""
    where = (jobs.c.id == job_id, jobs.c.state.in_(sorted(state.value for state in states)))
    return select(jobs.c.id).where(*where).with_for_update(skip_locked=True)


def these(states: Iterable[JobState], job_ids: Sequence[int]) -> Select[Any]:
    """The ids of those of these jobs that are in one of these states, locked against other claimers."""
    where = (jobs.c.id.in_(job_ids), jobs.c.state.in_(sorted(state.value for state in states)), jobs.c.suspect == 0)
    return select(jobs.c.id).where(*where).with_for_update(skip_locked=True)


def taken(chosen: Select[Any], pool_id: str, now: datetime) -> Update:
    """The chosen jobs, now running for this pool under a new fence; returns whole rows."""
    # As a common table expression the choice is made once. As a plain subquery PostgreSQL may run it again for each
    # row it meets, and every run would lock and take `count` more.
    once = chosen.cte("chosen")
    statement = update(jobs).where(jobs.c.id.in_(select(once.c.id)))
    return statement.values(
        state=JobState.RUNNING.value, fence=jobs.c.fence + 1, pool_id=pool_id, started_at=now, not_before=None
    ).returning(*jobs.c)


def take(connection: Connection, chosen: Select[Any], pool_id: str, now: datetime) -> list[Job]:
    """The chosen jobs, now running for this pool, by id."""
    rows = connection.execute(taken(chosen, pool_id, now)).all()
    return sorted((job_of(row._mapping) for row in rows), key=lambda job: job.id)


def claimable_states(*, held: bool) -> tuple[JobState, ...]:
    """What may begin to run: what waits, and what is held where that is asked for."""
    return claimable(JobState.AVAILABLE, JobState.RETRYABLE, *([JobState.HELD] if held else []))


def claimable(*states: JobState) -> tuple[JobState, ...]:
    """The same states, each checked to be one that a job can start to run from.

    Raises:
        IllegalTransition: one of them is not.
    """
    for state in states:
        move(state, JobState.RUNNING)
    return states


def before(state: JobState) -> frozenset[JobState]:
    """The states from which the table allows a move to `state`."""
    return frozenset(earlier for earlier, later in TRANSITIONS.items() if state in later)
