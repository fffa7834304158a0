"""Feeding: which jobs the idle workers get, and how one is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fileproc import logs
from fileproc.clock import Clock, iso
from fileproc.domain.jobs import Job, JobClass, JobOutcome
from fileproc.pool.channel import ChannelClosed
from fileproc.pool.chooser import Chooser
from fileproc.pool.guard import Guard
from fileproc.pool.hand import Hand
from fileproc.pool.ledger import Ledger
from fileproc.pool.messages import Assign
from fileproc.pool.options import PoolOptions
from fileproc.pool.slot import Slot, SlotState

log = logs.get("pool")

#: The share of a job's time after which its stack is looked at for the first time.
WARNED_AT = 0.8

#: A job that was alone in the pool so many times when the pool died has killed it.
ALONE_DEATHS = 2
KILLER = f"the pool died {ALONE_DEATHS} times while this job ran alone in it"


class Feeder:
    """Claims what the breaker allows and idle workers can start now. `more`: there may be jobs that nobody claimed."""

    def __init__(self, options: PoolOptions, ledger: Ledger, guard: Guard, slots: Sequence[Slot], clock: Clock) -> None:
        self._options = options
        self._ledger = ledger
        self._guard = guard
        self._slots = slots
        self._clock = clock
        self._chooser = Chooser(ledger, options.workers_max, clock)
        self._hand = Hand(options.workers_max)
        self.more = True

    def feed(self, now: float) -> None:
        """Claim what the breaker allows and workers can start now or in a moment, and hand it over."""
        permits = self._guard.permits()
        without = self._guard.shut_buckets()
        if self._hand_is_not_for_now(permits, now):
            self.give_back()
        idle = self._ready_for_work()
        if idle and self._runs_alone(idle, without, now):
            return
        idle = [slot for slot in idle if not self.hand_over(slot, now)]
        count = len(idle) if permits is None else min(len(idle), permits)
        spare = self._hand.most - len(self._hand) if self._may_have_more_in_hand(permits) else 0
        if not self.more or count + spare == 0:
            return
        jobs = self._claimed(count, spare, permits, without)
        self.more = len(jobs) >= count and permits is None
        self._hand.put(jobs, now)
        for slot in idle[:count]:
            self.hand_over(slot, now)

    def hand_over(self, slot: Slot, now: float) -> bool:
        """Give an idle worker what is in hand, if there is something."""
        while (job := self._hand.next()) is not None:
            if self._guard.lets(job):
                self.assign(slot, job, now)
                return True
            self._ledger.release(job)
        return False

    def give_back(self) -> list[Job]:
        """What is in hand waits for its turn again, here or elsewhere; returns what that is."""
        jobs = self._hand.empty()
        for job in jobs:
            self._ledger.release(job)
        return jobs

    def _hand_is_not_for_now(self, permits: int | None, now: float) -> bool:
        """Somebody must run alone, the breaker counts what may start, or the journal cannot be relied on."""
        alone = self._ledger.suspects or any(slot.job is not None and slot.job.suspect for slot in self._slots)
        return bool(alone) or permits is not None or self._ledger.lease_is_old or self._hand.is_old(now)

    def _may_have_more_in_hand(self, permits: int | None) -> bool:
        """There is a crowd, nobody counts, and every worker that is ready has work."""
        crowd = self._ledger.waits > self._hand.most + len(self._slots)
        return permits is None and crowd and not self._ledger.suspects and self._hand.runs_low

    def _claimed(self, count: int, spare: int, permits: int | None, without: frozenset[str]) -> list[Job]:
        """Where more wait than can begin, somebody must choose; else, and to probe with, it is the oldest."""
        held = self._guard.claims_held()
        if permits is not None or self._ledger.waits <= count:
            return self._ledger.claim(count, held=held, without=without)
        running = [slot.job for slot in self._slots if slot.job is not None]
        return self._chooser.claim(count, running, held=held, without=without, spare=spare, seconds=self._hand.seconds)

    def _runs_alone(self, idle: list[Slot], without: frozenset[str], now: float) -> bool:
        """Suspects first, each with nothing beside it: whether there is one that nothing may be started beside."""
        running = [slot.job for slot in self._slots if slot.job is not None]
        if any(job.suspect for job in running):
            return True
        if not self._ledger.suspects:
            return False
        job = None if running else self._ledger.claim_suspect(without=without)
        if job is not None and job.crashes >= ALONE_DEATHS:
            self._ledger.settle(job, JobOutcome(JobClass.CRASH, KILLER), seconds=0.0)
        elif job is not None:
            log.info("suspect_runs_alone", job_id=job.id, crashes=job.crashes)
            self.assign(idle[0], job, now)
        return bool(running) or job is not None

    def _ready_for_work(self) -> list[Slot]:
        """Idle workers, fresh ones first, as many as there may be jobs at once."""
        idle = [slot for slot in self._slots if slot.state is SlotState.IDLE]
        idle.sort(key=lambda slot: slot.recycle is not None)
        busy = sum(slot.job is not None for slot in self._slots)
        return idle[: max(0, self._options.workers_max - busy)]

    def assign(self, slot: Slot, job: Job, now: float) -> None:
        """Hand a claimed job to an idle worker."""
        worker = slot.worker
        slot.job = job
        slot.move(SlotState.BUSY, now)
        slot.began = now
        slot.deadline = now + self.timeout_of(job)
        slot.warn_at = now + WARNED_AT * self.timeout_of(job)
        slot.started_wall = iso(self._clock.utcnow())
        slot.breaker_generation = self._guard.started(job)
        slot.memory = self._memory_of(job)
        job = replace(job, memory_bytes=slot.memory) if job.short_of_memory else job
        try:
            if worker is not None:
                worker.channel.send(Assign(worker.generation, job, self.timeout_of(job)))
        except ChannelClosed:
            log.warning("worker_gone_at_assign", slot=slot.number)  # its death follows and blames this job

    def _memory_of(self, job: Job) -> int:
        """What is nobody's goes to the first who had too little."""
        usual = self._options.worker_memory
        if not job.short_of_memory:
            return usual
        granted = sum(slot.memory - usual for slot in self._slots if slot.job not in (None, job))
        return usual + self._options.more_memory(granted)

    def timeout_of(self, job: Job) -> float:
        """Twice the time for an attempt after one that failed."""
        return self._options.job_timeout * (2 if job.attempts else 1)

    def closed_again(self) -> None:
        """Some circuit has closed: what it held becomes available."""
        if self._guard.permits() is not None:
            return  # only a bucket has closed; what is held waits for the whole
        released = self._ledger.release_held(without=self._guard.shut_buckets())
        self.more = True
        if released:
            log.info("held_jobs_released", count=released)
