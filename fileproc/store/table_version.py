"""Which version the journal's tables have, which one this program needs, and whether the two go together.

Theory. Migrations expand first: they add what the new program needs and leave alone what the old one uses, so pods of
both run side by side while they are exchanged. Only a migration that takes something away changes `compatibility`, and
then programs before that one refuse to start, in words. A version is the number of its migration, as text of four
digits, so that versions compare as texts do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from fileproc import logs
from fileproc.errors import UsageError
from fileproc.store.engine import is_missing, open_engine, reading
from fileproc.store.tables import compatibility

log = logs.get("table_version")

MIGRATIONS = Path(__file__).with_name("migrations")

UPGRADE = "run `fileproc db upgrade`"


@dataclass(frozen=True, slots=True)
class Status:
    """Where the tables are (None: not set up), where this program wants them, and the oldest program they serve."""

    current: str | None
    wanted: str
    oldest: str | None = None

    @property
    def up_to_date(self) -> bool:
        return self.current == self.wanted

    @property
    def is_newer(self) -> bool:
        """The tables were made by a later version of the program."""
        return self.current is not None and self.current > self.wanted

    @property
    def serves_us(self) -> bool:
        """This program can work with the tables as they are."""
        return self.up_to_date or (self.is_newer and self.oldest is not None and self.oldest <= self.wanted)


def require(url: str, *, may_wait: bool = False) -> None:
    """This program must be able to work with the tables that are there; `may_wait`: or as soon as they are upgraded.

    Raises:
        JournalUnavailable: the database cannot be reached.
        UsageError: the tables are of another version; says which, and what to do.
    """
    found = status(url)
    if found.serves_us:
        if found.is_newer:
            log.info("tables_are_newer", version=found.current, needed=found.wanted)
        return
    if found.is_newer:
        refuse_newer(found)
    if may_wait:
        log.warning("tables_must_be_upgraded", version=found.current, needed=found.wanted, fix=UPGRADE)
        return
    what = f"have version {found.current}" if found.current else "are not set up"
    raise UsageError(f"the journal's tables {what}, this program needs version {found.wanted}", fix=UPGRADE)


def refuse_newer(found: Status) -> None:
    """Raises UsageError."""
    raise UsageError(
        f"the journal's tables have version {found.current}, this program knows up to {found.wanted}",
        fix="run the later version of fileproc, or point DATABASE_URL elsewhere",
    )


def status(url: str) -> Status:
    """Which version the tables have.

    Raises:
        JournalUnavailable: the database cannot be reached.
    """
    engine = open_engine(url)
    try:
        if is_missing(engine):
            return Status(None, wanted())
        with reading(engine) as connection:
            return of(connection)
    finally:
        engine.dispose()


def of(connection: Connection) -> Status:
    """The same, inside a transaction of the caller's."""
    tables = set(inspect(connection).get_table_names())
    current = oldest = None
    if "alembic_version" in tables:
        current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if compatibility.name in tables:
        oldest = connection.scalar(select(compatibility.c.oldest))
    return Status(current, wanted(), oldest)


@cache
def wanted() -> str:
    """The number of the last migration: the names of the files say it, and say it without loading any of them."""
    return max(file.name[1:5] for file in (MIGRATIONS / "versions").glob("v[0-9]*.py"))
