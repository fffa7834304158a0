"""One partner's large files among a thousand small ones: who waits for whom?

Two workers. 1. 1,000 small files alone. 2. Three large files first, then 1,000 small ones. How long the slowest
twentieth of the small ones takes (95 of 100 are quicker), in both, and when the large ones are done: neither starves.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from sqlalchemy import Engine, select

from bench.load import burst
from bench.quick_s3 import etag_of, quick_s3
from bench.service import running
from fileproc.demo.partners import orders
from fileproc.store.engine import open_engine
from fileproc.store.tables import jobs
from tests.system.programs import until
from tests.system.whole import Whole

SMALL, LARGE = 1_000, 3

#: The large file is the rows of a smaller one so many times: about 300 MB, which is predicted to take half a minute.
TIMES = 28

PATIENCE = 600.0


def main() -> None:
    """Print both runs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        small, large = Path(name) / "small.csv", Path(name) / "large.csv"
        small.write_bytes(orders())
        header, _, rows = orders(200_000).partition(b"\n")
        large.write_bytes(header + b"\n" + rows * TIMES)
        with quick_s3(small, large) as address, running("front", "pool", AWS_ENDPOINT_URL=address) as bench:
            engine = open_engine(bench.programs.environment["DATABASE_URL"])
            _measure(bench, engine, small, large)
            engine.dispose()


def _measure(bench: Whole, engine: Engine, small: Path, large: Path) -> None:
    _run(bench, engine, ["orders/warm.csv"], small)
    alone = _run(bench, engine, [f"orders/alone-{number:04d}.csv" for number in range(SMALL)], small)
    keys = [f"orders/large-{number}.csv" for number in range(LARGE)]
    _send(bench, keys, large)
    mixed = _run(bench, engine, [f"orders/mixed-{number:04d}.csv" for number in range(SMALL)], small)
    at_their_end = len(_ended(engine, keys))
    until(lambda: len(_ended(engine, keys)) == LARGE, "the large files", PATIENCE)
    waits = ", ".join(f"{seconds:.1f}" for seconds in sorted(_ended(engine, keys).values()))
    megabytes = large.stat().st_size / 1e6
    print(f"{SMALL:,} small files alone: 95 of 100 done within {alone:.1f} s")
    print(f"behind {LARGE} of {megabytes:.0f} MB:    95 of 100 done within {mixed:.1f} s ({mixed / alone:.2f} ×)")
    print(f"the large ones: done after {waits} s; {at_their_end} of them before the last of the small ones", flush=True)


def _run(bench: Whole, engine: Engine, keys: list[str], file: Path) -> float:
    """Send them; seconds from accepted to finished that 95 of 100 do not exceed."""
    _send(bench, keys, file)
    until(lambda: len(_ended(engine, keys)) == len(keys), "the small files", PATIENCE)
    seconds = sorted(_ended(engine, keys).values())
    return seconds[int(0.95 * len(seconds))]


def _send(bench: Whole, keys: list[str], file: Path) -> None:
    body = file.read_bytes()
    tag = etag_of(body)
    bodies = [bench.notification(key, etag=tag, size=len(body)) for key in keys]
    answers = asyncio.run(burst(bench.programs.port, bodies, at_once=50))
    assert {200} == {answer.status for answer in answers}


def _ended(engine: Engine, keys: list[str]) -> dict[str, float]:
    """Seconds from accepted to finished of those that have ended, by key."""
    query = select(jobs.c.key, jobs.c.accepted_at, jobs.c.finished_at).where(jobs.c.finished_at.is_not(None))
    wanted = set(keys)
    with engine.connect().execution_options(reading=True) as connection:
        return {key: (went - came).total_seconds() for key, came, went in connection.execute(query) if key in wanted}
