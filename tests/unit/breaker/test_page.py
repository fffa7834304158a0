"""The breaker's page: whole at any moment, whoever is killed, and shared by processes without a lock."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import zlib
from functools import partial
from pathlib import Path

import pytest

from fileproc.breaker.page import CELLS, Command, PageReader, PageWriter
from fileproc.breaker.scopes import MOST_SCOPES, Circuits, End, Scope
from fileproc.breaker.states import Breaker, JobFailure, Policy, State
from fileproc.breaker.view import BreakerView
from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Outcome
from fileproc.errors import Unavailable, UsageError
from tests.system.programs import until

POLICY = Policy(max_failures=2, cooldown=60, probes=1)

#: SIGKILLed writers; the long form is for a quiet machine.
KILLS = int(os.environ.get("FILEPROC_TEST_PAGE_KILLS", "40"))
READS_A_KILL = 100


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


def opened(clock: FrozenClock) -> Circuits:
    """Two jobs of two buckets have failed in a row."""
    circuits = Circuits.closed(POLICY)
    for job in (1, 2):
        circuits = failed(circuits, job, f"bucket-{job}", clock)
    return circuits


def failed(circuits: Circuits, job: int, bucket: str, clock: FrozenClock) -> Circuits:
    failure = JobFailure(job, "infra", "S3 is down", 1_795_000_000.0 + job)
    end = End(Outcome.FAILURE, job, 1, bucket, circuits.start(), failure)
    return circuits.ended(end, clock.monotonic())


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

    adopted = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").circuits.whole

    assert (State.OPEN, 2) == (adopted.state, len(adopted.failures))


@pytest.mark.parametrize("spoil", ["other boot", "cut", "rubbish"])
def test_a_page_that_is_not_ours_is_not_adopted(tmp_path: Path, clock: FrozenClock, spoil: str) -> None:
    """Monotonic instants of another boot, half a file or noise mean nothing: start closed."""
    path = tmp_path / "page"
    PageWriter(path, clock, POLICY, boot_id="boot").publish(opened(clock))
    if spoil != "other boot":
        path.write_bytes(path.read_bytes()[:100] if spoil == "cut" else b"\xff" * path.stat().st_size)

    fresh = PageWriter(path, clock, POLICY, boot_id="other" if spoil == "other boot" else "boot")

    assert State.CLOSED is fresh.circuits.whole.state


def test_a_command_waits_until_it_is_acknowledged(tmp_path: Path, clock: FrozenClock) -> None:
    """Also while the pool is down: the next one finds it, and readers see that it is pending."""
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(opened(clock))
    reader = PageReader(tmp_path / "page", clock)

    request = reader.command("reset")
    pending = reader.read().reset_pending
    writer = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot")
    commands = writer.commands()
    writer.acknowledge(commands[0])

    assert (True, [Command(request, "reset")], []) == (pending, commands, writer.commands())
    assert reader.acknowledged(request)


def test_commands_are_taken_in_their_order_and_none_is_lost(tmp_path: Path, clock: FrozenClock) -> None:
    """Two words for two buckets in one breath are both done; more than fit are refused, not swallowed."""
    writer = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot")
    reader = PageReader(tmp_path / "page", clock)
    for number in range(CELLS - 1):
        reader.command("open" if number % 2 else "reset", f"bucket-{number}")

    with pytest.raises(Unavailable, match="wait for the pool"):
        reader.command("reset")
    with pytest.raises(UsageError):
        reader.command("reset", "no bucket\n")
    assert [f"bucket-{number}" for number in range(CELLS - 1)] == [one.bucket for one in writer.commands()]
    for command in writer.commands():
        writer.acknowledge(command)
    assert ([], CELLS) == (writer.commands(), reader.command("open"))


def test_a_command_that_was_not_written_to_its_end_is_none(tmp_path: Path, clock: FrozenClock) -> None:
    """A front that is killed in mid word asks nothing by it."""
    path = tmp_path / "page"
    writer = PageWriter(path, clock, POLICY, boot_id="boot")
    PageReader(path, clock).command("open", "acme")
    data = bytearray(path.read_bytes())
    data[data.index(b"acme")] ^= 1
    with path.open("r+b") as file:
        file.write(data)

    assert [] == writer.commands()


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
    """Failures whose reasons are full of quotes and emoji, in as many buckets as are told apart, overflow nothing."""
    breaker = Breaker(policy=Policy(max_failures=1))
    for job in range(9):
        failure = JobFailure(10**18 + job, "infra", '"\\\n🙂' * 500, 1.7e9 + 1 / 3)
        breaker = breaker.ended(Outcome.FAILURE, 10**18 + job, 1, breaker.generation, 1e9 / 7, failure)
    scopes = {f"{number:03}".ljust(255, "x"): Scope(breaker, 1) for number in range(MOST_SCOPES)}
    circuits = Circuits(breaker.policy, breaker, scopes, 10**9, 10**9)
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(circuits)

    view = PageReader(tmp_path / "page", clock).read()
    assert (8, MOST_SCOPES) == (len(view.last_failures), len(view.scopes))


def test_a_bucket_of_its_own_is_shown_and_adopted(tmp_path: Path, clock: FrozenClock) -> None:
    """People see which bucket is kept back and that the rest flows; a new pool keeps it back as well."""
    circuits = Circuits.closed(POLICY)
    for job in (1, 2):
        circuits = failed(circuits, job, "acme", clock)
    PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot").publish(circuits)
    writer = PageWriter(tmp_path / "page", clock, POLICY, boot_id="boot")

    view = PageReader(tmp_path / "page", clock).read()
    document = view.to_document()
    assert (False, {"acme"}, {"acme"}) == (view.active, view.shut, writer.circuits.shut(clock.monotonic()))
    assert (True, "open", "acme", 2) == tuple(
        document[name] for name in ("active", "state", "scope", "consecutive_failures")
    )
    assert ({"active": False, "state": "closed"}, ["acme"]) == (
        {name: document["whole"][name] for name in ("active", "state")},
        [scope["bucket"] for scope in document["scopes"]],
    )
    assert 60.0 == view.remaining(frozenset({"acme"})) > view.remaining(frozenset({"globex"}))


def page_of_the_version_before(path: Path, boot_id: bytes) -> None:
    """As 0.1 wrote it: one breaker, open until 100."""
    content = {
        "policy": {"max_failures": 2, "cooldown": 60.0, "probes": 1},
        "state": "open",
        "consecutive": 2,
        "generation": 7,
        "open_until": 1e12,
        "cooldown": 60.0,
        "held": 3,
        "failures": [[1, "infra", "down", 5.0]],
        "counted": [1],
    }
    body = json.dumps(content).encode()
    page = bytearray(16_384)
    page[:8], page[8 : 8 + len(boot_id)] = b"FPBR0001", boot_id
    struct.pack_into("<Q", page, 64, 1)
    struct.pack_into("<QII", page, 4_352, 1, len(body), zlib.crc32(body, 1))
    page[4_352 + 16 : 4_352 + 16 + len(body)] = body
    path.write_bytes(page)


def test_front_and_pool_may_be_upgraded_one_after_the_other(tmp_path: Path, clock: FrozenClock) -> None:
    """The layout of the version before is read, its commands are refused in words, and a new pool adopts it."""
    path = tmp_path / "page"
    page_of_the_version_before(path, b"boot")
    reader = PageReader(path, clock)

    view = reader.read()
    assert ("open", 3, ()) == (view.state, view.held, view.scopes)
    with pytest.raises(Unavailable, match="version before"):
        reader.command("reset")
    assert State.OPEN is PageWriter(path, clock, POLICY, boot_id="boot").circuits.whole.state
    assert ("open", 1) == (reader.read().state, reader.command("reset"))


def test_an_unknown_layout_is_refused_by_name(tmp_path: Path, clock: FrozenClock) -> None:
    """A page of a later version is never read as nonsense: it says whose it is, and what to do."""
    path = tmp_path / "page"
    path.write_bytes(b"FPBR0009" + bytes(200_000))
    reader = PageReader(path, clock)

    assert "FPBR0009" in reader.read().to_document()["problem"]
    with pytest.raises(UsageError, match="same version"):
        reader.command("reset")


WRITER = """
import os, sys
from pathlib import Path
from fileproc.breaker.page import PageWriter
from fileproc.breaker.scopes import Circuits, Scope
from fileproc.breaker.states import Breaker, JobFailure, Policy
from fileproc.clock import SystemClock
writer = PageWriter(Path(sys.argv[1]), SystemClock(), Policy(), boot_id="boot")
number = writer.circuits.moves
nursery = os.getppid()
while os.getppid() == nursery:
    number += 1
    failures = tuple(JobFailure(number, "infra", str(number) * 5, float(number)) for _ in range(8))
    breaker = Breaker(generation=number, consecutive=number, failures=failures)
    scopes = {f"bucket-{number % 7}-{one}": Scope(breaker, number) for one in range(number % 5)}
    writer.publish(Circuits(Policy(), breaker, scopes, number, number), held=number)
