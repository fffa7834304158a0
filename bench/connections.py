"""What attackers who only hold connections cost everybody else, and what a burst costs the probes.

1. 500 idle and 500 slow connections (a byte a second, opened again when they are hung up on): good notifications,
   one after another, beside the same without them. 2. As many connections as are let in, and then some: good ones still
   come in. 3. 2,000 notifications at once; meanwhile `GET /livez` on that port and `GET /breaker` on the admin port.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

from bench.load import Answer, burst, percentiles, probe, request
from bench.service import running
from fileproc.demo.stage import free_port
from fileproc.front.server import MOST_CONNECTIONS
from tests.system.programs import until
from tests.system.whole import Whole

IDLE = 500
SLOW = 500
GOOD = 200
BURST = 2_000
GOAL_MS = 100.0


def main() -> None:
    """Print every figure with what it stands beside."""
    admin = free_port()
    with running("front", FILEPROC_ADMIN_PORT=str(admin)) as bench:
        until(lambda: bench.programs.text("/livez"), "the front")
        asyncio.run(_held(bench))
        asyncio.run(_full(bench))
        asyncio.run(_burst(bench, admin))


async def _held(bench: Whole) -> None:
    port = bench.programs.port
    calm = await _good(bench, "calm")
    async with asyncio.TaskGroup() as attack:
        tasks = [attack.create_task(_hold(port, drips=number < SLOW)) for number in range(IDLE + SLOW)]
        await asyncio.sleep(3)
        meanwhile = await _good(bench, "held")
        for task in tasks:
            task.cancel()
    _tell("POST /, nobody else", calm)
    _tell(f"POST /, {IDLE} idle and {SLOW} slow ones", meanwhile)
    slow = sum(answer.seconds * 1000 > GOAL_MS for answer in meanwhile)
    print(f"answers {_statuses(meanwhile)}, later than {GOAL_MS:g} ms: {slow} of {len(meanwhile)} (goal 0)", flush=True)


async def _full(bench: Whole) -> None:
    """More silent connections than there is room for."""
    port = bench.programs.port
    async with asyncio.TaskGroup() as attack:
        tasks = [attack.create_task(_hold(port, drips=False)) for _ in range(MOST_CONNECTIONS + 500)]
        await asyncio.sleep(5)
        meanwhile = await _good(bench, "full", 20)
        for task in tasks:
            task.cancel()
    _tell(f"POST /, {MOST_CONNECTIONS + 500} silent ones", meanwhile)
    print(f"answers {_statuses(meanwhile)}", flush=True)


async def _hold(port: int, *, drips: bool) -> None:
    """Keep one connection as long as it lasts, and then another."""
    while True:
        with contextlib.suppress(OSError, ConnectionError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                ended = asyncio.create_task(reader.read())
                writer.write(b"POST / HTTP/1.1\r\nX: " if drips else b"")
                while not ended.done():
                    await asyncio.wait([ended], timeout=1.0)
                    writer.write(b"x" if drips else b"")
            finally:
                writer.close()
        await asyncio.sleep(0.1)


async def _good(bench: Whole, prefix: str, count: int = GOOD) -> list[Answer]:
    answers = []
    for body in bench.notifications(count, prefix=f"orders/{prefix}-"):
        answers.append(await request(bench.programs.port, "POST", "/", body))
        await asyncio.sleep(0.005)
    return answers


async def _burst(bench: Whole, admin: int) -> None:
    port = bench.programs.port
    bodies = bench.notifications(BURST, prefix="orders/burst-")
    alone = await _probed(port, admin, asyncio.sleep(2))
    answers: list[Answer] = []
    meanwhile = await _probed(port, admin, _collect(port, bodies, answers))
    for name, calm, busy in zip(("GET /livez", "GET /breaker, admin port"), alone, meanwhile, strict=True):
        _tell(f"{name}, alone", calm)
        _tell(f"{name}, {BURST} posts at once", busy)
    _tell(f"POST /, {BURST} at once", answers)
    print(f"answers {_statuses(answers)}", flush=True)


async def _collect(port: int, bodies: list[bytes], into: list[Answer]) -> None:
    into += await burst(port, bodies, at_once=len(bodies))


async def _probed(port: int, admin: int, work: object) -> tuple[list[Answer], list[Answer]]:
    """What probes of both ports feel while something else goes on."""
    stop = asyncio.Event()
    probes = [asyncio.create_task(probe(port, "/livez", stop)), asyncio.create_task(probe(admin, "/breaker", stop))]
    await work  # type: ignore[misc]
    stop.set()
    public, inner = await asyncio.gather(*probes)
    return public, inner


def _statuses(answers: list[Answer]) -> dict[int, int]:
    return dict(Counter(answer.status for answer in answers))


def _tell(what: str, answers: list[Answer]) -> None:
    middle, high = percentiles(answers)
    worst = max(answer.seconds for answer in answers) * 1000
    print(
        f"{what:<44} n={len(answers):<5} median {middle:8.1f} ms   p99 {high:8.1f} ms   worst {worst:8.1f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
