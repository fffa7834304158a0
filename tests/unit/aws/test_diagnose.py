"""The doctor's look at AWS: each thing that people forget is found and named, against moto."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions as boto
import pytest

from fileproc.aws.diagnose import AwsDoctor
from fileproc.domain.diagnosis import Diagnosis, Health
from tests.system.moto import MotoServer

HOUR = {"healthyRetryPolicy": {"minDelayTarget": 60, "maxDelayTarget": 60, "numRetries": 60}}
COOLDOWN = 300.0
MAY_SEND = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@dataclass
class Account:
    """A bucket, a topic and a queue with names of their own, and nothing between them."""

    moto: MotoServer
    name: str = field(default_factory=lambda: f"n{uuid.uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self.s3, self.sns, self.sqs = (self.moto.client(service) for service in ("s3", "sns", "sqs"))
        self.s3.create_bucket(Bucket=self.name)
        self.topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]

    def doctor(self, *, queue: bool = False) -> AwsDoctor:
        make_client = lambda service, *_: self.moto.client(service)  # noqa: E731
        return AwsDoctor((self.topic,), self.queue if queue else None, make_client=make_client)

    def notify(self, *events: str) -> None:
        told = {"TopicConfigurations": [{"TopicArn": self.topic, "Events": list(events)}]}
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration=told)

    def subscribe(self, **attributes: Any) -> None:
        self.sns.subscribe(TopicArn=self.topic, Protocol="https", Endpoint="https://f.example.org/",
                           Attributes={name: json.dumps(value) for name, value in attributes.items()})  # fmt: skip


@pytest.fixture
def account(moto: MotoServer) -> Account:
    return Account(moto)


def told(found: Iterator[Diagnosis]) -> list[tuple[Health, str]]:
    return [(one.health, one.what) for one in found]


def test_a_bucket_that_tells_us_of_uploads_is_well(account: Account) -> None:
    """The good case says so, in words."""
    account.notify("s3:ObjectCreated:*")
    assert [
        (Health.OK, "it can be listed"),
        (Health.OK, "uploads of every kind are told to us"),
    ] == told(account.doctor().bucket(account.name))


@pytest.mark.parametrize(
    ("events", "health", "words"),
    [((), Health.FAIL, "nobody we listen to"), (("s3:ObjectCreated:Put",), Health.WARN, "only some uploads")],
)
def test_a_bucket_that_does_not_tell_us_is_found(
    account: Account, events: tuple[str, ...], health: Health, words: str
) -> None:
    """No notification, or one that leaves out multipart uploads, which large files are."""
    if events:
        account.notify(*events)
    *_, last = account.doctor().bucket(account.name)

    assert (health, True, True) == (last.health, words in last.what, bool(last.fix))


def test_what_is_not_there_is_told_with_its_name(account: Account) -> None:
    """A typing mistake in a bucket or a topic is the first thing to exclude."""
    (bucket,) = account.doctor().bucket("no-such-bucket-here")
    arn = f"{account.topic}-none"
    (topic,) = AwsDoctor((arn,), None, make_client=lambda service, *_: account.moto.client(service)).topic(
        arn, cooldown=COOLDOWN
    )

    assert (Health.FAIL, "bucket no-such-bucket-here", True) == (
        bucket.health,
        bucket.where,
        "NoSuchBucket" in bucket.what,
    )
    assert (Health.FAIL, True) == (topic.health, "NotFound" in topic.what)


def test_a_topic_that_nobody_has_subscribed_to_is_found(account: Account) -> None:
    """Bucket and topic are well, and still no file ever comes."""
    assert (Health.FAIL, "nobody has subscribed to it over HTTP(S) or for our queue") in told(
        account.doctor().topic(account.topic, cooldown=COOLDOWN)
    )


def test_a_delivery_that_gives_up_too_early_is_found(account: Account) -> None:
    """SNS's default is a minute; no dead-letter queue besides, and what it gives up is gone."""
    account.subscribe()
    found = told(account.doctor().topic(account.topic, cooldown=COOLDOWN))

    assert [(Health.WARN, True), (Health.WARN, True)] == [
        (health, "63 s and then drops" in what or "dead-letter" in what) for health, what in found[1:]
    ]


def test_a_delivery_policy_of_an_hour_is_well(account: Account) -> None:
    """The seconds are those of the policy."""
    account.subscribe(DeliveryPolicy=HOUR, RedrivePolicy={"deadLetterTargetArn": "arn:aws:sqs:us-east-1:1:dead"})
    assert [(Health.OK, "SNS retries for 3600 s")] == told(account.doctor().topic(account.topic, cooldown=COOLDOWN))[1:]


def test_raw_delivery_over_http_is_found(account: Account) -> None:
    """It carries no signature, so every message of it would be refused."""
    account.subscribe(RawMessageDelivery=True, DeliveryPolicy=HOUR)
    assert any("raw delivery" in what for _, what in told(account.doctor().topic(account.topic, cooldown=COOLDOWN)))


def test_a_queue_without_redrive_and_policy_is_found(account: Account) -> None:
    """Nobody may send to it, and what cannot be read would go round."""
    found = told(account.doctor(queue=True).queue())
    account.sqs.set_queue_attributes(
        QueueUrl=account.queue,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": _arn(account), "maxReceiveCount": 10}),
                    "Policy": json.dumps(MAY_SEND)},
    )  # fmt: skip

    assert [Health.OK, Health.WARN, Health.WARN] == [health for health, _ in found]
    assert [Health.OK] == [health for health, _ in told(account.doctor(queue=True).queue())]


def _arn(account: Account) -> str:
    dead = account.sqs.create_queue(QueueName=f"{account.name}-dead")["QueueUrl"]
    attributes = account.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
    return str(attributes["QueueArn"])


def test_what_we_may_not_look_at_is_unknown_and_names_the_permission() -> None:
    """A careful role is no illness."""

    class Denied:
        def __getattr__(self, operation: str) -> Any:
            raise boto.ClientError({"Error": {"Code": "AccessDenied"}}, operation)

    looked = AwsDoctor((), "https://sqs.eu-west-1.amazonaws.com/1/q", make_client=lambda *_: Denied())
    (bucket,), (queue,) = looked.bucket("b"), looked.queue()

    assert (Health.UNKNOWN, "allow s3:ListBucket and s3:GetBucketNotification on it") == (bucket.health, bucket.fix)
    assert (Health.UNKNOWN, "allow sqs:GetQueueAttributes on it") == (queue.health, queue.fix)
