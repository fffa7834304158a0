"""Migrations: from nothing and from every older version, alone and many at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from fileproc.domain.jobs import JobState
from fileproc.errors import JournalUnavailable, UsageError
from fileproc.store import migrate, table_version
from fileproc.store.engine import open_engine, writing
from fileproc.store.journal import SqlJournal
from fileproc.store.rows import identity_of
from fileproc.store.tables import metadata
from fileproc.store.views import Views
from tests.ports.journals import LIMIT, PASSED, new, state_of


def at_version(url: str, version: str) -> None:
    """Bring tables to an older version, as an older program left them."""
    engine = open_engine(url)
    with writing(engine) as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_the_steps_make_the_tables_that_the_program_means(database_url: str) -> None:
    """Tables and migrations say the same, on both databases."""
    migrate.upgrade(database_url)

    with open_engine(database_url).connect() as connection:
        assert [] == compare_metadata(MigrationContext.configure(connection), metadata)


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    """Every start may upgrade."""
    first = migrate.upgrade(database_url)

    assert first.up_to_date
    assert (first, first) == (migrate.upgrade(database_url), table_version.status(database_url))


def test_jobs_of_an_older_version_are_kept(database_url: str) -> None:
    """An upgrade of the program loses no job that waits and no report."""
    at_version(database_url, "0001")
    engine = open_engine(database_url)
    with writing(engine) as connection:  # as that version wrote and settled them
        for key, state in (("done", "completed"), ("waits", "available")):
            row = {"key": key, "state": state, "identity": identity_of(new(key).ref)}
            connection.execute(
                text(
                    "INSERT INTO jobs (identity, bucket, key, etag, state, accepted_at)"
                    " VALUES (:identity, 'b', :key, 'e', :state, CURRENT_TIMESTAMP)"
                ),
                row,
            )
        connection.execute(text('INSERT INTO reports VALUES (1, \'{"verdict": "pass"}\', CURRENT_TIMESTAMP)'))

    migrate.upgrade(database_url)

    assert (JobState.COMPLETED, JobState.AVAILABLE) == tuple(
        state_of(SqlJournal(engine), key) for key in ("done", "waits")
    )
    assert "pass" == (Views(engine).report(1) or {})["verdict"]
    assert ["waits"] == [job.ref.key for job in SqlJournal(engine).claim("p1", 5)]
    engine.dispose()


def made_later(url: str, *, oldest: str) -> None:
    """Tables as a later program leaves them: more of them, more columns, and its own number."""
    migrate.upgrade(url)
    engine = open_engine(url)
    with writing(engine) as connection:
        for statement in (
            "ALTER TABLE jobs ADD COLUMN later INTEGER NOT NULL DEFAULT 0",
            "CREATE TABLE later (id INTEGER PRIMARY KEY)",
            "UPDATE alembic_version SET version_num = '9999'",
        ):
            connection.execute(text(statement))
        connection.execute(text("UPDATE compatibility SET oldest = :oldest"), {"oldest": oldest})
    engine.dispose()


def test_tables_of_a_later_version_that_took_something_away_are_refused(database_url: str) -> None:
    """After a roll-back of the program the message says which versions, and what to do; nothing is touched."""
    made_later(database_url, oldest="9998")

    for begin in (migrate.upgrade, table_version.require):
        with pytest.raises(UsageError, match=r"9999.*later version"):
            begin(database_url)
    found = table_version.status(database_url)
    assert (True, False, False) == (found.is_newer, found.up_to_date, found.serves_us)


def test_tables_of_a_later_version_that_only_grew_serve_this_one_too(database_url: str) -> None:
    """In the middle of a roll-out an old pod may start again, and works beside the new ones."""
    made_later(database_url, oldest="0006")

    assert "9999" == migrate.upgrade(database_url).current
    table_version.require(database_url)
    engine = open_engine(database_url)
    journal = SqlJournal(engine)
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("p1", 1)
    assert journal.settle(job, PASSED)
    engine.dispose()


def test_older_tables_are_told_with_the_command_that_mends_them(database_url: str) -> None:
    """A program does not fail on a missing column hours later: it says at its start what is to be done."""
    with pytest.raises(UsageError, match=r"not set up.*fileproc db upgrade"):
        table_version.require(database_url)
    at_version(database_url, "0003")
    with pytest.raises(UsageError, match=r"have version 0003.*fileproc db upgrade"):
        table_version.require(database_url)


def test_upgrades_from_several_processes_at_once_are_one(database_url: str) -> None:
    """Front and pool that start together do not trip over one another's migrations."""
    program = "import sys; from fileproc.store import migrate; sys.stdin.readline(); migrate.upgrade(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, database_url], stdin=subprocess.PIPE) for _ in range(6)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()

    assert [0] * 6 == [process.wait(60) for process in processes]
    assert table_version.status(database_url).up_to_date


def test_asking_leaves_no_file_behind(tmp_path: Path) -> None:
    """A mistyped path is told, and no empty database is left to be mistaken for the real one."""
    url = f"sqlite:///{tmp_path / 'typo' / 'journal.db'}"

    assert (None, False) == (table_version.status(url).current, table_version.status(url).up_to_date)
    with pytest.raises(JournalUnavailable, match="there is no journal at"):
        Views(open_engine(url)).files()
    assert [] == list(tmp_path.iterdir())


def test_setting_up_makes_the_folder(tmp_path: Path) -> None:
    """`sqlite:////var/lib/fileproc/journal.db` needs no mkdir."""
    migrate.upgrade(f"sqlite:///{tmp_path / 'a' / 'b %' / 'journal.db'}")

    assert (tmp_path / "a" / "b %" / "journal.db").is_file()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """What, and what to mend."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"cannot be made: .* → mend DATABASE_URL or the permissions"):
        migrate.upgrade(f"sqlite:///{tmp_path / 'file' / 'journal.db'}")
