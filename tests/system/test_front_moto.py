"""S3 → SNS → HTTP with an SNS that nobody here wrote: moto signs, and its messages are verified in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.fronts import Front, running
from tests.system.moto import MotoServer
from tests.system.programs import until

pytestmark = pytest.mark.system

TOPIC = "files-landed"


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture
def bucket(moto: MotoServer, request: pytest.FixtureRequest) -> str:
    """A bucket that tells the topic about every new object."""
    topic = moto.client("sns").create_topic(Name=TOPIC)["TopicArn"]
    name = f"b{abs(hash(request.node.name))}"
    s3 = moto.client("s3")
    s3.create_bucket(Bucket=name)
    told: Any = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)
    return name


def subscribed(moto: MotoServer, front: Front) -> str:
    sns = moto.client("sns")
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    endpoint = f"http://127.0.0.1:{front.port}/"
    return str(sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)["SubscriptionArn"])


def test_an_object_that_lands_becomes_a_job(moto: MotoServer, bucket: str, tmp_path: Path) -> None:
    """With moto's origin as the explicit prefix, its signature is checked against the certificate that it serves."""
    with running(
        tmp_path, SNS_TOPIC_ARNS=f"arn:aws:sns:us-east-1:*:{TOPIC}", SNS_CERT_URL_PREFIX=f"{moto.url}/"
    ) as front:
        subscription = subscribed(moto, front)
        moto.client("s3").put_object(Bucket=bucket, Key="in/día 1/a+b.csv", Body=b"a\n1\n")

        def landed() -> Any:
            return front.ask("GET", f"/api/v1/files?bucket={bucket}").document["files"]

        (file,) = until(landed, "the file", 20)
        moto.client("sns").unsubscribe(SubscriptionArn=subscription)
        assert ("in/día 1/a+b.csv", "available", 4) == (file["key"], file["state"], file["size"])
        assert "not_verified" not in front.log.read_text()


def test_with_another_origin_its_certificates_count_for_nothing(moto: MotoServer, bucket: str, tmp_path: Path) -> None:
    """What moto signs is not believed because it is signed, only because its origin was named; nothing gets in."""
    with running(
        tmp_path, SNS_TOPIC_ARNS=f"arn:aws:sns:us-east-1:*:{TOPIC}", SNS_CERT_URL_PREFIX="http://127.0.0.1:9/"
    ) as front:
        subscription = subscribed(moto, front)
        moto.client("s3").put_object(Bucket=bucket, Key="a.csv", Body=b"a\n1\n")
        until(lambda: front.events("notification_unavailable"), "the refusal", 20)
        moto.client("sns").unsubscribe(SubscriptionArn=subscription)

        assert [] == front.ask("GET", "/api/v1/files").document["files"]
