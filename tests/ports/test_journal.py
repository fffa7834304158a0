"""The journal's promises, on every database that is supported."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import JobClass, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity, Settlement
from fileproc.errors import BacklogFull, IllegalTransition, JournalUnavailable
from fileproc.store import migrate
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.views import Views
from tests.system.programs import until

LIMIT = 10_000
REPORT = {"verdict": "pass", "summary": "As agreed.", "contract": {"name": "orders"}}
PASSED = Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict="pass", report=REPORT)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(wall=datetime.now(UTC))


@pytest.fixture
def journal(database_url: str, clock: FrozenClock) -> Iterator[SqlJournal]:
    """An empty journal."""
    migrate.upgrade(database_url)
    engine = open_engine(database_url)
    yield SqlJournal(engine, clock=clock)
    engine.dispose()


def new(key: str, state: JobState = JobState.AVAILABLE, **ref: str) -> NewJob:
    return NewJob(ObjectRef("b", key, **({"etag": "e"} | ref)), state)


def pool(name: str = "p1", host: str = "here", pid: int = 1) -> PoolIdentity:
    return PoolIdentity(name, host, "boot", pid, 7)


def test_the_same_object_is_one_job(journal: SqlJournal) -> None:
    """A second event about the same version finds the first one's job, whatever came in between."""
    first = journal.add([new("a"), new("b")], limit=LIMIT)
    again = journal.add([new("b"), new("c")], limit=LIMIT)

    assert [False, False] == [one.duplicate for one in first]
    assert [(first[1].job_id, True), (again[1].job_id, False)] == [(one.job_id, one.duplicate) for one in again]


def test_duplicates_within_one_batch_are_one_job(journal: SqlJournal) -> None:
    """Two requests that share a commit and mean the same object make one job, and both are told."""
    added = journal.add([new("a"), new("a"), new("a")], limit=LIMIT)

    assert [False, True, True] == [one.duplicate for one in added]
    assert 1 == len({one.job_id for one in added})


def test_another_version_is_another_job(journal: SqlJournal) -> None:
    """An overwritten file is checked again."""
    added = journal.add([new("a", version_id="1"), new("a", version_id="2")], limit=LIMIT)

    assert [False, False] == [one.duplicate for one in added]


def test_the_backlog_has_a_limit(journal: SqlJournal, clock: FrozenClock) -> None:
    """Above it nothing is written, so SNS keeps what we cannot take."""
    journal.add([new(str(n)) for n in range(4)], limit=3)
    clock.advance(2)

    with pytest.raises(BacklogFull):
        journal.add([new("one more")], limit=3)
    assert 4 == journal.backlog()[JobState.AVAILABLE]


def test_claims_are_oldest_first_under_a_new_fence(journal: SqlJournal) -> None:
    """Each claim bumps the fence, so an older attempt can never write over a newer one."""
    ids = [one.job_id for one in journal.add([new(str(n)) for n in range(3)], limit=LIMIT)]

    claimed = journal.claim("p1", 2)

    assert [(ids[0], 1, JobState.RUNNING), (ids[1], 1, JobState.RUNNING)] == [
        (job.id, job.fence, job.state) for job in claimed
    ]
    assert journal.release(claimed[0])
    assert (ids[0], 2) == (lambda job: (job.id, job.fence))(journal.claim("p1", 1)[0])


def test_held_jobs_wait_until_they_are_released(journal: SqlJournal) -> None:
    """What came while the breaker was open is not claimed, and runs by itself afterwards."""
    journal.add([new("a", JobState.HELD)], limit=LIMIT)

    assert [] == journal.claim("p1", 5)
    assert 1 == journal.release_held()
    assert 1 == len(journal.claim("p1", 5))


def test_a_probe_may_be_a_held_job(journal: SqlJournal) -> None:
    """Half open, with only held jobs there, one of them is tried."""
    journal.add([new("a", JobState.HELD)], limit=LIMIT)

    assert 1 == len(journal.claim("p1", 1, held=True))


def test_a_job_that_must_wait_is_not_claimed_before(journal: SqlJournal) -> None:
    """A retry keeps its distance, by the database's clock."""
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("p1", 1)
    later = datetime.now(UTC) + timedelta(hours=1)

    assert journal.settle(job, Settlement(JobState.RETRYABLE, JobClass.INFRA, "S3 is down", not_before=later))

    assert [] == journal.claim("p1", 1)
    assert {"state": "retryable", "attempts": 1} == {
        name: (Views(journal._engine).job(job.id) or {})[name] for name in ("state", "attempts")
    }


