"""Migrations: the tables' history, run by Alembic, safe when several programs start at once."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from fileproc.store import table_version
from fileproc.store.engine import make_folder, open_engine, writing
from fileproc.store.table_version import MIGRATIONS, Status

#: Any number that nobody else uses; it serialises upgrades on PostgreSQL.
ADVISORY_LOCK = 0x66696C65


def upgrade(url: str) -> Status:
    """Bring the tables to this version; does nothing when they are there already.

    Raises:
        JournalUnavailable: the database cannot be reached or written.
        UsageError: the address is wrong, or the tables are of a later version that no longer serves this program.
    """
    engine = open_engine(url)
    make_folder(engine)
    try:
        with writing(engine) as connection:
            _lock(connection)
            _bring(connection, table_version.of(connection))
        return table_version.status(url)
    finally:
        engine.dispose()


def _bring(connection: Connection, found: Status) -> None:
    if found.serves_us:
        return
    if found.is_newer:
        table_version.refuse_newer(found)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    """SQLite's BEGIN IMMEDIATE is a lock already. What is changed here may take its time, and waits for its turn."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
