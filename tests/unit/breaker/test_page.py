"""The breaker's page: whole at any moment, whoever is killed, and shared by processes without a lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fileproc.breaker.page import BreakerView, PageReader, PageWriter
from fileproc.breaker.states import Breaker, JobFailure, Policy, State
from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Outcome
from tests.system.programs import until

POLICY = Policy(max_failures=2, cooldown=60, probes=1)

#: SIGKILLed writers; the long form is for a quiet machine.
KILLS = int(os.environ.get("FILEPROC_TEST_PAGE_KILLS", "40"))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


def opened(clock: FrozenClock) -> Breaker:
    breaker = Breaker(policy=POLICY)
    for job in (1, 2):
        failure = JobFailure(job, "infra", "S3 is down", 1_795_000_000.0 + job)
        breaker = breaker.ended(Outcome.FAILURE, job, 1, breaker.generation, clock.monotonic(), failure)
    return breaker


def test_a_page_that_is_not_there_reads_as_closed_and_stale(tmp_path: Path, clock: FrozenClock) -> None:
    """The front answers `GET /breaker` before any pool has run."""
    view = PageReader(tmp_path / "page", clock).read()

    assert ("closed", False, True) == (view.state, view.active, view.stale)


def test_readers_see_what_the_writer_published(tmp_path: Path, clock: FrozenClock) -> None:
    """State, counts and the last failures, newest first; remaining time without anybody's tick."""
    writer = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot")
    writer.publish(opened(clock), held=7)
    clock.advance(2)

    document = PageReader(tmp_path / "page", clock).read().to_document()

    known = {
        "active": True,
        "consecutive_failures": 2,
        "last_failure_time": 1_795_000_002.0,
        "cooldown_remaining": 58.0,
    }
    assert known == {name: document[name] for name in known}
    assert ("open", 7, ["2", "1"]) == (
        document["state"],
        document["held"],
        [f["job_id"] for f in document["last_failures"]],
    )


def test_half_open_is_derived_from_the_clock(tmp_path: Path, clock: FrozenClock) -> None:
    """A reader sees the end of the cooldown although nobody has written it."""
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(opened(clock))
    clock.advance(60)

    assert "half_open" == PageReader(tmp_path / "page", clock).read().state


def test_a_new_pool_adopts_the_page(tmp_path: Path, clock: FrozenClock) -> None:
    """A restart of the pool does not close an open breaker."""
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(opened(clock))

    adopted = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").breaker

    assert (State.OPEN, 2) == (adopted.state, len(adopted.failures))


@pytest.mark.parametrize("spoil", ["other boot", "cut", "rubbish"])
def test_a_page_that_is_not_ours_is_not_adopted(tmp_path: Path, clock: FrozenClock, spoil: str) -> None:
    """Monotonic instants of another boot, half a file or noise mean nothing: start closed."""
    path = tmp_path / "page"
    PageWriter(path, clock, POLICY, boot_id="boot").publish(opened(clock))
    if spoil != "other boot":
        path.write_bytes(path.read_bytes()[:100] if spoil == "cut" else b"\xff" * 16_384)

    fresh = PageWriter(path, clock, POLICY, boot_id="other" if spoil == "other boot" else "boot")

    assert State.CLOSED is fresh.breaker.state


def test_a_command_waits_until_it_is_acknowledged(tmp_path: Path, clock: FrozenClock) -> None:
    """Also while the pool is down: the next one finds it, and readers see that it is pending."""
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(opened(clock))
    reader = PageReader(tmp_path / "page", clock)

    request = reader.command("reset")
    pending = reader.read().reset_pending
    writer = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot")
    command = writer.take_command()
    writer.acknowledge()

    assert (True, "reset", None) == (pending, command, writer.take_command())
    assert reader.acknowledged(request)


def test_a_pool_that_does_not_beat_is_stale(tmp_path: Path, clock: FrozenClock) -> None:
    """People see that nobody is behind the figures any more."""
    writer = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot")
    reader = PageReader(tmp_path / "page", clock)

    assert not reader.read().stale
    clock.advance(6)
    assert reader.read().stale
    writer.beat()
    assert not reader.read().stale


def test_hostile_reasons_fit_the_page(tmp_path: Path, clock: FrozenClock) -> None:
    """Eight failures whose reasons are full of quotes, newlines and emoji do not overflow a slot."""
    breaker = Breaker(policy=Policy(max_failures=99))
    for job in range(9):
        failure = JobFailure(job, "infra", '"\\\n🙂' * 500, 0.0)
        breaker = breaker.ended(Outcome.FAILURE, job, 1, breaker.generation, 0.0, failure)
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(breaker)

    assert 8 == len(PageReader(tmp_path / "page", clock).read().last_failures)


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from fileproc.breaker.page import PageWriter
from fileproc.breaker.states import Breaker, JobFailure, Policy
from fileproc.clock import SystemClock
writer = PageWriter(Path(sys.argv[1]), SystemClock(), Policy(), boot_id="boot")
number = writer.breaker.generation
while True:
    number += 1
    failures = tuple(JobFailure(number, "infra", str(number) * 5, float(number)) for _ in range(8))
    writer.publish(Breaker(generation=number, consecutive=number, failures=failures), held=number)
    if number % 500 == 0:
        print(number, flush=True)
"""


def consistent(view: BreakerView) -> bool:
    """Every field of one write carries the same number."""
    numbers = {view.generation, view.consecutive_failures, view.held, *(one.job_id for one in view.last_failures)}
    return len(numbers) == 1


def test_no_reader_ever_sees_half_a_state(tmp_path: Path) -> None:
    """Thousands of reads against writers that are SIGKILLed in mid write: none torn, none going back."""
    path, reads, highest = tmp_path / "page", 0, 0
    reader = PageReader(path, FrozenClock())
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(2_500):
            view = reader.read()
            assert consistent(view), view
            assert view.generation >= highest
            highest = view.generation
            reads += 1
        writer.send_signal(signal.SIGKILL)
        until(lambda writer=writer: writer.poll() is not None, "the writer's end")
        writer.stdout.close()

    assert reads == KILLS * 2_500
