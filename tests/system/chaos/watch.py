"""What is looked at all the time while strikes fall: the breaker's pages, and what front and pools hold on to."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

from fileproc.breaker.page import _Mapped
from fileproc.pool.memory import resident
from tests.system.chaos.fleet import Fleet

#: However long it works: open files and sockets of one program, and MiB in memory.
MOST = {"front": (64, 160), "pool": (64, 120)}


class PageWatch:
    """Reads the breaker's page all the time, as every answer of the front does."""

    def __init__(self, path: Path) -> None:
        self.path, self.over = path, threading.Event()
        self.reads = self.torn = 0
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.path.exists() and not self.over.wait(0.05):
            pass
        page: Any = None if self.over.is_set() else _Mapped(self.path)
        while not self.over.wait(0.002):
            self.reads += 1
            self.torn += page.payload() is None

    def problems(self) -> list[str]:
        """A page nobody ever read proves nothing either."""
        return [f"the page was unreadable {self.torn} of {self.reads} times"] if self.torn or not self.reads else []


class HoldWatch:
    """Samples open files and memory of the programs; `peaks` is the most that each had in one process."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.over = fleet, threading.Event()
        self.peaks: dict[str, tuple[int, int]] = {}
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.over.wait(0.25):
            for name, program in list(self.fleet.running.items()):
                with contextlib.suppress(OSError):  # it has just gone
                    self._look(name, program.pid)

    def _look(self, name: str, pid: int) -> None:
        files, memory = len(list(Path(f"/proc/{pid}/fd").iterdir())), resident(pid) >> 20
        most_files, most_memory = self.peaks.get(name, (0, 0))
        self.peaks[name] = (max(files, most_files), max(memory, most_memory))

    def problems(self) -> list[str]:
        """What grew beyond its bound."""
        found = []
        for name, (files, memory) in self.peaks.items():
            most_files, most_memory = MOST[name.partition("-")[0]]
            if files > most_files or memory > most_memory:
                found.append(f"{name} held {files} open files and {memory} MiB, at most {most_files} and {most_memory}")
        return found if self.peaks else ["nobody looked at what the programs hold"]
