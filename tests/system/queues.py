"""Worker pods on a queue: nothing but `fileproc serve` with SQS_QUEUE_URL set, and S3 and SQS by moto."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from tests.system.moto import MotoServer
from tests.system.programs import Programs
from tests.system.whole import BUCKET, CONTRACTS

#: Received messages come to others so soon in tests, in seconds; it is the least that is allowed.
VISIBILITY = 6


def s3_event(key: str, etag: str, size: int) -> dict[str, Any]:
    """As S3 sends it to SQS directly, or SNS delivers it raw."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventTime": "2026-11-24T06:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": BUCKET},
                    "object": {"key": quote_plus(key, safe="/"), "size": size, "eTag": etag, "sequencer": "0055AED6"},
                },
            }
        ]
    }


def sns_envelope(key: str, etag: str, size: int) -> dict[str, Any]:
    """As SNS sends it to SQS without raw delivery."""
    return {"Type": "Notification", "MessageId": uuid.uuid4().hex, "Message": json.dumps(s3_event(key, etag, size))}


def eventbridge_event(key: str, etag: str, size: int) -> dict[str, Any]:
    """As EventBridge sends it."""
    detail = {
        "version": "0",
        "bucket": {"name": BUCKET},
        "object": {"key": key, "size": size, "etag": etag, "sequencer": "0055AED6"},
        "reason": "PutObject",
    }
    return {
        "version": "0",
        "id": uuid.uuid4().hex,
        "source": "aws.s3",
        "detail-type": "Object Created",
        "region": "us-east-1",
        "time": "2026-11-24T06:00:00Z",
        "detail": detail,
    }


SHAPES: tuple[Callable[[str, str, int], dict[str, Any]], ...] = (s3_event, sns_envelope, eventbridge_event)


class Cloud:
    """S3 and one queue."""

    def __init__(self, aws: MotoServer) -> None:
        self.aws = aws
        self._s3, self._sqs = aws.client("s3"), aws.client("sqs")
        self._s3.create_bucket(Bucket=BUCKET)
        self.queue_url = self._sqs.create_queue(QueueName="files")["QueueUrl"]

    def put(self, key: str, body: bytes, shape: Callable[[str, str, int], dict[str, Any]] = s3_event) -> None:
        """An object lands, and the queue hears of it."""
        etag = self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        self.send(json.dumps(shape(key, etag, len(body))))

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    def messages(self) -> int:
        """Those that wait and those that somebody has."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def pod(self, folder: Path, **settings: str) -> Programs:
        """A pod that knows the queue and nothing of topics; not started yet."""
        folder.mkdir()
        (folder / "contracts").symlink_to(CONTRACTS)
        return Programs(
            folder,
            **{
                "AWS_ENDPOINT_URL": self.aws.url,
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "a",
                "AWS_DEFAULT_REGION": "us-east-1",
                "SQS_QUEUE_URL": self.queue_url,
                "SQS_VISIBILITY_SECONDS": str(VISIBILITY),
                "SNS_WORKER_MAX": "2",
            }
            | settings,
        )


@contextmanager
def cloud() -> Iterator[Cloud]:
    with MotoServer() as aws:
        yield Cloud(aws)
