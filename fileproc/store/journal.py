"""SqlJournal: the durable list of jobs, on SQLite or PostgreSQL.

Three rules hold everywhere. A job is written before its sender gets a 200, in one commit with whatever arrived at the
same time. A running job belongs to a fence, and every later write says `WHERE id AND fence`: no row means that somebody
took the job back, and the result is dropped. A move that `domain.jobs.TRANSITIONS` does not know cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from fileproc.clock import Clock, SystemClock
from fileproc.domain.jobs import FINISHED, WAITING, Job, JobClass, JobState, move
from fileproc.domain.objects import ObjectRef, is_newer
from fileproc.domain.ports import Added, NewJob, PoolIdentity, Settlement
from fileproc.domain.profiles import Past
from fileproc.errors import BacklogFull
from fileproc.store import attempts, claims, deliveries, leases, profiles, results
from fileproc.store.engine import Collided, database_now, reading, writing
from fileproc.store.rows import finished_before, identity_of, row_of
from fileproc.store.tables import DEAD, LARGEST_ID, UNFINISHED, jobs, pools, reports

#: Rows a statement, well below SQLite's limit of 32,766 parameters.
CHUNK = 500

#: How old the count of waiting jobs may be when a new batch is held against the limit, in seconds.
COUNT_AGE = 1.0

#: Two batches that hold the same objects in another order may block each other; PostgreSQL sends one of them away.
TRIES = 4

#: Jobs that one purge removes at most: the file's other writers and the pool's loop wait for it.
PURGED_AT_ONCE = 1_000

#: States that a backlog is made of, and dead, which somebody should look at.
COUNTED = (JobState.AVAILABLE, JobState.HELD, JobState.RUNNING, JobState.RETRYABLE, JobState.DEAD)

Known = dict[str, tuple[int, JobState]]


class SqlJournal:
    """The journal on a database. One instance a thread that writes; instances and processes may be many.

    `wanted` says which sinks are to be told of a report.
    """

    def __init__(
        self, engine: Engine, *, clock: Clock | None = None, wanted: deliveries.Wanted = deliveries.nobody
    ) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()
        self._wanted = wanted
        self._counted_at = float("-inf")
        self._waiting = 0

    # accepting

    def add(self, jobs_: list[NewJob], *, limit: int) -> list[Added]:
        """Write all jobs in one commit; duplicates by object identity are found, not written. In the order given.

        Raises:
            BacklogFull: more than `limit` jobs wait already; nothing was written.
            IllegalTransition: a job cannot begin in the state it was given; nothing was written.
            JournalUnavailable: the database cannot be written; nothing was written.
        """
        if not jobs_:
            return []
        identities = [identity_of(job.ref) for job in jobs_]
        fresh: dict[str, NewJob] = {}
        for identity, job in zip(identities, jobs_, strict=True):
            fresh.setdefault(identity, job)
        written, known = self._written(list(fresh.values()), limit)
        self._waiting += len(written)
        return [self._told(identity, written, known) for identity in identities]

    def _written(self, fresh: list[NewJob], limit: int) -> tuple[Known, Known]:
        """What was inserted, and what was there already; tried again when two batches collide."""
        for _ in range(TRIES - 1):
            try:
                return self._write(fresh, limit)
            except Collided:
                continue
        return self._write(fresh, limit)

    def _write(self, fresh: list[NewJob], limit: int) -> tuple[Known, Known]:
        with writing(self._engine) as connection:
            self._refuse_above(limit, connection)
            now = self._now(connection)  # how long jobs have waited is compared between hosts
            rows = [row_of(job, now, self._clock.utcnow()) for job in fresh]
            written = self._insert(connection, rows)
            return written, self._known(connection, [row["identity"] for row in rows if row["identity"] not in written])

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
    def _known(connection: Connection, identities: list[str]) -> Known:
        known: Known = {}
        for part in _chunks(identities):
            query = select(jobs.c.identity, jobs.c.id, jobs.c.state).where(jobs.c.identity.in_(part))
            known |= {row.identity: (row.id, JobState(row.state)) for row in connection.execute(query)}
        return known

    @staticmethod
    def _insert(connection: Connection, rows: list[dict[str, Any]]) -> Known:
        """Insert and return identity → (id, state); what another process wrote meanwhile is not in it."""
        statement = (
            _upsert(connection)(jobs)
            .on_conflict_do_nothing(index_elements=["identity"])
            .returning(jobs.c.identity, jobs.c.id, jobs.c.state)
        )
        # Many rows as parameters, not as VALUES: the statement is compiled once and kept.
        return {row.identity: (row.id, JobState(row.state)) for row in connection.execute(statement, rows)}

    @staticmethod
    def _told(identity: str, written: Known, known: Known) -> Added:
        """The first of several equal jobs in one batch was written; the others are its duplicates."""
        if identity in written:
            job_id, state = known[identity] = written.pop(identity)
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
            done = update(jobs).values(finished_at=self._clock.utcnow(), **values)
            parts = (done.where(jobs.c.id.in_(part), _in(WAITING)) for part in _chunks(gone))
            return sum(connection.execute(part).rowcount for part in parts)

    def restored(self, ref: ObjectRef) -> int:
        """The object can be read again: what waits for that is due at once. Returns how many."""
        archived = jobs.c.job_class == JobClass.ARCHIVED.value
        where = [text(UNFINISHED), jobs.c.bucket == ref.bucket, jobs.c.key == ref.key, _in({JobState.RETRYABLE})]
        if ref.version_id is not None:
            where.append(or_(jobs.c.version_id == ref.version_id, jobs.c.version_id.is_(None)))
        again = update(jobs).values(state=JobState.AVAILABLE.value, not_before=None).where(*where, archived)
        with writing(self._engine) as connection:
            return connection.execute(again).rowcount

    # running

    def claim(
        self, pool_id: str, count: int, *, held: bool = False, without: frozenset[str] = frozenset()
    ) -> list[Job]:
        """Up to `count` due jobs, oldest first, now running under a new fence. `held` claims held ones too.

        Jobs of the buckets `without` stay where they are.
        """
        if count < 1:
            return []
        with writing(self._engine) as connection:
            due = claims.due(claims.claimable_states(held=held), self._now(connection), count, without=without)
            return self._claim(connection, pool_id, due)

    def claim_suspect(self, pool_id: str, *, without: frozenset[str] = frozenset()) -> Job | None:
        """The oldest suspect that waits, now running; None when there is none. Nothing else may run beside it."""
        with writing(self._engine) as connection:
            claimed = self._claim(
                connection, pool_id, claims.suspects(1, without=without).with_for_update(skip_locked=True)
            )
        return claimed[0] if claimed else None

    def suspects(self, *, without: frozenset[str] = frozenset()) -> int:
        """How many jobs wait to run alone, since their pool died with them."""
        waiting = claims.suspects(CHUNK, without=without).subquery()
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(waiting)) or 0

    def claim_one(self, pool_id: str, job_id: int) -> Job | None:
        """This very job, now running, or None when it does not wait."""
        with writing(self._engine) as connection:
            claimed = self._claim(connection, pool_id, claims.this_one(claims.claimable(*WAITING), job_id))
        return claimed[0] if claimed else None

    def _claim(self, connection: Connection, pool_id: str, chosen: Any) -> list[Job]:
        return claims.take(connection, chosen, pool_id, self._clock.utcnow())

    def settle(self, job: Job, settlement: Settlement) -> bool:
        """Write the end of an attempt, with its report, in one commit; False when the fence is old.

        Raises:
            IllegalTransition: the settlement's state cannot follow `running`.
        """
        return self.settle_all([(job, settlement)])[0]

    def settle_all(self, endings: Sequence[tuple[Job, Settlement]]) -> list[bool]:
        """The same for several in one commit, in the order given.

        Raises:
            IllegalTransition: some settlement's state cannot follow `running`; nothing was written.
        """
        for _, settlement in endings:
            move(JobState.RUNNING, settlement.state)
        with writing(self._engine) as connection:
            now = self._clock.utcnow()
            written = [self._settle(connection, job, settlement, now) for job, settlement in endings]
            told = [(job, ending.report) for (job, ending), done in zip(endings, written, strict=True)
                    if done and ending.report is not None]  # fmt: skip
            results.store(connection, {job.id: report for job, report in told}, now)
            profiles.exchange(connection, told, now)
            deliveries.write(connection, told, self._wanted, self._now)
            attempts.write(connection, (ending for ending, done in zip(endings, written, strict=True) if done))
        return written

    def _settle(self, connection: Connection, job: Job, settlement: Settlement, now: datetime) -> bool:
        next_attempt = self._next_attempt(connection, settlement)
        return results.settle(connection, job, settlement, next_attempt=next_attempt, now=now)

    def accepted_before(self, contract: str, schema: str, *, before: datetime, but: ObjectRef, most: int) -> list[Past]:
        """Accepted files of a contract's schema object that came before a moment, newest first, without this object.

        Raises:
            JournalUnavailable: the database cannot be reached.
        """
        with reading(self._engine) as connection:
            return profiles.accepted_before(connection, contract, schema, before=before, but=but, most=most)

    def _next_attempt(self, connection: Connection, settlement: Settlement) -> datetime | None:
        """By the database's clock: that of another host may be an hour off, and would shorten or stretch the wait."""
        if settlement.state is not JobState.RETRYABLE or settlement.retry_in is None:
            return None
        return self._now(connection) + timedelta(seconds=settlement.retry_in)

    def states(self, job_ids: Sequence[int]) -> dict[int, JobState]:
        """Where these jobs are; those that do not exist (any more) are left out."""
        found: dict[int, JobState] = {}
        with reading(self._engine) as connection:
            for part in _chunks(list(job_ids)):
                rows = connection.execute(select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_(part)))
                found |= {row.id: JobState(row.state) for row in rows}
        return found

    def release(self, job: Job) -> bool:
        """Give a claimed job back uncharged (interrupted); False when the fence is old."""
        with writing(self._engine) as connection:
            given_back = update(jobs).where(*_under_fence(job)).values(leases.GIVEN_BACK)
            return connection.execute(given_back).rowcount == 1

    def release_held(self, *, without: frozenset[str] = frozenset()) -> int:
        """Held jobs, but those of the buckets `without`, become available; returns how many.

        Costs one look when there are none.
        """
        held = [text(UNFINISHED), _in({JobState.HELD})]
        if without:
            held.append(jobs.c.bucket.not_in(sorted(without)))
        with reading(self._engine) as connection:
            if connection.scalar(select(jobs.c.id).where(*held).limit(1)) is None:
                return 0
        with writing(self._engine) as connection:
            return connection.execute(update(jobs).where(*held).values(state=JobState.AVAILABLE.value)).rowcount

    def replay(self, job_ids: list[int]) -> list[int]:
        """Finished jobs become available with all counters reset; returns those that moved."""
        values = dict.fromkeys(("attempts", "crashes", "interruptions", "suspect"), 0) | dict.fromkeys(
            ("verdict", "job_class", "reason", "summary", "evidence", "not_before", "started_at", "finished_at")
        )
        replayable = _in(claims.before(JobState.AVAILABLE) & FINISHED)
        again = update(jobs).values(state=JobState.AVAILABLE.value, **values).returning(jobs.c.id)
        ids = sorted(job_id for job_id in set(job_ids) if job_id <= LARGEST_ID)
        with writing(self._engine) as connection:
            parts = (connection.execute(again.where(jobs.c.id.in_(part), replayable)) for part in _chunks(ids))
            return sorted(row.id for rows in parts for row in rows)

    # pools and their leases

    def register_pool(self, pool: PoolIdentity) -> None:
        """Write the pool's row; its beat is now."""
        with writing(self._engine) as connection:
            leases.register(connection, pool, self._now(connection))

    def beat(self, pool_id: str) -> bool:
        """Renew the lease by the database's clock; False when the row is gone (somebody took our jobs back)."""
        with writing(self._engine) as connection:
            return leases.renew(connection, pool_id, self._now(connection))

    def retire_pool(self, pool_id: str) -> None:
        """The pool has drained; its row goes."""
        with writing(self._engine) as connection:
            leases.retire(connection, pool_id)

    def rescue(self, me: PoolIdentity, alive: Callable[[PoolIdentity], bool], *, ttl: float) -> list[int]:
        """Take back the running jobs of dead pools: same host and boot and not `alive`, or no beat for `ttl` seconds.

        The jobs become available with `interruptions` + 1, as suspects, and the dead pools' rows go. A suspect that
        was running alone has `crashes` + 1 besides. Returns the job ids.
        """
        with writing(self._engine) as connection:
            leases.bury(connection, me, alive, ttl=ttl, now=self._now(connection))
            return leases.take_back_orphans(connection)

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
        waiting = select(jobs.c.accepted_at).where(text(UNFINISHED))
        by_age = waiting.order_by(jobs.c.not_before, jobs.c.id).limit(1)
        heads = [by_age.where(jobs.c.state == state.value) for state in (JobState.AVAILABLE, JobState.HELD)]
        # Retries are in the order of their next attempt, so all of them are looked at: there are few, or the breaker
        # is open.
        # An archived object waits for a person and not for us: no alert about slowness should come of it.
        ours = jobs.c.job_class.is_distinct_from(JobClass.ARCHIVED.value)
        retries = waiting.with_only_columns(func.min(jobs.c.accepted_at)).where(_in({JobState.RETRYABLE}), ours)
        with reading(self._engine) as connection:
            moments = [moment for query in (*heads, retries) if (moment := connection.scalar(query)) is not None]
        return max(0.0, (self._clock.utcnow() - min(moments)).total_seconds()) if moments else 0.0

    def ping(self) -> None:
        """Prove that the journal can be written now.

        Raises:
            JournalUnavailable: it cannot.
        """
        with writing(self._engine) as connection:
            connection.execute(update(pools).where(pools.c.id == "").values(pid=0))

    def purge(
        self, older_than_days: int, *, most: int = PURGED_AT_ONCE, only: Mapping[str, str] = MappingProxyType({})
    ) -> int:
        """Delete up to `most` jobs that finished longer ago, oldest first, with their reports; returns how many.

        One short commit: whoever has more to remove calls again. `only` narrows it down: the value of `verdict`,
        `state` or `bucket`.
        """
        old = finished_before(self._clock.utcnow() - timedelta(days=older_than_days), only)
        removed: list[int] = []
        with writing(self._engine) as connection:
            ids = list(connection.scalars(select(jobs.c.id).where(*old).order_by(jobs.c.finished_at).limit(most)))
            for part in _chunks(ids):
                # Asked again: somebody may have replayed one meanwhile.
                gone = delete(jobs).where(jobs.c.id.in_(part), *old).returning(jobs.c.id)
                removed += connection.scalars(gone)
            for part in _chunks(removed):
                connection.execute(delete(reports).where(reports.c.job_id.in_(part)))
                attempts.remove(connection, part)
                deliveries.remove(connection, part)
        return len(removed)

    def _now(self, connection: Connection) -> datetime:
        return database_now(connection, self._clock)


def _upsert(connection: Connection) -> Callable[..., Any]:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _in(states: Iterable[JobState]) -> Any:
    return jobs.c.state.in_(sorted(state.value for state in states))


def _under_fence(job: Job) -> list[Any]:
    return [jobs.c.id == job.id, jobs.c.fence == job.fence, jobs.c.state == JobState.RUNNING.value]


def _chunks(items: list[Any]) -> Iterable[list[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
