"""One run: files are put and told of (some twice, in any order), strikes fall, and at the end everything is counted.

The seed decides files, order, strikes and S3's troubles; what the scheduler of the machine makes of them is its own.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from fileproc.breaker.page import _Mapped
from fileproc.demo.partners import decimal_commas, orders
from fileproc.store import migrate
from fileproc.store.engine import open_engine
from tests.fakes.sns_signer import CertificateServer, SnsSigner
from tests.system.chaos import audit
from tests.system.chaos.fleet import POOLS, Fleet
from tests.system.chaos.small_s3 import SmallS3
from tests.system.chaos.strikes import Strikes
from tests.system.programs import until
from tests.system.whole import CONTRACTS, TOPIC

BUCKET = "acme-drop"
WAITING = "SELECT count(*) FROM jobs WHERE state NOT IN ('completed', 'dead')"

#: Two workers a pool, one that is replaced, and a few that are just ending.
MOST_FOLDERS = 5


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


class Sender:
    """Sends as SNS does: again and again until somebody says 200."""

    def __init__(self, fleet: Fleet, s3: SmallS3, signer: SnsSigner, dice: Random, plan: Plan) -> None:
        self.fleet, self.s3, self.signer = fleet, s3, signer
        self.truths: dict[str, str] = {}
        self.over = threading.Event()
        bodies = {"pass": orders(20), "fail": decimal_commas()}
        messages: list[bytes] = []
        for number in range(plan.events):
            truth = dice.choice(["pass", "pass", "fail"])
            self.truths[f"orders/{number:06d}.csv"] = truth
            body = self._message(f"orders/{number:06d}.csv", bodies[truth])
            messages += [body] * (2 if dice.random() < 0.15 else 1)
        dice.shuffle(messages)
        self.messages = messages
        self._gap = plan.seconds / len(messages)
        self.thread = threading.Thread(target=self._send, daemon=True)

    def _message(self, key: str, body: bytes) -> bytes:
        tag = self.s3.put(BUCKET, key, body)
        object_ = {"key": quote(key), "size": len(body), "eTag": tag, "sequencer": "0055AED6DCD9"}
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-24T06:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": BUCKET}, "object": object_},
        }
        return json.dumps({"Records": [record]}).encode()

    def _send(self) -> None:
        begun = time.monotonic()
        for number, message in enumerate(self.messages):
            while time.monotonic() < begun + number * self._gap and not self.over.is_set():
                self.over.wait(self._gap)
            envelope = json.dumps(self.signer.notification(message.decode())).encode()
            while not self.over.is_set() and self.fleet.post(envelope)[0] != 200:
                self.over.wait(0.05)


class PageWatch:
    """Reads the breaker's page all the time, as every answer of the front does."""

    def __init__(self, path: Path) -> None:
        self.path, self.over = path, threading.Event()
        self.reads = self.torn = 0
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self.path.exists() and not self.over.wait(0.05):
            pass
        page: Any = None if self.over.is_set() else _Mapped(self.path)
        while not self.over.wait(0.002):
            self.reads += 1
            self.torn += page.payload() is None


def run(plan: Plan, folder: Path) -> Result:
    """The whole run in an empty folder."""
    dice, result, signer = Random(plan.seed), Result(), SnsSigner(TOPIC)
    (folder / "contracts").symlink_to(CONTRACTS)
    with SmallS3(plan.seed) as s3, CertificateServer(signer) as certificates:
        url = plan.database or f"sqlite:///{folder / 'fileproc.db'}"
        fleet = Fleet(folder, **_environment(s3, certificates.url, url, plan.mutation))
        migrate.upgrade(url)
        engine = open_engine(url)
        audit.begin(engine)
        strikes = Strikes(fleet, s3, engine, dice)
        sender = Sender(fleet, s3, signer, dice, plan)
        watch = PageWatch(folder / "run" / "breaker.page")
        fleet.start("front", *POOLS)
        try:
            fleet.ready()
            for one in (sender, watch):
                one.thread.start()
            _strike(plan, strikes, sender, dice, result)
            sender.thread.join(plan.patience)
            _back_in_place(fleet)
            result.problems += _unanswered(sender) + _unfinished(engine, plan.patience) + _crowded(fleet)
        finally:
            for thing in (sender, watch):
                thing.over.set()
            fleet.stop()
            for thing in (sender, watch):
                thing.thread.join(30)
        result.problems += strikes.problems + audit.broken_moves(engine) + _left_behind(fleet)
        result.problems += [f"the page was unreadable {watch.torn} of {watch.reads} times"] if watch.torn else []
        _count(engine, sender, strikes.worker_kills, result)
        engine.dispose()
    return result


def _environment(s3: SmallS3, certificates: str, url: str, mutation: str) -> dict[str, str]:
    return {
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


def _strike(plan: Plan, strikes: Strikes, sender: Sender, dice: Random, result: Result) -> None:
    end = time.monotonic() + plan.seconds
    while time.monotonic() < end and sender.thread.is_alive():
        sender.over.wait(dice.uniform(0.5, 1.5) * plan.pause)
        name = dice.choice(plan.strikes or sorted(strikes.table))
        result.strikes.append(name)
        strikes.table[name]()


def _unanswered(sender: Sender) -> list[str]:
    return ["the front did not take every notification"] if sender.thread.is_alive() else []


def _unfinished(engine: Any, patience: float) -> list[str]:
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
    for place in ("run", "run-b"):
        folders = list((fleet.folder / place / "jobs").glob("*"))
        if len(folders) > MOST_FOLDERS:
            found.append(f"left in {place}: {len(folders)} folders of workers that are gone")
    return found


def _left_behind(fleet: Fleet) -> list[str]:
    deadline = time.monotonic() + 5
    while (alive := fleet.alive()) and time.monotonic() < deadline:
        time.sleep(0.05)
    found = [f"an orphan stayed: {command}" for command in alive]
    for place in ("run", "run-b"):
        files = [path for path in (fleet.folder / place / "jobs").rglob("*") if path.is_file()]
        found += [f"left in {place}: {path.relative_to(fleet.folder)}" for path in files[:3]]
    return found


def _count(engine: Any, sender: Sender, worker_kills: int, result: Result) -> None:
    """Every accepted object has one job, one report and the right verdict."""
    query = "SELECT j.key, j.verdict, j.crashes, r.job_id FROM jobs j LEFT JOIN reports r ON r.job_id = j.id"
    jobs: dict[str, list[Any]] = {}
    for row in audit.rows(engine, query):
        jobs.setdefault(row[0], []).append(row)
        result.verdicts[str(row[1])] = result.verdicts.get(str(row[1]), 0) + 1
    lost = sorted(set(sender.truths) - set(jobs))
    result.problems += [f"{len(lost)} accepted files have no job, {lost[0]} is one"] if lost else []
    for key, rows in jobs.items():
        if len(rows) > 1:
            result.problems.append(f"{key} has {len(rows)} jobs")
        for _, verdict, crashes, report in rows:
            killed_twice = verdict == "error" and crashes >= 2 and worker_kills >= 2
            if verdict is not None and (report is None or (verdict != sender.truths[key] and not killed_twice)):
                result.problems.append(f"{key}: verdict {verdict}, report {report}; the truth is {sender.truths[key]}")
