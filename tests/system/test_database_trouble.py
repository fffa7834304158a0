"""The database goes away, is locked, cannot be written or is full: nothing is lost, and all is well again by itself."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from fileproc.demo.partners import orders
from tests.postgres_server import IMMEDIATE, Server
from tests.system.programs import until
from tests.system.whole import Whole, running

pytestmark = pytest.mark.system

SETTINGS = {"CIRCUIT_BREAKER_COOLDOWN_SECONDS": "1"}

#: What is asked while the database is in trouble, and must be answered.
PAGES = ("/livez", "/breaker", "/metrics")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL that nobody else uses."""
    server = Server(may_crash=True)
    yield server
    server.remove()


@pytest.fixture
def on_postgres(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Whole]:
    """The whole service on a database of its own; its name is that of the test."""
    name = request.node.name[:60].lower()
    server.run(f'CREATE DATABASE "{name}"')
    with running(tmp_path, "front", "pool", DATABASE_URL=server.url(name), **SETTINGS) as service:
        yield service


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Whole]:
    with running(tmp_path, "front", "pool", **SETTINGS) as service:
        yield service


class Sender:
    """Sends as SNS does: each notification until somebody answers 200. Every other answer is noted."""

    def __init__(self, whole: Whole, files: int, prefix: str = "orders/") -> None:
        self.whole = whole
        self.prefix = prefix
        self.bodies = [whole.put(f"{prefix}{n:03d}.csv", orders(first=n * 1000)) for n in range(files)]
        self.refused: Counter[int] = Counter()
        self.sent = 0
        self._thread = threading.Thread(target=self._send, daemon=True)

    def start(self) -> Sender:
        self._thread.start()
        return self

    def _send(self) -> None:
        for body in self.bodies:
            until(lambda body=body: self._post(body), "a 200")
            self.sent += 1

    def _post(self, body: bytes) -> bool:
        status, _ = self.whole.programs.post(body)
        if status != 200:
            self.refused[status] += 1
        return status == 200

    def wait_for(self, files: int) -> None:
        until(lambda: self.sent >= files, f"{files} files to be sent")

    def verdicts(self) -> dict[str, int]:
        """Of all files, once each has its one verdict."""
        self._thread.join(timeout=90)
        assert self.sent == len(self.bodies)
        return dict(until(self._finished, f"{self.sent} verdicts\n{self.whole.programs.logs()}", 90))

    def _finished(self) -> Counter[str] | None:
        files = self.whole.files(self.prefix)
        done = [file["verdict"] for file in files if file["state"] in ("completed", "dead")]
        return Counter(done) if len(done) == len(files) == len(self.bodies) else None


def answered(whole: Whole) -> list[str]:
    """Which of the pages are answered now."""
    return [page for page in PAGES if whole.programs.text(page) is not None]


def refused(whole: Whole) -> None:
    """Wait until a sender is told to come again, and in no other way than that."""
    body = whole.notification("elsewhere/refused.csv")
    statuses = until(lambda: [status for status, _ in [whole.programs.post(body)] if status != 200], "a refusal")
    assert [503] == statuses


def database_of(whole: Whole) -> str:
    return str(make_url(whole.programs.environment["DATABASE_URL"]).database)


def begun_again(server: Server, whole: Whole) -> int:
    """Attempts that had to be made again."""
    statement = "SELECT coalesce(sum(interruptions + attempts + crashes), 0) FROM jobs"
    ((number,),) = server.run(statement, database=database_of(whole))
    return int(number)


@pytest.mark.postgres
def test_a_database_that_crashes_and_comes_back_costs_no_file(on_postgres: Whole, server: Server) -> None:
    """PostgreSQL stops in mid work: 503 meanwhile, results wait, nothing is run twice, and nobody need do anything."""
    sender = Sender(on_postgres, 150).start()
    sender.wait_for(40)

    server.stop(IMMEDIATE)
    refused(on_postgres)
    pages = answered(on_postgres)
    server.start()

    assert {"pass": 150} == sender.verdicts()
    assert {503} >= set(sender.refused)
    assert list(PAGES) == pages
    assert 0 == begun_again(server, on_postgres)


@pytest.mark.postgres
def test_a_locked_table_is_waited_for_within_bounds(on_postgres: Whole, server: Server) -> None:
    """Somebody's open transaction holds the tables: senders are told to come again, and pages answer meanwhile."""
    sender = Sender(on_postgres, 30).start()
    sender.wait_for(5)
    database = database_of(on_postgres)

    other = psycopg2.connect(dbname=database, user="test", host=str(server.folder))
    other.cursor().execute("LOCK TABLE jobs, pools IN ACCESS EXCLUSIVE MODE")
    refused(on_postgres)
    pages = answered(on_postgres)
    until(lambda: "journal_unavailable" in on_postgres.programs.logs(), "the pool to give up waiting")
    other.rollback()
    other.close()

    assert {"pass": 30} == sender.verdicts()
    assert {503} >= set(sender.refused)
    assert list(PAGES) == pages


@pytest.mark.postgres
def test_a_standby_is_left_for_the_new_primary(on_postgres: Whole, server: Server) -> None:
    """After a failover the old connections only read: they are given up, and the next ones write."""
    sender = Sender(on_postgres, 60).start()
    sender.wait_for(10)
    database = database_of(on_postgres)
    kick = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fileproc'"

    server.run(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on', kick)
    refused(on_postgres)
    # Connections of the old primary stay open: only the server's word "read-only" tells that they are of no use.
    server.run(f'ALTER DATABASE "{database}" RESET default_transaction_read_only')

    assert {"pass": 60} == sender.verdicts()
    assert {503} >= set(sender.refused)


def test_a_full_disk_refuses_and_loses_nothing(on_sqlite: Whole) -> None:
    """No byte more can be written by front or pool: 503, results wait, and all goes on when there is room again."""
    sender = Sender(on_sqlite, 60).start()
    sender.wait_for(15)

    with full_disk(on_sqlite):
        refused(on_sqlite)
        pages = answered(on_sqlite)

    assert {"pass": 60} == sender.verdicts()
    assert {503} >= set(sender.refused)
    assert list(PAGES) == pages


@contextmanager
def full_disk(whole: Whole) -> Iterator[None]:
    """Files of front and pool grow no more, as on a disk without room; a limit that can be lifted again."""
    pids = [program.pid for program in whole.programs.running.values()]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_a_locked_file_is_waited_for_within_bounds(on_sqlite: Whole) -> None:
    """Another program has the SQLite file to itself: senders are told to come again, and then all goes on."""
    sender = Sender(on_sqlite, 30).start()
    sender.wait_for(5)

    other = sqlite3.connect(on_sqlite.programs.folder / "fileproc.db", isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    refused(on_sqlite)
    pages = answered(on_sqlite)
    other.execute("ROLLBACK")
    other.close()

    assert {"pass": 30} == sender.verdicts()
    assert {503} >= set(sender.refused)
    assert list(PAGES) == pages
