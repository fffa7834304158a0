"""Opening the database: durable where it must be, and an address that is wrong says so without its password."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from fileproc.errors import JournalUnavailable, UsageError
from fileproc.store.engine import TCP, open_engine, reading, writing
from fileproc.store.journal import SqlJournal
from tests.postgres import Cluster


def test_a_sqlite_commit_is_on_disk_before_it_returns(sqlite_url: str) -> None:
    """Write-ahead log and full synchronisation, on every connection."""
    with reading(open_engine(sqlite_url)) as connection:
        asked = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}

    assert {"journal_mode": "wal", "synchronous": 2} == asked


def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    """Somebody looks at a page while a commit is under way."""
    engine = open_engine(sqlite_url)
    with writing(engine) as writer, reading(engine) as reader:
        writer.execute(text("DELETE FROM jobs"))

        assert 0 == reader.scalar(text("SELECT count(*) FROM jobs"))


@pytest.mark.postgres
def test_a_silent_postgresql_is_noticed_in_seconds(postgres_url: str) -> None:
    """Every connection asks the kernel to give up on a peer that went away without a word."""
    with open_engine(postgres_url).connect() as connection:
        parameters = connection.connection.driver_connection.info.dsn_parameters  # type: ignore[union-attr]

    assert {name: str(value) for name, value in TCP.items()} == {name: parameters[name] for name in TCP}


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://etl:hunter2@h/etl",
        "postgresql+psycopg2://etl:hunter2@h:port/etl",
        "",
    ],
)
def test_an_address_that_cannot_be_right_is_wrong_usage(url: str) -> None:
    """The message shows both right forms and not the address, which may hold a password."""
    with pytest.raises(UsageError, match=r"DATABASE_URL is malformed → write sqlite:///FILE or postgresql") as caught:
        open_engine(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_journal_in_memory_is_refused(url: str) -> None:
    """Front and pool would each have one of their own, and a restart would lose both."""
    with pytest.raises(UsageError, match="in memory"):
        open_engine(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg2://etl:hunter2@127.0.0.1:9/etl",
        "postgresql+psycopg2://etl@127.0.0.1:9/etl?password=hunter2",
        "postgresql+psycopg2://etl:hunter2@127.0.0.1:9/etl?odd=1",
        "postgresql://etl:hunter2%40x@127.0.0.1:9/etl",
    ],
)
def test_a_database_that_is_away_is_told_without_its_password(url: str) -> None:
    """Also not in what stands behind the error, which logs may print."""
    with pytest.raises(JournalUnavailable, match="fileproc db upgrade") as caught:
        SqlJournal(open_engine(url)).backlog()

    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in f"{error} {error!r}"
        error = error.__cause__


@pytest.mark.postgres
def test_a_login_that_is_refused_is_told_without_its_password(postgres_cluster: Cluster) -> None:
    """The user's name is in the message, since that is what to mend."""
    url = make_url(postgres_cluster.database()).set(username="nobody-here", password="hunter2")

    with pytest.raises(JournalUnavailable, match="nobody-here") as caught:
        SqlJournal(open_engine(url.render_as_string(hide_password=False))).backlog()
    assert "hunter2" not in str(caught.value)
