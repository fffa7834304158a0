"""Group commit: one write for all who wait, and everybody gets their own answer."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from gevent.event import Event

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Added, NewJob
from fileproc.errors import BacklogFull, JournalUnavailable
from fileproc.front import group_commit
from fileproc.front.group_commit import MOST_JOBS, GroupCommit, Write
from fileproc.metrics.recorder import NullRecorder


class Journal:
    """Takes batches while `open` is set; a job whose key is `poison` breaks the whole batch."""

    def __init__(self) -> None:
        self.open = Event()
        self.open.set()
        self.batches: list[list[str]] = []
        self.error: Exception | None = None

    def __call__(self, jobs: list[NewJob]) -> list[Added]:
        self.open.wait()
        keys = [job.ref.key for job in jobs]
        self.batches.append(keys)
        if self.error is not None:
            raise self.error
        if "poison" in keys:
            raise ZeroDivisionError
        return [Added(int(key), False, JobState.AVAILABLE) for key in keys]


class Commits(NullRecorder):
    """A recorder that remembers the commits."""

    def __init__(self) -> None:
        self.jobs: list[int] = []

    def journal_commit(self, seconds: float, jobs: int) -> None:
        self.jobs.append(jobs)


def grouped(write: Write, recorder: Commits | None = None, after: Callable[[], object] = lambda: None) -> GroupCommit:
    return GroupCommit(write, recorder=recorder or Commits(), clock=FrozenClock(), after=after)


def jobs(*keys: object) -> list[NewJob]:
    return [NewJob(ObjectRef("b", str(key))) for key in keys]


def ids(greenlet: gevent.Greenlet) -> list[int]:
    return [added.job_id for added in greenlet.get(timeout=5)]


def together(journal: Journal, commits: GroupCommit, *requests: list[NewJob]) -> list[gevent.Greenlet]:
    """Requests that arrive while another one is being written."""
    journal.open.clear()
    first = gevent.spawn(commits.add, jobs(0))
    gevent.idle()
    rest = [gevent.spawn(commits.add, request) for request in requests]
    gevent.idle()
    journal.open.set()
    first.join()
    gevent.joinall(rest, timeout=5)
    return rest


def test_one_alone_is_written_at_once() -> None:
    """Nobody waits for company."""
    journal = Journal()

    assert [1] == ids(gevent.spawn(grouped(journal).add, jobs(1)))
    assert [["1"]] == journal.batches


def test_those_who_wait_share_the_next_commit_and_get_their_own_results() -> None:
    """Ninety-nine requests of different sizes, one commit, one ring of the doorbell; each gets its own ids."""
    journal, recorder, rings = Journal(), Commits(), []
    commits = grouped(journal, recorder, lambda: rings.append(1))
    requests = [jobs(*range(number * 10, number * 10 + number % 3 + 1)) for number in range(1, 100)]
    greenlets = together(journal, commits, *requests)

    assert [[int(job.ref.key) for job in request] for request in requests] == [ids(one) for one in greenlets]
    assert [1, sum(len(request) for request in requests)] == [len(batch) for batch in journal.batches]
    assert [1, sum(len(request) for request in requests)] == recorder.jobs
    assert 2 == len(rings)


def test_a_batch_has_an_upper_bound() -> None:
    """A flood is cut into commits of bounded size, in order; one large request still goes through whole."""
    journal = Journal()
    half = MOST_JOBS // 2
    together(
        journal, grouped(journal), jobs(*range(half + 1)), jobs(*range(half)), jobs(*range(MOST_JOBS + 1)), jobs(7)
    )

    assert [1, half + 1, half, MOST_JOBS + 1, 1] == [len(batch) for batch in journal.batches]


@pytest.mark.parametrize("error", [JournalUnavailable("disk full"), BacklogFull("too many")])
def test_a_batch_that_fails_fails_for_everybody_in_it(error: Exception) -> None:
    """Nobody is told 200; and the next batch is tried as if nothing had happened."""
    journal = Journal()
    commits = grouped(journal)
    journal.error = error
    for greenlet in together(journal, commits, jobs(1), jobs(2)):
        assert error is greenlet.exception
    journal.error = None

    assert [3] == ids(gevent.spawn(commits.add, jobs(3)))


def test_a_record_that_breaks_the_journal_does_not_break_its_neighbours() -> None:
    """What nobody expected costs its own request only, and the flusher goes on."""
    journal = Journal()
    commits = grouped(journal)
    good, bad, also_good = together(journal, commits, jobs(1), jobs("poison"), jobs(2))

    assert ([1], [2]) == (ids(good), ids(also_good))
    assert isinstance(bad.exception, JournalUnavailable)
    assert [3] == ids(gevent.spawn(commits.add, jobs(3)))


def test_whoever_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """SNS waits 15 seconds; 503 before that is better than silence. What was waiting may still be written."""
    monkeypatch.setattr(group_commit, "WAIT_SECONDS", 0.02)
    journal = Journal()
    commits = grouped(journal)
    journal.open.clear()
    late = gevent.spawn(commits.add, jobs(1))
    late.join(5)
    journal.open.set()

    assert isinstance(late.exception, JournalUnavailable)
    assert [2] == ids(gevent.spawn(commits.add, jobs(2)))
    assert [["1"], ["2"]] == journal.batches
