"""SQS: receive, hide and delete, with the outcome of every single message; an answer 200 may hold failures.

The client is its own: a long poll occupies a connection for twenty seconds. Region and, for stores that are not AWS,
the endpoint are read off the queue's address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions as boto

from fileproc.aws.clients import client
from fileproc.domain.ports import QueueOutcome, Received
from fileproc.errors import QueueUnavailable

#: SQS takes and gives at most so many at once.
MOST = 10

#: Longest visibility that SQS knows, and longest long poll, in seconds.
LONGEST_VISIBILITY, LONGEST_WAIT = 43_200, 20

REGION = re.compile(r"(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.(?:amazonaws\.com|api\.aws|localhost)")

#: What SQS says of a handle whose time is over: somebody else has the message, or it is gone.
LOST = frozenset({"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"})

#: (reason, what, how to mend it) by code.
DENIED = ("denied", "the queue may not be read", "allow sqs:ReceiveMessage, sqs:DeleteMessage and "
          "sqs:ChangeMessageVisibility on it, and kms:Decrypt on its key")  # fmt: skip
GONE = ("gone", "there is no such queue", "mend SQS_QUEUE_URL, or make the queue")
CREDENTIALS = ("credentials", "the credentials are missing or have expired", "give the pod a role")
THROTTLED = ("throttled", "SQS asks to go slower", "nothing: it is tried again")
UNREACHABLE = ("unreachable", "SQS could not be reached or broke off", "check the network and SQS_QUEUE_URL")
BY_CODE = {
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "KmsAccessDenied": DENIED,
    "NonExistentQueue": GONE,
    "QueueDoesNotExist": GONE,
    "QueueDeletedRecently": GONE,
    "ExpiredToken": CREDENTIALS,
    "ExpiredTokenException": CREDENTIALS,
    "InvalidClientTokenId": CREDENTIALS,
    "UnrecognizedClientException": CREDENTIALS,
    "SignatureDoesNotMatch": CREDENTIALS,
    "RequestThrottled": THROTTLED,
    "Throttling": THROTTLED,
    "ThrottlingException": THROTTLED,
    "OverLimit": THROTTLED,
}
NO_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)


class SqsQueue:
    """One queue. `make_client` is for tests."""

    def __init__(self, url: str, *, make_client: Callable[..., Any] = client) -> None:
        self._url = url
        self._make_client = make_client

    def receive(self, most: int, *, wait: float, visibility: float) -> list[Received]:
        """Up to `most` messages (SQS gives ten at once), hidden from others for `visibility` seconds.

        Raises:
            QueueUnavailable: SQS refused or could not be asked; `reason` says which.
        """
        answer = self._ask(
            "receive_message",
            MaxNumberOfMessages=max(1, min(MOST, most)),
            WaitTimeSeconds=int(min(LONGEST_WAIT, wait)),
            VisibilityTimeout=_seconds(visibility),
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [_received(message) for message in answer.get("Messages", ())]

    def delete(self, messages: Sequence[Received]) -> QueueOutcome:
        """Messages that nobody needs any more.

        Raises:
            QueueUnavailable: the same.
        """
        return self._each("delete_message_batch", [(message, {}) for message in messages])

    def hide(self, messages: Iterable[tuple[Received, float]]) -> QueueOutcome:
        """Each stays hidden for so many seconds from now; 0 gives it to the next who asks.

        Raises:
            QueueUnavailable: the same.
        """
        entries = [(message, {"VisibilityTimeout": _seconds(seconds)}) for message, seconds in messages]
        return self._each("change_message_visibility_batch", entries)

    def _each(self, operation: str, entries: Sequence[tuple[Received, dict[str, Any]]]) -> QueueOutcome:
        lost: set[str] = set()
        again: set[str] = set()
        for part in _tens(entries):
            named = [{"Id": str(place), "ReceiptHandle": message.handle, **more}
                     for place, (message, more) in enumerate(part)]  # fmt: skip
            for failure in self._ask(operation, Entries=named).get("Failed", ()):
                message_id = part[int(failure["Id"])][0].id
                (lost if _plain(failure.get("Code")) in LOST else again).add(message_id)
        return QueueOutcome(frozenset(lost), frozenset(again))

    def _ask(self, operation: str, **arguments: Any) -> Any:
        try:
            sqs = self._make_client("sqs", *place_of(self._url))
            return getattr(sqs, operation)(QueueUrl=self._url, **arguments)
        except (boto.ClientError, boto.BotoCoreError, OSError, ValueError) as error:
            raise _told(error) from error


def place_of(url: str) -> tuple[str | None, str | None]:
    """(region, endpoint) that the queue's address names; None is whatever boto3 is set to."""
    parts = urlsplit(url)
    found = REGION.match(parts.hostname or "")
    region = (found[1] or found[2]) if found else None
    is_aws = (parts.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
    return region, None if is_aws else f"{parts.scheme}://{parts.netloc}"


def _tens(entries: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (entries[start : start + MOST] for start in range(0, len(entries), MOST))


def _received(message: Any) -> Received:
    count = str(message.get("Attributes", {}).get("ApproximateReceiveCount", "1"))
    receives = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 1
    return Received(message["MessageId"], message["ReceiptHandle"], message.get("Body", ""), receives)


def _seconds(seconds: float) -> int:
    return max(0, min(LONGEST_VISIBILITY, round(seconds)))


def _plain(code: Any) -> str:
    """Codes come as `AWS.SimpleQueueService.NonExistentQueue` or as `NonExistentQueue`, by protocol."""
    return str(code or "").rpartition(".")[2]


def _told(error: Exception) -> QueueUnavailable:
    code = type(error).__name__
    if isinstance(error, boto.ClientError):
        code = _plain(error.response.get("Error", {}).get("Code"))
        reason, what, fix = BY_CODE.get(code, UNREACHABLE)
    else:
        reason, what, fix = CREDENTIALS if isinstance(error, NO_CREDENTIALS) else UNREACHABLE
    return QueueUnavailable(f"{what} ({code[:80]})", fix=fix, reason=reason)
