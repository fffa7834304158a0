"""A slot: a place for one worker, and what is known about the worker that is in it.

Theory. The supervisor keeps slots; workers come and go in them. `MOVES` lists every legal move of a slot; anything else
raises and changes nothing. A job is given only to an idle worker, so a slot holds at most one; when the worker dies,
that one job and no other is to blame. A worker that was told to stop for any reason is never used again.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from enum import StrEnum

from fileproc.domain.jobs import Job
from fileproc.errors import IllegalTransition
from fileproc.pool.process import WorkerProcess


class SlotState(StrEnum):
    """Where a slot is."""

    EMPTY = "empty"  # no worker; may wait for a back-off to end
    STARTING = "starting"  # a worker loads
    IDLE = "idle"  # a worker waits for a job
    BUSY = "busy"  # a worker has a job
    STOPPING = "stopping"  # a worker was told to go, or is being killed
    LOST = "lost"  # a worker that even SIGKILL does not end


MOVES: dict[SlotState, dict[SlotState, str]] = {
    SlotState.EMPTY: {SlotState.STARTING: "a worker is started"},
    SlotState.STARTING: {
        SlotState.IDLE: "ready",
        SlotState.STOPPING: "too slow, or not needed",
        SlotState.EMPTY: "died while loading",
    },
    SlotState.IDLE: {
        SlotState.BUSY: "a job is assigned",
        SlotState.STOPPING: "not needed, or recycled",
        SlotState.EMPTY: "died",
    },
    SlotState.BUSY: {
        SlotState.IDLE: "the job is done",
        SlotState.STOPPING: "deadline, drain or nonsense",
        SlotState.EMPTY: "died with its job",
    },
    SlotState.STOPPING: {SlotState.EMPTY: "gone", SlotState.LOST: "does not even die of SIGKILL"},
    SlotState.LOST: {SlotState.EMPTY: "gone at last"},
}

#: The kill ladder after a deadline: seconds after it, and the signal. The dump comes first and needs a moment: it is
#: written by C code in the worker, also while a C call holds the GIL.
LADDER: tuple[tuple[float, signal.Signals], ...] = (
    (0.0, signal.SIGUSR2),
    (0.25, signal.SIGTERM),
    (5.0, signal.SIGKILL),
)

#: After SIGKILL a process that is still there sits in the kernel; its slot is written off.
LOST_AFTER = 10.0


@dataclass(slots=True)
class Slot:
    """One place. Instants are monotonic seconds."""

    number: int
    state: SlotState = SlotState.EMPTY
    worker: WorkerProcess | None = None
    job: Job | None = None
    since: float = 0.0  # when the present state began
    deadline: float | None = None
    began: float = 0.0  # when the job was assigned
    started_wall: str | None = None
    breaker_generation: int = 0
    warn_at: float | None = None  # when the first stack dump is due, well before the deadline
    stack_before: str = ""  # that dump, with the attempt's evidence
    recycle: str | None = None  # why the worker is to be replaced: reload, jobs, memory
    killed_at: float = 0.0  # when SIGKILL was sent
    killed_for: str | None = None  # timeout, memory, pressure, drain, start, protocol
    jobs_done: int = 0
    jobs_most: int = 0  # after so many the worker is replaced; 0 is never
    peak: int = 0  # bytes of memory, the most that was seen of this job
    memory: int = 0  # bytes that the job may have; 0 is the usual
    baseline: int = 0  # bytes after the first job: what is above it grew
    ladder: list[tuple[float, signal.Signals]] = field(default_factory=list)

    def move(self, state: SlotState, now: float) -> None:
        """Raises IllegalTransition for a move that the table does not know."""
        if state not in MOVES[self.state]:
            raise IllegalTransition(f"a slot cannot go from {self.state} to {state}")
        self.state = state
        self.since = now

    def condemn(self, why: str, now: float, *, at_once: bool = False) -> None:
        """Begin to end the worker: up the ladder, or with SIGKILL straight away."""
        steps = LADDER[-1:] if at_once else LADDER
        first = steps[0][0] if at_once else 0.0
        self.killed_for = why
        self.ladder = [(now + after - first, number) for after, number in steps]
        self.deadline = self.warn_at = None
        self.move(SlotState.STOPPING, now)

    def hurry(self, now: float) -> None:
        """There is no time left for the steps before the last one."""
        if self.ladder:
            self.ladder = [(min(now, self.ladder[-1][0]), self.ladder[-1][1])]

    def dismiss(self, now: float) -> None:
        """Tell an idle worker to go: its socket closes, it leaves by itself, and is killed if it does not."""
        self.killed_for = "dismissed"
        self.ladder = [(now + 5.0, signal.SIGKILL)]
        self.move(SlotState.STOPPING, now)

    def empty(self, now: float) -> None:
        """The worker is gone; the slot is as new."""
        self.move(SlotState.EMPTY, now)
        self.worker = self.job = self.deadline = self.warn_at = self.killed_for = self.started_wall = None
        self.recycle = None
        self.stack_before = ""
        self.jobs_done = self.peak = self.baseline = 0
        self.ladder = []

    def next_timer(self) -> float | None:
        """When this slot wants to be looked at again."""
        if self.ladder:
            return self.ladder[0][0]
        return self.warn_at or self.deadline
