"""Contestants: programs of each, how they are started again, and which process is a worker, the parent, the broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from bench.peers.environments import NotInstalled
from bench.peers.places import ENVIRONMENTS, ROOT
from bench.queues.world import World
from tests.system.programs import Programs, free_port, until

#: Measured together; change them together, and measure again.
PACKAGES = {
    "celery": ("celery[redis]==5.7.0",),
    "rq": ("rq==3.0.0",),
    "dramatiq": ("dramatiq[redis]==2.2.1",),
    "threads": (),
    "flask": ("flask==3.1.3", "gunicorn==27.0.1", "celery[redis]==5.7.0"),
}


@dataclass(frozen=True)
class Kind:
    """What runs beside the listener: `programs` are the arguments of Python; `parent` names one of them."""

    name: str
    module: str
    programs: dict[str, list[str]]
    parent: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def packages(self) -> str:
        return self.name.partition(" ")[0]


CELERY = ["-m", "celery", "-A", "bench.queues.celery_app", "worker", "-c", "2", "-l", "error"]
RQ = ["-m", "bench.queues.rq_app"]
KINDS = (
    Kind("celery", "bench.queues.celery_app", {"worker": CELERY}, "worker"),
    Kind("celery late", "bench.queues.celery_app", {"worker": CELERY}, "worker", {"BENCH_LATE": "1"}),
    Kind("rq", "bench.queues.rq_app", {"worker": RQ, "worker-2": RQ}, "worker"),
    Kind("dramatiq", "bench.queues.dramatiq_app",
         {"worker": ["-m", "dramatiq", "bench.queues.dramatiq_app", "-p", "2", "-t", "1"]}, "worker"),
    Kind("threads", "bench.queues.threads_app", {}, "listener"),
)  # fmt: skip


def interpreter(packages: str) -> Path:
    """Python of the contestant's environment, with this project in it. Raises NotInstalled."""
    folder = ENVIRONMENTS / f"queue-{packages}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = " ".join(PACKAGES[packages])
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", str(ROOT),
                   *PACKAGES[packages]]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NotInstalled(f"{wanted}: {done.stderr.strip().splitlines()[-1]}")
        stamp.write_text(wanted)
    return python


class Peer:
    """Somebody else's queue, between our listener and our check."""

    def __init__(self, kind: Kind, world: World) -> None:
        self.kind, self.world, self.name = kind, world, kind.name
        self.python = interpreter(kind.packages)
        self.port = free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.world.new_verdicts()
        self.world.redis.restart(empty=True)

    def start(self) -> None:
        for name in ("listener", *self.kind.programs):
            self._start(name)
        until(self._listens, f"{self.name} to listen", 30)

    def _listens(self) -> bool:
        import socket

        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _start(self, name: str) -> None:
        listener = ["-m", "bench.queues.listener", self.kind.module, str(self.port)]
        arguments = listener if name == "listener" else self.kind.programs[name]
        log = (self.world.folder / f"{self.name}-{name}.log").open("ab")
        environment = os.environ | self.world.environment | self.kind.settings
        self._running[name] = subprocess.Popen(
            [str(self.python), *arguments], stdout=log, stderr=log, env=environment, cwd=ROOT
        )
        log.close()

    def done(self) -> list[str]:
        return self.world.verdicts()

    def kill_worker(self) -> bool:
        """A process that has a job; False where workers are threads."""
        children = _children(self._running[self.kind.parent].pid) if self.kind.parent != "listener" else []
        for pid in children[-1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(children)

    def kill_parent(self) -> None:
        """The process that stands over the workers; started again as a supervisor would."""
        program = self._running[self.kind.parent]
        program.kill()
        program.wait()
        self._start(self.kind.parent)
        if self.kind.parent == "listener":
            until(self._listens, "the listener", 30)

    def kill_broker(self) -> bool:
        if self.kind.name == "threads":
            return False
        self.world.redis.restart()
        return True

    def stop(self) -> None:
        for program in self._running.values():
            for pid in _children(program.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            program.kill()
            program.wait()
        self._running.clear()


class Ours:
    """The service: front, pool, and PostgreSQL as the broker."""

    name = "fileproc"

    def __init__(self, world: World) -> None:
        self.world = world
        folder = world.folder / f"ours-{time.monotonic_ns()}"
        folder.mkdir()
        settings = world.service_settings(world.new_database())
        self.programs = Programs(folder, **settings)
        self.port = self.programs.port

    def start(self) -> None:
        self.programs.start("front", "pool")
        self.programs.ready()

    def done(self) -> list[str]:
        try:
            connection = psycopg2.connect(self.world.dsn(self.programs.environment["DATABASE_URL"]))
        except psycopg2.Error:
            return []
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT j.key FROM reports r JOIN jobs j ON j.id = r.job_id WHERE j.verdict = 'pass'")
            rows = [key for (key,) in cursor.fetchall()]
        connection.close()
        return rows

    def kill_worker(self) -> bool:
        pool = self.programs.running["pool"].pid
        workers = [pid for child in _children(pool) for pid in _children(child)]
        for pid in workers[-1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(workers)

    def kill_parent(self) -> None:
        self.programs.signal("pool", signal.SIGKILL)
        self.programs.start("pool")

    def kill_broker(self) -> bool:
        self.world.server.stop(signal.SIGQUIT)
        self.world.server.start()
        return True

    def stop(self) -> None:
        self.programs.stop()


def everybody(world: World) -> dict[str, Callable[[], Peer | Ours]]:
    """By name; each call makes a fresh one."""
    peers = {kind.name: (lambda kind=kind: Peer(kind, world)) for kind in KINDS}
    return {"fileproc": lambda: Ours(world), **peers}


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()]  # fmt: skip
    return []
