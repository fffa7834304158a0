"""The hand: small jobs that are claimed and begin within a moment.

A worker that has ended one gets the next at once, and the journal is written while it works; one claim serves several.
What is in hand runs for this pool already, so it is little, and goes back where nobody takes it in time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from fileproc.domain.jobs import Job

#: Predicted seconds of work that may be in hand for each worker: nobody waits longer because somebody else was chosen.
SECONDS_EACH = 0.1

#: Jobs that may be in hand for each worker, however quick they are.
MOST_EACH = 4

#: From so many seconds on what is in hand goes back: the workers are busy with something longer than was thought.
OLDEST = 1.0


class Hand:
    """Jobs in the order they were chosen in; `taken_at` is the loop's instant of the last claim, in seconds."""

    def __init__(self, workers: int) -> None:
        self.most = MOST_EACH * workers
        self.seconds = SECONDS_EACH * workers
        self._jobs: deque[Job] = deque()
        self._taken_at = 0.0

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def runs_low(self) -> bool:
        """Half of it is gone: with the next claim there is time to fill it."""
        return len(self._jobs) <= self.most // 2

    def is_old(self, now: float) -> bool:
        return bool(self._jobs) and now - self._taken_at > OLDEST

    def put(self, jobs: Iterable[Job], now: float) -> None:
        self._jobs.extend(jobs)
        self._taken_at = now

    def next(self) -> Job | None:
        """The one that begins now."""
        return self._jobs.popleft() if self._jobs else None

    def empty(self) -> list[Job]:
        """All of them, which are no longer in hand."""
        jobs = list(self._jobs)
        self._jobs.clear()
        return jobs
