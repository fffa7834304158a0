"""Confirming a subscription by API: signed by us, in the topic's own region, and never by visiting a URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fileproc.aws.clients import client
from fileproc.aws.sns import Topic
from fileproc.domain.events import SubscriptionConfirmation
from fileproc.errors import Forbidden, Unavailable

#: SNS says these when the token is not ours, is used up or too old: no retry makes them good.
FINAL = frozenset({"InvalidParameter", "InvalidParameterException", "NotFound", "NotFoundException"})


def confirm(message: SubscriptionConfirmation, *, make_client: Callable[..., Any] = client) -> str:
    """Confirm and return the subscription's ARN. Only an authenticated call can unsubscribe us afterwards.

    Raises:
        Forbidden: SNS does not know this token.
        Unavailable: the call failed otherwise; SNS will ask again.
    """
    region = Topic.parse(message.topic_arn).region
    try:
        answer = make_client("sns", region).confirm_subscription(
            TopicArn=message.topic_arn, Token=message.token, AuthenticateOnUnsubscribe="true"
        )
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in FINAL:
            raise Forbidden(f"SNS refused the confirmation: {code}") from error
        raise Unavailable(
            f"SNS refused the confirmation: {code}", fix="allow sns:ConfirmSubscription on the topic"
        ) from error
    except BotoCoreError as error:
        raise Unavailable(f"SNS could not be asked: {type(error).__name__}") from error
    return str(answer["SubscriptionArn"])
