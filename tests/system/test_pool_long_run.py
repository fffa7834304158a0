"""A pool that goes on and on, and signals at bad moments: nothing grows, nothing hangs."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bench.soak import growth, soak
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob
from fileproc.services.housekeeping import BEAT_SECONDS, TTL_SECONDS
from tests.system.pools import Pool
from tests.system.programs import until

pytestmark = pytest.mark.system

ROWS, IN_A_ROW = 5, 4


def held(pool: Pool) -> int:
    """Open files and sockets of the pool."""
    return len(list(Path(f"/proc/{pool.programs.running['pool'].pid}/fd").iterdir()))


def test_many_jobs_and_many_workers_leave_nothing_behind(tmp_path: Path) -> None:
    """1,000 jobs in dozens of workers, one after another (client_python#367: a metrics file for every worker that
    ever was): no memory, open file, thread, line of metrics or temporary file stays. `make bench ARGS=soak` is the
    long form."""
    looks = soak(tmp_path, 1_000, 10, looks=6)

    assert [] == growth(looks)
    assert looks[-1].recycles >= 10
    assert looks[0].metric_lines == looks[-1].metric_lines


def test_reloading_again_and_again_keeps_no_file_open(make: Any) -> None:
    """SIGHUP twenty times, four in a row: every worker is new after each row, and the pool holds what it held after the
    first."""
    pool = make()
    pool.finished(*pool.add("pid-0-first"))
    counts = []
    for _ in range(ROWS):
        before = workers(pool)
        for _ in range(IN_A_ROW):
            pool.programs.running["pool"].send_signal(signal.SIGHUP)
        until(lambda before=before: pool.ready() and not workers(pool) & before, f"new workers\n{pool.programs.logs()}")
        counts.append(held(pool))

    assert max(counts) <= counts[0] + 4


def workers(pool: Pool) -> set[int]:
    return {slot["pid"] for slot in pool.ask()["slots"] if slot["pid"]}


def test_a_signal_in_mid_start_ends_it_cleanly(make: Any) -> None:
    """SIGTERM while workers are still loading: they go, the pool goes with code 0, and no job was touched."""
    pool = make()
    (job_id,) = [one.job_id for one in pool.journal.add([NewJob(ObjectRef("b", "ok-waits", etag="e"))], limit=10)]
    until(lambda: "pool_started" in pool.programs.logs(), "the pool to begin", 20)

    assert 0 == pool.stop()
    assert pool.job(job_id)["state"] in ("available", "completed")
    until(lambda: not pool.programs.alive(), "its last helpers to be gone", 10)


def test_a_lease_outlives_several_beats() -> None:
    """A beat that is lost, or late by a locked database, gives no living pool's jobs to another (TTL ≥ 4 beats)."""
    assert TTL_SECONDS >= 4 * BEAT_SECONDS


def locked(pool: Pool) -> sqlite3.Connection:
    """Somebody else has the journal to himself."""
    other = sqlite3.connect(pool.programs.folder / "fileproc.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


def begun_without_its_journal(pool: Pool) -> sqlite3.Connection:
    """The pool is started while the journal is locked, and has seen that it is."""
    pool.stop()
    other = locked(pool)
    pool.start()
    until(lambda: "journal_unavailable" in pool.programs.logs(), f"the pool to wait\n{pool.programs.logs()}", 20)
    return other


def test_a_pool_that_begins_without_its_journal_waits_for_it(make: Any) -> None:
    """A database that comes up after the pool, or is locked as it starts, costs no crash loop: the pool begins to work
    as soon as it can."""
    pool = make()
    (job_id,) = pool.add("ok-a")
    pool.finished(job_id)
    other = begun_without_its_journal(pool)
    other.close()

    assert ["pass"] == [job["verdict"] for job in pool.finished(*pool.add("ok-b"))]


def test_a_pool_that_waits_for_its_journal_goes_when_told(make: Any) -> None:
    """SIGTERM while the journal is away ends it with code 0: there is nothing to finish."""
    pool = make()
    pool.finished(*pool.add("ok-a"))
    other = begun_without_its_journal(pool)

    assert 0 == pool.stop()
    other.close()
