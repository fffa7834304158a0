"""Small files end to end: signed notification → verdict stored, on SQLite and on PostgreSQL.

1. Idle: how long one file takes, from the first byte of the POST to its row being `completed`. 2. Busy: files a second
from the first POST to the last verdict, and processor time a file of front, pool and workers beyond the bare check,
which is measured here, warm, on the same file and contract.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, func, select

from bench.load import burst
from bench.quick_s3 import etag_of, quick_s3
from bench.service import running
from fileproc.clock import SystemClock
from fileproc.demo.partners import orders
from fileproc.domain.reports import FileInfo, Verdict
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from fileproc.quality.database import Instance
from fileproc.store.engine import open_engine
from fileproc.store.tables import jobs
from tests.postgres_server import Server
from tests.system.whole import CONTRACTS, Whole

IDLE = 60
BUSY = 1_500
AT_ONCE = 50
ROUNDS = 3


def main() -> None:
    """Print each figure beside its goal."""
    body = orders()
    bare = _bare(body)
    print(f"the file: {len(body):,} bytes; the bare check of it, warm: {bare * 1e3:.1f} ms CPU", flush=True)
    with _databases() as urls:
        for name, settings in urls.items():
            _measure(name, settings, body, bare)


def _measure(name: str, settings: dict[str, str], body: bytes, bare: float) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "orders.csv"
        file.write_bytes(body)
        with quick_s3(file) as address, running("front", "pool", AWS_ENDPOINT_URL=address, **settings) as bench:
            engine = open_engine(bench.programs.environment["DATABASE_URL"])
            waits = [_one(bench, engine, body, f"orders/idle-{number}.csv") for number in range(IDLE)][10:]
            rounds = [_many(bench, engine, body, f"orders/busy-{number}-", bare) for number in range(ROUNDS)]
            engine.dispose()
    p95 = sorted(waits)[int(0.95 * len(waits))]
    print(f"{name:<11} idle: p50 {median(waits) * 1e3:.1f} ms (goal ≤ 50), p95 {p95 * 1e3:.1f} ms", flush=True)
    rates, costs = [rate for rate, _ in rounds], [cost for _, cost in rounds]
    print(
        f"{name:<11} busy: {median(rates):.0f} files/s (goal ≥ 100; {', '.join(f'{rate:.0f}' for rate in rates)}), "
        f"{median(costs) * 1e3:.1f} ms CPU a file beyond the check (goal ≤ 15)",
        flush=True,
    )


def _one(bench: Whole, engine: Engine, body: bytes, key: str) -> float:
    notification = bench.notification(key, etag=etag_of(body), size=len(body))
    begun = time.perf_counter()
    assert bench.programs.post(notification)[0] == 200
    while _done(engine, key) == 0:
        time.sleep(0.001)
    return time.perf_counter() - begun


def _many(bench: Whole, engine: Engine, body: bytes, prefix: str, bare: float) -> tuple[float, float]:
    """(files a second, seconds of processor time a file beyond the bare check)."""
    bodies = [bench.notification(f"{prefix}{n:05d}.csv", etag=etag_of(body), size=len(body)) for n in range(BUSY)]
    before, begun = _cpu(bench), time.perf_counter()
    answers = asyncio.run(burst(bench.programs.port, bodies, at_once=AT_ONCE))
    assert {200} == {answer.status for answer in answers}
    while _done(engine, prefix) < BUSY:
        time.sleep(0.1)
    seconds = time.perf_counter() - begun
    return BUSY / seconds, (_cpu(bench) - before) / BUSY - bare


def _done(engine: Engine, prefix: str) -> int:
    """How many files have passed; asked seldom enough to cost nothing beside what is measured."""
    query = select(func.count()).where(jobs.c.key.startswith(prefix), jobs.c.verdict == Verdict.PASS)
    with engine.connect().execution_options(reading=True) as connection:
        return connection.scalar(query) or 0


def _cpu(bench: Whole) -> float:
    """Seconds of processor time that front, pool and workers have used, those that have ended included."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"LC_RUN_MARK={bench.programs.mark}".encode() in (process / "environ").read_bytes():
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
        except OSError:
            continue  # it has just gone, or is not ours
    return ticks / os.sysconf("SC_CLK_TCK")


def _bare(body: bytes) -> float:
    """Seconds of processor time of one check and nothing else, warm, as a worker does it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "orders.csv"
        path.write_bytes(body)
        match = Catalogue.load(CONTRACTS).match("s3://acme-drop/orders/orders.csv")
        assert isinstance(match, Match)
        instance = Instance([Path(folder)], memory_mb=256, spill=Path(folder) / "spill")
        info = FileInfo(bucket="acme-drop", key="orders/orders.csv")
        limits = Limits(temp_folder=Path(folder), instance=instance)
        times = []
        for _ in range(60):
            begun = time.process_time()
            report = check_file(path, match, file=info, report_id="1", limits=limits, clock=SystemClock())
            times.append(time.process_time() - begun)
            assert report.verdict is Verdict.PASS
        instance.close()
    return median(times)


@contextmanager
def _databases() -> Iterator[dict[str, dict[str, str]]]:
    server = Server(may_crash=True)
    try:
        server.run("CREATE DATABASE bench")
        yield {"sqlite": {}, "postgresql": {"DATABASE_URL": server.url("bench")}}
    finally:
        server.remove()
