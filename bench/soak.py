"""A pool that works on and on: what grows? `python -m bench soak [--jobs N] [--jobs-a-worker N]`.

The real pool program with real workers and a real journal (SQLite); the check itself is a synthetic one that costs next
to nothing. Workers are replaced after `--jobs-a-worker` jobs, so a million jobs are ten thousand recycles. Looked at
again and again: memory, open files and threads of the pool, lines of its metrics, files below its runtime folder, and
how long a claim takes. The last third must not be above the second; in the first everything warms up.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, func, select

from fileproc.clock import SystemClock
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity
from fileproc.doorbell import ask, ring
from fileproc.pool.memory import resident
from fileproc.store import migrate
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.tables import jobs
from tests.system.programs import Programs, until

#: Jobs that wait, so that the pool never does; and how many are added at once.
WAITING, BATCH = 2_000, 500

LOOKS = 20
CLAIMS = 40


@dataclass(frozen=True)
class Look:
    """One moment of the pool."""

    settled: int
    recycles: int
    jobs_a_second: float
    pool_mib: float
    open_files: int
    threads: int
    metric_lines: int
    files: int
    claim_ms: float


def main(arguments: Sequence[str]) -> int:
    """Print each look; 1 if something grew."""
    parser = argparse.ArgumentParser(prog="bench soak")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--jobs-a-worker", type=int, default=100)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        looks = soak(Path(folder), chosen.jobs, chosen.jobs_a_worker, tell=_print)
    grown = growth(looks)
    print("nothing grew" if not grown else "grew: " + "; ".join(grown), flush=True)
    return int(bool(grown))


def soak(
    folder: Path, count: int, jobs_a_worker: int, *, looks: int = LOOKS, tell: Callable[[Look], None] = lambda _: None
) -> list[Look]:
    """Settle so many jobs in a pool of two workers; how it was at every so many of them."""
    programs = Programs(
        folder, POOL_TARGET="tests.system.targets:by_key", SNS_WORKER_MAX="2", FILEPROC_LOG_LEVEL="error",
        FILEPROC_WORKER_MAX_JOBS=str(jobs_a_worker), PYTHONPATH=str(Path.cwd()),
    )  # fmt: skip
    url = programs.environment["DATABASE_URL"]
    migrate.upgrade(url)
    engine = open_engine(url)
    journal = SqlJournal(engine, clock=SystemClock())
    command = [sys.executable, "-m", "tests.system.pool_main"]
    with (folder / "pool.log").open("ab") as log:
        programs.running["pool"] = subprocess.Popen(
            command, stdout=log, stderr=log, env=programs.environment, cwd=folder
        )
    try:
        return _work(programs, journal, engine, count, looks, tell)
    finally:
        programs.stop()
        engine.dispose()


def _work(
    programs: Programs, journal: SqlJournal, engine: Engine, count: int, looks: int, tell: Callable[[Look], None]
) -> list[Look]:
    found: list[Look] = []
    added, began, before = 0, time.perf_counter(), 0
    while len(found) < looks:
        settled = _settled(engine)
        while added < count and added - settled < WAITING:
            journal.add([_job(number) for number in range(added, min(count, added + BATCH))], limit=10**7)
            added += BATCH
            ring(programs.folder / "run")
        if settled >= min(count, (len(found) + 1) * count // looks):
            rate = (settled - before) / (time.perf_counter() - began)
            found.append(_look(programs, journal, settled, rate))
            tell(found[-1])
            began, before = time.perf_counter(), settled
        time.sleep(0.2)
    return found


def _job(number: int) -> NewJob:
    return NewJob(ObjectRef(f"b{number % 3}", f"quick-{number}.csv", etag="e", size=1_000))


def _settled(engine: Engine) -> int:
    """The newest that ended: ids ascend, and jobs begin nearly in their order."""
    with engine.connect().execution_options(reading=True) as connection:
        waiting = connection.scalar(select(func.min(jobs.c.id)).where(jobs.c.state.in_(["available", "running"])))
        newest = connection.scalar(select(func.max(jobs.c.id)))
    return int((waiting or (newest or 0) + 1) - 1)


def _look(programs: Programs, journal: SqlJournal, settled: int, rate: float) -> Look:
    pid = programs.running["pool"].pid
    run = programs.folder / "run"
    page = until(lambda: ask(run, {"ask": "figures"}), "the pool's figures")["metrics"].splitlines()
    exits = [float(line.split()[-1]) for line in page if line.startswith("fileproc_worker_exits_total")]
    status = Path(f"/proc/{pid}/status").read_text()
    threads = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:"))
    files = sum(path.is_file() for path in run.rglob("*"))
    return Look(
        settled, int(sum(exits)), round(rate, 1), round(resident(pid) / (1 << 20), 1),
        len(list(Path(f"/proc/{pid}/fd").iterdir())), threads, len(page), files, round(_claim(journal), 2),
    )  # fmt: skip


def _claim(journal: SqlJournal) -> float:
    """Milliseconds that claiming one takes, beside the pool that does so, too."""
    journal.register_pool(PoolIdentity("soak", "elsewhere", "boot", 1, 1))
    times = []
    for _ in range(CLAIMS):
        begun = time.perf_counter()
        claimed = journal.claim("soak", 1)
        times.append(time.perf_counter() - begun)
        for job in claimed:
            journal.release(job)
    journal.retire_pool("soak")
    return median(times) * 1e3


def growth(looks: Sequence[Look]) -> list[str]:
    """What the last third has more of than the second had; the first third is for warming up."""
    third = max(1, len(looks) // 3)
    middle, last = looks[third : 2 * third], looks[-third:]
    bounds = {"pool_mib": (1.05, 2.0), "open_files": (1.0, 4.0), "threads": (1.0, 0.0), "metric_lines": (1.0, 0.0),
              "files": (1.0, 4.0), "claim_ms": (1.5, 0.5)}  # fmt: skip
    found = []
    for name, (factor, more) in bounds.items():
        earlier, later = (median(getattr(look, name) for look in part) for part in (middle, last))
        if later > earlier * factor + more:
            found.append(f"{name} from {earlier:g} to {later:g}")
    return found


def _print(look: Look) -> None:
    names = [field.name for field in fields(Look)]
    print("  ".join(f"{name} {value:,}" for name, value in zip(names, astuple(look), strict=True)), flush=True)
