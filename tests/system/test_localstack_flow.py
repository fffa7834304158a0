"""The whole way on LocalStack: S3 put → SNS → signed POST → journal → worker → verdict. Nothing of it is ours but the
end.

The subscription is confirmed by API, signatures of both versions are really verified, and a copy that was changed by
one letter is refused.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fileproc.demo.partners import decimal_commas, orders
from fileproc.demo.stage import free_port
from tests.system.localstack import LocalStack
from tests.system.programs import Programs, until

pytestmark = [pytest.mark.localstack, pytest.mark.system, pytest.mark.timeout(600)]

CONTRACTS = Path(__file__).parents[2] / "fileproc" / "demo" / "contracts"
BUCKET = "acme-drop"


@pytest.fixture(scope="module")
def localstack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


def topic_with_bucket(localstack: LocalStack) -> str:
    """A bucket that tells a topic of its own about every new object."""
    sns, s3 = localstack.client("sns"), localstack.client("s3")
    topic: str = sns.create_topic(Name=f"files-{free_port()}")["TopicArn"]
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]},
    )
    return topic


@pytest.fixture
def service(localstack: LocalStack, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Programs, str]]:
    """`fileproc serve` with a confirmed subscription; (programs, topic)."""
    topic = topic_with_bucket(localstack)
    (tmp_path / "contracts").symlink_to(CONTRACTS)
    programs = Programs(
        tmp_path,
        AWS_ENDPOINT_URL=localstack.url,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
        SNS_TOPIC_ARNS=topic,
        SNS_CERT_URL_PREFIX=localstack.certificates,
        SNS_WORKER_MAX="1",
        **getattr(request, "param", {}),
    )
    programs.start("serve")
    try:
        programs.ready()
        subscribe(localstack, programs, topic)
        yield programs, topic
    finally:
        programs.stop()


def subscribe(localstack: LocalStack, programs: Programs, topic: str) -> None:
    """Subscribe, and wait until SNS itself says that it is confirmed."""
    sns = localstack.client("sns")
    arn = sns.subscribe(
        TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{programs.port}/", ReturnSubscriptionArn=True
    )["SubscriptionArn"]

    def confirmed() -> bool:
        return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"

    until(confirmed, f"the confirmation\n{programs.logs()}", 30)
    until(lambda: "subscription_confirmed" in programs.logs(), f"our word for it\n{programs.logs()}")


def verdicts(programs: Programs) -> dict[str, Any]:
    files = (programs.get("/api/v1/files") or {}).get("files", [])
    return {file["key"]: file["verdict"] for file in files if file["verdict"]}


def test_a_file_lands_and_a_verdict_follows(service: tuple[Programs, str], localstack: LocalStack) -> None:
    """Both signature versions, keys with blanks, plus signs and umlauts, and a report with causes and lines."""
    programs, topic = service
    s3 = localstack.client("s3")
    s3.put_object(Bucket=BUCKET, Key="orders/días + 1 ü.csv", Body=orders())
    until(lambda: verdicts(programs), f"the first verdict\n{programs.logs()}")

    localstack.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    s3.put_object(Bucket=BUCKET, Key="orders/tuesday.csv", Body=decimal_commas())
    found = until(lambda: len(verdicts(programs)) == 2 and verdicts(programs), f"the second\n{programs.logs()}")

    assert {"orders/días + 1 ü.csv": "pass", "orders/tuesday.csv": "fail"} == found
    newest = (programs.get("/api/v1/files") or {})["files"][0]
    report = programs.get(f"/api/v1/files/{newest['id']}") or {}
    assert [("decimal_comma", 50, [2, 6, 10])] == [(c["code"], c["count"], c["lines"][:3]) for c in report["causes"]]
    assert newest["version_id"] is None
    assert ["1", "2"] == signature_versions(programs)


def signature_versions(programs: Programs) -> list[str]:
    """Versions of the signatures that were verified, as the metrics count them."""
    page = programs.text("/metrics") or ""
    return sorted(re.findall(r'^fileproc_sns_signatures_total{version="(\d)"} [1-9]', page, re.MULTILINE))


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_message_that_was_changed_is_refused(
    service: tuple[Programs, str], localstack: LocalStack, version: str
) -> None:
    """LocalStack's own signed message is accepted as it is, and refused with one letter changed."""
    programs, topic = service
    localstack.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version
    )
    original = captured(localstack, topic)
    assert version == original["SignatureVersion"]

    status, _ = programs.post(json.dumps(original).encode())
    forged, document = programs.post(json.dumps(original | {"Message": original["Message"] + " "}).encode())

    assert (400, 403) == (status, forged)  # it verifies, and its text is no event
    assert "detail" not in document


