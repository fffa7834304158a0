"""The chooser: where more jobs wait than may begin, the scheduler chooses among the first of every line."""

from __future__ import annotations

from collections.abc import Iterable

from fileproc.clock import Clock
from fileproc.domain.costs import LARGE_SECONDS
from fileproc.domain.jobs import Job
from fileproc.domain.ports import Waiting
from fileproc.pool.ledger import Ledger
from fileproc.pool.scheduler import Candidate, Scheduler

#: A look at the lines is good for so many seconds: many choices are made of it, and new jobs are seen soon.
LOOK_SECONDS = 0.25


class Chooser:
    """`slots` is how many jobs may run at once."""

    def __init__(self, ledger: Ledger, slots: int, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._scheduler = Scheduler(slots)
        self._seen: list[Waiting] = []
        self._seen_at = float("-inf")
        self._seen_with: tuple[bool, frozenset[str]] = (False, frozenset())

    def claim(
        self,
        count: int,
        running: Iterable[Job],
        *,
        held: bool,
        without: frozenset[str],
        spare: int = 0,
        seconds: float = 0.0,
    ) -> list[Job]:
        """Up to `count` jobs, now running for this pool; other pools may have been faster with some.

        Up to `spare` more if they are small and predicted to take `seconds` together.
        """
        if self._is_old(count + spare, (held, without)):
            self._seen = self._ledger.first_in_line(held=held, without=without)
            self._seen_at, self._seen_with = self._clock.monotonic(), (held, without)
        large = sum(self._ledger.costs.seconds(job.ref) >= LARGE_SECONDS for job in running)
        chosen = self._scheduler.choose(self._candidates(), count, running_large=large, spare=spare, seconds=seconds)
        ids = [candidate.id for candidate in chosen]
        self._seen = [one for one in self._seen if one.id not in ids]
        return self._ledger.claim_these(ids, held=held)

    def _is_old(self, count: int, what: tuple[bool, frozenset[str]]) -> bool:
        too_long = self._clock.monotonic() - self._seen_at > LOOK_SECONDS
        return too_long or len(self._seen) < count or self._seen_with != what

    def _candidates(self) -> list[Candidate]:
        since = self._clock.monotonic() - self._seen_at
        costs = self._ledger.costs
        return [Candidate(one.id, one.bucket, costs.seconds(one), one.waited + since) for one in self._seen]
