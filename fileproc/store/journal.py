"""SqlJournal: the durable list of jobs, on SQLite or PostgreSQL.

Three rules hold everywhere. A job is written before its sender gets a 200, in one commit with whatever arrived at the
same time. A running job belongs to a fence, and every later write says `WHERE id AND fence`: no row means that somebody
took the job back, and the result is dropped. A move that `domain.jobs.TRANSITIONS` does not know cannot be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from fileproc.clock import Clock, SystemClock
from fileproc.domain.jobs import FINISHED, TRANSITIONS, WAITING, Job, JobClass, JobState, move
from fileproc.domain.objects import ObjectRef, is_newer
from fileproc.domain.ports import Added, NewJob, PoolIdentity, Settlement
from fileproc.errors import BacklogFull
from fileproc.store.engine import reading, writing
from fileproc.store.rows import aware, identity_of, job_of, row_of
from fileproc.store.tables import DEAD, UNFINISHED, jobs, pools, reports

#: Rows a statement, well below SQLite's limit of 32,766 parameters.
CHUNK = 500

#: How old the count of waiting jobs may be when a new batch is held against the limit, in seconds.
COUNT_AGE = 1.0

#: States that a backlog is made of, and dead, which somebody should look at.
COUNTED = (JobState.AVAILABLE, JobState.HELD, JobState.RUNNING, JobState.RETRYABLE, JobState.DEAD)

#: Which budget an attempt is charged to, by class; a verdict and an interruption cost nothing.
CHARGES: dict[JobClass, str] = {
    JobClass.DENIED: "attempts",
    JobClass.INFRA: "attempts",
    JobClass.TIMEOUT: "attempts",
    JobClass.MEMORY: "attempts",
    JobClass.BUG: "attempts",
    JobClass.CRASH: "crashes",
    JobClass.INTERRUPTED: "interruptions",
}


class SqlJournal:
    """The journal on a database. One instance a thread that writes; instances and processes may be many."""

    def __init__(self, engine: Engine, *, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()
        self._counted_at = float("-inf")
        self._waiting = 0

    # accepting

    def add(self, jobs_: list[NewJob], *, limit: int) -> list[Added]:
        """Write all jobs in one commit; duplicates by object identity are found, not written. In the order given.

        Raises:
            BacklogFull: more than `limit` jobs wait already; nothing was written.
            JournalUnavailable: the database cannot be written; nothing was written.
        """
        identities = [identity_of(job.ref) for job in jobs_]
        fresh: dict[str, NewJob] = {}
        for identity, job in zip(identities, jobs_, strict=True):
            fresh.setdefault(identity, job)
        with writing(self._engine) as connection:
            self._refuse_above(limit, connection)
            written = self._insert(connection, fresh)
            known = self._known(connection, [identity for identity in fresh if identity not in written])
        self._waiting += len(written)
        return [self._told(identity, written, known) for identity in identities]

    def _refuse_above(self, limit: int, connection: Connection) -> None:
        now = self._clock.monotonic()
        if now - self._counted_at > COUNT_AGE:
            waiting = select(jobs.c.id).where(text(UNFINISHED)).limit(limit + 1).subquery()
            self._waiting = connection.scalar(select(func.count()).select_from(waiting)) or 0
            self._counted_at = now
        if self._waiting > limit:
            raise BacklogFull(
                f"more than {limit:,} jobs wait already",
                fix="add workers or raise FILEPROC_BACKLOG_MAX",
                retry_after=60,
            )

    @staticmethod
    def _known(connection: Connection, identities: list[str]) -> dict[str, tuple[int, JobState]]:
        known: dict[str, tuple[int, JobState]] = {}
        for part in _chunks(identities):
            query = select(jobs.c.identity, jobs.c.id, jobs.c.state).where(jobs.c.identity.in_(part))
            known |= {row.identity: (row.id, JobState(row.state)) for row in connection.execute(query)}
        return known

    def _insert(self, connection: Connection, fresh: dict[str, NewJob]) -> dict[str, tuple[int, JobState]]:
        """Insert and return identity → (id, state); what another process wrote meanwhile is not in it."""
        now = self._clock.utcnow()
        rows = [row_of(job, now) | {"identity": identity} for identity, job in fresh.items()]
        statement = (
            _upsert(connection)(jobs)
            .on_conflict_do_nothing(index_elements=["identity"])
            .returning(jobs.c.identity, jobs.c.id, jobs.c.state)
        )
        # Many rows as parameters, not as VALUES: the statement is compiled once and kept.
        return {row.identity: (row.id, JobState(row.state)) for row in connection.execute(statement, rows)}

    @staticmethod
    def _told(identity: str, written: dict[str, tuple[int, JobState]], known: dict[str, tuple[int, JobState]]) -> Added:
        """The first of several equal jobs in one batch was written; the others are its duplicates."""
        if identity in written:
            job_id, state = written[identity]
            known.setdefault(identity, (job_id, state))
            del written[identity]
            return Added(job_id, duplicate=False, state=state)
        job_id, state = known[identity]
        return Added(job_id, duplicate=True, state=state)

    def cancel_waiting(self, ref: ObjectRef) -> int:
        """The object was removed: what still waits for it is cancelled, unless it came later. Returns how many.

        Events are unordered: an upload that follows the removal may have been accepted before it.
        """
        where = [text(UNFINISHED), jobs.c.bucket == ref.bucket, jobs.c.key == ref.key, _in(WAITING)]
        if ref.version_id is not None:
            where.append(or_(jobs.c.version_id == ref.version_id, jobs.c.version_id.is_(None)))
        values = {"state": JobState.CANCELLED.value, "verdict": "skipped", "reason": "the object was removed"}
        with writing(self._engine) as connection:
            waiting = connection.execute(select(jobs.c.id, jobs.c.sequencer).where(*where)).all()
            gone = [row.id for row in waiting if not is_newer(row.sequencer, ref.sequencer)]
            done = update(jobs).where(jobs.c.id.in_(gone), _in(WAITING))
            return connection.execute(done.values(finished_at=self._clock.utcnow(), **values)).rowcount

    # running

    def claim(self, pool_id: str, count: int, *, held: bool = False) -> list[Job]:
        """Up to `count` due jobs, oldest first, now running under a new fence. `held` claims held ones too."""
        states = {JobState.AVAILABLE, JobState.RETRYABLE} | ({JobState.HELD} if held else set())
        if count < 1:
            return []
        with writing(self._engine) as connection:
            due = or_(jobs.c.not_before.is_(None), jobs.c.not_before <= self._now(connection))
            return self._claim(connection, pool_id, [_in(states), due], count)

    def claim_one(self, pool_id: str, job_id: int) -> Job | None:
        """This very job, now running, or None when it does not wait."""
        with writing(self._engine) as connection:
            claimed = self._claim(connection, pool_id, [_in(WAITING), jobs.c.id == job_id], 1)
        return claimed[0] if claimed else None

    def _claim(self, connection: Connection, pool_id: str, where: list[Any], count: int) -> list[Job]:
        # The literal condition is what lets both databases use the partial index, so cost follows waiting jobs only.
        chosen = select(jobs.c.id).where(text(UNFINISHED), *where).order_by(jobs.c.id).limit(count)
        statement = (
            update(jobs)
            .where(jobs.c.id.in_(chosen.with_for_update(skip_locked=True)))
            .values(
                state=JobState.RUNNING.value,
                fence=jobs.c.fence + 1,
                pool_id=pool_id,
                started_at=self._clock.utcnow(),
                not_before=None,
            )
            .returning(*jobs.c)
        )
        rows = [row._mapping for row in connection.execute(statement)]
        return sorted((job_of(row) for row in rows), key=lambda job: job.id)

    def settle(self, job: Job, settlement: Settlement) -> bool:
        """Write the end of an attempt, with its report, in one commit; False when the fence is old.

        Raises:
            IllegalTransition: the settlement's state cannot follow `running`.
        """
        move(JobState.RUNNING, settlement.state)
        with writing(self._engine) as connection:
            if connection.execute(self._settled(job, settlement)).rowcount == 0:
                return False
            if settlement.report is not None:
                self._store(connection, job.id, settlement.report)
            return True

    def _settled(self, job: Job, settlement: Settlement) -> Any:
        report = settlement.report or {}
        values: dict[str, Any] = {
            "state": settlement.state.value,
            "job_class": settlement.job_class.value,
            "reason": settlement.reason,
            "verdict": settlement.verdict,
            "summary": report.get("summary"),
            "contract": (report.get("contract") or {}).get("name"),
            "not_before": settlement.not_before,
            "evidence": json.dumps(settlement.evidence) if settlement.evidence else None,
            "pool_id": None,
            "finished_at": self._clock.utcnow() if settlement.state in FINISHED else None,
        }
        if budget := CHARGES.get(settlement.job_class):
            values[budget] = jobs.c[budget] + 1
        return update(jobs).where(*_under_fence(job)).values(values)

    def _store(self, connection: Connection, job_id: int, report: dict[str, Any]) -> None:
        row = {"document": json.dumps(report, ensure_ascii=False), "stored_at": self._clock.utcnow()}
        statement = _upsert(connection)(reports).values(job_id=job_id, **row)
        connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=row))

    def release(self, job: Job) -> bool:
        """Give a claimed job back uncharged (interrupted); False when the fence is old."""
        with writing(self._engine) as connection:
            values = {"state": JobState.AVAILABLE.value, "pool_id": None, "started_at": None}
            given_back = update(jobs).where(*_under_fence(job)).values(interruptions=jobs.c.interruptions + 1, **values)
            return connection.execute(given_back).rowcount == 1

    def release_held(self) -> int:
        """Held jobs become available; returns how many. Costs one look when there are none."""
        if not self._any_held():
            return 0
        with writing(self._engine) as connection:
            where = [text(UNFINISHED), _in({JobState.HELD})]
            return connection.execute(update(jobs).where(*where).values(state=JobState.AVAILABLE.value)).rowcount

    def _any_held(self) -> bool:
        with reading(self._engine) as connection:
            held = select(jobs.c.id).where(text(UNFINISHED), _in({JobState.HELD})).limit(1)
            return connection.scalar(held) is not None

    def replay(self, job_ids: list[int]) -> list[int]:
        """Finished jobs become available with all counters reset; returns those that moved."""
        values = dict.fromkeys(("attempts", "crashes", "interruptions"), 0) | dict.fromkeys(
            ("verdict", "job_class", "reason", "summary", "evidence", "not_before", "started_at", "finished_at")
        )
        moved: list[int] = []
        with writing(self._engine) as connection:
            for part in _chunks(sorted(set(job_ids))):
                again = update(jobs).where(jobs.c.id.in_(part), _in(_before(JobState.AVAILABLE) & FINISHED))
                statement = again.values(state=JobState.AVAILABLE.value, **values).returning(jobs.c.id)
                moved += [row.id for row in connection.execute(statement)]
        return sorted(moved)

    # pools and their leases

    def register_pool(self, pool: PoolIdentity) -> None:
        """Write the pool's row; its beat is now."""
        with writing(self._engine) as connection:
            connection.execute(delete(pools).where(pools.c.id == pool.id))
            row = {"id": pool.id, "host": pool.host, "boot_id": pool.boot_id, "pid": pool.pid}
            connection.execute(insert(pools).values(pid_start=pool.pid_start, beat_at=self._now(connection), **row))

    def beat(self, pool_id: str) -> bool:
        """Renew the lease by the database's clock; False when the row is gone (somebody took our jobs back)."""
        with writing(self._engine) as connection:
            renewed = update(pools).where(pools.c.id == pool_id).values(beat_at=self._now(connection))
            return connection.execute(renewed).rowcount == 1

    def retire_pool(self, pool_id: str) -> None:
        """The pool has drained; its row goes."""
        with writing(self._engine) as connection:
            connection.execute(delete(pools).where(pools.c.id == pool_id))

    def rescue(self, me: PoolIdentity, alive: Callable[[PoolIdentity], bool], *, ttl: float) -> list[int]:
        """Take back the running jobs of dead pools: same host and not `alive`, or no beat for `ttl` seconds.

        The jobs become available with `interruptions` + 1 and the dead pools' rows go. Returns the job ids.
        """
        with writing(self._engine) as connection:
            stale = self._now(connection) - timedelta(seconds=ttl)
            rows = connection.execute(select(pools).where(pools.c.id != me.id)).all()
            dead = [row.id for row in rows if self._is_dead(row, me, alive, stale)]
            if dead:
                connection.execute(delete(pools).where(pools.c.id.in_(dead)))
            living = select(pools.c.id)
            lost = and_(text(UNFINISHED), _in({JobState.RUNNING}), jobs.c.pool_id.not_in(living))
            values = {"state": JobState.AVAILABLE.value, "pool_id": None, "started_at": None}
            taken = update(jobs).where(lost).values(interruptions=jobs.c.interruptions + 1, **values)
            return sorted(row.id for row in connection.execute(taken.returning(jobs.c.id)))

    @staticmethod
    def _is_dead(row: Any, me: PoolIdentity, alive: Callable[[PoolIdentity], bool], stale: datetime) -> bool:
        pool = PoolIdentity(row.id, row.host, row.boot_id, row.pid, row.pid_start)
        if pool.host == me.host and not (pool.boot_id == me.boot_id and alive(pool)):
            return True
        beat = aware(row.beat_at)
        return beat is not None and beat < stale

    # figures and upkeep

    def backlog(self) -> dict[JobState, int]:
        """How many jobs are in each unfinished state, and how many are dead."""
        query = select(jobs.c.state, func.count()).where(text(UNFINISHED)).group_by(jobs.c.state)
        counts: dict[JobState, int] = dict.fromkeys(COUNTED, 0)
        with reading(self._engine) as connection:
            counts |= {JobState(state): count for state, count in connection.execute(query)}
            dead = select(func.count()).where(text(DEAD), _in({JobState.DEAD}))
            counts[JobState.DEAD] = connection.scalar(dead) or 0
        return counts

    def oldest_waiting_seconds(self) -> float:
        """Age of the oldest job that waits, in seconds; 0 when none does."""
        query = select(jobs.c.accepted_at).where(text(UNFINISHED), _in(WAITING)).order_by(jobs.c.id).limit(1)
        with reading(self._engine) as connection:
            accepted = aware(connection.scalar(query))
        return 0.0 if accepted is None else max(0.0, (self._clock.utcnow() - accepted).total_seconds())

    def ping(self) -> None:
        """Prove that the journal can be written now.

        Raises:
            JournalUnavailable: it cannot.
        """
        with writing(self._engine) as connection:
            connection.execute(update(pools).where(pools.c.id == "").values(pid=0))

    def purge(self, older_than_days: int) -> int:
        """Delete finished jobs and their reports that are older; returns how many jobs."""
        with writing(self._engine) as connection:
            limit = self._clock.utcnow() - timedelta(days=older_than_days)
            old = select(jobs.c.id).where(_in(FINISHED), jobs.c.finished_at < limit)
            connection.execute(delete(reports).where(reports.c.job_id.in_(old)))
            return connection.execute(delete(jobs).where(_in(FINISHED), jobs.c.finished_at < limit)).rowcount

    def _now(self, connection: Connection) -> datetime:
        """Between hosts the database's clock decides; SQLite has one host, whose clock is ours."""
        if connection.dialect.name == "sqlite":
            return self._clock.utcnow()
        moment: datetime = connection.scalar(select(func.now()))  # type: ignore[assignment]
        return moment


def _upsert(connection: Connection) -> Callable[..., Any]:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _in(states: Iterable[JobState]) -> Any:
    return jobs.c.state.in_(sorted(state.value for state in states))


def _before(state: JobState) -> frozenset[JobState]:
    """The states from which the table allows a move to `state`."""
    return frozenset(before for before, after in TRANSITIONS.items() if state in after)


def _under_fence(job: Job) -> list[Any]:
    return [jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.state == JobState.RUNNING.value]


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
