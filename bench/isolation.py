"""The reason for processes: how long `POST /` takes while checks keep every core busy.

The front is measured idle and with a saturated pool, in turn; then the same front with the checks in threads of its own
process, idle and saturated. The figure is the p99 saturated as a multiple of the p99 idle. The stand-in for S3 runs at
the lowest priority: in earnest it is another machine.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.load import Answer, percentiles, request
from bench.service import running
from fileproc.demo.partners import large_orders
from tests.system.programs import until
from tests.system.whole import Whole

ROUNDS = 5
REQUESTS = 150
EVERY = 0.02
JOBS = 6


def main() -> None:
    """Print p99 idle and saturated, for processes and for threads."""
    body = large_orders()
    _processes(body)
    _threads(body)


def _processes(body: bytes) -> None:
    with running("front", "pool", SNS_WORKER_MAX="2") as bench:
        bench.programs.ready()
        bench.aws.step_back()
        figures: list[tuple[float, float]] = []
        for number in range(ROUNDS):
            idle = asyncio.run(_measure(bench, f"orders/idle-{number}-"))
            until(lambda: _busy(bench) == 0, "the pool to be idle")
            for job in range(JOBS):
                bench.programs.post(bench.put(f"orders/large-{number}-{job}.csv", body))
            until(lambda: _busy(bench) == 2, "both workers to be busy")
            saturated = asyncio.run(_measure(bench, f"nothing/busy-{number}-"))
            figures.append((percentiles(idle)[1], percentiles(saturated)[1]))
            until(lambda: _busy(bench) == 0, "the large jobs to be done", 120)
    _tell("checks in worker processes", figures)


def _threads(body: bytes) -> None:
    figures: list[tuple[float, float]] = []
    with running(SNS_WORKER_MAX="2") as bench:
        large = bench.programs.folder / "large.csv"
        large.write_bytes(body)
        for number in range(ROUNDS):
            pair = []
            for arguments in ([], [str(large)]):
                command = [sys.executable, "-m", "bench.thread_front", *arguments]
                environment = bench.programs.environment | {"PYTHONPATH": str(Path.cwd())}
                process = subprocess.Popen(command, env=environment, cwd=bench.programs.folder)
                try:
                    until(lambda: bench.programs.text("/livez"), "the front")
                    answers = asyncio.run(_measure(bench, f"orders/t{number}-{len(arguments)}-"))
                finally:
                    process.kill()
                    process.wait()
                pair.append(percentiles(answers)[1])
            figures.append((pair[0], pair[1]))
    _tell("the same checks in threads", figures)


def _busy(bench: Whole) -> int:
    slots = (bench.programs.get("/api/v1/pool") or {}).get("slots", [])
    return sum(slot["state"] == "busy" for slot in slots)


async def _measure(bench: Whole, prefix: str) -> list[Answer]:
    """A steady trickle, one at a time, as SNS sends on an ordinary day."""
    answers = []
    for body in bench.notifications(REQUESTS, prefix=prefix):
        answers.append(await request(bench.programs.port, "POST", "/", body))
        await asyncio.sleep(EVERY)
    if {answer.status for answer in answers} != {200}:
        raise SystemExit(f"answers {[answer.status for answer in answers]}")
    return answers


def _tell(what: str, figures: list[tuple[float, float]]) -> None:
    ratios = [saturated / idle for idle, saturated in figures]
    idle, saturated = median(one for one, _ in figures), median(other for _, other in figures)
    told = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(
        f"{what:<28} p99 idle {idle:6.1f} ms, saturated {saturated:6.1f} ms, ratio {median(ratios):.2f} ({told})",
        flush=True,
    )


if __name__ == "__main__":
    main()
