"""`python -m bench queues [--files N] [--rounds N] [--only NAME …]`: files a second, and what a SIGKILL costs.

1. Throughput: so many signed notifications at once, from the first POST to the last verdict in PostgreSQL; contestants
take turns. 2. Losses: a worker is killed after a fifth of the files, the parent after two fifths, the broker after
three; whatever has gone is started again at once. The sender sends again until it hears 200. When nothing has moved for
a while, verdicts are counted against what was accepted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from bench.load import request
from bench.peers.environments import NotInstalled
from bench.queues.contestants import Ours, Peer, everybody
from bench.queues.world import World, world

AT_ONCE = 50

#: After so many seconds without a new verdict nothing more comes soon. Celery waits an hour before it gives back what
#: was not acknowledged.
STILL = 40.0

Contestant = Peer | Ours


def main(arguments: Sequence[str]) -> int:
    """Print a line for each contestant."""
    parser = argparse.ArgumentParser(prog="bench queues")
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    chosen = parser.parse_args(arguments)
    with world() as shared:
        contestants = {name: make for name, make in everybody(shared).items() if not chosen.only or name in chosen.only}
        rates: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(chosen.rounds):
            for name, make in contestants.items():
                _try(name, partial(_round, rates[name], shared, make, chosen.files, number))
        for name, found in rates.items():
            _tell(name, found, rates.get("fileproc", []))
        for name, make in contestants.items():
            _try(name, partial(_losses, shared, make, chosen.files))
    return 0


def _round(rates: list[float], shared: World, make: Callable[[], Contestant], count: int, number: int) -> None:
    rates.append(_rate(shared, make(), count, number))


def _try(name: str, call: Callable[[], object]) -> None:
    try:
        call()
    except NotInstalled as error:
        print(f"{name:<12} {error}", file=sys.stderr, flush=True)


def _tell(name: str, rates: list[float], ours: list[float]) -> None:
    if rates:
        ratio = median(a / b for a, b in zip(ours, rates, strict=True)) if ours else 1.0
        every = ", ".join(f"{rate:.0f}" for rate in rates)
        print(f"{name:<12} {median(rates):6.1f} files/s ({every}); fileproc is {ratio:.2f} × as quick", flush=True)


def _rate(shared: World, one: Contestant, count: int, number: int) -> float:
    try:
        one.start()
        _send(shared, one, [f"orders/warm-{number}-{n}.csv" for n in range(20)])
        _until_done(one, 20)
        begun = time.perf_counter()
        _send(shared, one, [f"orders/rate-{number}-{n:05d}.csv" for n in range(count)])
        _until_done(one, 20 + count)
        return count / (time.perf_counter() - begun)
    finally:
        one.stop()


def _losses(shared: World, make: Callable[[], Contestant], count: int) -> None:
    one = make()
    keys = [f"orders/loss-{number:05d}.csv" for number in range(count)]
    try:
        one.start()
        _send(shared, one, keys)
        hits = []
        for share, strike in ((0.2, one.kill_worker), (0.4, one.kill_parent), (0.6, one.kill_broker)):
            _until_done(one, int(share * count))
            hits.append(strike())
        done = _until_still(one)
    finally:
        one.stop()
    lost, twice = len(set(keys) - set(done)), len(done) - len(set(done))
    left_out = "" if all(hit is not False for hit in hits) else " (it has no worker process and no broker)"
    print(f"{one.name:<12} of {count:,} accepted: lost {lost:,}, done twice {twice:,}{left_out}", flush=True)


def _send(shared: World, one: Contestant, keys: Sequence[str]) -> None:
    """Until every one has been answered with 200, as SNS does."""
    bodies = [shared.notification(key) for key in keys]

    async def all_of_them() -> None:
        turn = asyncio.Semaphore(AT_ONCE)

        async def post(body: bytes) -> None:
            async with turn:
                while (await request(one.port, "POST", "/", body)).status != 200:
                    await asyncio.sleep(0.1)

        await asyncio.gather(*(post(body) for body in bodies))

    asyncio.run(all_of_them())


def _until_done(one: Contestant, count: int) -> None:
    """So many verdicts, or nothing has moved for a while."""
    last, since = -1, time.monotonic()
    while (now := len(one.done())) < count and time.monotonic() - since < STILL:
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.1)


def _until_still(one: Contestant) -> list[str]:
    last, since = -1, time.monotonic()
    while time.monotonic() - since < STILL:
        done = one.done()
        if len(done) != last:
            last, since = len(done), time.monotonic()
        time.sleep(0.5)
    return one.done()
