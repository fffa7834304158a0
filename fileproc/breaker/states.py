"""The breaker's states: a pure table over (state, event, now). No I/O, no clock, no lock.

Theory. The breaker counts *consecutive failing jobs*; `max_failures` of them open it. While it is open nothing new is
started. After the cooldown it is half open: `probes` jobs are let through; one success closes it, one failure opens it
again for twice as long (at most `LONGEST_COOLDOWN`). With 0 probes the end of the cooldown closes it.

Rules.
1. Outcomes are three. A success resets the count, a failure adds to it, a neutral one does neither.
2. Retries of one job are one failure: the last `REMEMBERED` failing jobs are known by id.
3. Every transition and every reset begins a new generation. The outcome of a job that started in an older generation
   does not move the state: a slow failure must not reopen a breaker that was just reset.
4. A probe is a permit with a name (job and fence). It is returned by an outcome, or when its worker dies.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from fileproc.domain.jobs import Outcome

#: A probe that fails again and again should not be tried less often than this, in seconds.
LONGEST_COOLDOWN = 15 * 60.0

#: Failing jobs that are known by id, and told on `GET /breaker`.
REMEMBERED = 8


class State(StrEnum):
    """Where the breaker is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


#: Every legal move; the diagram in docs/explanation/pool.md is drawn from it.
TRANSITIONS: dict[State, dict[State, str]] = {
    State.CLOSED: {State.OPEN: "max failures in a row, or opened by hand"},
    State.OPEN: {State.HALF_OPEN: "cooldown over", State.CLOSED: "cooldown over with 0 probes, or reset"},
    State.HALF_OPEN: {State.CLOSED: "a probe succeeded, or reset", State.OPEN: "a probe failed, or opened by hand"},
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings: jobs, seconds, jobs."""

    max_failures: int = 5
    cooldown: float = 60.0
    probes: int = 1


@dataclass(frozen=True, slots=True)
class JobFailure:
    """One failing job, as it is told. `at` is wall time in epoch seconds, for display only."""

    job_id: int
    job_class: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Breaker:
    """One moment of the breaker. Instants are monotonic seconds. Every verb returns the next moment."""

    policy: Policy = field(default_factory=Policy)
    state: State = State.CLOSED
    consecutive: int = 0
    generation: int = 0
    open_until: float = 0.0
    cooldown: float = 0.0  # of the present opening
    probing: frozenset[tuple[int, int]] = frozenset()
    failures: tuple[JobFailure, ...] = ()  # newest last, at most REMEMBERED
    counted: tuple[int, ...] = ()  # ids of the jobs in the present run of failures

    def at(self, now: float) -> Breaker:
        """The same breaker at `now`: an open one whose cooldown is over is half open, or closed without probes."""
        if self.state is not State.OPEN or now < self.open_until:
            return self
        if self.policy.probes == 0:
            return self._closed()
        return self._moved(State.HALF_OPEN)

    def permits(self, now: float) -> int | None:
        """How many jobs may be started now; None is as many as there are."""
        moment = self.at(now)
        if moment.state is State.CLOSED:
            return None
        if moment.state is State.OPEN:
            return 0
        return max(0, self.policy.probes - len(moment.probing))

    def started(self, job_id: int, fence: int, now: float) -> Breaker:
        """A job was handed to a worker; while half open it is a probe."""
        moment = self.at(now)
        if moment.state is not State.HALF_OPEN:
            return moment
        return replace(moment, probing=moment.probing | {(job_id, fence)})

    def ended(
        self, outcome: Outcome, job_id: int, fence: int, generation: int, now: float, failure: JobFailure | None = None
    ) -> Breaker:
        """An attempt ended that had started in `generation`; a `failure` is told, whether it counts or not."""
        moment = self.at(now)
        moment = replace(moment, probing=moment.probing - {(job_id, fence)})
        if failure is not None:
            moment = replace(moment, failures=(*moment.failures, failure)[-REMEMBERED:])
        if generation != moment.generation or outcome is Outcome.NEUTRAL:
            return moment
        if outcome is Outcome.SUCCESS:
            return moment._succeeded()
        return moment._failed(job_id, now)

    def reset(self, now: float) -> Breaker:
        """By hand: closed, nothing counted, a new generation."""
        moment = self.at(now)
        return moment._closed()

    def opened(self, now: float) -> Breaker:
        """By hand: open for the ordinary cooldown."""
        return self.at(now)._open(now, self.policy.cooldown)

    def without(self, failures: int, job_ids: tuple[int, ...]) -> Breaker:
        """Without so many of the failures in a row, and as if these jobs had never been counted."""
        counted = tuple(job_id for job_id in self.counted if job_id not in job_ids)
        return replace(self, consecutive=max(0, self.consecutive - failures), counted=counted)

    def _succeeded(self) -> Breaker:
        if self.state is State.HALF_OPEN:
            return self._closed()
        return replace(self, consecutive=0, counted=())

    def _failed(self, job_id: int, now: float) -> Breaker:
        if self.state is State.HALF_OPEN:
            return self._open(now, min(LONGEST_COOLDOWN, max(self.cooldown * 2, self.policy.cooldown)))
        if job_id in self.counted:
            return self
        counted = (*self.counted, job_id)
        moment = replace(self, consecutive=self.consecutive + 1, counted=counted[-max(REMEMBERED, 1) :])
        if moment.consecutive >= self.policy.max_failures and self.state is State.CLOSED:
            return moment._open(now, self.policy.cooldown)
        return moment

    def _open(self, now: float, cooldown: float) -> Breaker:
        return replace(self._moved(State.OPEN), open_until=now + cooldown, cooldown=cooldown)

    def _closed(self) -> Breaker:
        return replace(self._moved(State.CLOSED), consecutive=0, counted=(), open_until=0.0, cooldown=0.0)

    def _moved(self, state: State) -> Breaker:
        return replace(self, state=state, generation=self.generation + 1, probing=frozenset())
