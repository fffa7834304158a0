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
from fileproc.store import migrate
from fileproc.store.engine import open_engine, writing
from fileproc.store.journal import SqlJournal
from fileproc.store.tables import metadata
from fileproc.store.views import Views
from tests.ports.journals import LIMIT, new, state_of


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
    assert (first, first) == (migrate.upgrade(database_url), migrate.status(database_url))


def test_jobs_of_an_older_version_are_kept(database_url: str) -> None:
    """An upgrade of the program loses no job that waits and no report."""
    at_version(database_url, "0001")
    engine = open_engine(database_url)
    (done,) = SqlJournal(engine).add([new("done")], limit=LIMIT)
    with writing(engine) as connection:  # as that version settled it
        connection.execute(text("UPDATE jobs SET state = 'completed'"))
        document = {"number": done.job_id, "document": '{"verdict": "pass"}'}
        connection.execute(text("INSERT INTO reports VALUES (:number, :document, CURRENT_TIMESTAMP)"), document)
    SqlJournal(engine).add([new("waits")], limit=LIMIT)

    migrate.upgrade(database_url)

    assert (JobState.COMPLETED, JobState.AVAILABLE) == tuple(
        state_of(SqlJournal(engine), key) for key in ("done", "waits")
    )
    assert "pass" == (Views(engine).report(done.job_id) or {})["verdict"]
    assert ["waits"] == [job.ref.key for job in SqlJournal(engine).claim("p1", 5)]
    engine.dispose()


def test_tables_of_a_later_version_are_left_alone(database_url: str) -> None:
    """After a roll-back of the program the message says which versions, and what to do."""
    migrate.upgrade(database_url)
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(UsageError, match=r"9999.*later version"):
        migrate.upgrade(database_url)
    assert (True, False) == (migrate.status(database_url).is_newer, migrate.status(database_url).up_to_date)


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
    assert migrate.status(database_url).up_to_date


def test_asking_leaves_no_file_behind(tmp_path: Path) -> None:
    """A mistyped path is told, and no empty database is left to be mistaken for the real one."""
    url = f"sqlite:///{tmp_path / 'typo' / 'journal.db'}"

    assert (None, False) == (migrate.status(url).current, migrate.status(url).up_to_date)
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
