"""The ledger: the pool's way to the journal, which may be away for a while.

A result that cannot be written is kept in the outbox and written first thing when the journal is back; until then
nothing new is claimed, so the outbox never holds more than there are workers. Every write is fenced, so a result that
comes too late changes nothing.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from fileproc import logs
from fileproc.clock import Clock
from fileproc.domain.jobs import Attempt, Job, JobClass, JobOutcome, JobState
from fileproc.domain.ports import PoolIdentity, Settlement, Turns, Waiting
from fileproc.domain.profiles import pending_of
from fileproc.errors import FileprocError, JournalUnavailable
from fileproc.metrics.recorder import Recorder
from fileproc.pool.cost_book import CostBook
from fileproc.services.compare import compared
from fileproc.services.dry_run import append_report
from fileproc.services.housekeeping import BEAT_SECONDS, TTL_SECONDS, rescue
from fileproc.services.settle import decide
from fileproc.store.costs import SqlCosts
from fileproc.store.journal import SqlJournal

log = logs.get("ledger")

#: How long to leave the journal alone after it failed, in seconds: doubled from the first to the last.
BACKOFF = (0.25, 10.0)

#: Results that may wait for each other, and for how many seconds: what ends together is written in one commit.
TOGETHER, TOGETHER_SECONDS = 8, 0.05

#: Ends that cannot be written before the journal counts as gone: each try may wait for a lock or a connection.
MOST_TRIED = 3

FIGURES_SECONDS = 1.0
RESCUE_SECONDS = 5.0
PURGE_SECONDS = 3_600.0
COSTS_SECONDS = 30.0

#: Lines of each state that are looked at together, and jobs of each.
MOST_LINES = 32
IN_LINE = 16


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an attempt on its way to the journal; `seconds` is how long it took, None once it was told."""

    job: Job
    settlement: Settlement
    seconds: float | None = None