"""

#: Starts writers as fast as the machine can: forked from one that has imported everything.
NURSERY = """
import os, sys
import fileproc.breaker.page
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.argv = ["writer", line.strip()]
        exec(os.environ["WRITER"])
    print(child, flush=True)
    os.waitpid(child, 0)
"""


def consistent(view: BreakerView) -> bool:
    """Every field of one write carries the same number."""
    numbers = {view.generation, view.consecutive_failures, view.held, *(one.job_id for one in view.last_failures)}
    numbers |= {scope.consecutive_failures for scope in view.scopes}
    return len(numbers) == 1 and len(view.scopes) == view.held % 5


class Eye(threading.Thread):
    """Reads until it is told to stop; remembers how often, and the first thing that was wrong."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._reader = PageReader(path, FrozenClock())
        self.closing = False
        self.reads = 0
        self.highest = 0
        self.wrong: str | None = None

    def run(self) -> None:
        while not self.closing and self.wrong is None:
            view = self._reader.read()
            if not consistent(view) or view.generation < self.highest:
                self.wrong = f"after {self.highest}: {view}"
            self.highest = view.generation
            self.reads += 1


def written_and_read(eyes: list[Eye], reads: int, highest: int) -> bool:
    """The new writer writes, and there were so many reads; or something is wrong already."""
    enough = sum(eye.reads for eye in eyes) >= reads and max(eye.highest for eye in eyes) > highest
    return enough or any(eye.wrong for eye in eyes)


