"""The way of an event through AWS, looked at: bucket → notification → topic → subscription, or → queue.

Nothing is changed. What we may not look at is told as unknown, with the permission that would show it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions as boto

from fileproc.aws.clients import client
from fileproc.aws.sns import Topic
from fileproc.aws.sqs import place_of
from fileproc.domain.diagnosis import Diagnosis, Health

OK, UNKNOWN, WARN, FAIL = Health.OK, Health.UNKNOWN, Health.WARN, Health.FAIL

#: What SNS does for an HTTP endpoint where nothing else was said: about so many seconds of retries, then it drops.
DEFAULT_RETRY_SECONDS = 63.0

HTTP = ("http", "https")

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "403"}
)
ERRORS = (boto.ClientError, boto.BotoCoreError, OSError, ValueError)


class AwsDoctor:
    """`topics` and `queue` are where events may go; `make_client` is for tests."""

    def __init__(
        self, topics: tuple[str, ...], queue_url: str | None, *, make_client: Callable[..., Any] = client
    ) -> None:
        self._topics = topics
        self._queue_url = queue_url
        self._client = make_client

    def identity(self) -> Iterator[Diagnosis]:
        """Who we are to AWS."""
        try:
            arn = self._client("sts", self._region()).get_caller_identity()["Arn"]
            yield Diagnosis(OK, "credentials", f"we are {arn}")
        except ERRORS as error:
            fix = "give the pod a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            yield Diagnosis(FAIL, "credentials", f"AWS does not know us ({_code(error)})", fix)

    def bucket(self, name: str) -> Iterator[Diagnosis]:
        """Whether it is there, may be read, and tells somebody we listen to."""
        where = f"bucket {name}"
        try:
            s3 = self._client("s3")
            s3.list_objects_v2(Bucket=name, MaxKeys=1)
            yield Diagnosis(OK, where, "it can be listed")
            told = s3.get_bucket_notification_configuration(Bucket=name)
        except ERRORS as error:
            yield _not_seen(error, where, "s3:ListBucket and s3:GetBucketNotification on it")
            return
        yield self._notification(where, told)

    def _notification(self, where: str, told: Any) -> Diagnosis:
        targets = {entry["TopicArn"]: entry for entry in told.get("TopicConfigurations", ())}
        targets |= {entry["QueueArn"]: entry for entry in told.get("QueueConfigurations", ())}
        ours = [entry for arn, entry in targets.items() if arn in self._topics or self._is_our_queue(arn)]
        if any("s3:ObjectCreated:*" in entry["Events"] for entry in ours):
            return Diagnosis(OK, where, "uploads of every kind are told to us")
        if ours:
            kinds = ", ".join(sorted({kind for entry in ours for kind in entry["Events"]}))
            return Diagnosis(
                WARN, where, f"only some uploads are told to us: {kinds}", "name the event s3:ObjectCreated:*"
            )
        if "EventBridgeConfiguration" in told:
            return Diagnosis(UNKNOWN, where, "events go to EventBridge; where its rules send them is not looked at")
        fix = "aws s3api put-bucket-notification-configuration, as in the README"
        return Diagnosis(FAIL, where, "nobody we listen to is told of uploads", fix)

    def topic(self, arn: str, *, cooldown: float) -> Iterator[Diagnosis]:
        """Whether it is there, how it signs, and how it delivers to us."""
        where = f"topic {arn}"
        try:
            sns = self._client("sns", Topic.parse(arn).region)
            attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
            subscriptions = [one for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
                             for one in page["Subscriptions"]]  # fmt: skip
        except ERRORS as error:
            yield _not_seen(error, where, "sns:GetTopicAttributes and sns:ListSubscriptionsByTopic on it")
            return
        if attributes.get("SignatureVersion", "1") == "1":
            call = (
                f"aws sns set-topic-attributes --topic-arn {arn} --attribute-name SignatureVersion --attribute-value 2"
            )
            yield Diagnosis(WARN, where, "it signs with SHA-1", call)
        else:
            yield Diagnosis(OK, where, "it signs with SHA-256")
        yield from self._subscriptions(sns, where, subscriptions, attributes, cooldown)

    def _subscriptions(
        self, sns: Any, where: str, subscriptions: list[Any], topic: Any, cooldown: float
    ) -> Iterator[Diagnosis]:
        ours = [one for one in subscriptions if one["Protocol"] in HTTP or self._is_our_queue(one["Endpoint"])]
        if not ours:
            fix = "aws sns subscribe, as in the README"
            yield Diagnosis(FAIL, where, "nobody has subscribed to it over HTTP(S) or for our queue", fix)
        for one in ours:
            yield from _subscription(sns, one, topic, cooldown)

    def queue(self) -> Iterator[Diagnosis]:
        """Whether it may be read, has a dead-letter queue, and says who may send."""
        if self._queue_url is None:
            return
        where = f"queue {self._queue_url}"
        try:
            sqs = self._client("sqs", *place_of(self._queue_url))
            found = sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["All"])
            attributes = found.get("Attributes", {})
        except ERRORS as error:
            yield _not_seen(error, where, "sqs:GetQueueAttributes on it")
            return
        waiting = attributes.get("ApproximateNumberOfMessages", "?")
        yield Diagnosis(OK, where, f"it is there; {waiting} messages wait")
        if not attributes.get("RedrivePolicy"):
            fix = "set a RedrivePolicy with maxReceiveCount 10 (docs/how-to/scale-out.md)"
            yield Diagnosis(WARN, where, "it has no dead-letter queue: what cannot be read goes round", fix)
        if not attributes.get("Policy"):
            fix = "allow sqs:SendMessage to their ARN (docs/how-to/scale-out.md)"
            yield Diagnosis(WARN, where, "it has no policy, so neither topic nor bucket may send to it", fix)

    def _region(self) -> str | None:
        """STS is asked where the events are, so that nobody has to set a region for it."""
        if self._queue_url is not None:
            return place_of(self._queue_url)[0]
        return Topic.parse(self._topics[0]).region if self._topics else None

    def _is_our_queue(self, arn: str) -> bool:
        if self._queue_url is None:
            return False
        account, _, name = self._queue_url.rpartition("/")
        return arn.endswith(f":{account.rpartition('/')[2]}:{name}")


def _subscription(sns: Any, one: Any, topic: Any, cooldown: float) -> Iterator[Diagnosis]:
    where = f"subscription {one['Endpoint']}"
    if not one["SubscriptionArn"].startswith("arn:"):
        fix = (
            "let SNS reach POST /, with the topic in SNS_TOPIC_ARNS and SNS_CONFIRM=auto; then aws sns subscribe again"
        )
        yield Diagnosis(FAIL, where, "it waits for its confirmation", fix)
        return
    try:
        attributes = sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"]
    except ERRORS as error:
        yield _not_seen(error, where, "sns:GetSubscriptionAttributes on the topic")
        return
    if one["Protocol"] in HTTP:
        yield from _delivery(where, attributes, topic, cooldown)
    else:
        yield Diagnosis(OK, where, "our queue gets what the topic gets")


def _delivery(where: str, attributes: Any, topic: Any, cooldown: float) -> Iterator[Diagnosis]:
    if attributes.get("RawMessageDelivery") == "true":
        yield Diagnosis(FAIL, where, "raw delivery carries no signature and is refused", "set RawMessageDelivery false")
    seconds = _retry_seconds(attributes, topic)
    if seconds < cooldown:
        told = f"SNS retries for {seconds:g} s and then drops, less than the breaker's {cooldown:g} s"
        yield Diagnosis(WARN, where, told, "give the subscription a DeliveryPolicy of an hour")
    else:
        yield Diagnosis(OK, where, f"SNS retries for {seconds:g} s")
    if not attributes.get("RedrivePolicy"):
        fix = "set a RedrivePolicy; `fileproc replay s3://… --missed` finds what was lost"
        yield Diagnosis(WARN, where, "it has no dead-letter queue: what SNS gives up is gone", fix)


def _retry_seconds(attributes: Any, topic: Any) -> float:
    """How long SNS goes on: by the subscription's own policy, else the topic's, else its default."""
    names = ("EffectiveDeliveryPolicy", "DeliveryPolicy")
    for text in (*(attributes.get(name) for name in names), topic.get("DeliveryPolicy")):
        try:
            policy = json.loads(text or "{}")
            policy = policy.get("http", {}).get("defaultHealthyRetryPolicy") or policy.get("healthyRetryPolicy")
            if policy:
                return _seconds_of(policy)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
    return DEFAULT_RETRY_SECONDS


def _seconds_of(policy: dict[str, Any]) -> float:
    least, most = float(policy["minDelayTarget"]), float(policy["maxDelayTarget"])
    retries, none = int(policy["numRetries"]), int(policy.get("numNoDelayRetries") or 0)
    small, large = int(policy.get("numMinDelayRetries") or 0), int(policy.get("numMaxDelayRetries") or 0)
    growing = max(0, retries - none - small - large)
    # The delay grows from the least to the most, so half of both is about what it is on the way.
    return small * least + growing * (least + most) / 2 + large * most


def _not_seen(error: Exception, where: str, permission: str) -> Diagnosis:
    code = _code(error)
    if code in DENIED:
        return Diagnosis(UNKNOWN, where, "we may not look at it", f"allow {permission}")
    return Diagnosis(FAIL, where, f"it cannot be looked at ({code})", "check its name, the region and the network")


def _code(error: Exception) -> str:
    if isinstance(error, boto.ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))[:60]
    return type(error).__name__
