"""Metrics against the journal: what the pools tell of jobs is what is written, neither more nor less."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from fileproc.demo.partners import decimal_commas, orders
from fileproc.doorbell import ask
from tests.system.chaos import audit
from tests.system.chaos.fleet import Fleet
from tests.system.chaos.sender import BUCKET, Sender, Truth, Upload
from tests.system.programs import until

#: Files of the quiet end of a run: some good, some bad.
FILES = 12

VERDICTS = "SELECT verdict, count(*) FROM jobs WHERE verdict IS NOT NULL GROUP BY verdict"
UNFINISHED = "SELECT count(*) FROM jobs WHERE state NOT IN ('completed', 'dead', 'cancelled')"


def problems(fleet: Fleet, sender: Sender, engine: Any, patience: float) -> list[str]:
    """The run is over and S3 is well again: a few more files, and every figure must move by just that."""
    sender.s3.trouble = 0.0
    before, written_before = _told(fleet), _written(engine)
    sender.s3.down = True
    for number in range(FILES):
        _send(sender, number)
    found = _backlog(fleet, engine)
    sender.s3.down = False
    if not _within(patience, lambda: not audit.rows(engine, UNFINISHED)[0][0]):
        return [*found, "jobs of the quiet end have no end"]
    told, written = _told(fleet) - before, _written(engine) - written_before
    if told != written:
        found.append(f"metrics tell of {dict(told)} new verdicts, the journal has {dict(written)}")
    return found


def _send(sender: Sender, number: int) -> None:
    body, truth = (orders(7), Truth("pass", 7)) if number % 3 else (decimal_commas(), Truth("fail", 200))
    upload = Upload(f"orders/quiet-{number}.csv", body, "0055AED6DCD9")
    sender.s3.put(BUCKET, upload.key, body)
    sender.truths[upload.identity] = truth
    envelope = json.dumps(sender.signer.notification(upload.message())).encode()
    until(lambda: sender.fleet.post(envelope)[0] == 200, f"a 200 in the quiet\n{sender.fleet.logs()}")


def _backlog(fleet: Fleet, engine: Any) -> list[str]:
    """While S3 is away nothing ends: each pool comes to tell of as many jobs as the journal has."""
    expected = {name: float(FILES) for name in fleet.places}
    told = {}

    def agreed() -> bool:
        told.update({name: _sum(place, "fileproc_backlog") for name, place in fleet.places.items()})
        return told == expected == {name: float(audit.rows(engine, UNFINISHED)[0][0]) for name in fleet.places}

    return [] if _within(10, agreed) else [f"metrics tell of a backlog of {told}, the journal has {FILES}"]


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _told(fleet: Fleet) -> Counter[str]:
    """Verdicts that the pools have counted, together."""
    found: Counter[str] = Counter()
    for place in fleet.places.values():
        for sample in _samples(place, "fileproc_jobs_total"):
            found[sample.labels["verdict"]] += int(sample.value)
    return found


def _written(engine: Any) -> Counter[str]:
    return Counter(dict(map(tuple, audit.rows(engine, VERDICTS))))


def _sum(place: Path, name: str) -> float:
    return float(sum(sample.value for sample in _samples(place, name)))


def _samples(place: Path, name: str) -> list[Any]:
    page = until(lambda: ask(place, {"ask": "figures"}), f"the figures of {place}")["metrics"]
    return [one for family in text_string_to_metric_families(page) for one in family.samples if one.name == name]
