"""A small HTTP load client on asyncio: many POSTs at once, each timed from connect to the last byte of the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status (0 = no answer), how long it took in seconds, its body."""

    status: int
    seconds: float
    body: bytes


async def request(port: int, method: str, path: str, body: bytes = b"") -> Answer:
    """One request on a connection of its own."""
    begun = time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
    except OSError:
        return Answer(0, time.perf_counter() - begun, b"")
    seconds = time.perf_counter() - begun
    head_bytes, _, payload = answer.partition(b"\r\n\r\n")
    status = int(head_bytes.split()[1]) if head_bytes.startswith(b"HTTP/") else 0
    return Answer(status, seconds, payload)


async def burst(port: int, bodies: Sequence[bytes], *, at_once: int) -> list[Answer]:
    """POST every body to `/`, at most `at_once` at a time; answers in the order of the bodies."""
    turn = asyncio.Semaphore(at_once)

    async def post(body: bytes) -> Answer:
        async with turn:
            return await request(port, "POST", "/", body)

    return await asyncio.gather(*(post(body) for body in bodies))


async def probe(port: int, path: str, stop: asyncio.Event, *, every: float = 0.02) -> list[Answer]:
    """GET `path` again and again until `stop`; what a liveness probe would feel."""
    answers = []
    while not stop.is_set():
        answers.append(await request(port, "GET", path))
        await asyncio.sleep(every)
    return answers


def percentiles(answers: Sequence[Answer]) -> tuple[float, float]:
    """Median and 99th percentile of the seconds, in milliseconds."""
    cuts = quantiles([answer.seconds for answer in answers], n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000
