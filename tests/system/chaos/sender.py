"""The sender: files are put and told of, signed, some twice, in any order, again and again until somebody says 200."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from fileproc.demo.partners import decimal_commas, orders
from tests.fakes.sns_signer import SnsSigner
from tests.system.chaos.fleet import Fleet
from tests.system.chaos.small_s3 import SmallS3, etag

BUCKET = "acme-drop"

#: Shares of the files that are told of twice, and that replace an older upload under the same key.
TWICE, REPLACED = 0.15, 0.05


@dataclass(frozen=True)
class Truth:
    """What must come out for one upload; `rows` is None where nobody reads it."""

    verdict: str
    rows: int | None


@dataclass(frozen=True)
class Upload:
    key: str
    body: bytes
    sequencer: str

    @property
    def identity(self) -> tuple[str, str]:
        return self.key, etag(self.body)

    def message(self) -> str:
        """The event as S3 writes it."""
        object_ = {"key": quote(self.key), "size": len(self.body), "eTag": etag(self.body), "sequencer": self.sequencer}
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-24T06:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": BUCKET}, "object": object_},
        }
        return json.dumps({"Records": [record]})


class Sender:
    """`truths` is what must come out, by key and eTag."""

    def __init__(self, fleet: Fleet, s3: SmallS3, signer: SnsSigner, dice: Random, events: int, seconds: float) -> None:
        self.fleet, self.s3, self.signer = fleet, s3, signer
        self.truths: dict[tuple[str, str], Truth] = {}
        self.over = threading.Event()
        self.messages: list[str] = []
        for number in range(events):
            self._add(f"orders/{number:06d}.csv", dice)
        dice.shuffle(self.messages)
        self._gap = seconds / max(1, len(self.messages))
        self.thread = threading.Thread(target=self._send, daemon=True)

    def _add(self, key: str, dice: Random) -> None:
        """Put one file, perhaps over an older one of which S3 has told as well."""
        if dice.random() < REPLACED:
            self._put(Upload(key, orders(3), "0055AED6DCD8"), Truth("skipped", None), dice)
        if dice.random() < 1 / 3:
            self._put(Upload(key, decimal_commas(), "0055AED6DCD9"), Truth("fail", 200), dice)
        else:
            rows = dice.randint(5, 60)
            self._put(Upload(key, orders(rows), "0055AED6DCD9"), Truth("pass", rows), dice)

    def _put(self, upload: Upload, truth: Truth, dice: Random) -> None:
        self.s3.put(BUCKET, upload.key, upload.body)
        self.truths[upload.identity] = truth
        self.messages += [upload.message()] * (2 if dice.random() < TWICE else 1)

    def _send(self) -> None:
        begun = time.monotonic()
        for number, message in enumerate(self.messages):
            while time.monotonic() < begun + number * self._gap and not self.over.is_set():
                self.over.wait(self._gap)
            envelope = json.dumps(self.signer.notification(message)).encode()
            while not self.over.is_set() and self.fleet.post(envelope)[0] != 200:
                self.over.wait(0.05)
