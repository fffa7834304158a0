"""One run: files are put and told of (some twice, in any order), strikes fall, and at the end everything is counted.

The seed decides files, order, strikes and S3's troubles; what the scheduler of the machine makes of them is its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from fileproc.store import migrate
from fileproc.store.engine import open_engine
from tests.fakes.sns_signer import CertificateServer, SnsSigner
from tests.postgres_server import Server
from tests.system.chaos import audit, count, figures
from tests.system.chaos.disk import FULL, small_disks
from tests.system.chaos.fleet import POOLS, Fleet
from tests.system.chaos.sender import Sender
from tests.system.chaos.small_s3 import SmallS3
from tests.system.chaos.strikes import Strikes
from tests.system.chaos.watch import HoldWatch, PageWatch
from tests.system.programs import until
from tests.system.whole import CONTRACTS, TOPIC

WAITING = figures.UNFINISHED

#: Two workers a pool, one that is replaced, and a few that are just ending.
MOST_FOLDERS = 5

#: What outlives the programs in a runtime folder, on purpose.
KEPT = {"breaker.page", "pool.lock"}


@dataclass(frozen=True)
class Plan:
    """What a run is made of; `strikes` names them (any of them, at random, when empty)."""

    seed: int
    events: int = 100
    seconds: float = 8.0
    pause: float = 0.4
    patience: float = 30.0
    database: str = ""  # a SQLite file in the folder when empty
    mutation: str = ""
    strikes: tuple[str, ...] = ()


@dataclass
class Result:
    """`problems` is empty when every promise was kept."""

    problems: list[str] = field(default_factory=list)
    strikes: list[str] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    held: dict[str, tuple[int, int]] = field(default_factory=dict)  # most open files and MiB, by program
    page_reads: int = 0


def run(plan: Plan, folder: Path, server: Server | None = None) -> Result:
    """The whole run in an empty folder; `server` is the PostgreSQL of `plan.database` if it may be stopped."""
    (folder / "contracts").symlink_to(CONTRACTS)
    url = plan.database or f"sqlite:///{folder / 'fileproc.db'}"
    signer = SnsSigner(TOPIC)
    with (
        SmallS3(plan.seed) as s3,
        CertificateServer(signer) as certificates,
        small_disks(folder / "run", folder / "run-b") as small,
        TemporaryDirectory(prefix="chaos-", dir="/tmp") as temporary,
    ):
        fleet = Fleet(folder, Path(temporary), **_environment(folder, s3, certificates.url, url, plan.mutation))
        migrate.upgrade(url)
        engine = open_engine(url)
        audit.begin(engine)
        dice = Random(plan.seed)
        strikes = Strikes(fleet, s3, engine, dice, server, small)
        sender = Sender(fleet, s3, signer, dice, plan.events, plan.seconds)
        result = _run(plan, fleet, engine, strikes, sender)
        engine.dispose()
    return result


def _run(plan: Plan, fleet: Fleet, engine: Engine, strikes: Strikes, sender: Sender) -> Result:
    result = Result()
    pages = [PageWatch(place / "breaker.page") for place in fleet.places.values()]
    holds = HoldWatch(fleet)
    fleet.start("front", *POOLS)
    try:
        fleet.ready()
        for one in (sender, *pages, holds):
            one.thread.start()
        _strike(plan, strikes, sender, result)
        sender.thread.join(plan.patience)
        _back_in_place(fleet)
        result.problems += _unanswered(sender) + _unfinished(engine, plan.patience) + _crowded(fleet)
        if not result.problems:
            result.problems += figures.problems(fleet, sender, engine, plan.patience)
    finally:
        for thing in (sender, *pages, holds):
            thing.over.set()
        fleet.stop()
        for thing in (sender, *pages, holds):
            thing.thread.join(30)
    result.problems += strikes.problems + audit.broken_moves(engine) + _left_behind(fleet)
    result.problems += [problem for watch in (*pages, holds) for problem in watch.problems()]
    found, result.verdicts = count.problems(engine, sender.truths, strikes.worker_kills)
    result.problems += found
    result.held = holds.peaks
    result.page_reads = sum(page.reads for page in pages)
    return result


def _environment(folder: Path, s3: SmallS3, certificates: str, url: str, mutation: str) -> dict[str, str]:
    return {
        FULL: str(folder / "database-is-full"),
        "AWS_ENDPOINT_URL": s3.url,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "a",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SNS_TOPIC_ARNS": TOPIC,
        "SNS_CERT_URL_PREFIX": certificates,
        "SNS_WORKER_MAX": "2",
        "CIRCUIT_BREAKER_COOLDOWN_SECONDS": "1",
        "DATABASE_URL": url,
        "CHAOS_MUTATION": mutation,
    }


def _strike(plan: Plan, strikes: Strikes, sender: Sender, result: Result) -> None:
    dice = strikes.dice
    end = time.monotonic() + plan.seconds
    while time.monotonic() < end and sender.thread.is_alive():
        sender.over.wait(dice.uniform(0.5, 1.5) * plan.pause)
        name = dice.choice(plan.strikes or sorted(strikes.table))
        result.strikes.append(name)
        strikes.table[name]()


def _unanswered(sender: Sender) -> list[str]:
    return ["the front did not take every notification"] if sender.thread.is_alive() else []


def _unfinished(engine: Engine, patience: float) -> list[str]:
    deadline = time.monotonic() + patience
    while left := audit.rows(engine, WAITING)[0][0]:
        if time.monotonic() > deadline:
            states = audit.rows(engine, "SELECT state, count(*) FROM jobs GROUP BY state ORDER BY state")
            return [f"{left} jobs have no end after {patience:g} s: {dict(map(tuple, states))}"]
        time.sleep(0.1)
    return []


def _back_in_place(fleet: Fleet) -> None:
    """What the last strike ended has begun again: a pool clears what a killed one left when it starts."""
    until(lambda: all(map(fleet.workers, POOLS)), f"workers of both pools\n{fleet.logs()}")


def _crowded(fleet: Fleet) -> list[str]:
    """A worker's folder goes with it, so there are about as many as there are workers."""
    found = []
    for place in fleet.places.values():
        folders = list((place / "jobs").glob("*"))
        if len(folders) > MOST_FOLDERS:
            found.append(f"left in {place.name}: {len(folders)} folders of workers that are gone")
    return found


def _left_behind(fleet: Fleet) -> list[str]:
    deadline = time.monotonic() + 5
    while (alive := fleet.alive()) and time.monotonic() < deadline:
        time.sleep(0.05)
    found = [f"an orphan stayed: {command}" for command in alive]
    for place in (*fleet.places.values(), fleet.temporary):
        files = [path for path in place.rglob("*") if path.is_file() and path.name not in KEPT]
        found += [f"left in {place.name}: {path.relative_to(fleet.folder)}" for path in files[:3]]
    return found