def test_no_reader_ever_sees_half_a_state(tmp_path: Path) -> None:
    """Reads from several threads against writers that are SIGKILLed in mid write: none torn, none going back."""
    path = tmp_path / "page"
    PageWriter(path, FrozenClock(), Policy(), boot_id="boot")
    eyes = [Eye(path) for _ in range(2)]
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "WRITER": WRITER},
    )
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    for eye in eyes:
        eye.start()
    try:
        for kill in range(KILLS):
            nursery.stdin.write(f"{path}\n".encode())
            nursery.stdin.flush()
            child = int(nursery.stdout.readline())
            wanted = sum(eye.reads for eye in eyes) + READS_A_KILL + kill % 17  # so that writers die at other moments
            until(partial(written_and_read, eyes, wanted, max(eye.highest for eye in eyes)), "reads", 20)
            os.kill(child, signal.SIGKILL)
    finally:
        nursery.kill()  # a writer that is left sees it and goes
        nursery.wait()
        nursery.stdin.close()
        nursery.stdout.close()
        for eye in eyes:
            eye.closing = True
            eye.join()

    reads = sum(eye.reads for eye in eyes)
    print(f"{reads:,} reads against {KILLS:,} killed writers")
    assert [None] * len(eyes) == [eye.wrong for eye in eyes]
    assert reads >= KILLS * READS_A_KILL
