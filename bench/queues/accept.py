"""`python -m bench doors [--messages N] [--rounds N]`: notifications a second that one core verifies and writes down.

Each listener has core 0 to itself, the sender and everything else core 1. fileproc's front writes to SQLite, durably,
before it answers; Flask under gunicorn (gevent) hands over with Celery's `delay`; a `http.server` hands over to a
ThreadPoolExecutor whose work is nothing here. All verify the same signatures with the same code. In turns; then, for
ours, p99 of answers at half of its maximum, and the time of one signature check.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from bench.load import Answer, burst, request
from bench.queues.contestants import interpreter
from bench.queues.world import World, world
from fileproc.aws.certificates import Certificates
from fileproc.aws.sns import MessageVerifier
from fileproc.clock import SystemClock
from fileproc.store import migrate
from tests.system.programs import Programs, free_port, until

AT_ONCE = 50
ROOT = Path(__file__).parents[2]
NAMES = ("fileproc", "flask", "threads")


def main(arguments: Sequence[str]) -> int:
    """Print each figure beside its goal."""
    parser = argparse.ArgumentParser(prog="bench doors")
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    os.sched_setaffinity(0, {1})
    with world() as shared:
        rates: dict[str, list[float]] = {name: [] for name in NAMES}
        for number in range(chosen.rounds):
            for name in NAMES:
                rates[name].append(_rate(shared, name, chosen.messages, number))
        best = max(("flask", "threads"), key=lambda name: median(rates[name]))
        ratio = median(a / b for a, b in zip(rates["fileproc"], rates[best], strict=True))
        for name in NAMES:
            print(f"{name:<9} {median(rates[name]):6.0f} a second ({', '.join(f'{one:.0f}' for one in rates[name])})")
        print(f"fileproc is {ratio:.2f} × as quick as {best}, the best of the others (goal ≥ 2)", flush=True)
        _half(shared, median(rates["fileproc"]) / 2)
        _signature(shared)
    return 0


class Door:
    """A listener on core 0."""

    def __init__(self, shared: World, name: str) -> None:
        self.port = free_port()
        folder = shared.folder / f"door-{name}-{time.monotonic_ns()}"
        folder.mkdir()
        self._log = (folder / "log").open("wb")
        environment = os.environ | shared.environment | {"BENCH_DATABASE": ""}
        if name == "fileproc":
            programs = Programs(folder, **shared.service_settings(f"sqlite:///{folder / 'fileproc.db'}"))
            migrate.upgrade(programs.environment["DATABASE_URL"])
            self.port, environment = programs.port, programs.environment
            command = [sys.executable, "-m", "fileproc", "front"]
        elif name == "flask":
            python = interpreter("flask")
            command = [str(python), "-m", "gunicorn", "-k", "gevent", "-w", "1", "-b", f"127.0.0.1:{self.port}",
                       "bench.queues.flask_app:app"]  # fmt: skip
        else:
            command = [str(interpreter("threads")), "-m", "bench.queues.listener", "bench.queues.nothing_app",
                       str(self.port)]  # fmt: skip
        self._process = subprocess.Popen(
            ["taskset", "-c", "0", *command], stdout=self._log, stderr=self._log, env=environment, cwd=ROOT
        )
        until(lambda: asyncio.run(request(self.port, "GET", "/")).status, f"{name} to listen", 30)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()


def _rate(shared: World, name: str, count: int, number: int) -> float:
    door = Door(shared, name)
    try:
        _answered(shared, door, [f"warm/{number}-{n}" for n in range(100)])
        bodies = [shared.notification(f"door/{number}-{n}.csv") for n in range(count)]
        begun = time.perf_counter()
        answers = asyncio.run(burst(door.port, bodies, at_once=AT_ONCE))
        seconds = time.perf_counter() - begun
        assert {200} == {answer.status for answer in answers}, {answer.status for answer in answers}
        return count / seconds
    finally:
        door.stop()


def _answered(shared: World, door: Door, keys: Sequence[str]) -> None:
    asyncio.run(burst(door.port, [shared.notification(key) for key in keys], at_once=AT_ONCE))


def _half(shared: World, rate: float) -> None:
    door = Door(shared, "fileproc")
    try:
        _answered(shared, door, [f"warm/half-{n}" for n in range(100)])
        bodies = [shared.notification(f"half/{n}.csv") for n in range(int(rate * 5))]
        answers = asyncio.run(_paced(door.port, bodies, rate))
    finally:
        door.stop()
    p99 = quantiles([answer.seconds for answer in answers], n=100)[98]
    print(f"at {rate:.0f} a second, half of it: p99 {p99 * 1e3:.0f} ms (goal ≤ 50)", flush=True)


async def _paced(port: int, bodies: Sequence[bytes], rate: float) -> list[Answer]:
    """One after the other at this rate, whatever the answers take."""
    begun = time.perf_counter()

    async def later(number: int, body: bytes) -> Answer:
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        return await request(port, "POST", "/", body)

    return await asyncio.gather(*(later(number, body) for number, body in enumerate(bodies)))


def _signature(shared: World) -> None:
    """Amortised: the certificate is fetched once and checked once."""
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return shared.signer.certificate_pem

    clock = SystemClock()
    verifier = MessageVerifier((shared.signer.topic_arn,), certificates=Certificates(fetch, clock), clock=clock)
    envelopes = [json.loads(shared.notification(f"signature/{number}.csv")) for number in range(2_000)]
    begun = time.process_time()
    for envelope in envelopes:
        verifier.verify(envelope)
    each = (time.process_time() - begun) / len(envelopes)
    print(f"a signature: {each * 1e6:.0f} µs of processor time (goal ≤ 100), {len(fetched)} fetch of its certificate")
