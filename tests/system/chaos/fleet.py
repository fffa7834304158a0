"""The service as the harness runs it: one front and two pools on one journal, started through the launcher."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from fileproc.pool.worker import NICENESS
from tests.system.programs import Programs

ROOT = Path(__file__).parents[3]
POOLS = ("pool-a", "pool-b")


class Fleet(Programs):
    """`pool-a` shares the front's runtime folder; `pool-b` is the second pod, with a folder of its own.

    `temporary` is where libraries make temporary files, and nobody may leave one; its path is short, as a socket's is.
    """

    def __init__(self, folder: Path, temporary: Path, **settings: str) -> None:
        super().__init__(folder, **settings)
        self.temporary = temporary

    @property
    def places(self) -> dict[str, Path]:
        """Runtime folders by pool."""
        return {"pool-a": self.folder / "run", "pool-b": self.folder / "run-b"}

    def start(self, *names: str) -> None:
        for name in names:
            place = {"FILEPROC_RUNTIME_DIR": str(self.places.get(name, self.folder / "run"))}
            with (self.folder / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    [sys.executable, "-m", "tests.system.chaos.launch", name.partition("-")[0]],
                    stdout=log,
                    stderr=log,
                    env=self.environment | {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)} | place,
                    cwd=self.folder,
                )

    def workers(self, name: str) -> list[int]:
        """Pids of a pool's workers, the children of its fork server, that have begun in earnest: each made itself nice
        after it asked the kernel to end with its pool. One that is stopped before it could ask proves nothing."""
        born = [child for server in children(self.running[name].pid) for child in children(server)]
        return sorted(pid for pid in born if niceness(pid) >= NICENESS)


def children(pid: int) -> list[int]:
    """The direct children of a process; none if it is gone."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, tasks.read_text().split())
    return found


def niceness(pid: int) -> int:
    """How nice a process is; of one that is gone, as little as can be."""
    try:
        return os.getpriority(os.PRIO_PROCESS, pid)
    except ProcessLookupError:
        return -20


def is_there(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def strike(pid: int, number: signal.Signals) -> None:
    """Send a signal; it may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
