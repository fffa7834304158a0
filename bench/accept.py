"""2,000 notifications at once while every worker is busy: what a sender and a liveness probe feel, and what it costs.

1. `POST /`, all at once, beside one after another; `GET /livez` meanwhile, beside alone. Every one must be durable,
   none twice. 2. Throughput of durable accepts as a share of the same front with a journal that writes nothing.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median

from bench.load import Answer, burst, percentiles, probe, request
from bench.service import running
from fileproc.demo.partners import large_orders
from tests.system.programs import until
from tests.system.whole import Whole

BURST = 2_000
ROUNDS = 7
PER_ROUND = 1_000
AT_ONCE = 100


def main() -> None:
    """Print every figure with what it stands beside."""
    with running("front", "pool", SNS_WORKER_MAX="2") as bench:
        bench.programs.ready()
        _occupy(bench)
        asyncio.run(_burst(bench))
    _ratio()


def _occupy(bench: Whole) -> None:
    """Large files keep both workers busy during the burst."""
    body = large_orders()
    for number in range(6):
        bench.programs.post(bench.put(f"orders/large-{number}.csv", body))
    until(lambda: _busy(bench) == 2, "both workers to be busy")


def _busy(bench: Whole) -> int:
    slots = (bench.programs.get("/api/v1/pool") or {}).get("slots", [])
    return sum(slot["state"] == "busy" for slot in slots)


async def _burst(bench: Whole) -> None:
    port = bench.programs.port
    calm = [await request(port, "POST", "/", body) for body in bench.notifications(200, prefix="orders/calm-")]
    alone = await _livez(port, 2.0)
    bodies = bench.notifications(BURST, prefix="orders/burst-")
    stop = asyncio.Event()
    probing = asyncio.create_task(probe(port, "/livez", stop))
    begun = time.perf_counter()
    answers = await burst(port, bodies, at_once=BURST)
    seconds = time.perf_counter() - begun
    stop.set()
    meanwhile = await probing
    _tell("POST /, one after another", calm)
    _tell(f"POST /, {BURST} at once ({len(answers) / seconds:.0f}/s)", answers)
    _tell("GET /livez, alone, workers busy", alone)
    _tell("GET /livez, during the burst", meanwhile)
    _prove(bench, answers)


async def _livez(port: int, seconds: float) -> list[Answer]:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    return await probe(port, "/livez", stop)


def _tell(what: str, answers: list[Answer]) -> None:
    middle, high = percentiles(answers)
    print(f"{what:<44} n={len(answers):<5} median {middle:8.1f} ms   p99 {high:8.1f} ms", flush=True)


def _prove(bench: Whole, answers: list[Answer]) -> None:
    statuses = Counter(answer.status for answer in answers)
    told = [job["id"] for answer in answers if answer.status == 200 for job in json.loads(answer.body).get("jobs", [])]
    stored = len(bench.files("orders/burst-"))
    print(f"answers {dict(statuses)}, ids told {len(told)} ({len(set(told))} different), jobs in the journal {stored}")
    if (len(set(told)), stored) != (BURST, BURST):
        raise SystemExit("not every notification is durable exactly once")


def _ratio() -> None:
    """Two fronts beside one another, measured in turn."""
    with running("front", SNS_WORKER_MAX="2") as durable, running(SNS_WORKER_MAX="2") as null:
        environment = null.programs.environment
        command = [sys.executable, "-m", "bench.null_front"]
        process = subprocess.Popen(command, env=environment | {"PYTHONPATH": str(Path.cwd())}, cwd=null.programs.folder)
        try:
            for bench in (durable, null):
                until(lambda bench=bench: bench.programs.text("/livez"), "a front")
            rates: dict[str, list[float]] = {"durable": [], "null": []}
            for number in range(ROUNDS + 1):
                for name, bench in (("durable", durable), ("null", null)):
                    bodies = bench.notifications(PER_ROUND, prefix=f"orders/{name}-{number}-")
                    rates[name].append(asyncio.run(_rate(bench.programs.port, bodies)))
        finally:
            process.terminate()
            process.wait()
    ratios = [one / other for one, other in zip(rates["durable"][1:], rates["null"][1:], strict=True)]
    print(f"durable accept {median(rates['durable'][1:]):.0f}/s, without journal {median(rates['null'][1:]):.0f}/s")
    told = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"ratio {median(ratios):.2f} (rounds {told}; goal ≥ 0.85; {AT_ONCE} at once)")


async def _rate(port: int, bodies: list[bytes]) -> float:
    begun = time.perf_counter()
    answers = await burst(port, bodies, at_once=AT_ONCE)
    if {answer.status for answer in answers} != {200}:
        raise SystemExit(f"answers {Counter(answer.status for answer in answers)}")
    return len(answers) / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
