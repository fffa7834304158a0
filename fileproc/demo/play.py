"""The play, in three acts: an ordinary morning, a file that kills, and a storm that the breaker weathers.

Every verdict is told as it comes. Nothing here knows how the service works: it drops files, reads the public API and
sends the one signal that the kernel would send.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from fileproc.demo import partners
from fileproc.demo.partners import Drop
from fileproc.demo.stage import REGION, Stage
from fileproc.domain.reports import Verdict

Say = Callable[[str], None]


class TimeIsUp(Exception):
    """`--for` ran out before the play was over."""


class Play:
    """Drops files, waits for their verdicts and tells about them through `say`."""

    def __init__(self, stage: Stage, say: Say, *, seconds: float) -> None:
        self._stage = stage
        self._say = say
        self._deadline = time.monotonic() + seconds
        self._dropped: dict[str, Drop] = {}
        self._etags: dict[str, str] = {}
        self.verdicts: dict[str, Verdict] = {}

    @property
    def dropped(self) -> int:
        return len(self._dropped)

    @property
    def surprises(self) -> list[str]:
        """Files whose verdict is missing or not the expected one, in words."""
        told = []
        for address, drop in self._dropped.items():
            verdict = self.verdicts.get(address)
            if verdict is not drop.expected:
                told.append(f"{address}: expected {drop.expected}, got {verdict or 'no verdict'}")
        return told

    def run(self) -> None:
        """All acts. Raises TimeIsUp when the time is over before the end."""
        self._ordinary_morning()
        self._file_that_kills()
        self._storm()

    def _ordinary_morning(self) -> None:
        self._say("\nAct 1: an ordinary morning. Three partners drop files.")
        for drop in [partners.large(), *partners.everyday()]:
            self._drop(drop)
        self._say("  … SNS delivers monday.csv a second time (it promises at least once)")
        self._announce(self._dropped["s3://acme-drop/orders/monday.csv"])
        vanished = Drop("acme-drop", "orders/vanished.csv", bytes, Verdict.SKIPPED, "deleted before we came")
        self._say(f"  → {vanished.address}: {vanished.story}")
        self._dropped[vanished.address] = vanished
        self._announce(vanished)
        self._await_verdicts()
        duplicates = self._counter('fileproc_notifications_total{outcome="duplicate",type="Notification"}')
        self._say(f"  duplicates recognised and not run again: {duplicates:.0f}")

    def _file_that_kills(self) -> None:
        self._say("\nAct 2: a file that kills its worker. We play the kernel's OOM killer: SIGKILL in mid job.")
        drop = partners.killer()
        self._drop(drop)
        killed: set[int] = set()
        while drop.address not in self.verdicts:
            pid = self._worker_on(drop.key)
            if pid is not None and pid not in killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
                self._say(f"  ✂ worker {pid} killed; the others never noticed")
            self._tell_news()
            self._pause()
        self._say(f"  {len(killed)} workers killed, each replaced; the file got a verdict, the service kept running")

    def _storm(self) -> None:
        self._say("\nAct 3: S3 answers 503 SlowDown. Five files fail in a row, the breaker opens.")
        self._stage.gate.refusing.set()
        for drop in partners.refused():
            self._drop(drop)
        self._await("the breaker to open", lambda: bool(self._breaker().get("active")))
        breaker = self._breaker()
        self._say(
            f"  breaker open after {breaker['consecutive_failures']} failures in a row, "
            f"for {breaker['cooldown_remaining']:.1f} s more; nothing new is started"
        )
        for drop in partners.held():
            self._drop(drop)
        self._await("the held jobs", lambda: int(self._breaker().get("held", 0)) >= len(partners.held()))
        self._say(f"  {self._breaker()['held']} files held: acknowledged, written down, waiting")
        self._stage.gate.refusing.clear()
        self._say("  S3 answers again; we only wait: one probe, then everything that was held runs by itself")
        self._await_verdicts()
        self._await("the breaker to close", lambda: self._breaker().get("state") == "closed")
        self._say("  breaker closed")

    def _drop(self, drop: Drop) -> None:
        self._say(f"  → {drop.address}: {drop.story}")
        self._dropped[drop.address] = drop
        answer = self._stage.s3.put_object(Bucket=drop.bucket, Key=drop.key, Body=drop.body())
        self._etags[drop.address] = answer["ETag"].strip('"')
        self._tell_news()

    def _announce(self, drop: Drop) -> None:
        """Publish S3's event for this object once more, or for one that is not there any more."""
        etag = self._etags.get(drop.address, "d41d8cd98f00b204e9800998ecf8427e")
        object_ = {"key": quote_plus(drop.key), "size": len(drop.body()), "eTag": etag}
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": "2026-11-24T06:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": drop.bucket}, "object": object_},
        }
        self._stage.sns.publish(TopicArn=self._stage.topic_arn, Message=json.dumps({"Records": [record]}))

    def _await_verdicts(self) -> None:
        self._await("every verdict", lambda: not set(self._dropped) - set(self.verdicts))

    def _await(self, what: str, true: Callable[[], bool]) -> None:
        while not true():
            self._tell_news()
            self._pause(what)

    def _pause(self, what: str = "the killed job") -> None:
        if time.monotonic() > self._deadline:
            raise TimeIsUp(what)
        time.sleep(0.03)

    def _tell_news(self) -> None:
        """Tell of each file whose verdict is new, with the first cause where there is one."""
        files = self._stage.get("/api/v1/files?limit=200") or {}
        for file in reversed(files.get("files", [])):
            address = f"s3://{file['bucket']}/{file['key']}"
            if file.get("verdict") and file["state"] in {"completed", "dead"} and address not in self.verdicts:
                verdict = Verdict(file["verdict"])
                self.verdicts[address] = verdict
                self._say(f"  {verdict.mark} {verdict.value:<7} {address}")
                self._say(f"            {file.get('summary') or ''}")

    def _worker_on(self, key: str) -> int | None:
        pool = self._stage.get("/api/v1/pool") or {}
        for slot in pool.get("slots", []):
            if slot.get("key") == key and slot.get("pid"):
                return int(slot["pid"])
        return None

    def _breaker(self) -> dict[str, Any]:
        return self._stage.get("/breaker") or {}

    def _counter(self, series: str) -> float:
        for line in (self._stage.text("/metrics") or "").splitlines():
            if line.startswith(series):
                return float(line.rpartition(" ")[2])
        return 0.0
