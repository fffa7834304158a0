"""The pool as a real process with real workers and real signals."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fileproc.breaker.page import PageReader
from fileproc.clock import SystemClock
from fileproc.domain.jobs import JobState
from fileproc.pool.exits import COULD_NOT_RECORD, NEVER_READY
from tests.system.pools import ROOT
from tests.system.programs import until

pytestmark = pytest.mark.system


def test_jobs_get_their_verdicts_and_the_pool_goes_when_told(make: Any) -> None:
    """The whole life: start, work, SIGTERM, exit 0, nothing left behind."""
    pool = make()
    done = pool.finished(*pool.add(*(f"ok-{number}" for number in range(20))))

    assert {"pass"} == {job["verdict"] for job in done}
    assert 0 == pool.stop()
    until(lambda: not pool.programs.alive(), "every process to be gone", 10)
    assert not list((pool.programs.folder / "run" / "jobs").glob("*"))


@pytest.mark.parametrize("key", ["die-SIGKILL-x", "die-SIGSEGV-x", "exit-3-x"])
def test_a_dead_worker_costs_its_own_job_and_no_other(make: Any, key: str) -> None:
    """The killer is tried twice and is dead with its evidence; the jobs beside it never notice."""
    pool = make()
    ids = pool.add("sleep-0.3-a", key, "sleep-0.3-b", "ok-c")

    others = pool.finished(ids[0], ids[2], ids[3])
    (killer,) = pool.finished(ids[1])

    assert [("pass", 0, 0)] * 3 == [(job["verdict"], job["crashes"], job["interruptions"]) for job in others]
    assert ("dead", "error", "crash", 2) == tuple(killer[name] for name in ("state", "verdict", "job_class", "crashes"))
    assert killer["evidence"]["exit_code"] in (-9, -11, 3)


def test_the_deadline_ends_a_job_and_keeps_its_stack(make: Any) -> None:
    """A job that takes too long is killed, tried once more with twice the time, and then dead with a stack dump."""
    pool = make(FILEPROC_JOB_TIMEOUT_SECONDS="0.5")
    (job_id,) = pool.add("gil-x")

    (job,) = pool.finished(job_id)

    assert ("dead", "timeout", 2) == tuple(job[name] for name in ("state", "job_class", "attempts"))
    assert "_obey" in job["evidence"]["stack"]


def test_every_attempt_of_a_job_is_shown(make: Any) -> None:
    """`jobs show` lists when, how long, in which worker and how each attempt ended; JSON has the same."""
    pool = make(FILEPROC_JOB_TIMEOUT_SECONDS="0.5", SNS_WORKER_MAX="1")
    late, quick = pool.add("sleep-0.8-x", "pid-0.01-y")
    pool.finished(late, quick)

    shown = pool.programs.run("jobs", "show", str(late)).stdout
    document = json.loads(pool.programs.run("jobs", "show", str(late), "--format", "json").stdout)
    (attempt,) = json.loads(pool.programs.run("jobs", "show", str(quick), "--format", "json").stdout)["attempts"]

    first, second = document["attempts"]
    assert [("timeout", "retryable"), ("verdict", "completed")] == [
        (one["job_class"], one["state"]) for one in (first, second)
    ]
    assert (True, True) == (0.5 <= first["seconds"] < 5, 0.8 <= second["seconds"] < 5)
    assert first["started_at"] < first["ended_at"] <= second["started_at"] < second["ended_at"]
    assert f"{first['started_at']}, timeout → retryable, {first['seconds']:.3f} s" in shown
    assert f"worker {second['pid']} on {second['host']}" in shown
    assert (pool.views.report(quick) or {})["pid"] == attempt["pid"]


def test_two_looks_at_the_stack_show_that_nothing_moved(make: Any) -> None:
    """What a job did well before its deadline is kept beside what it did at it, and both are in the evidence."""
    pool = make(FILEPROC_JOB_TIMEOUT_SECONDS="1")
    (job_id,) = pool.add("gil-x")

    (job,) = pool.finished(job_id)

    before, at = (job["evidence"][name] for name in ("stack_before", "stack"))
    assert ("_obey" in before, "_obey" in at) == (True, True)
    assert before.count("most recent call first") == at.count("most recent call first") == 1


def test_a_worker_with_too_much_memory_is_ended_alone(make: Any) -> None:
    """The pool ends it before the kernel does; class memory, tried twice, dead; its neighbour never notices."""
    pool = make(FILEPROC_WORKER_MEMORY_MB="256")
    greedy, other = pool.add("swell-4000-x", "sleep-1-y")

    (job,), (beside,) = pool.finished(greedy), pool.finished(other)

    assert ("dead", "memory", 2, 0) == tuple(job[name] for name in ("state", "job_class", "attempts", "crashes"))
    assert "more than 512 MiB, which is all there was beside the 256 MiB of FILEPROC_WORKER_MEMORY_MB" in job["reason"]
    assert "more than the 256 MiB of FILEPROC_WORKER_MEMORY_MB" in pool.views.attempts(greedy)[0]["reason"]
    assert job["evidence"]["peak_rss_bytes"] > 256 << 20
    assert [True, True] == [one["peak_bytes"] > 256 << 20 for one in pool.views.attempts(greedy)]
    page = pool.ask()["metrics"]
    assert 'fileproc_job_peak_bytes_bucket{le="2.68435456e+08"} ' in page
    assert 'fileproc_worker_exits_total{reason="memory"} 2.0' in page
    assert ("pass", 0) == (beside["verdict"], beside["interruptions"])


def test_an_allocation_beyond_the_limit_is_refused_to_the_worker(make: Any) -> None:
    """One request for far more than a worker may have fails in the worker: class memory, and nobody is killed."""
    pool = make(FILEPROC_WORKER_MEMORY_MB="256")
    (job_id,) = pool.add("grow-4000-x")

    (job,) = pool.finished(job_id)

    assert ("dead", "memory") == (job["state"], job["job_class"])
    assert '"reason": "crashed"' not in pool.programs.logs()


def test_a_worker_is_replaced_after_its_jobs_and_nobody_waits(make: Any) -> None:
    """A worker that has had its jobs works on until a new one is ready: the work goes from process to process."""
    pool = make(FILEPROC_WORKER_MAX_JOBS="2")

    done = pool.finished(*pool.add(*(f"pid-0.1-{number}" for number in range(30))))

    pids = [(pool.views.report(int(job["id"])) or {})["pid"] for job in done]
    assert len(set(pids)) >= 4
    assert {"pass"} == {job["verdict"] for job in done}


def test_a_worker_that_ignores_sigterm_is_killed(make: Any) -> None:
    """The ladder's last step cannot be refused, and the slot works again."""
    pool = make(FILEPROC_JOB_TIMEOUT_SECONDS="0.5", SNS_WORKER_MAX="1")
    stubborn, other = pool.add("stubborn-x", "ok-y")

    until(lambda: pool.job(stubborn)["job_class"] == "timeout", "the timeout", 15)

    assert ["pass"] == [job["verdict"] for job in pool.finished(other)]


