"""A journal in memory: the same promises as the real one but durability. Passes tests/ports/test_journal.py."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from fileproc.clock import Clock
from fileproc.domain.costs import Cost
from fileproc.domain.jobs import FINISHED, WAITING, Job, JobClass, JobState, move
from fileproc.domain.objects import ObjectRef, is_newer, weight_of
from fileproc.domain.ports import Added, Line, NewJob, PoolIdentity, Settlement, Waiting
from fileproc.domain.profiles import KEPT, Past, Trained, trained_by
from fileproc.errors import BacklogFull, IllegalTransition

BUDGETS = {JobClass.CRASH: "crashes", JobClass.INTERRUPTED: "interruptions"}
FREE = {JobClass.VERDICT, JobClass.GONE, JobClass.ARCHIVED}


@dataclass
class Row:
    """A job and what only the journal knows of it."""

    job: Job
    pool_id: str | None = None
    finished_at: datetime | None = None
    settlement: Settlement | None = None


class MemoryJournal:
    """`rows` is open to tests: job id → row, in the order of acceptance."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._last = 0
        self._ids: dict[str, int] = {}
        self._pools: dict[str, tuple[PoolIdentity, datetime]] = {}
        self.rows: dict[int, Row] = {}
        self.profiles: dict[str, tuple[Trained, Past]] = {}

    def add(self, jobs: list[NewJob], *, limit: int) -> list[Added]:
        with self._lock:
            if any(job.state not in (JobState.AVAILABLE, JobState.HELD, JobState.CANCELLED) for job in jobs):
                raise IllegalTransition("a job cannot begin like this")
            if len(self._in(WAITING | {JobState.RUNNING})) > limit:
                raise BacklogFull(f"more than {limit} jobs wait already")
            return [self._add(job) for job in jobs]

    def _add(self, new: NewJob) -> Added:
        known = self._ids.get(new.ref.identity)
        if known is not None:
            return Added(known, duplicate=True, state=self.rows[known].job.state)
        self._last += 1
        job_id = self._ids[new.ref.identity] = self._last
        now = self._clock.utcnow()
        job = Job(job_id, new.ref, new.state, region=new.region, event_time=new.event_time, accepted_at=now)
        self.rows[job_id] = Row(job, finished_at=now if new.state in FINISHED else None)
        return Added(job_id, duplicate=False, state=new.state)

    def cancel_waiting(self, ref: ObjectRef) -> int:
        with self._lock:
            gone = [row for row in self._in(WAITING) if _is_removed(row.job.ref, ref)]
            for row in gone:
                self._move(row, JobState.CANCELLED)
                row.finished_at = self._clock.utcnow()
            return len(gone)

    def restored(self, ref: ObjectRef) -> int:
        with self._lock:
            due = [row for row in self._in({JobState.RETRYABLE}) if _archived(row) and _is_same(row.job.ref, ref)]
            for row in due:
                self._move(row, JobState.AVAILABLE)
                row.job = replace(row.job, not_before=None)
            return len(due)

    def claim(
        self, pool_id: str, count: int, *, held: bool = False, without: frozenset[str] = frozenset()
    ) -> list[Job]:
        with self._lock:
            now = self._clock.utcnow()
            states = {JobState.AVAILABLE, JobState.RETRYABLE} | ({JobState.HELD} if held else set())
            waiting = [row for row in self._in(states) if row.job.ref.bucket not in without and not row.job.suspect]
            due = [row for row in waiting if row.job.not_before is None or row.job.not_before <= now]
            return [self._run(row, pool_id) for row in due[: max(0, count)]]

    def claim_suspect(self, pool_id: str, *, without: frozenset[str] = frozenset()) -> Job | None:
        with self._lock:
            waiting = self._suspects(without)
            return self._run(waiting[0], pool_id) if waiting else None

    def suspects(self, *, without: frozenset[str] = frozenset()) -> int:
        with self._lock:
            return len(self._suspects(without))

    def _suspects(self, without: frozenset[str]) -> list[Row]:
        waiting = self._in({JobState.AVAILABLE})
        return [row for row in waiting if row.job.suspect and row.job.ref.bucket not in without]

    def claim_one(self, pool_id: str, job_id: int) -> Job | None:
        with self._lock:
            waiting = [row for row in self._in(WAITING) if row.job.id == job_id]
            return self._run(waiting[0], pool_id) if waiting else None

    def _run(self, row: Row, pool_id: str) -> Job:
        self._move(row, JobState.RUNNING)
        short = row.settlement is not None and row.settlement.job_class is JobClass.MEMORY
        row.job = replace(row.job, fence=row.job.fence + 1, not_before=None, short_of_memory=short)
        row.pool_id = pool_id
        return row.job

    def states(self, job_ids: Sequence[int]) -> dict[int, JobState]:
        with self._lock:
            return {job_id: self.rows[job_id].job.state for job_id in job_ids if job_id in self.rows}

    def settle_all(self, endings: Sequence[tuple[Job, Settlement]]) -> list[bool]:
        for _, settlement in endings:
            move(JobState.RUNNING, settlement.state)
        return [self.settle(job, settlement) for job, settlement in endings]

    def settle(self, job: Job, settlement: Settlement) -> bool:
        move(JobState.RUNNING, settlement.state)
        with self._lock:
            row = self._held_by(job)
            if row is None:
                return False
            self._move(row, settlement.state)
            self._charge(row, settlement.job_class)
            waits = None if settlement.retry_in is None else timedelta(seconds=settlement.retry_in)
            row.job = replace(row.job, not_before=waits and self._clock.utcnow() + waits, suspect=False)
            row.settlement, row.pool_id = settlement, None
            row.finished_at = self._clock.utcnow() if settlement.state in FINISHED else None
            if settlement.report is not None:
                self._exchange(job, trained_by(settlement.report))
            return True

    def _exchange(self, job: Job, trained: Trained | None) -> None:
        self.profiles.pop(job.ref.identity, None)
        if trained is None:
            return
        past = Past(job.ref.address, job.came_at or self._clock.utcnow(), trained.profile)
        self.profiles[job.ref.identity] = (trained, past)
        for identity, _ in self._series(trained.contract, trained.schema)[KEPT:]:
            del self.profiles[identity]

    def _series(self, contract: str, schema: str) -> list[tuple[str, Past]]:
        mine = [
            (one, past) for one, (of, past) in self.profiles.items() if (of.contract, of.schema) == (contract, schema)
        ]
        return sorted(mine, key=lambda one: one[1].at, reverse=True)

    def accepted_before(self, contract: str, schema: str, *, before: datetime, but: ObjectRef, most: int) -> list[Past]:
        with self._lock:
            series = self._series(contract, schema)
            return [past for one, past in series if past.at < before and one != but.identity][:most]

    def release(self, job: Job) -> bool:
        with self._lock:
            row = self._held_by(job)
            if row is None:
                return False
            self._give_back(row)
            return True

    def release_held(self, *, without: frozenset[str] = frozenset()) -> int:
        with self._lock:
            held = [row for row in self._in({JobState.HELD}) if row.job.ref.bucket not in without]
            for row in held:
                self._move(row, JobState.AVAILABLE)
            return len(held)

    def replay(self, job_ids: list[int]) -> list[int]:
        with self._lock:
            chosen = [row for row in self._in(FINISHED) if row.job.id in set(job_ids)]
            for row in chosen:
                self._move(row, JobState.AVAILABLE)
                row.job = replace(row.job, attempts=0, crashes=0, interruptions=0, not_before=None, suspect=False)
                row.settlement = row.finished_at = None
            return [row.job.id for row in chosen]

    def register_pool(self, pool: PoolIdentity) -> None:
        with self._lock:
            self._pools[pool.id] = (pool, self._clock.utcnow())

    def beat(self, pool_id: str) -> bool:
        with self._lock:
            if pool_id not in self._pools:
                return False
            self._pools[pool_id] = (self._pools[pool_id][0], self._clock.utcnow())
            return True

    def retire_pool(self, pool_id: str) -> None:
        with self._lock:
            self._pools.pop(pool_id, None)

    def rescue(self, me: PoolIdentity, alive: Callable[[PoolIdentity], bool], *, ttl: float) -> list[int]:
        with self._lock:
            stale = self._clock.utcnow() - timedelta(seconds=ttl)
            for pool, beat in list(self._pools.values()):
                here = (pool.host, pool.boot_id) == (me.host, me.boot_id)
                if pool.id != me.id and (beat < stale or (here and not alive(pool))):
                    del self._pools[pool.id]
            lost = [row for row in self._in({JobState.RUNNING}) if row.pool_id not in self._pools]
            for row in lost:
                self._give_back(row)
                row.job = replace(row.job, crashes=row.job.crashes + row.job.suspect, suspect=True)
            return [row.job.id for row in lost]

    def backlog(self) -> dict[JobState, int]:
        states = (*WAITING, JobState.RUNNING, JobState.DEAD)
        return {state: len(self._in({state})) for state in states}

    def oldest_waiting_seconds(self) -> float:
        waiting = [row for row in self._in(WAITING) if row.job.state is not JobState.RETRYABLE or not _archived(row)]
        accepted = [row.job.accepted_at for row in waiting if row.job.accepted_at is not None]
        return max(0.0, (self._clock.utcnow() - min(accepted)).total_seconds()) if accepted else 0.0

    def purge(self, older_than_days: int, *, most: int = 1_000, only: Mapping[str, str] = MappingProxyType({})) -> int:
        with self._lock:
            long_ago = self._clock.utcnow() - timedelta(days=older_than_days)
            old = [row for row in self._in(FINISHED) if row.finished_at is not None and row.finished_at < long_ago]
            old = [row for row in old if all(_value(row, name) == value for name, value in only.items())]
            for row in old[:most]:
                del self.rows[row.job.id], self._ids[row.job.ref.identity]
            return len(old[:most])

    def _in(self, states: set[JobState] | frozenset[JobState]) -> list[Row]:
        return [row for row in self.rows.values() if row.job.state in states]

    def _held_by(self, job: Job) -> Row | None:
        row = self.rows.get(job.id)
        return row if row and row.job.state is JobState.RUNNING and row.job.fence == job.fence else None

    def _give_back(self, row: Row) -> None:
        self._move(row, JobState.AVAILABLE)
        self._charge(row, JobClass.INTERRUPTED)
        row.pool_id = None

    @staticmethod
    def _move(row: Row, state: JobState) -> None:
        row.job = replace(row.job, state=move(row.job.state, state))

    @staticmethod
    def _charge(row: Row, job_class: JobClass) -> None:
        if job_class not in FREE:
            budget = BUDGETS.get(job_class, "attempts")
            row.job = replace(row.job, **{budget: getattr(row.job, budget) + 1})


