"""What the queue costs while more and more jobs wait: accepting one, choosing and claiming two. Both databases.

Flat is the goal: the last column beside the first. The waiting jobs are those of three buckets; a fourth, whose circuit
is open, has as many again and stands in front of them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from fileproc.clock import SystemClock
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, PoolIdentity
from fileproc.metrics.recorder import NullRecorder
from fileproc.pool.chooser import Chooser
from fileproc.pool.ledger import Ledger
from fileproc.store import migrate
from fileproc.store.costs import SqlCosts
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.turns import SqlTurns
from tests.postgres_server import Server

SIZES = (10, 1_000, 10_000, 100_000)
ROUNDS = 60
SHUT = frozenset({"a-shut"})


def main() -> None:
    """Print milliseconds for each size, and the ratio of the largest to the smallest."""
    for name, opened in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        with opened() as url:
            engine = open_engine(url)
            figures = [_figures(engine, size) for size in SIZES]
            for place, what in enumerate(("accept one", "choose and claim two", "claim the two oldest")):
                cells = " ".join(f"{size:>7,}: {one[place]:6.2f} ms" for size, one in zip(SIZES, figures, strict=True))
                ratio = figures[-1][place] / figures[0][place]
                print(f"{name:<10} {what:<21} {cells}   last/first {ratio:.2f}", flush=True)
            engine.dispose()


def _figures(engine: Engine, size: int) -> tuple[float, float, float]:
    clock = SystemClock()
    journal = SqlJournal(engine, clock=clock)
    ledger = Ledger(
        journal, SqlTurns(engine, clock=clock), SqlCosts(engine, clock=clock),
        PoolIdentity("bench", "here", "boot", 1, 1), NullRecorder(), clock,
    )  # fmt: skip
    ledger.open()
    _fill(journal, engine, size)
    numbers = iter(range(10**9))
    chooser = Chooser(ledger, 2, clock)

    def accept() -> None:
        journal.add([NewJob(ObjectRef("b0", f"new/{size}/{next(numbers)}.csv", etag="e"))], limit=10**7)

    return (
        _median(accept),
        _median(lambda: chooser.claim(2, [], held=False, without=SHUT)),
        _median(lambda: ledger.claim(2, held=False)),
    )


def _fill(journal: SqlJournal, engine: Engine, size: int) -> None:
    """So many jobs that wait and may run, behind as many that may not."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM jobs"))
    for start in range(0, size, 2_000):
        count = range(start, min(size, start + 2_000))
        journal.add([NewJob(ObjectRef("a-shut", f"{number}.csv", etag="e")) for number in count], limit=10**7)
        journal.add([NewJob(ObjectRef(f"b{number % 3}", f"{number}.csv", etag="e")) for number in count], limit=10**7)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE jobs"))


def _median(call: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return median(times) * 1_000


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'journal.db'}"
        migrate.upgrade(url)
        yield url


@contextmanager
def _postgresql() -> Iterator[str]:
    server = Server(may_crash=True)
    try:
        migrate.upgrade(server.url("postgres"))
        yield server.url("postgres")
    finally:
        server.remove()
