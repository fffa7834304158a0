"""Several pods on one PostgreSQL: no job is claimed by two, and a pod that goes loses nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fileproc.clock import SystemClock
from fileproc.demo.partners import orders
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from tests.postgres import Cluster
from tests.system.programs import Programs, until
from tests.system.whole import CONTRACTS, Whole, running

pytestmark = [pytest.mark.system, pytest.mark.postgres]

CLAIMERS = 8
JOBS = 2_000
FILES = 120

#: One pod's claims and nothing else: as many as it gets, a few at a time, until there are no more.
CLAIMER = """
import json, sys
from fileproc.clock import SystemClock
from fileproc.domain.ports import PoolIdentity
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal

url, name = sys.argv[1:]
journal = SqlJournal(open_engine(url), clock=SystemClock())
journal.register_pool(PoolIdentity(name, name, "boot", 1, 1))
print("ready", flush=True)
sys.stdin.readline()
claimed = []
while jobs := journal.claim(name, 7):
    claimed += [(job.id, job.fence) for job in jobs]
print(json.dumps(claimed))
"""


def test_no_job_is_claimed_twice(postgres_url: str) -> None:
    """Eight processes claim as fast as they can: every one of two thousand jobs is somebody's, and nobody else's."""
    engine = open_engine(postgres_url)
    journal = SqlJournal(engine, clock=SystemClock())
    journal.add([NewJob(ObjectRef("b", f"{number}.csv")) for number in range(JOBS)], limit=JOBS)
    engine.dispose()
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, postgres_url, f"pod-{number}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(CLAIMERS)
    ]  # fmt: skip

    for claimer in claimers:
        assert claimer.stdout is not None
        assert "ready\n" == claimer.stdout.readline()
    for claimer in claimers:
        assert claimer.stdin is not None
        claimer.stdin.write("go\n")
        claimer.stdin.flush()
    claimed = [json.loads(claimer.communicate(timeout=60)[0]) for claimer in claimers]

    everything = [job_id for jobs in claimed for job_id, _ in jobs]
    assert list(range(1, JOBS + 1)) == sorted(everything)
    assert {1} == {fence for jobs in claimed for _, fence in jobs}
    assert sum(bool(jobs) for jobs in claimed) > 1


@pytest.fixture
def first(tmp_path: Path, postgres_cluster: Cluster) -> Iterator[Whole]:
    """The first pod, with S3 and the sender."""
    folder = tmp_path / "first"
    folder.mkdir()
    with running(folder, "front", "pool", DATABASE_URL=postgres_cluster.database()) as service:
        yield service


@pytest.fixture
def second(first: Whole, tmp_path: Path) -> Iterator[Programs]:
    """The second pod, on the same database and the same S3."""
    folder = tmp_path / "second"
    folder.mkdir()
    (folder / "contracts").symlink_to(CONTRACTS)
    names = ("DATABASE_URL", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION",
             "SNS_TOPIC_ARNS", "SNS_CERT_URL_PREFIX")  # fmt: skip
    programs = Programs(folder, **{name: first.programs.environment[name] for name in names})
    programs.start("front", "pool")
    programs.ready()
    yield programs
    programs.stop()


def test_a_pod_that_is_killed_loses_nothing(first: Whole, second: Programs) -> None:
    """Front and pool of one pod die in mid work: the other one finishes every file, each exactly once."""
    bodies = [first.put(f"orders/{number:03d}.csv", orders(first=number * 1000)) for number in range(FILES)]
    for number, body in enumerate(bodies[: FILES // 2]):
        assert 200 == (first.programs, second)[number % 2].post(body)[0]
    until(lambda: busy(second), "the second pod to be at work")
    for name in ("front", "pool"):
        second.signal(name, signal.SIGKILL)
    for body in bodies[FILES // 2 :]:
        assert 200 == first.programs.post(body)[0]

    files = until(lambda: finished(first), f"{FILES} verdicts\n{first.programs.logs()}", 90)

    assert {"pass"} == {file["verdict"] for file in files}
    assert FILES == len({file["key"] for file in files})


def busy(programs: Programs) -> bool:
    return any(slot.get("job_id") for slot in (programs.get("/api/v1/pool") or {}).get("slots", []))


def finished(whole: Whole) -> list[dict[str, str]] | None:
    files = whole.files("orders/")
    done = [file for file in files if file["state"] in ("completed", "dead")]
    return files if len(done) == len(files) == FILES else None
