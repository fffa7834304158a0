"""Several pods on one queue and one PostgreSQL. `python -m bench pods [--files N] [--busy N]`.

1. What a second core brings: files a second of one pod on one core, and of two pods on two, in turns. Database, S3 and
queue run on the same two cores. 2. Three pods and 10,000 files; in the middle one pod is killed, and one is cut off
(all its processes stopped) until others have taken its work, and then goes on. Every move of every job is audited.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import boto3
from sqlalchemy import Engine, func, select, text

from bench.quick_s3 import etag_of, quick_s3
from bench.quick_sqs import quick_sqs
from fileproc.demo.partners import orders
from fileproc.store import migrate
from fileproc.store.engine import open_engine
from fileproc.store.tables import jobs
from tests.postgres_server import Server
from tests.system.chaos import audit
from tests.system.programs import Programs
from tests.system.queues import s3_event
from tests.system.whole import CONTRACTS

ROUNDS = 3
VISIBILITY = 30

#: Longer than a lease (30 s) and than messages stay hidden.
CUT_OFF = 45.0


@dataclass
class World:
    """Everything that pods share."""

    server: Server
    s3: str
    queue_url: str
    body: bytes
    folder: Path
    pods: int = 0
    databases: int = 0
    sqs: Any = field(init=False)

    def __post_init__(self) -> None:
        session = boto3.Session("a", "a", region_name="us-east-1")
        self.sqs = session.client("sqs", endpoint_url=self.queue_url.rpartition("/0")[0])

    def database(self) -> str:
        """A new one, with tables."""
        self.databases += 1
        self.server.run(f"CREATE DATABASE bench{self.databases}")
        url = self.server.url(f"bench{self.databases}")
        migrate.upgrade(url)
        return url

    def send(self, count: int, prefix: str) -> None:
        tag, size = etag_of(self.body), len(self.body)
        for number in range(count):
            event = json.dumps(s3_event(f"orders/{prefix}{number:06d}.csv", tag, size))
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=event)

    def messages(self) -> int:
        """Those that wait and those that somebody has."""
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url)["Attributes"]
        return sum(map(int, found.values()))

    def pod(self, url: str, *cores: int) -> Programs:
        """A worker pod, started; on these cores only, if some are named."""
        self.pods += 1
        folder = self.folder / f"pod-{self.pods}"
        folder.mkdir()
        (folder / "contracts").symlink_to(CONTRACTS)
        programs = Programs(
            folder, DATABASE_URL=url, SQS_QUEUE_URL=self.queue_url, SQS_VISIBILITY_SECONDS=str(VISIBILITY),
            AWS_ENDPOINT_URL=self.s3, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="a",
            AWS_DEFAULT_REGION="us-east-1", SNS_WORKER_MAX="2", FILEPROC_LOG_LEVEL="error",
        )  # fmt: skip
        with (folder / "serve.log").open("ab") as log:
            pinned = ["taskset", "-c", ",".join(map(str, cores))] if cores else []
            command = [*pinned, sys.executable, "-m", "fileproc", "serve"]
            programs.running["serve"] = subprocess.Popen(
                command, stdout=log, stderr=log, env=programs.environment, cwd=folder
            )
        programs.ready()
        return programs


@contextmanager
def world() -> Iterator[World]:
    """PostgreSQL, S3 and SQS of our own."""
    body = orders()
    server = Server(may_crash=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            file = Path(name) / "orders.csv"
            file.write_bytes(body)
            with quick_s3(file) as s3, quick_sqs() as queue_url:
                yield World(server, s3, queue_url, body, Path(name))
    finally:
        server.remove()


def main(arguments: Sequence[str]) -> None:
    """Print each figure beside its goal."""
    parser = argparse.ArgumentParser(prog="bench pods")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--busy", type=int, default=1_500)
    chosen = parser.parse_args(arguments)
    with world() as shared:
        _second_core(shared, chosen.busy)
        _losses(shared, chosen.files)


def _second_core(shared: World, count: int) -> None:
    rates: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(ROUNDS):
        for pods in (1, 2):
            rates[pods].append(_rate(shared, pods, count, f"rate-{turn}-{pods}-"))
    one, two = median(rates[1]), median(rates[2])
    ratio = median(b / a for a, b in zip(rates[1], rates[2], strict=True))
    print(f"one pod on one core {one:.0f} files/s, two pods on two {two:.0f}: × {ratio:.2f} (goal ≥ 1.6)", flush=True)


def _rate(shared: World, pods: int, count: int, prefix: str) -> float:
    url = shared.database()
    engine = open_engine(url)
    shared.send(count, prefix)
    running = [shared.pod(url, core) for core in range(pods)]
    try:
        _until(lambda: _ended(engine) >= count // 10)  # workers are there, and warm
        begun, before = time.perf_counter(), _ended(engine)
        _until(lambda: _ended(engine) >= count)
        return (count - before) / (time.perf_counter() - begun)
    finally:
        _until(lambda: shared.messages() == 0)
        for one in running:
            one.stop()
        engine.dispose()


def _losses(shared: World, count: int) -> None:
    url = shared.database()
    engine = open_engine(url)
    audit.begin(engine)
    shared.send(count, "loss-")
    stays, dies, cut_off = (shared.pod(url) for _ in range(3))
    _until(lambda: _ended(engine) >= count // 4)
    _signal(dies, signal.SIGKILL)
    _until(lambda: _ended(engine) >= count // 2)
    _signal(cut_off, signal.SIGSTOP)
    since = time.monotonic()
    _until(lambda: time.monotonic() - since > CUT_OFF)
    _signal(cut_off, signal.SIGCONT)
    _until(lambda: _ended(engine) >= count and shared.messages() == 0)
    for one in (stays, cut_off):
        one.stop()
    _tell(engine, count)
    engine.dispose()


def _tell(engine: Engine, count: int) -> None:
    with engine.connect() as connection:
        files = connection.scalar(select(func.count(func.distinct(jobs.c.key)))) or 0
        verdicts = dict(map(tuple, connection.execute(select(jobs.c.verdict, func.count()).group_by(jobs.c.verdict))))
        reports = connection.scalar(text("SELECT count(*) FROM reports")) or 0
        interrupted = connection.scalar(select(func.count()).where(jobs.c.interruptions > 0))
    wrong = audit.broken_moves(engine)
    print(
        f"three pods, one killed, one cut off for {CUT_OFF:g} s: {count:,} files, {files:,} with a verdict {verdicts}, "
        f"{reports:,} reports; lost {count - files}, double {len(wrong)} (goal 0 and 0); {interrupted} ran again",
        flush=True,
    )


def _ended(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(jobs.c.verdict.is_not(None))) or 0


def _signal(programs: Programs, number: signal.Signals) -> None:
    """The whole pod at once, as a node does that goes."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"LC_RUN_MARK={programs.mark}".encode() in (process / "environ").read_bytes():
                os.kill(int(process.name), number)


def _until(true: Any) -> None:
    """Asked seldom enough to cost nothing beside what is measured."""
    while not true():
        time.sleep(0.1)