def test_an_old_fence_changes_nothing(journal: SqlJournal) -> None:
    """A zombie's result is dropped whole: neither state nor report."""
    journal.add([new("a")], limit=LIMIT)
    (zombie,) = journal.claim("p1", 1)
    journal.release(zombie)
    (current,) = journal.claim("p2", 1)

    assert not journal.settle(zombie, PASSED)
    assert not journal.release(zombie)
    assert Views(journal._engine).report(zombie.id) is None
    assert journal.settle(current, PASSED)
    assert not journal.settle(current, PASSED)


def test_a_report_is_stored_with_its_verdict(journal: SqlJournal) -> None:
    """One commit: whoever sees the verdict finds the report."""
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("p1", 1)

    journal.settle(job, PASSED)

    views = Views(journal._engine)
    assert REPORT == views.report(job.id)
    assert ("completed", "pass", "orders") == tuple(views.files()[0][name] for name in ("state", "verdict", "contract"))


def test_an_illegal_move_raises_and_changes_nothing(journal: SqlJournal) -> None:
    """The table of states is enforced where it is written."""
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("p1", 1)

    with pytest.raises(IllegalTransition):
        journal.settle(job, Settlement(JobState.HELD, JobClass.VERDICT))
    assert journal.settle(job, PASSED)


def test_replay_resets_every_counter(journal: SqlJournal) -> None:
    """A dead job gets its whole budget again."""
    journal.add([new("a"), new("b")], limit=LIMIT)
    job, running = journal.claim("p1", 2)
    journal.settle(job, Settlement(JobState.DEAD, JobClass.CRASH, "died", verdict="error", evidence={"exit_code": -9}))

    assert [job.id] == journal.replay([job.id, running.id, 999])

    (again,) = journal.claim("p1", 1)
    assert (0, 0, 0) == (again.attempts, again.crashes, again.interruptions)


def test_a_dead_pool_on_this_host_is_rescued_at_once(journal: SqlJournal) -> None:
    """The jobs of a killed pool run again without waiting for a lease, and are not charged."""
    journal.add([new("a"), new("b")], limit=LIMIT)
    journal.register_pool(pool("dead", pid=1))
    journal.register_pool(pool("living", pid=2))
    lost = journal.claim("dead", 1)
    kept = journal.claim("living", 1)

    rescued = journal.rescue(pool("me", pid=3), lambda one: one.pid == 2, ttl=30)

    assert [lost[0].id] == rescued
    (again,) = journal.claim("me", 1)
    assert (lost[0].id, 0, 1) == (again.id, again.attempts, again.interruptions)
    assert not journal.settle(lost[0], PASSED)
    assert journal.settle(kept[0], PASSED)


def test_a_pool_elsewhere_keeps_its_jobs_while_it_beats(journal: SqlJournal, clock: FrozenClock) -> None:
    """Another host's pool is not judged by its pid, only by its lease."""
    journal.add([new("a")], limit=LIMIT)
    journal.register_pool(pool("far", host="elsewhere"))
    journal.claim("far", 1)

    assert [] == journal.rescue(pool("me"), lambda one: False, ttl=30)
    assert journal.beat("far")


def test_a_lease_that_ran_out_is_rescued(journal: SqlJournal, clock: FrozenClock, database_url: str) -> None:
    """A pool that was cut off loses its jobs after its time to live, and learns it at its next beat."""
    journal.add([new("a")], limit=LIMIT)
    journal.register_pool(pool("far", host="elsewhere"))
    (job,) = journal.claim("far", 1)
    clock.advance(31)

    rescued = journal.rescue(pool("me"), lambda one: True, ttl=30 if "sqlite" in database_url else -1)

    assert [job.id] == rescued
    assert not journal.beat("far")


def test_an_object_that_was_removed_is_not_checked(journal: SqlJournal) -> None:
    """What still waits for it is cancelled; another key is not."""
    journal.add([new("a"), new("b")], limit=LIMIT)

    assert 1 == journal.cancel_waiting(ObjectRef("b", "a"))
    assert ["b"] == [job.ref.key for job in journal.claim("p1", 5)]