def test_a_bug_of_ours_is_an_error_and_the_worker_lives_on(make: Any) -> None:
    """An exception nobody expected is retried and then told; it is never the file's fault."""
    pool = make(SNS_WORKER_MAX="1")
    (job_id,) = pool.add("raise-x")

    until(lambda: pool.job(job_id)["job_class"] == "bug", "the first attempt")

    assert "ZeroDivisionError: nobody expected this" == pool.job(job_id)["reason"]


def test_killing_the_pool_leaves_no_orphan_and_loses_no_job(make: Any) -> None:
    """SIGKILL of the pool: its workers die with it, the next pool takes the job back at once and uncharged."""
    pool = make(SNS_WORKER_MAX="3", FILEPROC_DRAIN_SECONDS="0.2")
    job_ids = pool.add("sleep-1.5-a", "sleep-2-b", "ok-c")
    in_a_c_call = pool.add("gil-d")
    pool.running(*job_ids[:2], *in_a_c_call)

    pool.stop(signal.SIGKILL)

    until(lambda: not pool.programs.alive(), "orphans to be gone", 5)
    pool.start()
    done = pool.finished(*job_ids)
    assert [("pass", 0, 0)] * 3 == [(job["verdict"], job["attempts"], job["crashes"]) for job in done]
    assert [1, 1] == [job["interruptions"] for job in done[:2]]


