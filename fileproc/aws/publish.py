"""Publishing: messages to SNS topics and events to EventBridge buses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore.exceptions as boto

from fileproc.aws.clients import client
from fileproc.aws.refusals import explained
from fileproc.domain.deliveries import DeliveryError, Message

#: What both take at most, all of it together, in bytes.
LARGEST = 256 << 10

SOURCE = "fileproc"


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic. `attributes` of a message become message attributes, for filter policies."""

    arn: str
    make_client: Callable[..., Any] = client

    def send(self, message: Message) -> None:
        """Publish it. Raises DeliveryError."""
        _refuse_large(message, "SNS")
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items() if value
        }
        try:
            sns = self.make_client("sns", self.arn.split(":")[3])
            sns.publish(TopicArn=self.arn, Message=message.content.decode(), MessageAttributes=attributes)
        except (boto.ClientError, boto.BotoCoreError, OSError, ValueError) as error:
            raise explained(error, "the topic", "allow sns:Publish on it") from error


@dataclass(frozen=True, slots=True)
class Bus:
    """An event bus of EventBridge; the event is the detail."""

    name: str
    region: str | None = None
    make_client: Callable[..., Any] = client

    def send(self, message: Message) -> None:
        """Put the event. Raises DeliveryError."""
        _refuse_large(message, "EventBridge")
        entry = {
            "Source": SOURCE,
            "DetailType": message.attributes.get("type", SOURCE),
            "Detail": message.content.decode(),
            "EventBusName": self.name,
        }
        try:
            answer = self.make_client("events", self.region).put_events(Entries=[entry])
        except (boto.ClientError, boto.BotoCoreError, OSError, ValueError) as error:
            raise explained(error, "the bus", "allow events:PutEvents on it") from error
        # An answer 200 may hold failures.
        failed = [one["ErrorCode"] for one in answer.get("Entries", ()) if one.get("ErrorCode")]
        if failed:
            raise DeliveryError(f"EventBridge did not take the event ({str(failed[0])[:80]})")


def _refuse_large(message: Message, who: str) -> None:
    size = len(message.content) + sum(len(name) + len(value) for name, value in message.attributes.items())
    if size > LARGEST:
        raise DeliveryError(f"the message has {size:,} bytes, and {who} takes {LARGEST:,}; send: event", final=True)
