"""Migrations: the tables' history, run by Alembic, safe when several programs start at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from fileproc.store.engine import open_engine, reading, writing

#: Any number that nobody else uses; it serialises upgrades on PostgreSQL.
ADVISORY_LOCK = 0x66696C65


@dataclass(frozen=True, slots=True)
class Status:
    """Where the tables are (None: not set up) and where this version of the program wants them."""

    current: str | None
    wanted: str

    @property
    def up_to_date(self) -> bool:
        return self.current == self.wanted


def upgrade(url: str) -> Status:
    """Bring the tables to this version; does nothing when they are there already.

    Raises:
        JournalUnavailable: the database cannot be reached or written.
    """
    engine = open_engine(url)
    try:
        with writing(engine) as connection:
            _lock(connection)
            if _current(connection) != _wanted():
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        return _status(engine)
    finally:
        engine.dispose()


def status(url: str) -> Status:
    """Which version the tables have.

    Raises:
        JournalUnavailable: the database cannot be reached.
    """
    engine = open_engine(url)
    try:
        return _status(engine)
    finally:
        engine.dispose()


def _status(engine: Engine) -> Status:
    with reading(engine) as connection:
        return Status(_current(connection), _wanted())


def _lock(connection: Connection) -> None:
    """SQLite's BEGIN IMMEDIATE is a lock already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _wanted() -> str:
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