def test_sigterm_finishes_what_fits_and_gives_back_the_rest(make: Any) -> None:
    """A deploy costs no job anything, and the exit code says that all is well."""
    pool = make(FILEPROC_DRAIN_SECONDS="1.5")
    short, long, waiting = pool.add("sleep-0.7-a", "sleep-50-b", "ok-c")
    pool.running(short, long)

    assert 0 == pool.stop()

    states = [(pool.job(one)["state"], pool.job(one)["attempts"]) for one in (short, long, waiting)]
    assert [("completed", 0), ("available", 0), ("available", 0)] == states
    assert f'"released": [{long}]' in pool.programs.logs()


def test_a_second_sigterm_means_now(make: Any) -> None:
    """Who asks twice does not wait for the budget."""
    pool = make(FILEPROC_DRAIN_SECONDS="50")
    (job_id,) = pool.add("sleep-50-a")
    pool.running(job_id)

    pool.programs.running["pool"].send_signal(signal.SIGTERM)
    until(lambda: "drain_begun" in pool.programs.logs(), "the drain to begin")

    assert 0 == pool.stop()
    assert "available" == pool.job(job_id)["state"]


def test_every_job_of_a_drain_is_in_one_of_three_lists(make: Any) -> None:
    """Finished, released and lost (its end could not be written) are told by id in the log and in the last line."""
    pool = make(FILEPROC_DRAIN_SECONDS="50", SNS_WORKER_MAX="3")
    short, stuck, long = pool.add("sleep-0.7-a", "sleep-50-b", "sleep-50-c")
    pool.running(short, stuck, long)
    with sqlite3.connect(pool.programs.folder / "fileproc.db") as database:
        database.execute(
            f"CREATE TRIGGER stuck BEFORE UPDATE ON jobs WHEN OLD.id = {stuck} BEGIN SELECT RAISE(ABORT, 'no'); END"
        )

    pool.programs.running["pool"].send_signal(signal.SIGTERM)
    until(lambda: pool.job(short)["verdict"], "the first to finish")

    assert COULD_NOT_RECORD == pool.stop()
    last_line = (pool.programs.folder / "pool.log").read_text().splitlines()[-1]
    assert f"fileproc pool: finished: 1 ({short}); released: 1 ({long}); lost: 1 ({stuck})" == last_line
    assert f'"finished": [{short}], "released": [{long}], "lost": [{stuck}]' in pool.programs.logs()
    charged = [tuple(pool.job(one)[name] for name in ("attempts", "crashes")) for one in (short, stuck, long)]
    assert [(0, 0)] * 3 == charged


def test_the_pool_grows_while_jobs_wait(make: Any) -> None:
    """It starts with one worker a core and goes up to SNS_WORKER_MAX, so waiting jobs run side by side."""
    pool = make(SNS_WORKER_MAX="5")
    job_ids = pool.add(*(f"hold-1-{number}" for number in range(5)))

    pool.running(*job_ids)
    (pool.programs.folder / "let-go").touch()

    assert {"pass"} == {job["verdict"] for job in pool.finished(*job_ids)}


def test_a_worker_that_cannot_start_ends_the_program(make: Any) -> None:
    """A broken installation is visible at once, by a named exit code; nobody spins."""
    pool = make(target="broken")

    code = until(lambda: pool.programs.running["pool"].poll(), "the pool to give up", 40)

    assert NEVER_READY == code
    assert "the contracts are on fire" in pool.programs.logs()