def captured(localstack: LocalStack, topic: str) -> dict[str, Any]:
    """A message as SNS signed it, through a queue on the same topic."""
    sqs, sns = localstack.client("sqs"), localstack.client("sns")
    queue = sqs.create_queue(QueueName=f"q{free_port()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    received: list[Any] = []
    until(lambda: received.extend(sqs.receive_message(QueueUrl=queue).get("Messages", [])) or received, "the message")
    envelope: dict[str, Any] = json.loads(received[0]["Body"])
    return envelope


@pytest.mark.parametrize("service", [{"DRY_RUN": "true"}], indirect=True)
def test_a_dry_run_writes_its_reports_to_a_file(service: tuple[Programs, str], localstack: LocalStack) -> None:
    """One JSON line a report; the store keeps the verdict and no report."""
    programs, _ = service
    localstack.client("s3").put_object(Bucket=BUCKET, Key="orders/dry.csv", Body=decimal_commas())

    until(lambda: verdicts(programs), f"the verdict\n{programs.logs()}")

    lines = (programs.folder / "dry_run_results.jsonl").read_text().splitlines()
    assert ["fail"] == [json.loads(line)["verdict"] for line in lines]
    (file,) = (programs.get("/api/v1/files") or {})["files"]
    assert "causes" not in (programs.get(f"/api/v1/files/{file['id']}") or {})


SHAPES = ("envelope", "raw", "direct", "bridge")


def queue_with_every_shape(localstack: LocalStack) -> str:
    """One queue that hears of a bucket in four ways, by prefix: SNS, SNS raw, S3 itself, EventBridge."""
    s3, sns, sqs, events = (localstack.client(name) for name in ("s3", "sns", "sqs", "events"))
    name = f"files-{free_port()}"
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics = {}
    for shape in ("envelope", "raw"):
        topics[shape] = sns.create_topic(Name=f"{name}-{shape}")["TopicArn"]
        raw = {"RawMessageDelivery": str(shape == "raw").lower()}
        sns.subscribe(TopicArn=topics[shape], Protocol="sqs", Endpoint=queue, Attributes=raw)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, **told_of(shape)} for shape, topic in topics.items()],
            "QueueConfigurations": [{"QueueArn": queue, **told_of("direct")}],
            "EventBridgeConfiguration": {},
        },
    )
    wanted = {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "orders/bridge"}]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(wanted))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue}])
    return url


def told_of(shape: str) -> dict[str, Any]:
    rule = {"Name": "prefix", "Value": f"orders/{shape}"}
    return {"Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [rule]}}}


def test_a_queue_brings_files_in_every_shape_and_through_a_restart(localstack: LocalStack, tmp_path: Path) -> None:
    """S3 → SNS → SQS enveloped and raw, S3 → SQS, S3 → EventBridge → SQS, as LocalStack writes them; the pod knows only
    the queue, is stopped and started in the middle, and the queue is empty at the end."""
    url = queue_with_every_shape(localstack)
    (tmp_path / "contracts").symlink_to(CONTRACTS)
    programs = Programs(
        tmp_path, AWS_ENDPOINT_URL=localstack.url, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1", SQS_QUEUE_URL=url, SQS_VISIBILITY_SECONDS="6", SNS_WORKER_MAX="1",
    )  # fmt: skip
    s3, sqs = localstack.client("s3"), localstack.client("sqs")
    # LocalStack encodes the keys of EventBridge events, which AWS does not: there a plain name has to do.
    odd = {shape: "" if shape == "bridge" else " +ü" for shape in SHAPES}
    keys = [f"orders/{shape}{odd[shape]}{number}.csv" for number in range(2) for shape in SHAPES]
    programs.start("serve")
    try:
        programs.ready()
        for place, key in enumerate(keys):
            s3.put_object(Bucket=BUCKET, Key=key, Body=orders(first=place * 1_000))
            if place == len(SHAPES):
                programs.signal("serve", signal.SIGTERM)
                programs.start("serve")
        found = until(lambda: len(verdicts(programs)) == len(keys) and verdicts(programs), programs.logs(), 60)
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        until(
            lambda: {"0"} == set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()),
            f"the queue to be empty\n{programs.logs()}", 30,
        )  # fmt: skip
    finally:
        programs.stop()

    assert dict.fromkeys(keys, "pass") == found
