"""Memory, with real workers: the container's figures are files that the test writes, the workers' are the kernel's."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.system.pools import Pool
from tests.system.programs import until

pytestmark = pytest.mark.system

GIB = 1 << 30


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """The memory controller of a container of 4 GiB."""
    folder = tmp_path / "cgroup"
    folder.mkdir()
    say(folder, limit=4 * GIB)
    return folder


def say(folder: Path, *, limit: int = 4 * GIB, used: int = 0, kills: int = 0) -> None:
    for name, text in (("max", limit), ("current", used), ("events", f"oom_kill {kills}")):
        new = folder / f"{name}.new"
        new.write_text(f"{text}\n")
        new.replace(folder / f"memory.{name}")


def let_go(pool: Pool) -> None:
    (pool.programs.folder / "let-go").touch()


def exits(pool: Pool, reason: str) -> bool:
    return f'fileproc_worker_exits_total{{reason="{reason}"}} 1.0' in pool.ask()["metrics"]


def test_in_a_full_container_the_youngest_large_job_is_given_back(make: Any, container: Path) -> None:
    """Older and smaller jobs work on; the one that went is charged nothing, runs again and says why it went."""
    pool = make(POOL_CONTAINER=str(container), SNS_WORKER_MAX="3", FILEPROC_WORKER_MEMORY_MB="512")
    jobs = [pool.add(key)[0] for key in ("hold-96-old", "hold-96-young", "hold-1-small")]
    workers = [pool.worker_of(job_id) for job_id in jobs]

    say(container, used=4 * GIB)
    until(lambda: exits(pool, "pressure"), "a worker to be ended")
    say(container)
    let_go(pool)

    done = pool.finished(*jobs)
    assert [("pass", 0, 0)] * 3 == [(job["verdict"], job["attempts"], job["crashes"]) for job in done]
    assert [0, 1, 0] == [job["interruptions"] for job in done]
    given_back, _ = pool.views.attempts(jobs[1])
    assert (workers[1], "interrupted") == (given_back["pid"], given_back["job_class"])
    assert "the container was full" in given_back["reason"]
    assert not exits(pool, "memory")


def test_a_job_that_is_alone_is_not_given_back(make: Any, container: Path) -> None:
    """It would be given back for ever; its own limit is what ends it."""
    pool = make(POOL_CONTAINER=str(container), FILEPROC_WORKER_MEMORY_MB="512")
    say(container, used=4 * GIB)

    (done,) = pool.finished(*pool.add("sleep-1.2-x"))

    assert ("pass", 0) == (done["verdict"], done["interruptions"])


def test_fewer_workers_where_the_container_would_not_hold_them(make: Any, container: Path) -> None:
    """Five are asked for, two fit: two jobs run, the log has the numbers, and no place is over."""
    say(container, limit=900 << 20)
    pool = make(POOL_CONTAINER=str(container), SNS_WORKER_MAX="5", FILEPROC_WORKER_MEMORY_MB="256")
    jobs = pool.add(*(f"hold-1-{number}" for number in range(5)))
    until(lambda: len([slot for slot in pool.ask()["slots"] if slot["job_id"]]) == 2, "two jobs to run")

    figures = pool.ask()
    let_go(pool)

    assert {"pass"} == {job["verdict"] for job in pool.finished(*jobs)}
    assert (2, 2) == (figures["workers_max"], len(figures["slots"]))
    assert '"wanted": 5, "workers_max": 2, "worker_memory_mb": 256, "container_mb": 900' in pool.programs.logs()


def test_where_there_is_no_room_beside_it_one_worker_at_a_time_is_away(make: Any, container: Path) -> None:
    """A reload never leaves the pool without a ready worker, and never has more of them than the container holds."""
    say(container, limit=900 << 20)
    pool = make(POOL_CONTAINER=str(container), SNS_WORKER_MAX="2", FILEPROC_WORKER_MEMORY_MB="256")
    until(lambda: pool.ready() == 2, "both workers")

    pool.programs.running["pool"].send_signal(signal.SIGHUP)

    seen = {2}
    until(lambda: seen.add(pool.ready()) or '"reloaded"' in pool.programs.logs(), "the reload to end")
    assert seen <= {1, 2}


def test_a_job_that_had_too_little_memory_gets_what_is_over(make: Any) -> None:
    """The second attempt may have twice as much, is charged as one, and its worker makes way for a new one."""
    pool = make(FILEPROC_WORKER_MEMORY_MB="256", SNS_WORKER_MAX="1")
    (job_id,) = pool.add("need-330-x")

    (job,) = pool.finished(job_id)

    first, second = pool.views.attempts(job_id)
    assert ("pass", 1, 0) == (job["verdict"], job["attempts"], job["crashes"])
    assert ("memory", "verdict") == (first["job_class"], second["job_class"])
    assert second["peak_bytes"] > 320 << 20
    assert 512 << 20 == (pool.views.report(job_id) or {})["memory_bytes"]
    until(lambda: second["pid"] not in [slot["pid"] for slot in pool.ask()["slots"]], "its worker to go")


def test_where_nothing_is_over_the_second_attempt_has_the_same(make: Any, container: Path) -> None:
    """The sum rule holds for second attempts, too: the job is dead, and the neighbours keep what is theirs."""
    say(container, limit=570 << 20)
    pool = make(POOL_CONTAINER=str(container), FILEPROC_WORKER_MEMORY_MB="256", SNS_WORKER_MAX="1")

    (job,) = pool.finished(*pool.add("need-330-x"))

    assert ("dead", "memory", 2) == tuple(job[name] for name in ("state", "job_class", "attempts"))
    assert "more than the 256 MiB" in job["reason"]


def test_an_abort_close_to_the_limit_is_class_memory(make: Any, container: Path) -> None:
    """Native code aborts when it gets no more memory; that is told as what it is, and as no crash."""
    say(container, limit=710 << 20)  # there is nothing over for the second attempt
    pool = make(POOL_CONTAINER=str(container), FILEPROC_WORKER_MEMORY_MB="384", SNS_WORKER_MAX="1")
    (job_id,) = pool.add("abort-364-x")

    (job,) = pool.finished(job_id)

    assert ("dead", "memory", 2, 0) == tuple(job[name] for name in ("state", "job_class", "attempts", "crashes"))
    assert (-signal.SIGABRT, True) == (job["evidence"]["exit_code"], "the worker aborted with" in job["reason"])


def test_an_abort_far_from_the_limit_is_a_crash(make: Any) -> None:
    """The same signal with memory left is not about memory."""
    pool = make(FILEPROC_WORKER_MEMORY_MB="2048", SNS_WORKER_MAX="1")

    (job,) = pool.finished(*pool.add("abort-200-x"))

    assert ("dead", "crash", 2) == tuple(job[name] for name in ("state", "job_class", "crashes"))


def test_a_kill_that_the_container_counted_is_class_memory(make: Any, container: Path) -> None:
    """The kernel took the worker since the container was full: no crash, one more try, and the breaker is not moved."""
    pool = make(POOL_CONTAINER=str(container), FILEPROC_WORKER_MEMORY_MB="512")
    (job_id,) = pool.add("hold-1-x")
    worker = pool.worker_of(job_id)

    say(container, kills=1)
    os.kill(worker, signal.SIGKILL)
    until(lambda: pool.views.attempts(job_id), "the attempt to end")
    let_go(pool)

    (job,) = pool.finished(job_id)
    killed, _ = pool.views.attempts(job_id)
    assert ("pass", 1, 0) == (job["verdict"], job["attempts"], job["crashes"])
    assert ("memory", True) == (killed["job_class"], "the container had no memory left" in killed["reason"])


def test_a_worker_that_does_not_read_holds_up_nobody_else(make: Any) -> None:
    """It is stopped and gets a job: that job ends by its time and runs again, and all others pass meanwhile."""
    pool = make(FILEPROC_JOB_TIMEOUT_SECONDS="0.5")
    pool.finished(*pool.add("ok-first"))
    until(lambda: [slot["state"] for slot in pool.ask()["slots"]] == ["idle", "idle"], "two idle workers")
    stopped = pool.ask()["slots"][0]["pid"]
    os.kill(stopped, signal.SIGSTOP)

    (stuck,) = pool.add("ok-stuck")
    until(lambda: pool.worker_of(stuck) == stopped, "the stopped worker to have it")
    others = pool.finished(*pool.add(*(f"ok-{number}" for number in range(20))), seconds=5)

    assert ({"pass"}, None) == ({job["verdict"] for job in others}, pool.job(stuck)["verdict"])
    (job,) = pool.finished(stuck)
    assert ("pass", 1, 0) == (job["verdict"], job["attempts"], job["crashes"])
    assert stopped == pool.views.attempts(stuck)[0]["pid"]
