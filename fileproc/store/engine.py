"""Opening the database: SQLite with WAL and full durability, or PostgreSQL through psycopg2.

A SQLite commit is on disk before it returns (`synchronous=FULL`), and a writing transaction takes its lock at once
(`BEGIN IMMEDIATE`), so two processes wait for each other instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fileproc.clock import Clock
from fileproc.errors import JournalUnavailable, UsageError
from fileproc.settings import mask_url

#: How long one writer waits for another before it gives up, in seconds; SNS waits 15 for an answer.
BUSY_SECONDS = 5.0

#: A connection that cannot be made in this time will not be made for this request either, in seconds.
CONNECT_SECONDS = 5

#: A PostgreSQL that went away without a word (a pulled cable, a lost node) is noticed in about this many seconds; TCP
#: alone would wait a quarter of an hour, and the pool's one loop would wait with it.
SILENT_SECONDS = 15

TCP = {
    "keepalives": 1,
    "keepalives_idle": SILENT_SECONDS // 3,
    "keepalives_interval": SILENT_SECONDS // 3,
    "keepalives_count": 2,
    "tcp_user_timeout": SILENT_SECONDS * 1_000,
}

#: Whoever waits for somebody else's lock gives up as soon as a SQLite writer would, and no statement holds the pool's
#: one loop for longer than a silent server may.
TIMEOUTS = f"SET lock_timeout = '{BUSY_SECONDS:g}s'; SET statement_timeout = '{SILENT_SECONDS}s'"

#: The server does not write (any more): it has become a standby. The address may lead to another one already, but only
#: a new connection gets there.
READ_ONLY = "25006"

#: PostgreSQL's codes for "two writers met; the same again will do": serialization failure, deadlock.
COLLISIONS = {"40001", "40P01"}


class Collided(JournalUnavailable):
    """Two writers met and this one gave way: nothing was written, and trying again at once is right."""


def open_engine(url: str) -> Engine:
    """An engine for the address. Connects lazily: a database that is down shows at the first statement.

    Raises:
        UsageError: the address is malformed, or names a database in memory, which no other process would see.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    return _open_postgresql(parsed)


def _open_postgresql(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg2"),
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "fileproc"} | TCP,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "handle_error", _leave_a_standby)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TIMEOUTS)
    connection.commit()  # else they go with the first transaction that is rolled back


def _leave_a_standby(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "pgcode", None) == READ_ONLY:
        context.is_disconnect = True


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError("DATABASE_URL is malformed", fix="write sqlite:///FILE or postgresql+psycopg2://…")
    return parsed


def _open_sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise UsageError(
            "DATABASE_URL names a database in memory, which no other program sees and no restart survives",
            fix="write sqlite:///FILE",
        )
    engine = create_engine(
        url.set(drivername="sqlite"), connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
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


def make_folder(engine: Engine) -> None:
    """The folder of a SQLite file, made if need be.

    Raises:
        UsageError: it cannot be made.
    """
    file = _sqlite_file(engine)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder of {file} cannot be made: {error.strerror}", fix="mend DATABASE_URL or the permissions"
        ) from None


def is_missing(engine: Engine) -> bool:
    """Whether this is a SQLite file that is not there: whoever only reads must not leave an empty one behind."""
    file = _sqlite_file(engine)
    return file is not None and not file.exists()


def _sqlite_file(engine: Engine) -> Path | None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or database is None or database.startswith("file:"):
        return None
    return Path(database).absolute()


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
    if is_missing(engine):
        raise JournalUnavailable(
            f"there is no journal at {_where(engine)}", fix="mend DATABASE_URL, or make one with `fileproc db upgrade`"
        )
    with _explained(engine), engine.connect().execution_options(reading=True) as connection:
        yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # The driver's first line names the trouble; statement and parameters are left out, they are hostile or secret.
        original = getattr(error, "orig", None)
        cause = str(original or type(error).__name__).strip().splitlines()
        collided = getattr(original, "pgcode", None) in COLLISIONS
        raise (Collided if collided else JournalUnavailable)(
            f"the journal at {_where(engine)} cannot be used: {cause[0] if cause else type(error).__name__}",
            fix="check that the database runs, can be written, and was set up by `fileproc db upgrade`",
        ) from error


def _where(engine: Engine) -> str:
    return mask_url(engine.url.render_as_string(hide_password=True))


def database_now(connection: Connection, clock: Clock) -> datetime:
    """Between hosts the database's clock decides; SQLite has one host, whose clock is ours."""
    if connection.dialect.name == "sqlite":
        return clock.utcnow()
    moment: datetime = connection.scalar(select(func.now()))  # type: ignore[assignment]
    return moment
