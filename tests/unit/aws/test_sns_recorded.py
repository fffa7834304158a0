"""Recorded traffic: what LocalStack and moto really sent verifies with the certificate that signed it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fileproc.aws.certificates import Certificates
from fileproc.aws.sns import Message, MessageVerifier
from fileproc.clock import FrozenClock
from fileproc.domain.events import (
    Ignored,
    Notification,
    ObjectCreated,
    ObjectRemoved,
    parse_event,
    strict_json,
)
from fileproc.errors import Forbidden
from tests.fakes.sns_signer import Pages

DATA = Path(__file__).parents[2] / "data" / "sns"
LOCALSTACK = "http://localhost:4566/_aws/sns/"

#: The subscriptions of moto that signed with another key than the recorded one; see the README beside the data.
MOTO_OTHER_KEYS = {23, *range(25, 35)}


def bodies(name: str) -> Iterator[str]:
    for line in (DATA / name).read_text().splitlines():
        recorded = json.loads(line)
        yield recorded["body"] if "body" in recorded else recorded["Body"]


def verified(envelope: dict[str, Any], pem: Path, prefix: str | None) -> Message:
    """The message, verified two seconds after it was signed."""
    clock = FrozenClock(wall=datetime.fromisoformat(envelope["Timestamp"]) + timedelta(seconds=2))
    pages = Pages({envelope["SigningCertURL"]: pem.read_bytes()})
    certificates = Certificates(pages, clock)
    topics = (envelope["TopicArn"],)
    return MessageVerifier(topics, certificates=certificates, clock=clock, extra_prefix=prefix).verify(envelope)


@pytest.mark.parametrize(("name", "count"), [("localstack.http.jsonl", 44), ("localstack.sqs.jsonl", 3)])
def test_everything_that_localstack_signed_verifies(name: str, count: int) -> None:
    """Both signature versions, both confirmations, subjects and Unicode, over HTTP and SQS."""
    envelopes = [envelope for body in bodies(name) if "Signature" in (envelope := strict_json(body))]
    for envelope in envelopes:
        message = verified(envelope, DATA / "localstack.pem", LOCALSTACK)
        assert envelope["MessageId"] == message.message_id

    assert count == len(envelopes)


def test_what_moto_signed_verifies_unless_it_has_a_subject() -> None:
    """moto forgets to sign the subject; a message with one is refused, as it must be."""
    results: Counter[str] = Counter()
    for number, body in enumerate(bodies("moto.http.jsonl")):
        if number in MOTO_OTHER_KEYS:
            continue
        envelope = strict_json(body)
        try:
            verified(envelope, DATA / "moto.pem", None)
            results["verified"] += 1
        except Forbidden:
            results["refused"] += 1
            assert "Subject" in envelope

    assert {"verified": 23, "refused": 1} == results


@pytest.mark.parametrize(("emulator", "prefix"), [("localstack", LOCALSTACK), ("moto", None)])
def test_recorded_events_are_read(emulator: str, prefix: str | None) -> None:
    """Keys come out as they were uploaded, whichever way the emulator encodes them; nothing is malformed."""
    kinds: Counter[type] = Counter()
    keys = set()
    for body in bodies(f"{emulator}.http.jsonl"):
        envelope = strict_json(body)
        if envelope.get("Type") != "Notification" or not envelope["Message"].startswith("{"):
            continue
        for event in parse_event(strict_json(envelope["Message"])):
            kinds[type(event)] += 1
            if isinstance(event, ObjectCreated):
                keys.add(event.ref.key)

    assert {ObjectCreated, ObjectRemoved, Ignored} == set(kinds)
    assert {"in/día 1/a b+c&d=e%20/über.csv", "mp.bin", "copy.csv", "v.csv"} <= keys


def test_raw_deliveries_and_queues_carry_the_same_records() -> None:
    """Without an envelope the records are the same shape, so one parser reads both."""
    raw = [strict_json(body) for body in bodies("localstack.http.jsonl") if "Signature" not in body]

    assert [ObjectCreated] == [type(event) for document in raw for event in parse_event(document)]


def test_verified_means_a_notification() -> None:
    """The first recorded test event comes out as a Notification with the signed text."""
    envelope = strict_json(next(iter(bodies("moto.http.jsonl"))))

    message = verified(envelope, DATA / "moto.pem", None)

    assert isinstance(message, Notification)
    assert [Ignored("s3:TestEvent")] == parse_event(strict_json(message.message))
