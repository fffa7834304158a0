"""The journal's promises when several sides use it at once, and when one of them is killed: real threads, processes
and signals on both databases."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fileproc.domain.jobs import JobState
from fileproc.services.housekeeping import is_alive, this_process
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.views import Views
from tests.ports.journals import LIMIT, PASSED, new

PATIENCE = 60.0

#: What a second process needs to use the journal that its first argument names.
PROGRAM = """
import json, sys
from fileproc.services.housekeeping import this_process
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from tests.ports.journals import LIMIT, new
journal = SqlJournal(open_engine(sys.argv[1]))
def say(value): print(json.dumps(value), flush=True)
"""

WRITER = "for n in range(100_000): say(journal.add([new(str(n))], limit=10**6)[0].job_id)"

CLAIMER = """
sys.stdin.readline()
while jobs := journal.claim(sys.argv[2], 3): say([job.id for job in jobs])
"""

POOL = """
me = this_process()
journal.register_pool(me)
say([job.id for job in journal.claim(me.id, 3)])
sys.stdin.readline()
"""


@contextmanager
def program(text: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that runs `text`; gone at the end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", PROGRAM + text, *arguments], **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def at_once(*calls: Callable[[], object]) -> None:
    """Every call in a thread of its own, all at the same moment; fails with the first error."""
    barrier, errors = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        barrier.wait(PATIENCE)
        try:
            call()
        except Exception as error:  # noqa: BLE001 - told to the test, which fails
            errors.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [] == errors


def test_claims_from_eight_threads_never_overlap(sql_journal: SqlJournal, journal_url: str) -> None:
    """Every job is claimed once, and nobody gets more than it asked for."""
    sql_journal.add([new(str(n)) for n in range(200)], limit=LIMIT)
    claims: list[list[int]] = []

    def claim_all(name: str) -> None:
        mine = SqlJournal(open_engine(journal_url))
        while jobs := mine.claim(name, 3):
            claims.append([job.id for job in jobs])

    at_once(*(lambda name=f"p{n}": claim_all(name) for n in range(8)))

    claimed = [job_id for claim in claims for job_id in claim]
    assert (200, 200) == (len(claimed), len(set(claimed)))
    assert max(map(len, claims)) <= 3


def test_claims_from_two_processes_never_overlap(sql_journal: SqlJournal, journal_url: str) -> None:
    """Two pools on one database share the work."""
    sql_journal.add([new(str(n)) for n in range(200)], limit=LIMIT)

    with program(CLAIMER, journal_url, "p1") as first, program(CLAIMER, journal_url, "p2") as second:
        for process in (first, second):
            print("go", file=process.stdin, flush=True)
        told = [process.communicate(timeout=PATIENCE)[0] for process in (first, second)]

    claimed = [job_id for text in told for line in text.splitlines() for job_id in json.loads(line)]
    assert (200, 200) == (len(claimed), len(set(claimed)))


def test_four_senders_of_one_object_make_one_job(journal_url: str) -> None:
    """The same event through several doors at the same moment is one job, and all doors are told its id."""
    added = []

    def send() -> None:
        mine = SqlJournal(open_engine(journal_url))
        for n in range(25):
            added.extend(mine.add([new(str(n))], limit=LIMIT))

    at_once(send, send, send, send)

    assert (100, 25, 25) == (len(added), sum(not one.duplicate for one in added), len({one.job_id for one in added}))


def test_batches_that_cross_are_both_taken(journal_url: str) -> None:
    """Two pods get the same redeliveries in another order: neither is refused, and no job is doubled."""
    added = []

    def send(step: int) -> None:
        mine = SqlJournal(open_engine(journal_url))
        for batch in range(5):
            added.extend(mine.add([new(f"{batch}/{n}") for n in range(300)][::step], limit=LIMIT))

    at_once(lambda: send(1), lambda: send(-1))

    fresh = [one.job_id for one in added if not one.duplicate]
    assert (3_000, 1_500, 1_500) == (len(added), len(fresh), len({one.job_id for one in added}))


def test_a_replay_and_a_claim_at_once_run_a_job_once(sql_journal: SqlJournal, journal_url: str) -> None:
    """Operators who replay the same jobs twice, while pools claim, get one run of each."""
    ids = [one.job_id for one in sql_journal.add([new(str(n)) for n in range(50)], limit=LIMIT)]
    for job in sql_journal.claim("p1", 50):
        sql_journal.settle(job, PASSED)
    claimed: list[int] = []

    def claim_for_a_while() -> None:
        mine = SqlJournal(open_engine(journal_url))
        for _ in range(50):
            claimed.extend(job.id for job in mine.claim("p2", 5))

    at_once(
        lambda: SqlJournal(open_engine(journal_url)).replay(ids),
        lambda: SqlJournal(open_engine(journal_url)).replay(ids[::-1]),
        claim_for_a_while,
        claim_for_a_while,
    )

    claimed += [job.id for job in sql_journal.claim("p3", 50)]
    assert sorted(ids) == sorted(claimed)


def test_what_was_acknowledged_survives_sigkill(journal_url: str, views: Views) -> None:
    """Every id that a writer was told is in the journal after the writer was killed in mid sentence."""
    with program(WRITER, journal_url) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().split("\n")[:-1]]

    there = {int(row["id"]) for row in views.files(limit=1_000)}
    assert set() == set(told) - there


def test_the_jobs_of_a_killed_pool_are_taken_back_at_once(sql_journal: SqlJournal, journal_url: str) -> None:
    """A real pool process registers, claims and is killed; while it lives nobody may take its jobs."""
    ids = [one.job_id for one in sql_journal.add([new(str(n)) for n in range(3)], limit=LIMIT)]
    me = this_process()

    with program(POOL, journal_url) as pool:
        assert pool.stdout is not None
        assert ids == json.loads(pool.stdout.readline())
        assert [] == sql_journal.rescue(me, is_alive, ttl=30)
        pool.send_signal(signal.SIGKILL)
        pool.wait(PATIENCE)

        assert ids == sql_journal.rescue(me, is_alive, ttl=30)
    assert 3 == sql_journal.backlog()[JobState.AVAILABLE]
