"""Nothing lost: 200 files while one part after another is killed; every file gets one verdict, nobody stays behind.

The sender behaves as SNS does: it signs, and tries again until somebody answers 200. Front and pool run as two
programs, as under supervisord; what is killed is started again, as supervisord would.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fileproc.demo.partners import orders
from tests.postgres import Cluster
from tests.system.programs import Programs, until
from tests.system.whole import Whole, running

pytestmark = pytest.mark.system

FILES = 200


@pytest.fixture
def whole(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Whole]:
    """The whole service, on SQLite or on PostgreSQL as the test asks."""
    settings = {"CIRCUIT_BREAKER_COOLDOWN_SECONDS": "1"}
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        settings["DATABASE_URL"] = cluster.database()
    with running(tmp_path, "front", "pool", **settings) as service:
        yield service


def send_all(whole: Whole, bodies: list[bytes], halfway: threading.Event) -> None:
    for number, body in enumerate(bodies):
        until(lambda body=body: whole.programs.post(body)[0] == 200, f"a 200 for file {number}")
        if number == len(bodies) // 2:
            halfway.set()


def busy_worker(programs: Programs) -> int | None:
    slots = (programs.get("/api/v1/pool") or {}).get("slots", [])
    busy = [slot["pid"] for slot in slots if slot.get("job_id")]
    return busy[0] if busy else None


def kill_worker(programs: Programs) -> None:
    os.kill(until(lambda: busy_worker(programs), "a busy worker"), signal.SIGKILL)


def kill_and_restart(name: str) -> Callable[[Programs], None]:
    def strike(programs: Programs) -> None:
        programs.signal(name, signal.SIGKILL)
        programs.start(name)

    return strike


@pytest.mark.parametrize(
    ("whole", "strike"),
    [
        pytest.param("sqlite", kill_worker, id="worker"),
        pytest.param("sqlite", kill_and_restart("pool"), id="pool"),
        pytest.param("sqlite", kill_and_restart("front"), id="front"),
        pytest.param("postgresql", kill_and_restart("pool"), id="pool-postgresql", marks=pytest.mark.postgres),
    ],
    indirect=["whole"],
)
def test_every_file_gets_one_verdict_whoever_is_killed(whole: Whole, strike: Callable[[Programs], None]) -> None:
    """SIGKILL of a worker, of the pool or of the front in mid run costs no file and doubles none; no orphan stays."""
    programs = whole.programs
    bodies = [whole.put(f"orders/{number:03d}.csv", orders(first=number * 1000)) for number in range(FILES)]
    halfway = threading.Event()
    sending = threading.Thread(target=send_all, args=(whole, bodies, halfway))
    sending.start()
    assert halfway.wait(60)

    strike(programs)
    sending.join(timeout=90)

    verdicts = until(lambda: all_verdicts(whole), f"{FILES} verdicts\n{programs.logs()}", 90)
    assert {"pass": FILES} == dict(verdicts)
    exits = {name: programs.signal(name, signal.SIGTERM) for name in ("pool", "front")}
    assert {"pool": 0, "front": 0} == exits
    until(lambda: not programs.alive(), "orphans to be gone", 10)


def all_verdicts(whole: Whole) -> Counter[str] | None:
    """Verdicts over all files, once as many are finished as were sent."""
    files = whole.files()
    done = [file["verdict"] for file in files if file["state"] in ("completed", "dead")]
    if len(done) < FILES:
        return None
    assert FILES == len(files) == len({file["key"] for file in files})
    return Counter(done)