def _value(row: Row, name: str) -> str | None:
    verdict = None if row.settlement is None else row.settlement.verdict
    return {"verdict": verdict, "state": row.job.state.value, "bucket": row.job.ref.bucket}[name]


def _archived(row: Row) -> bool:
    return row.settlement is not None and row.settlement.job_class is JobClass.ARCHIVED


def _is_same(waiting: ObjectRef, named: ObjectRef) -> bool:
    same = (waiting.bucket, waiting.key) == (named.bucket, named.key)
    return same and (named.version_id is None or waiting.version_id in (None, named.version_id))


def _is_removed(waiting: ObjectRef, removed: ObjectRef) -> bool:
    return _is_same(waiting, removed) and not is_newer(waiting.sequencer, removed.sequencer)


class MemoryTurns:
    """The waiting jobs of a `MemoryJournal`, by line. Passes tests/ports/test_turns.py."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self._stopped: dict[JobState, tuple[str, int]] = {}

    def lines(self, *, held: bool = False, without: frozenset[str] = frozenset(), most: int) -> list[Line]:
        found = []
        for state in (JobState.AVAILABLE, JobState.RETRYABLE, *([JobState.HELD] if held else [])):
            there = {(row.job.ref.bucket, weight_of(row.job.ref.size)) for row in self._journal._in({state})}
            after = self._stopped.pop(state, None)
            places = sorted(place for place in there if after is None or place > after)[:most]
            if len(places) == most:
                self._stopped[state] = places[-1]
            found += [Line(state, *place) for place in places if place[0] not in without]
        return found

    def waiting(self, lines: Sequence[Line], *, each: int) -> list[Waiting]:
        now = self._journal._clock.utcnow()
        found = []
        for line in lines:
            rows = [row.job for row in self._journal._in({line.state}) if self._stands_in(row.job, line, now)]
            found += [
                Waiting(job.id, job.ref.bucket, job.ref.key, job.ref.size, (now - job.accepted_at).total_seconds())
                for job in rows[:each]
                if job.accepted_at is not None
            ]
        return found

    @staticmethod
    def _stands_in(job: Job, line: Line, now: datetime) -> bool:
        due = job.not_before is None or job.not_before <= now
        return (job.ref.bucket, weight_of(job.ref.size)) == (line.bucket, line.weight) and due and not job.suspect

    def claim_these(self, pool_id: str, job_ids: Sequence[int], *, held: bool = False) -> list[Job]:
        states = {JobState.AVAILABLE, JobState.RETRYABLE} | ({JobState.HELD} if held else set())
        with self._journal._lock:
            rows = {row.job.id: row for row in self._journal._in(states) if not row.job.suspect}
            return [self._journal._run(rows[job_id], pool_id) for job_id in job_ids if job_id in rows]


class MemoryCosts:
    """What jobs have cost, kept in memory."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Cost] = {}

    def read(self) -> dict[tuple[str, str], Cost]:
        return dict(self.known)

    def write(self, known: dict[tuple[str, str], Cost]) -> None:
        self.known |= known


def queue(journal: MemoryJournal) -> Any:
    """The journal as a pool works on it: jobs, turns and costs."""
    return journal, MemoryTurns(journal), MemoryCosts()
