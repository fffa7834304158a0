"""Fixtures that several rooms share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fileproc.clock import FrozenClock
from fileproc.store import migrate
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.views import Views
from tests.postgres import Cluster, start_cluster
from tests.system.moto_process import end_spare

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the files, the long ones come first, so that none is alone at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "system" not in item.path.parts)


def pytest_sessionfinish() -> None:
    """What tests kept for each other goes."""
    end_spare()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A real PostgreSQL, started once."""
    if os.environ.get("FILEPROC_TEST_NO_PG") == "1":
        pytest.skip("FILEPROC_TEST_NO_PG=1")
    cluster = start_cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.db'}"
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    return cluster.database()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables in it, to be copied."""
    file = tmp_path_factory.mktemp("template") / "journal.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite file with empty tables: a copy, so that no test waits for the migrations."""
    shutil.copy(sqlite_template, tmp_path / "journal.db")
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A PostgreSQL database with empty tables."""
    with postgres_cluster.lent() as url:
        yield url


@pytest.fixture(params=KINDS)
def journal_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind with empty tables."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def clock() -> FrozenClock:
    """Stands at the real time, since PostgreSQL has a clock of its own."""
    return FrozenClock(wall=datetime.now(UTC))


@pytest.fixture
def sql_journal(journal_url: str, clock: FrozenClock) -> Iterator[SqlJournal]:
    """An empty journal on each kind of database."""
    engine = open_engine(journal_url)
    yield SqlJournal(engine, clock=clock)
    engine.dispose()


@pytest.fixture
def views(journal_url: str) -> Iterator[Views]:
    """What people see of `sql_journal`."""
    engine = open_engine(journal_url)
    yield Views(engine)
    engine.dispose()
