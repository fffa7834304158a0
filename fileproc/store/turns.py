"""Whose turn it is: which buckets have jobs that wait, and the first of each, without walking past the others.

The index `(state, bucket, weight, not_before, id)` makes each line a stretch of its own. A list of lines jumps from
stretch to stretch, so its cost follows how many lines there are and never how many jobs stand in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Engine, Select, literal, or_, select, text, tuple_, union_all

from fileproc.clock import Clock
from fileproc.domain.jobs import Job, JobState
from fileproc.domain.ports import Line, Waiting
from fileproc.store import claims
from fileproc.store.engine import database_now, reading, writing
from fileproc.store.tables import UNFINISHED, jobs

#: (bucket, weight) of a line.
Place = tuple[str, int]


class SqlTurns:
    """The waiting jobs of a journal, by line."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._stopped: dict[JobState, Place] = {}

    def lines(self, *, held: bool = False, without: frozenset[str] = frozenset(), most: int) -> list[Line]:
        """Which lines have jobs, up to `most` of each state; those of the buckets `without` are left out.

        Whoever has more buckets than that sees the others in later calls: each goes on where the last one stopped.
        """
        found: list[Line] = []
        with reading(self._engine) as connection:
            for state in claims.claimable_states(held=held):
                places = _places(connection, state, self._stopped.pop(state, None), most)
                if len(places) == most:
                    self._stopped[state] = places[-1]
                found += [Line(state, bucket, weight) for bucket, weight in places if bucket not in without]
        return found

    def waiting(self, lines: Sequence[Line], *, each: int) -> list[Waiting]:
        """The first `each` jobs of every line that are due and not suspect."""
        if not lines:
            return []
        with reading(self._engine) as connection:
            now = database_now(connection, self._clock)
            rows = connection.execute(first_of(lines, now, each)).all()
        return [Waiting(row.id, row.bucket, row.key, row.size, (now - row.accepted_at).total_seconds()) for row in rows]

    def claim_these(self, pool_id: str, job_ids: Sequence[int], *, held: bool = False) -> list[Job]:
        """Of these jobs those that still wait, now running under a new fence, in the order of the ids given."""
        if not job_ids:
            return []
        chosen = claims.these(claims.claimable_states(held=held), job_ids)
        with writing(self._engine) as connection:
            claimed = claims.take(connection, chosen, pool_id, self._clock.utcnow())
        return sorted(claimed, key=lambda job: job_ids.index(job.id))


def _places(connection: Connection, state: JobState, after: Place | None, most: int) -> list[Place]:
    """Up to `most` places with jobs in this state, in order, beginning behind `after`."""
    found: list[Place] = []
    while len(found) < most and (row := connection.execute(_next_place(state, after)).first()) is not None:
        after = (row.bucket, row.weight)
        found.append(after)
    return found


def _next_place(state: JobState, after: Place | None) -> Select[Any]:
    query = select(jobs.c.bucket, jobs.c.weight).where(text(UNFINISHED), jobs.c.state == state.value)
    if after is not None:  # as one comparison of rows, which is what an index can jump to
        query = query.where(tuple_(jobs.c.bucket, jobs.c.weight) > tuple_(*map(literal, after)))
    return query.order_by(jobs.c.bucket, jobs.c.weight).limit(1)


def first_of(lines: Sequence[Line], now: datetime, each: int) -> CompoundSelect[Any]:
    """The first `each` jobs of every line (at least one line) that may run now; suspects run in another way."""
    branches = [_line(line, now, each).subquery() for line in lines]
    return union_all(*(select(*branch.c) for branch in branches))


def _line(line: Line, now: datetime, each: int) -> Select[Any]:
    columns = (jobs.c.id, jobs.c.bucket, jobs.c.key, jobs.c.size, jobs.c.accepted_at)
    # The literal condition is what lets both databases use the partial index.
    query = select(*columns).where(
        text(UNFINISHED),
        jobs.c.state == line.state.value,
        jobs.c.bucket == line.bucket,
        jobs.c.weight == line.weight,
        jobs.c.suspect == 0,
    )
    if line.state is JobState.RETRYABLE:
        query = query.where(or_(jobs.c.not_before.is_(None), jobs.c.not_before <= now))
    return query.order_by(jobs.c.not_before, jobs.c.id).limit(each)
