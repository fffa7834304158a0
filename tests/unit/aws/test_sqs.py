"""SQS's own words: regions in addresses, partial failures, and every way in which it refuses."""

from __future__ import annotations

from typing import Any

import botocore.exceptions as boto
import pytest

from fileproc.aws.sqs import SqsQueue, place_of
from fileproc.domain.ports import Received
from fileproc.errors import QueueUnavailable

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/files"


class Sqs:
    """Answers every question with the same thing."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.asked: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def ask(**arguments: Any) -> Any:
            self.asked.append({"operation": operation, **arguments})
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return ask


def refusal(code: str) -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": "secret words"}}, "ReceiveMessage")


@pytest.mark.parametrize(
    ("url", "region", "endpoint"),
    [
        (URL, "eu-central-1", None),
        ("https://eu-west-1.queue.amazonaws.com/1/q", "eu-west-1", None),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", "cn-north-1", None),
        ("https://sqs.us-east-1.api.aws/1/q", "us-east-1", None),
        ("http://sqs.us-west-2.localhost.localstack.cloud:4566/0/q", "us-west-2",
         "http://sqs.us-west-2.localhost.localstack.cloud:4566"),
        ("http://localhost:9324/000000000000/q", None, "http://localhost:9324"),
    ],
)  # fmt: skip
def test_the_address_says_where_to_ask(url: str, region: str | None, endpoint: str | None) -> None:
    """A queue of another region, or of an emulator, needs no further setting."""
    assert (region, endpoint) == place_of(url)


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        (refusal("AccessDenied"), "denied", "allow sqs:ReceiveMessage"),
        (refusal("AWS.SimpleQueueService.NonExistentQueue"), "gone", "mend SQS_QUEUE_URL"),
        (refusal("ExpiredToken"), "credentials", "give the pod a role"),
        (refusal("RequestThrottled"), "throttled", "slower"),
        (refusal("InternalFailure"), "unreachable", "broke off"),
        (boto.NoCredentialsError(), "credentials", "give the pod a role"),
        (boto.EndpointConnectionError(endpoint_url=URL), "unreachable", "check the network"),
        (OSError("reset"), "unreachable", "check the network"),
    ],
)
def test_every_refusal_says_what_to_do(error: Exception, reason: str, words: str) -> None:
    """Reason for the metric, words for the person, and nothing of what SQS wrote."""
    with pytest.raises(QueueUnavailable) as raised:
        SqsQueue(URL, make_client=lambda *_: Sqs(error)).receive(1, wait=0, visibility=30)
    assert reason == raised.value.reason
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


def test_entries_that_failed_are_lost_or_tried_again() -> None:
    """A success as a whole may hold failures (vector, redpanda connect and others took it for one)."""
    failed = [
        {"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True},
        {"Id": "2", "Code": "InternalError", "SenderFault": False},
    ]
    sqs = Sqs({"Failed": failed})
    messages = [Received(f"m{number}", f"h{number}", "") for number in range(3)]
    outcome = SqsQueue(URL, make_client=lambda *_: sqs).delete(messages)

    assert (frozenset({"m0"}), frozenset({"m2"})) == (outcome.lost, outcome.again)


def test_a_batch_has_at_most_ten_with_names_of_their_own() -> None:
    """SQS refuses eleven, and two of the same name (redpanda connect#182)."""
    sqs = Sqs({})
    SqsQueue(URL, make_client=lambda *_: sqs).hide([(Received("same", f"h{n}", ""), 99_999.0) for n in range(25)])

    assert [10, 10, 5] == [len(asked["Entries"]) for asked in sqs.asked]
    assert all(len({one["Id"] for one in asked["Entries"]}) == len(asked["Entries"]) for asked in sqs.asked)
    assert {43_200} == {one["VisibilityTimeout"] for asked in sqs.asked for one in asked["Entries"]}
