"""Memory, as the kernel tells it while jobs run: of each worker, and of the container around all of them.

The kernel's own answer to too much memory is to kill, and in a container it may kill everything in it. So the pool
looks first: a worker beyond its limit is ended alone, before the start the workers are few enough to fit, and when the
container fills up all the same, the youngest of the large jobs is given back and runs again later.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: How often busy workers are looked at, in seconds.
LOOK_SECONDS = 0.25

#: A worker with this share of its limit after a job, or grown by the other since its first job, is replaced.
SOFT_SHARE = 0.8
GROWTH_SHARE = 0.25

#: A worker that aborts with this share of its limit died of memory: native code aborts when it gets no more.
NEAR_SHARE = 0.9

#: What may be used of the container's memory by design, and from when on it is too full, after so many looks.
DESIGN_SHARE = 0.9
FULL_SHARE = 0.92
FULL_LOOKS = 3

#: What pool and front need for themselves, in bytes.
OWN_BYTES = 256 << 20

MIB = 1 << 20

#: Limits above this are none: cgroup v1 writes the largest number it knows.
UNLIMITED = 1 << 60


def resident(pid: int) -> int:
    """Bytes of memory that a process has now; 0 when it is gone."""
    return _status(pid, "VmRSS")


class PeakMark:
    """The kernel's mark of this process's largest size; opened before the process is confined."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        with contextlib.suppress(OSError):
            self._descriptor = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)

    def reset(self) -> None:
        """The mark begins again; where that is not allowed, it stays the process's whole life."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, b"5")


def bound(limit: int, most_bytes: int) -> None:
    """Limits of this process that hold even if nobody looks: its data, and the files it writes."""
    data = _status("self", "VmData") + limit + limit // 10
    for kind, most in ((resource.RLIMIT_DATA, data), (resource.RLIMIT_FSIZE, most_bytes)):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, hard))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")  # the kernel takes a worker before it takes the pool


def allow_more(extra: int) -> None:
    """So many bytes more than `bound` allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft != resource.RLIM_INFINITY:
        more = soft + extra
        resource.setrlimit(resource.RLIMIT_DATA, (more if hard == resource.RLIM_INFINITY else min(more, hard), hard))


def bound_seconds(seconds: float) -> None:
    """No more processor time than this from now on: the last resort where even the pool is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _status(pid: int | str, name: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) << 10
    return 0


@dataclass(frozen=True, slots=True)
class Container:
    """The memory controller of the container: version 2, or 1 below `memory`."""

    root: Path = Path("/sys/fs/cgroup")

    def limit(self) -> int | None:
        """Bytes that the container may have; None where nothing limits it."""
        limit = self._number("memory.max", "memory/memory.limit_in_bytes")
        return limit if limit is not None and limit < UNLIMITED else None

    def used(self) -> int | None:
        """Bytes that it has, without files that the kernel would give back at once."""
        used = self._number("memory.current", "memory/memory.usage_in_bytes")
        return None if used is None else max(0, used - self._inactive())

    def kills(self) -> int:
        """How many processes the kernel has killed here for memory."""
        return self._counter("memory.events", "oom_kill") or self._counter("memory/memory.oom_control", "oom_kill")

    def _inactive(self) -> int:
        """Page cache is in the figure, too; a large download alone must not look like pressure."""
        return self._counter("memory.stat", "inactive_file") or self._counter(
            "memory/memory.stat", "total_inactive_file"
        )

    def _number(self, *names: str) -> int | None:
        for name in names:
            with contextlib.suppress(OSError, ValueError):
                return int((self.root / name).read_text())
        return None

    def _counter(self, name: str, word: str) -> int:
        with contextlib.suppress(OSError, ValueError, StopIteration):
            lines = (self.root / name).read_text().splitlines()
            return int(next(line.split()[1] for line in lines if line.split()[:1] == [word]))
        return 0


def workers_that_fit(wanted: int, each: int, limit: int | None) -> int:
    """How many workers of `each` bytes the container holds beside pool and front; at least one."""
    if limit is None:
        return wanted
    return max(1, min(wanted, int((DESIGN_SHARE * limit - OWN_BYTES) // each)))


def spare(workers: int, each: int, limit: int) -> int:
    """Bytes of the container that are nobody's when all workers are at their limit."""
    return max(0, int(DESIGN_SHARE * limit - OWN_BYTES) - workers * each)


class Pressure:
    """Whether the container is too full, look after look: a moment above the mark is none."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._limit = container.limit()
        self._looks = 0

    def is_high(self) -> bool:
        """Look once; True at every third look in a row above the mark."""
        if self._limit is None:
            return False
        used = self._container.used()
        self._looks = self._looks + 1 if used is not None and used > FULL_SHARE * self._limit else 0
        if self._looks < FULL_LOOKS:
            return False
        self._looks = 0
        return True


def to_give_back(running: Sequence[tuple[float, int]]) -> int | None:
    """Which of the running jobs, as (when it began, bytes), goes first: the youngest of the larger half."""
    if not running:
        return None
    middle = sorted(size for _, size in running)[len(running) // 2]
    large = [place for place, (_, size) in enumerate(running) if size >= middle]
    return max(large, key=lambda place: running[place][0])
