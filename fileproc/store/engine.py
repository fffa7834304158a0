"""Opening the database: SQLite with WAL and full durability, or PostgreSQL through psycopg2.

A SQLite commit is on disk before it returns (`synchronous=FULL`), and a writing transaction takes its lock at once
(`BEGIN IMMEDIATE`), so two processes wait for each other instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fileproc.errors import JournalUnavailable, UsageError
from fileproc.settings import mask_url

#: How long one writer waits for another before it gives up, in seconds; SNS waits 15 for an answer.
BUSY_SECONDS = 5.0

#: A connection that cannot be made in this time will not be made for this request either, in seconds.
CONNECT_SECONDS = 5


def open_engine(url: str) -> Engine:
    """An engine for the address. Connects lazily: a database that is down shows at the first statement.

    Raises:
        UsageError: the address is malformed, or the folder of a SQLite file cannot be made.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError("DATABASE_URL is malformed", fix="write sqlite:///FILE or postgresql+psycopg2://…") from None
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    return create_engine(
        parsed.set(drivername="postgresql+psycopg2"),
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "fileproc"},
    )


def _open_sqlite(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        try:
            Path(database).absolute().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"the folder of {database} cannot be made: {error.strerror}", fix="mend DATABASE_URL or the permissions"
            ) from None
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes; committed at the end.

    Raises:
        JournalUnavailable: the database cannot be reached or written; nothing was written.
    """
    with _explained(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view for reading.

    Raises:
        JournalUnavailable: the database cannot be reached.
    """
    with _explained(engine), engine.connect().execution_options(reading=True) as connection:
        yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # The driver's first line names the trouble; statement and parameters are left out, they are hostile or secret.
        cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()
        where = mask_url(engine.url.render_as_string(hide_password=True))
        raise JournalUnavailable(
            f"the journal at {where} cannot be used: {cause[0] if cause else type(error).__name__}",
            fix="check that the database runs, can be written, and was set up by `fileproc db upgrade`",
        ) from error
