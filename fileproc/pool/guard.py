"""The guard: the breaker as the pool uses it. One writer of the page, and a word to the recorder for every move."""

from __future__ import annotations

from collections import Counter

from fileproc import logs
from fileproc.breaker.page import Command, PageWriter
from fileproc.breaker.scopes import Circuits, End, Start
from fileproc.breaker.states import JobFailure, State
from fileproc.clock import Clock
from fileproc.domain.jobs import CLASSES, Job, JobOutcome, Outcome
from fileproc.metrics.recorder import Recorder

log = logs.get("breaker")


class Guard:
    """Says how many jobs may start, and learns how they ended."""

    def __init__(self, page: PageWriter, recorder: Recorder, clock: Clock) -> None:
        self._page = page
        self._recorder = recorder
        self._clock = clock
        self._starts: dict[tuple[int, int], Start] = {}

    @property
    def state(self) -> State:
        """The state that people see first: that of the whole, unless a bucket's is worse."""
        return self._page.circuits.headline.state

    @property
    def consecutive(self) -> int:
        return self._page.circuits.headline.consecutive

    @property
    def generation(self) -> int:
        return self._page.circuits.whole.generation

    def permits(self) -> int | None:
        """How many jobs may be started now; None is as many as there are."""
        return self._page.circuits.whole.permits(self._clock.monotonic())

    def scopes(self) -> dict[str, int]:
        """State → buckets whose own circuit is in it."""
        return Counter(scope.breaker.state.value for scope in self._page.circuits.scopes.values())

    def shut_buckets(self) -> frozenset[str]:
        """Buckets of which nothing may be started now, whatever the whole permits."""
        return self._page.circuits.shut(self._clock.monotonic())

    def claims_held(self) -> bool:
        """Whether something is half open: then held jobs are what it is probed with."""
        circuits = self._page.circuits.at(self._clock.monotonic())
        states = [circuits.whole.state, *(scope.breaker.state for scope in circuits.scopes.values())]
        return State.HALF_OPEN in states

    def lets(self, job: Job) -> bool:
        """Whether this very job may be started now: a claim may bring more of a bucket than its probes."""
        return self._page.circuits.permits(job.ref.bucket, self._clock.monotonic()) != 0

    def tick(self, *, held: int | None = None) -> bool:
        """Let time pass and do what was asked through the page; True if some circuit has closed by it."""
        before = self._page.circuits
        after = before.at(self._clock.monotonic())
        commands = self._page.commands()
        for command in commands:
            after = self._obeyed(after, command)
        self._publish(before, after, held=held)
        for command in commands:
            self._page.acknowledge(command)
            log.info("breaker_command", command=command.operation, bucket=command.bucket, state=self.state.value)
        self._page.beat()
        return _has_closed(before, after)

    def started(self, job: Job) -> int:
        """A job was handed over; returns the generation it belongs to."""
        now = self._clock.monotonic()
        before = self._page.circuits
        after = before.started(job.id, job.fence, job.ref.bucket, now)
        self._publish(before, after)
        self._starts[job.id, job.fence] = after.start()
        return self.generation

    def ended(self, job: Job, outcome: JobOutcome, generation: int) -> bool:
        """An attempt ended; True if some circuit has closed by it."""
        before = self._page.circuits
        start = self._starts.pop((job.id, job.fence), Start(generation, -1))
        meaning = CLASSES[outcome.job_class].outcome
        failure = None
        if meaning is Outcome.FAILURE:
            wall = self._clock.utcnow().timestamp()
            failure = JobFailure(job.id, outcome.job_class.value, outcome.reason or "", wall)
        end = End(meaning, job.id, job.fence, job.ref.bucket, start, failure)
        after = before.ended(end, self._clock.monotonic())
        self._publish(before, after)
        return _has_closed(before, after)

    def _obeyed(self, circuits: Circuits, command: Command) -> Circuits:
        verb = circuits.reset if command.operation == "reset" else circuits.opened
        return verb(self._clock.monotonic(), command.bucket)

    def _publish(self, before: Circuits, after: Circuits, *, held: int | None = None) -> None:
        if after == before and held is None:
            return
        self._page.publish(after, held=held)
        for bucket, earlier, later in moves(before, after):
            self._recorder.breaker_moved(earlier.value, later.value)
            log.warning("breaker_moved", bucket=bucket, from_=earlier.value, to=later.value)


def moves(before: Circuits, after: Circuits) -> list[tuple[str | None, State, State]]:
    """(bucket or None for the whole, from, to) of every circuit that is in another state."""
    was, now = _states(before), _states(after)
    states = [(name, was.get(name, State.CLOSED), now.get(name, State.CLOSED)) for name in {**was, **now}]
    return [move for move in states if move[1] is not move[2]]


def _states(circuits: Circuits) -> dict[str | None, State]:
    return {None: circuits.whole.state} | {name: scope.breaker.state for name, scope in circuits.scopes.items()}


def _has_closed(before: Circuits, after: Circuits) -> bool:
    return any(later is State.CLOSED for _, _, later in moves(before, after))