def test_an_upload_after_a_removal_is_checked_in_whatever_order_they_arrive(journal: SqlJournal) -> None:
    """A removal cancels only what came before it; sequencers are compared padded, as text."""
    journal.add([new("a", sequencer="0055AED6DCD90281E4"), new("a", sequencer="0055AED6DD")], limit=LIMIT)

    assert 1 == journal.cancel_waiting(ObjectRef("b", "a", sequencer="0055AED6DCD90281E5"))
    assert ["0055AED6DD"] == [job.ref.sequencer for job in journal.claim("p1", 5)]


def test_old_reports_are_purged(journal: SqlJournal, clock: FrozenClock) -> None:
    """Retention removes finished jobs with their reports, and nothing that waits."""
    journal.add([new("a"), new("b")], limit=LIMIT)
    (job,) = journal.claim("p1", 1)
    journal.settle(job, PASSED)
    clock.advance(31 * 86_400)

    assert 1 == journal.purge(30)
    assert ["b"] == [row["key"] for row in Views(journal._engine).files()]
    assert Views(journal._engine).report(job.id) is None


def test_files_are_paged_by_key_and_filtered(journal: SqlJournal) -> None:
    """A person finds a file among many, also when its key has wildcards in it."""
    journal.add([new(f"x/{n}") for n in range(5)] + [new("x%/1"), new("x_/1")], limit=LIMIT)
    views = Views(journal._engine)

    first = views.files(prefix="x/", limit=2)
    second = views.files(prefix="x/", limit=2, before_id=int(first[-1]["id"]))

    assert ["x/4", "x/3", "x/2", "x/1"] == [row["key"] for row in first + second]
    assert ["x%/1"] == [row["key"] for row in views.files(prefix="x%")]


def test_claims_from_several_sides_never_overlap(journal: SqlJournal, database_url: str) -> None:
    """Eight claimers on one journal: every job is claimed once."""
    journal.add([new(str(n)) for n in range(200)], limit=LIMIT)
    claimed: list[int] = []

    def claim_all(name: str) -> None:
        mine = SqlJournal(open_engine(database_url))
        while jobs := mine.claim(name, 3):
            claimed.extend(job.id for job in jobs)

    threads = [threading.Thread(target=claim_all, args=(f"p{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert (200, 200) == (len(claimed), len(set(claimed)))


def test_two_senders_of_one_object_make_one_job(journal: SqlJournal, database_url: str) -> None:
    """The same event through two doors at the same moment is one job."""
    barrier, added = threading.Barrier(4), []

    def send() -> None:
        mine = SqlJournal(open_engine(database_url))
        barrier.wait()
        for n in range(25):
            added.extend(mine.add([new(str(n))], limit=LIMIT))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert (100, 25, 25) == (len(added), sum(not one.duplicate for one in added), len({one.job_id for one in added}))


WRITER = """
import sys
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
journal = SqlJournal(open_engine(sys.argv[1]))
for n in range(100000):
    (added,) = journal.add([NewJob(ObjectRef("b", str(n), etag="e"))], limit=10**6)
    print(added.job_id, flush=True)
"""


def test_what_was_acknowledged_survives_sigkill(journal: SqlJournal, database_url: str) -> None:
    """Every id that a writer was told is in the journal after the writer was killed in mid sentence."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, database_url], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    told += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    writer.wait()

    there = {int(row["id"]) for row in _all(Views(journal._engine))}
    assert set() == set(told) - there


def _all(views: Views) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    while page := views.files(limit=500, before_id=int(str(rows[-1]["id"])) if rows else None):
        rows += page
    return rows


def test_a_database_that_is_away_is_told_as_such(tmp_path, postgres_cluster) -> None:  # type: ignore[no-untyped-def]
    """The message says what and how to mend it, and holds no password."""
    for url in (f"sqlite:///{tmp_path}", "postgresql+psycopg2://etl:hunter2@127.0.0.1:9/etl"):
        with pytest.raises(JournalUnavailable) as caught:
            SqlJournal(open_engine(url)).add([new("a")], limit=LIMIT)
        assert "hunter2" not in str(caught.value)
        assert "db upgrade" in str(caught.value)


def test_upgrades_from_several_processes_at_once_are_one(database_url: str) -> None:
    """Front and pool that start together do not trip over one another's migrations."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=migrate.upgrade, args=(database_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    until(lambda: all(process.exitcode is not None for process in processes), "four upgrades")

    assert [0, 0, 0, 0] == [process.exitcode for process in processes]
    assert migrate.status(database_url).up_to_date
