"""The guard: the breaker as the pool uses it. One writer of the page, and a word to the recorder for every move."""

from __future__ import annotations

from fileproc import logs
from fileproc.breaker.page import PageWriter
from fileproc.breaker.states import Breaker, JobFailure, State
from fileproc.clock import Clock
from fileproc.domain.jobs import CLASSES, Job, JobOutcome
from fileproc.metrics.recorder import Recorder

log = logs.get("breaker")


class Guard:
    """Says how many jobs may start, and learns how they ended."""

    def __init__(self, page: PageWriter, recorder: Recorder, clock: Clock) -> None:
        self._page = page
        self._recorder = recorder
        self._clock = clock

    @property
    def state(self) -> State:
        return self._page.breaker.state

    @property
    def consecutive(self) -> int:
        return self._page.breaker.consecutive

    @property
    def generation(self) -> int:
        return self._page.breaker.generation

    def permits(self) -> int | None:
        """How many jobs may be started now; None is as many as there are."""
        return self._page.breaker.permits(self._clock.monotonic())

    def tick(self, *, held: int | None = None) -> bool:
        """Let time pass and do what was asked through the page; True if the breaker has closed by it."""
        now = self._clock.monotonic()
        before = self._page.breaker
        after = before.at(now)
        command = self._page.take_command()
        if command == "reset":
            after = after.reset(now)
        elif command == "open":
            after = after.opened(now)
        self._publish(before.state, after, held=held)
        if command is not None:
            self._page.acknowledge()
            log.info("breaker_command", command=command, state=after.state.value)
        self._page.beat()
        return before.state is not State.CLOSED and after.state is State.CLOSED

    def started(self, job: Job) -> int:
        """A job was handed over; returns the generation it belongs to."""
        now = self._clock.monotonic()
        before = self._page.breaker
        self._publish(before.state, before.started(job.id, job.fence, now))
        return self.generation

    def ended(self, job: Job, outcome: JobOutcome, generation: int) -> bool:
        """An attempt ended; True if the breaker has closed by it."""
        now = self._clock.monotonic()
        before = self._page.breaker
        wall = self._clock.utcnow().timestamp()
        failure = JobFailure(job.id, outcome.job_class.value, outcome.reason or "", wall)
        meaning = CLASSES[outcome.job_class].outcome
        after = before.ended(meaning, job.id, job.fence, generation, now, failure)
        self._publish(before.state, after)
        return before.state is not State.CLOSED and after.state is State.CLOSED

    def _publish(self, before: State, breaker: Breaker, *, held: int | None = None) -> None:
        page = self._page
        if breaker == page.breaker and held is None:
            return
        page.publish(breaker, held=held)
        if page.breaker.state is not before:
            self._recorder.breaker_moved(before.value, page.breaker.state.value)
            log.warning(
                "breaker_moved", from_=before.value, to=page.breaker.state.value, failures=page.breaker.consecutive
            )
