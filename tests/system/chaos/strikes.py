"""What is done to the service while it works. Each strike leaves every program running, as supervisord would."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from sqlalchemy import Engine, text

from tests.postgres_server import IMMEDIATE, Server
from tests.system.chaos.disk import FULL, full_disk, no_more_bytes
from tests.system.chaos.fleet import POOLS, Fleet, is_there, strike
from tests.system.chaos.small_s3 import SmallS3


class Strikes:
    """`problems` gets what a strike sees to be wrong; `worker_kills` what explains a crashed job (pools count, too).

    `server` is a PostgreSQL that may be stopped, if there is one; `small` are runtime folders on a disk of their own.
    """

    def __init__(
        self,
        fleet: Fleet,
        s3: SmallS3,
        engine: Engine,
        dice: Random,
        server: Server | None = None,
        small: frozenset[Path] = frozenset(),
    ) -> None:
        self.fleet, self.s3, self.engine, self.dice = fleet, s3, engine, dice
        self.server, self.small = server, small
        self.problems: list[str] = []
        self.worker_kills = 0
        self.table: dict[str, Callable[[], None]] = {
            "kill a worker": lambda: self._worker(signal.SIGKILL),
            "terminate a worker": lambda: self._worker(signal.SIGTERM),
            "stop a worker for a moment": self._pause_worker,
            "kill a pool, one of its workers stopped": self._kill_pool,
            "drain a pool": lambda: self._restart(self.dice.choice(POOLS), signal.SIGTERM),
            "stop a pool beyond its lease": self._stop_pool,
            "stop a pool for a moment": lambda: self._pause(self.fleet.running[self.dice.choice(POOLS)].pid, 0.5),
            "kill the front": lambda: self._restart("front", signal.SIGKILL),
            "terminate the front": lambda: self._restart("front", signal.SIGTERM),
            "stop the front for a moment": lambda: self._pause(self.fleet.running["front"].pid, 0.5),
            "take the database away": self._database,
            "take S3 away": self._no_s3,
            "slow S3 down": self._slow_s3,
            "fill the temporary folder": self._full_folder,
        }
        if self.engine.dialect.name == "sqlite":
            self.table["fill the database"] = self._full_database
        if server is not None:
            self.table["crash the database"] = self._crash_database

    def _pause(self, pid: int, seconds: float) -> None:
        strike(pid, signal.SIGSTOP)
        time.sleep(seconds)
        strike(pid, signal.SIGCONT)

    def _some_worker(self, pool: str | None = None) -> int | None:
        workers = self._workers(pool or self.dice.choice(POOLS))
        return self.dice.choice(workers) if workers else None

    def _workers(self, pool: str) -> list[int]:
        """A pool that has just begun has none yet, and striking nothing shows nothing."""
        deadline = time.monotonic() + 5
        while not (workers := self.fleet.workers(pool)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return workers

    def _worker(self, number: signal.Signals) -> None:
        if pid := self._some_worker():
            self.worker_kills += 1
            strike(pid, number)

    def _pause_worker(self) -> None:
        if pid := self._some_worker():
            self._pause(pid, 0.5)

    def _restart(self, name: str, number: signal.Signals) -> None:
        code = self.fleet.signal(name, number)
        if number is signal.SIGTERM and code not in (0, -signal.SIGTERM):
            self.problems.append(f"{name} ended with {code} after SIGTERM")
        self.fleet.start(name)

    def _kill_pool(self) -> None:
        name = self.dice.choice(POOLS)
        workers = self._workers(name)
        if workers:
            strike(workers[0], signal.SIGSTOP)
            time.sleep(0.2)  # so that it is given a job, most likely
        self.worker_kills += 1
        self.fleet.signal(name, signal.SIGKILL)
        deadline = time.monotonic() + 3
        while (left := [pid for pid in workers if is_there(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        if left:
            self.problems.append(f"{len(left)} orphans of {name} after its SIGKILL")
            for pid in left:
                strike(pid, signal.SIGKILL)
        self.fleet.start(name)

    def _stop_pool(self) -> None:
        """Its worker stops first, with a job in hand: another pool runs that job, and then the first result comes."""
        name = self.dice.choice(POOLS)
        worker = self._some_worker(name)
        if worker:
            strike(worker, signal.SIGSTOP)
            time.sleep(0.2)
        self._pause(self.fleet.running[name].pid, 4.0)
        if worker:
            strike(worker, signal.SIGCONT)

    def _database(self) -> None:
        if self.engine.dialect.name == "postgresql":
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            with self.engine.begin() as connection:
                connection.execute(text(f"{cut} AND pid <> pg_backend_pid()"))
            return
        with sqlite3.connect(str(self.engine.url.database), timeout=5, isolation_level=None) as connection_:
            connection_.execute("BEGIN IMMEDIATE")
            time.sleep(1.0)
            connection_.execute("ROLLBACK")
        connection_.close()

    def _no_s3(self) -> None:
        self.s3.down = True
        time.sleep(0.5)
        self.s3.down = False

    def _slow_s3(self) -> None:
        self.s3.lag = self.dice.uniform(0.2, 1.0)
        time.sleep(1.5)
        self.s3.lag = 0.0

    def _full_folder(self) -> None:
        """Neither what workers fetch nor what they write fits any more."""
        pool = self.dice.choice(POOLS)
        place = self.fleet.places[pool]
        with full_disk(place) if place in self.small else no_more_bytes(self._workers(pool)):
            time.sleep(1.0)

    def _full_database(self) -> None:
        sign = Path(self.fleet.environment[FULL])
        sign.touch()
        time.sleep(1.0)
        sign.unlink()

    def _crash_database(self) -> None:
        """PostgreSQL ends without a farewell, and recovers when it is started again."""
        assert self.server is not None
        self.server.stop(IMMEDIATE)
        time.sleep(self.dice.uniform(0.1, 1.5))
        self.server.start()
