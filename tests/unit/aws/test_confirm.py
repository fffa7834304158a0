"""Confirming a subscription: by a signed call, in the topic's own region, never by visiting an address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from fileproc.aws.confirm import confirm
from fileproc.domain.events import SubscriptionConfirmation
from fileproc.errors import Forbidden, Unavailable

TOPIC = "arn:aws:sns:eu-west-1:123456789012:files-landed"
ASKED = SubscriptionConfirmation("m", TOPIC, "ab12", datetime(2026, 11, 24, tzinfo=UTC))


class Sns:
    """A client that remembers what it was asked, and answers or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[Any] = []

    def __call__(self, service: str, region: str) -> Sns:
        self.calls.append((service, region))
        return self

    def confirm_subscription(self, **arguments: str) -> dict[str, str]:
        self.calls.append(arguments)
        if self.error is not None:
            raise self.error
        return {"SubscriptionArn": f"{TOPIC}:1"}


def test_a_confirmation_is_one_authenticated_call() -> None:
    """In the topic's region, so that nobody without credentials can unsubscribe us afterwards."""
    sns = Sns()

    assert f"{TOPIC}:1" == confirm(ASKED, make_client=sns)
    assert [
        ("sns", "eu-west-1"),
        {"TopicArn": TOPIC, "Token": "ab12", "AuthenticateOnUnsubscribe": "true"},
    ] == sns.calls


@pytest.mark.parametrize("code", ["InvalidParameter", "NotFound"])
def test_a_token_that_sns_does_not_know_is_final(code: str) -> None:
    """Asking again would not help, so SNS is not asked to come again."""
    with pytest.raises(Forbidden, match=code):
        confirm(ASKED, make_client=Sns(refusal(code)))


@pytest.mark.parametrize("code", ["AuthorizationError", "AccessDenied", "InternalError", "Throttling", "ExpiredToken"])
def test_a_refusal_that_somebody_can_mend_may_come_again(code: str) -> None:
    """A missing permission is ours: 503, and the message says which one."""
    with pytest.raises(Unavailable, match="sns:ConfirmSubscription"):
        confirm(ASKED, make_client=Sns(refusal(code)))


@pytest.mark.parametrize("error", [NoCredentialsError(), EndpointConnectionError(endpoint_url="https://x")])
def test_no_credentials_or_no_network_may_come_again(error: Exception) -> None:
    """Our trouble, for now."""
    with pytest.raises(Unavailable, match=type(error).__name__):
        confirm(ASKED, make_client=Sns(error))


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "ConfirmSubscription")
