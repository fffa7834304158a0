"""Migrations: the tables' history, run by Alembic, safe when several programs start at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from fileproc.errors import UsageError
from fileproc.store.engine import is_missing, make_folder, open_engine, reading, writing

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

    @property
    def is_newer(self) -> bool:
        """The tables were made by a later version of the program."""
        return self.current is not None and self.current not in _known()


def upgrade(url: str) -> Status:
    """Bring the tables to this version; does nothing when they are there already.

    Raises:
        JournalUnavailable: the database cannot be reached or written.
        UsageError: the address is wrong, or a later version of the program made the tables.
    """
    engine = open_engine(url)
    make_folder(engine)
    try:
        with writing(engine) as connection:
            _lock(connection)
            _bring(connection, Status(_current(connection), _wanted()))
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


def _bring(connection: Connection, found: Status) -> None:
    if found.is_newer:
        raise UsageError(
            f"the journal's tables have version {found.current}, this program knows up to {found.wanted}",
            fix="run the later version of fileproc, or point DATABASE_URL elsewhere",
        )
    if not found.up_to_date:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _status(engine: Engine) -> Status:
    if is_missing(engine):
        return Status(None, _wanted())
    with reading(engine) as connection:
        return Status(_current(connection), _wanted())


def _lock(connection: Connection) -> None:
    """SQLite's BEGIN IMMEDIATE is a lock already. What is changed here may take its time, and waits for its turn."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _wanted() -> str:
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _known() -> set[str]:
    return {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