def test_one_pool_a_runtime_folder(make: Any) -> None:
    """A second one is told whose place it is, and the first works on."""
    pool = make()
    pool.finished(*pool.add("ok-a"))
    environment = pool.programs.environment

    second = subprocess.run(
        [sys.executable, "-m", "tests.system.pool_main"], env=environment, cwd=ROOT, capture_output=True, text=True
    )

    assert 2 == second.returncode
    assert "another pool runs in" in second.stderr
    pool.finished(*pool.add("ok-b"))


def test_workers_have_no_secret_and_a_folder_of_their_own(make: Any) -> None:
    """Neither their environment nor the kernel's copy of it names the database or the admin token."""
    pool = make()
    (job_id,) = pool.add("environ")
    pool.finished(job_id)
    report = pool.views.report(job_id)
    assert report is not None

    for text in (json.dumps(report["environ"]), report["proc"]):
        assert not [secret for secret in ("hush-token", "DATABASE_URL", "sqlite:///", "ADMIN_TOKEN") if secret in text]
    assert ("0o700", False) == (report["mode"], Path(report["folder"]).exists())


def test_a_large_report_arrives_whole(make: Any) -> None:
    """Larger than a frame, it goes through a file."""
    pool = make()
    (job_id,) = pool.add("large-x")
    pool.finished(job_id)

    assert 3 << 20 == len((pool.views.report(job_id) or {})["large"])


def test_the_breaker_opens_holds_and_recovers_by_itself(make: Any) -> None:
    """Failing jobs in a row stop the rest; when S3 is back one probe closes it and everything that waited runs."""
    pool = make(CIRCUIT_BREAKER_MAX_FAILURES="3", CIRCUIT_BREAKER_COOLDOWN_SECONDS="0.5")
    failing = pool.add("infra-1", "infra-2", "infra-3")
    until(lambda: '"to": "open"' in pool.programs.logs(), "the breaker to open")
    held = pool.add("ok-1", "ok-2", state=JobState.HELD)

    (Path(pool.programs.environment["HOME"]) / "s3-is-up").touch()

    assert {"pass"} == {job["verdict"] for job in pool.finished(*failing, *held)}
    until(lambda: '"to": "closed"' in pool.programs.logs(), "the breaker to close")


def test_the_job_that_kills_its_pool_is_found_and_the_innocent_clear_themselves(make: Any) -> None:
    """What ran when the pool died runs again one by one; who is alone in two more deaths is dead, with the reason."""
    pool = make(FILEPROC_SANDBOX="off", SNS_WORKER_MAX="3")
    killer, first, second = pool.add("killpool-x", "sleep-0.3-a", "sleep-0.3-b")
    for _ in range(3):
        pool.programs.running["pool"].wait(30)
        pool.start()

    (dead,), innocent = pool.finished(killer), pool.finished(first, second)

    assert ("dead", "error", "crash") == tuple(dead[name] for name in ("state", "verdict", "job_class"))
    assert "while this job ran alone" in dead["reason"]
    assert [("pass", 0)] * 2 == [(job["verdict"], job["crashes"]) for job in innocent]
    assert ["pass"] == [job["verdict"] for job in pool.finished(*pool.add("ok-1"))]