class Ledger:
    """Claims, settles and keeps house; remembers what could not be written."""

    def __init__(
        self,
        journal: SqlJournal,
        turns: Turns,
        costs: SqlCosts,
        me: PoolIdentity,
        recorder: Recorder,
        clock: Clock,
        *,
        retention_days: int = 30,
        dry_run_results: Path | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._journal = journal
        self._turns = turns
        self._stored_costs = costs
        self.costs = CostBook()
        self._me = me
        self._recorder = recorder
        self._clock = clock
        self._retention_days = retention_days
        self._dry_run_results = dry_run_results
        self._jitter = jitter
        self._outbox: deque[Ending] = deque()
        self._flush_at = math.inf
        self._quiet_until = 0.0
        self._backoff = BACKOFF[0]
        self._due: dict[str, float] = {}
        self.backlog: dict[JobState, int] = {}
        self.suspects = 0
        self.oldest_waiting = 0.0
        self._beaten_at = clock.monotonic()

    @property
    def host(self) -> str:
        return self._me.host

    @property
    def next_flush(self) -> float:
        """When results that wait for others are written all the same; infinite if none do."""
        return max(self._flush_at, self._quiet_until)

    @property
    def unwritten(self) -> int:
        """Results that wait for the journal."""
        return len(self._outbox)

    @property
    def lease_is_old(self) -> bool:
        """Half of the lease is over without a beat: nothing new may begin, for somebody may soon take all of it."""
        return self._clock.monotonic() - self._beaten_at > TTL_SECONDS / 2

    @property
    def lease_is_over(self) -> bool:
        """Another pool may take our jobs back any moment; what still runs must end before that."""
        return self._clock.monotonic() - self._beaten_at > TTL_SECONDS - BEAT_SECONDS

    def open(self) -> None:
        """Register this pool and take back what dead ones left. Raises JournalUnavailable."""
        self._beaten_at = self._clock.monotonic()
        self._journal.register_pool(self._me)
        self._told_rescued(rescue(self._journal, self._me))
        now = self._clock.monotonic()
        self._due = {"beat": now + BEAT_SECONDS, "rescue": now + RESCUE_SECONDS, "purge": now + 60.0, "figures": now,
                     "costs": now}  # fmt: skip

    def close(self) -> None:
        """The pool goes; its row goes with it, if the journal can be reached."""
        self._trying(lambda: self._journal.retire_pool(self._me.id), None)

    def claim(self, count: int, *, held: bool, without: frozenset[str] = frozenset()) -> list[Job]:
        """Up to `count` jobs, not of the buckets `without`; none while results wait to be written."""
        if self._away() or self.lease_is_old or not self.flush():
            return []
        claimed: list[Job] = self._trying(
            lambda: self._journal.claim(self._me.id, count, held=held, without=without), []
        )
        return claimed

    def first_in_line(self, *, held: bool, without: frozenset[str]) -> list[Waiting]:
        """The first jobs of every line, for who chooses; none while results wait to be written."""
        if self._away() or self.lease_is_old or not self.flush():
            return []
        return self._trying(lambda: self._first_in_line(held, without), [])  # type: ignore[no-any-return]

    def _first_in_line(self, held: bool, without: frozenset[str]) -> list[Waiting]:
        return self._turns.waiting(self._turns.lines(held=held, without=without, most=MOST_LINES), each=IN_LINE)

    def claim_these(self, job_ids: list[int], *, held: bool) -> list[Job]:
        """Of these jobs those that still wait; none while results wait to be written."""
        if not job_ids or self._away() or self.lease_is_old or not self.flush():
            return []
        claimed: list[Job] = self._trying(lambda: self._turns.claim_these(self._me.id, job_ids, held=held), [])
        return claimed

    def claim_suspect(self, *, without: frozenset[str] = frozenset()) -> Job | None:
        """A job that must run alone, if one waits and no result waits to be written."""
        if self._away() or self.lease_is_old or not self.flush():
            return None
        claimed: Job | None = self._trying(lambda: self._journal.claim_suspect(self._me.id, without=without), None)
        self.suspects = 0 if claimed is None else self.suspects
        return claimed

    def settle(
        self,
        job: Job,
        outcome: JobOutcome,
        *,
        seconds: float,
        attempt: Attempt | None = None,
        may_wait: bool = False,
    ) -> None:
        """Write the end of an attempt, now or when the journal is back; or with others, if it `may_wait` a moment."""
        decided = decide(job, outcome, now=self._clock.utcnow(), jitter=self._jitter)
        settlement = replace(decided, attempt=attempt)
        if outcome.job_class is JobClass.VERDICT and outcome.report is not None:
            self.costs.learn(job.ref, _bytes_read(outcome.report), seconds)
        ending = Ending(job, settlement, seconds)
        self._outbox.append(ending if pending_of(settlement.report) else self._told(ending))
        if may_wait and len(self._outbox) < TOGETHER:
            self._flush_at = min(self._flush_at, self._clock.monotonic() + TOGETHER_SECONDS)
        elif not self._away():
            self.flush()

    def release(self, job: Job, *, attempt: Attempt | None = None, why: str | None = None) -> None:
        """Give a job back uncharged, now or when the journal is back; with the attempt, if it had begun."""
        given_back = Settlement(JobState.AVAILABLE, JobClass.INTERRUPTED, why, attempt=attempt)
        self._outbox.append(Ending(job, given_back))
        if not self._away():
            self.flush()

    def flush(self) -> bool:
        """Write what waits, oldest first; True when nothing waits any more."""
        self._flush_at = math.inf
        while self._outbox:
            try:
                endings = self._next_endings()
                written = self._journal.settle_all([(ending.job, ending.settlement) for ending in endings])
            except JournalUnavailable as error:
                self._failed(error)
                return False
            for ending, done in zip(endings, written, strict=True):
                self._outbox.popleft()
                if not done:
                    self._recorder.fenced()
                    log.warning("result_fenced", job_id=ending.job.id, fence=ending.job.fence)
        return True

    def flush_each(self) -> list[int]:
        """Write every end alone, so that one that cannot be written takes no other with it; returns whose those are."""
        lost: list[int] = []
        waiting = list(self._outbox)
        for ending in waiting:
            self._outbox = deque([ending])
            if len(lost) >= MOST_TRIED or not self.flush():
                lost.append(ending.job.id)
        return lost

    def _next_endings(self) -> list[Ending]:
        """What is written in one commit. Who needs the past goes alone: what came before it must be in it."""
        if self._outbox[0].seconds is not None:
            self._outbox[0] = self._compared(self._outbox[0])
            return [self._outbox[0]]
        known = takewhile(lambda ending: ending.seconds is None, self._outbox)
        return list(islice(known, TOGETHER))

    def _compared(self, ending: Ending) -> Ending:
        """What needed the past to have a verdict has one now. Raises JournalUnavailable."""
        if ending.seconds is None:
            return ending
        settlement = compared(ending.job, ending.settlement, self._journal, self._clock)
        return self._told(replace(ending, settlement=settlement))

    def _told(self, ending: Ending) -> Ending:
        """The settlement stands: it is counted, and a dry run writes it down."""
        if ending.seconds is not None:
            self._count(ending.job, ending.settlement, ending.seconds)
        return Ending(ending.job, self._dry(ending.settlement))

    def release_held(self, *, without: frozenset[str] = frozenset()) -> int:
        """The breaker is closed: what it held becomes available, but for the buckets `without`."""
        return 0 if self._away() else self._trying(lambda: self._journal.release_held(without=without), 0)

    def keep_house(self) -> None:
        """Whatever is due: beat, rescue, purge, figures."""
        if self._away():
            return
        if self._clock.monotonic() >= self._flush_at:
            self.flush()
        if self._is_due("beat", BEAT_SECONDS):
            self._beat()
        if self._is_due("rescue", RESCUE_SECONDS):
            self._told_rescued(self._trying(lambda: rescue(self._journal, self._me), []))
        if self._is_due("purge", PURGE_SECONDS):
            self._trying(lambda: self._journal.purge(self._retention_days), 0)
        if self._is_due("costs", COSTS_SECONDS):
            self._trying(self._keep_costs, None)
        if self._is_due("figures", FIGURES_SECONDS):
            self.backlog = self._trying(self._journal.backlog, self.backlog)
            self.suspects = self._trying(self._journal.suspects, self.suspects)
            self.oldest_waiting = self._trying(self._journal.oldest_waiting_seconds, self.oldest_waiting)

    def _keep_costs(self) -> None:
        """What was learned here is written down, and what other pools have learned is read."""
        self._stored_costs.write(self.costs.changed())
        self.costs.written()
        self.costs.read(self._stored_costs.read())

    def _beat(self) -> None:
        asked_at = self._clock.monotonic()  # the answer may be late, and the lease counts from the beat
        beaten = self._trying(lambda: self._journal.beat(self._me.id), None)
        if beaten is None:
            self._due["beat"] = 0.0  # again as soon as the journal is
            return
        if not beaten:
            log.error("lease_was_taken", pool=self._me.id)
            if self._trying(self._registered, None) is None:
                return
        self._beaten_at = asked_at

    def _registered(self) -> bool:
        self._journal.register_pool(self._me)
        return True

    @property
    def waits(self) -> int:
        """Jobs that wait for a worker, as of the last look."""
        return sum(self.backlog.get(state, 0) for state in (JobState.AVAILABLE, JobState.RETRYABLE))

    @property
    def held(self) -> int:
        return self.backlog.get(JobState.HELD, 0)

    def _dry(self, settlement: Settlement) -> Settlement:
        """In a dry run the report goes to the file, and nowhere else."""
        if self._dry_run_results is None or settlement.report is None:
            return settlement
        try:
            append_report(self._dry_run_results, settlement.report)
        except FileprocError as error:
            log.error("dry_run_report_lost", error=str(error))
        return replace(settlement, report=None)

    def _count(self, job: Job, settlement: Settlement, seconds: float) -> None:
        report: dict[str, Any] = settlement.report or {}
        finished = settlement.state in (JobState.COMPLETED, JobState.DEAD)
        waited = 0.0
        if job.accepted_at is not None:
            waited = max(0.0, (self._clock.utcnow() - job.accepted_at).total_seconds() - seconds)
        if settlement.attempt is not None and settlement.attempt.peak_bytes is not None:
            self._recorder.job_peaked(settlement.attempt.peak_bytes)
        self._recorder.job_settled(
            settlement.verdict if finished else None,
            settlement.job_class.value,
            seconds=seconds,
            queue_wait=waited,
            rows=int((report.get("counts") or {}).get("rows") or 0),
            bytes_read=_bytes_read(report),
        )
        log.info(
            "job_settled",
            job_id=job.id,
            bucket=job.ref.bucket,
            key=job.ref.key,
            state=settlement.state.value,
            verdict=settlement.verdict,
            job_class=settlement.job_class.value,
            reason=settlement.reason,
            seconds=round(seconds, 3),
            waited=round(waited, 3),
        )

    def _told_rescued(self, job_ids: list[int]) -> None:
        if job_ids:
            self.suspects = len(job_ids)
            log.warning("jobs_rescued", count=len(job_ids), job_ids=job_ids[:50])

    def _is_due(self, what: str, every: float) -> bool:
        now = self._clock.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every
        return True

    def _away(self) -> bool:
        return self._clock.monotonic() < self._quiet_until

    def _trying(self, call: Callable[[], Any], otherwise: Any) -> Any:
        """The call's result, or `otherwise` while the journal is away."""
        try:
            result = call()
        except JournalUnavailable as error:
            self._failed(error)
            return otherwise
        self._backoff = BACKOFF[0]
        return result

    def _failed(self, error: JournalUnavailable) -> None:
        self._quiet_until = self._clock.monotonic() + self._backoff
        self._backoff = min(BACKOFF[1], self._backoff * 2)
        log.error(
            "journal_unavailable", error=error.message, again_in=round(self._quiet_until - self._clock.monotonic(), 2)
        )


def _bytes_read(report: dict[str, Any]) -> int:
    return int((report.get("usage") or {}).get("bytes_read") or 0)
