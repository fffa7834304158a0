"""The pool's eye on the memory of its workers: who has too much, who has grown, and what a sudden end was about."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from fileproc.domain.jobs import JobClass, JobOutcome
from fileproc.pool import memory
from fileproc.pool.memory import MIB, Container, Pressure
from fileproc.pool.slot import Slot, SlotState

#: Signals that the kernel or an allocator ends a process with when there is no more memory.
OF_MEMORY = (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGBUS)


class MemoryWatch:
    """Looks every `LOOK_SECONDS` at workers that are busy. `limit` is one worker's, in bytes."""

    def __init__(self, limit: int, container: Container) -> None:
        self._limit = limit
        self._container = container
        self._pressure = Pressure(container)
        self._kills = container.kills()
        self.next_look = 0.0

    def look(self, slots: Sequence[Slot], now: float) -> list[tuple[Slot, str]]:
        """Which workers are to be ended now, each with the word for it."""
        if now < self.next_look:
            return []
        self.next_look = now + memory.LOOK_SECONDS
        busy = [slot for slot in slots if slot.state is SlotState.BUSY and slot.worker is not None]
        sizes = [memory.resident(slot.worker.pid) if slot.worker is not None else 0 for slot in busy]
        for slot, size in zip(busy, sizes, strict=True):
            slot.peak = max(slot.peak, size)
        beyond = [(slot, "memory") for slot, size in zip(busy, sizes, strict=True) if size > self._limit_of(slot)]
        return beyond or self._given_back(busy, sizes)

    def _given_back(self, busy: Sequence[Slot], sizes: Sequence[int]) -> list[tuple[Slot, str]]:
        if not self._pressure.is_high() or len(busy) < 2:
            return []  # a job that is alone would be given back for ever; its own limit is what ends it
        place = memory.to_give_back([(slot.began, size) for slot, size in zip(busy, sizes, strict=True)])
        return [] if place is None else [(busy[place], "pressure")]

    def reason_to_replace(self, slot: Slot, outcome: JobOutcome) -> str | None:
        """After a job: why its worker should not get many more."""
        size = memory.resident(slot.worker.pid) if slot.worker is not None else 0
        slot.baseline = slot.baseline or size
        grown = size - slot.baseline > memory.GROWTH_SHARE * self._limit
        large = size > memory.SOFT_SHARE * self._limit or self._limit_of(slot) > self._limit
        if outcome.job_class is JobClass.MEMORY or grown or large:
            return "memory"
        return "jobs" if slot.jobs_most and slot.jobs_done >= slot.jobs_most else None

    def reason(self, slot: Slot, code: int | None) -> str | None:
        """Why a worker that died in mid job died of memory; None when it did not."""
        limit = self._told(self._limit_of(slot))
        if slot.killed_for == "memory":
            return f"the check had {slot.peak // MIB} MiB of memory, more than {limit}"
        if slot.killed_for is not None or code not in OF_MEMORY:
            return None
        if self._kernel_has_killed() and code == -signal.SIGKILL:
            return f"the kernel ended the worker: the container had no memory left; it had {slot.peak // MIB} MiB"
        if slot.peak > memory.NEAR_SHARE * self._limit_of(slot):
            return f"the worker aborted with {slot.peak // MIB} MiB of memory, close to {limit}"
        return None

    def _limit_of(self, slot: Slot) -> int:
        return slot.memory or self._limit

    def _told(self, limit: int) -> str:
        usual = f"the {self._limit // MIB} MiB of FILEPROC_WORKER_MEMORY_MB"
        return usual if limit == self._limit else f"{limit // MIB} MiB, which is all there was beside {usual}"

    def _kernel_has_killed(self) -> bool:
        before, self._kills = self._kills, self._container.kills()
        return self._kills > before