def test_one_denied_bucket_does_not_stop_the_others(make: Any) -> None:
    """Its own jobs wait behind its own circuit, past a SIGKILL of the pool too, while everybody else's get verdicts."""
    pool = make(CIRCUIT_BREAKER_MAX_FAILURES="3", CIRCUIT_BREAKER_COOLDOWN_SECONDS="600")
    pool.add("infra-1", "infra-2", "infra-3", bucket="denied")
    until(lambda: '"to": "open"' in pool.programs.logs(), "the bucket's circuit to open")
    waiting = pool.add("ok-1", "ok-2", bucket="denied")

    assert {"pass"} == {job["verdict"] for job in pool.finished(*pool.add("ok-3", "ok-4"))}
    pool.programs.signal("pool", signal.SIGKILL)
    pool.start()
    assert {"pass"} == {job["verdict"] for job in pool.finished(*pool.add("ok-5", "ok-6"))}
    assert ["available", "available"] == [(pool.views.job(id_) or {})["state"] for id_ in waiting]
    page = PageReader(Path(pool.programs.environment["FILEPROC_RUNTIME_DIR"]) / "breaker.page", SystemClock())
    assert ({"denied"}, False) == (page.read().shut, page.read().active)
    (pool.programs.folder / "s3-is-up").touch()  # else the retries of the first three may open it again at once
    page.command("reset", "denied")
    assert {"pass"} == {job["verdict"] for job in pool.finished(*waiting)}


def test_a_half_open_bucket_is_tried_with_one_job_at_a_time(make: Any) -> None:
    """However many of its jobs wait and however many workers are idle: one probe each cooldown, the rest untouched."""
    pool = make(CIRCUIT_BREAKER_MAX_FAILURES="3", CIRCUIT_BREAKER_COOLDOWN_SECONDS="0.2", SNS_WORKER_MAX="4")
    log = pool.programs.folder / "pool.log"

    def told(event: str, **fields: str) -> int:
        events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        return sum(one["event"] == event and fields.items() <= one.items() for one in events)

    pool.add("infra-1", "infra-2", "infra-3", bucket="denied")
    until(lambda: told("breaker_moved", to="open"), "the bucket's circuit to open")
    pool.add(*(f"infra-{number}" for number in range(4, 12)), bucket="denied")
    until(lambda: told("breaker_moved", from_="half_open", to="open") >= 2, "two probes to fail")
    pool.stop(signal.SIGKILL)

    probes = told("breaker_moved", from_="half_open", to="open")
    assert probes <= told("job_settled", job_class="infra") - 3 <= probes + 1  # a probe is settled, then told


def test_sighup_replaces_every_worker_without_a_gap(make: Any) -> None:
    """Contracts are read again while as many workers as before are ready all the time; no job is charged or killed."""
    pool = make()
    (first,) = pool.finished(*pool.add("environ"))
    until(lambda: pool.ready() == 2, "both workers")
    job_ids = pool.add(*(f"pid-0.05-{number}" for number in range(30)))
    pool.running(job_ids[0])

    pool.programs.running["pool"].send_signal(signal.SIGHUP)

    seen = {pool.ready()}
    until(lambda: seen.add(pool.ready()) or '"reloaded"' in pool.programs.logs(), "the reload to end")
    done = pool.finished(*job_ids)
    (last,) = pool.finished(*pool.add("environ-2"))
    places = [(pool.views.report(int(one["id"])) or {})["folder"].split("/")[-2] for one in (first, last)]
    assert min(seen) >= 2
    assert {("pass", 0, 0, 0)} == {
        (job["verdict"], job["attempts"], job["crashes"], job["interruptions"]) for job in done
    }
    assert int(places[0].split("-")[1]) <= 2 < int(places[1].split("-")[1])  # by generation


def test_a_reload_that_fails_costs_nothing(make: Any) -> None:
    """Successors that cannot start are tried again later; who works with the old contracts works on."""
    pool = make(target="fragile")
    pool.finished(*pool.add("ok-1"))
    (pool.programs.folder / "broken").touch()

    pool.programs.running["pool"].send_signal(signal.SIGHUP)

    until(lambda: "worker_start_failed" in pool.programs.logs(), "a successor to fail")
    assert {"pass"} == {job["verdict"] for job in pool.finished(*pool.add("ok-2", "ok-3"))}
    (pool.programs.folder / "broken").unlink()
    until(lambda: '"reloaded"' in pool.programs.logs(), "the reload to end")
