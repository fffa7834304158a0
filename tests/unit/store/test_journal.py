"""What the database journal promises beyond the port: reports, hostile text, and databases in trouble."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from fileproc.domain.jobs import JobClass, JobState
from fileproc.domain.ports import Settlement
from fileproc.errors import JournalUnavailable
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.views import Views
from tests.ports.journals import DIED, LIMIT, PASSED, REPORT, in_state, new, pool


def test_a_report_is_stored_with_its_verdict(sql_journal: SqlJournal, views: Views) -> None:
    """One commit: whoever sees the verdict finds the report."""
    job = in_state(sql_journal, JobState.COMPLETED)

    assert REPORT == views.report(job.id)
    (shown,) = views.files()
    assert ("completed", "pass", "orders", "As agreed.") == tuple(
        shown[name] for name in ("state", "verdict", "contract", "summary")
    )


def test_a_zombie_leaves_no_report(sql_journal: SqlJournal, views: Views) -> None:
    """A result under an old fence is dropped whole: neither state nor report nor counter."""
    zombie = in_state(sql_journal, JobState.RUNNING)
    sql_journal.release(zombie)
    before = views.job(zombie.id)

    assert not sql_journal.settle(zombie, PASSED)

    assert (None, before) == (views.report(zombie.id), views.job(zombie.id))


def test_a_second_report_takes_the_place_of_the_first(sql_journal: SqlJournal, views: Views) -> None:
    """After a replay the file has one report, the new one."""
    job = in_state(sql_journal, JobState.COMPLETED)
    sql_journal.replay([job.id])
    (again,) = sql_journal.claim("p1", 1)

    sql_journal.settle(again, Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict="fail", report={"n": 2}))

    assert {"n": 2} == views.report(job.id)


def test_dead_keeps_its_evidence_until_it_is_replayed(sql_journal: SqlJournal, views: Views) -> None:
    """Class, reason and what was found at the body are there for whoever looks, and do not stick to the next run."""
    job = in_state(sql_journal, JobState.DEAD)
    told = ("job_class", "reason", "verdict", "evidence")

    assert ["crash", "died", "error", {"exit_code": -9}] == [(views.job(job.id) or {})[name] for name in told]
    sql_journal.replay([job.id])
    assert [None, None, None, {}] == [(views.job(job.id) or {})[name] for name in told]


def test_a_purged_job_takes_its_report_along(sql_journal: SqlJournal, views: Views, clock) -> None:  # type: ignore[no-untyped-def]
    """Retention leaves nothing behind that nobody can find any more."""
    job = in_state(sql_journal, JobState.COMPLETED)
    clock.advance(31 * 86_400)

    assert 1 == sql_journal.purge(30)
    assert (None, None) == (views.job(job.id), views.report(job.id))


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\udcffb"], ids=["NUL", "half a character", "a lost byte"])
def test_hostile_text_in_a_result_is_stored(sql_journal: SqlJournal, views: Views, text: str) -> None:
    """Reasons quote files. A result that no database can hold would be checked again, for ever."""
    job = in_state(sql_journal, JobState.RUNNING)
    report = {"verdict": "fail", "summary": text, "contract": {"name": text}, "causes": [{"found": text}]}

    assert sql_journal.settle(
        job, Settlement(JobState.COMPLETED, JobClass.VERDICT, text, "fail", report, evidence={"dump": text})
    )

    shown = views.job(job.id) or {}
    assert ["a\ufffdb"] * 3 == [shown[name] for name in ("reason", "summary", "contract")]
    for stored in (views.report(job.id), shown["evidence"]):
        str(stored).encode("utf-8")  # whoever shows it can


def break_disk(engine, _url: str) -> None:  # type: ignore[no-untyped-def]
    """No page more: what a full disk looks like to SQLite."""

    @event.listens_for(engine, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")


def break_lock(_engine, url: str) -> None:  # type: ignore[no-untyped-def]
    """Somebody else sits on the write lock and does not let go."""
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    _HOLDERS.append(holder)


_HOLDERS: list[sqlite3.Connection] = []


@pytest.mark.parametrize(
    ("trouble", "told"), [(break_disk, "database or disk is full"), (break_lock, "database is locked")]
)
def test_a_database_in_trouble_writes_nothing_and_says_so(
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[..., None],
    told: str,
) -> None:
    """The sender is told to come again; afterwards the job is not there by half."""
    monkeypatch.setattr("fileproc.store.engine.BUSY_SECONDS", 0.05)
    engine = open_engine(sqlite_url)
    trouble(engine, sqlite_url)

    with pytest.raises(JournalUnavailable, match=told):
        SqlJournal(engine).add([new(str(n) * 500) for n in range(200)], limit=LIMIT)

    engine.dispose()
    while _HOLDERS:
        _HOLDERS.pop().close()
    healthy = SqlJournal(open_engine(sqlite_url))
    assert [] == healthy.claim("p1", 5)
    assert not healthy.add([new("0" * 500)], limit=LIMIT)[0].duplicate


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """A wrong path in DATABASE_URL is a message, and the file is not touched."""
    file = tmp_path / "notes.txt"
    file.write_text("shopping list\n" * 100)

    with pytest.raises(JournalUnavailable, match="file is not a database"):
        SqlJournal(open_engine(f"sqlite:///{file}")).backlog()
    assert "shopping list\n" * 100 == file.read_text()


def test_tables_that_were_never_made_are_told(database_url: str) -> None:
    """The message names the verb that makes them."""
    with pytest.raises(JournalUnavailable, match="fileproc db upgrade"):
        SqlJournal(open_engine(database_url)).add([new("a")], limit=LIMIT)


def test_ping_finds_a_journal_that_cannot_be_written(sql_journal: SqlJournal, tmp_path: Path) -> None:
    """Readiness tells a journal that works from one that does not."""
    sql_journal.ping()

    with pytest.raises(JournalUnavailable):
        SqlJournal(open_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")).ping()


def test_a_long_backlog_is_counted_once_a_second(sql_journal: SqlJournal, clock) -> None:  # type: ignore[no-untyped-def]
    """The limit costs a look a second, not one a request, and what this front wrote since is counted in."""
    counts: list[str] = []

    @event.listens_for(sql_journal._engine, "before_cursor_execute")
    def note(_connection, _cursor, statement: str, *_rest: object) -> None:  # type: ignore[no-untyped-def]
        if "count(" in statement:
            counts.append(statement)

    for number in range(10):
        sql_journal.add([new(str(number))], limit=LIMIT)
    assert 1 == len(counts)
    clock.advance(1.5)
    sql_journal.add([new("later")], limit=LIMIT)
    assert 2 == len(counts)


def test_a_rescue_looks_at_no_history(sql_journal: SqlJournal) -> None:
    """A job that died long ago in a pool that is gone stays dead."""
    sql_journal.register_pool(pool("gone"))
    job = in_state(sql_journal, JobState.DEAD)

    assert [] == sql_journal.rescue(pool("me"), lambda one: False, ttl=-1)
    assert not sql_journal.settle(job, DIED)
