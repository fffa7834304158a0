"""Verification: a message that SNS signed passes, in each version and type, and says what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fileproc.aws.certificates import Certificates
from fileproc.aws.sns import MessageVerifier, Topic
from fileproc.clock import FrozenClock
from fileproc.domain.events import Notification, SubscriptionConfirmation, UnsubscribeConfirmation
from fileproc.errors import Forbidden, Unavailable
from tests.fakes.sns_signer import Pages, SnsSigner, make_certificate, shared_key

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:files-landed"


def verifier(signer: SnsSigner, pages: Pages | None = None, **options: object) -> MessageVerifier:
    """A verifier that trusts the signer's topic, at 06:00, with the signer's certificate where AWS would have it."""
    clock = FrozenClock(wall=NOW)
    pages = pages or Pages({signer.cert_url: signer.certificate_pem})
    settings = {"topics": (signer.topic_arn,), "certificates": Certificates(pages, clock), "clock": clock} | options
    return MessageVerifier(**settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def signer() -> SnsSigner:
    return SnsSigner(TOPIC, now=NOW)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "Amazon S3 Notification", "", "súbject\n☃"])
def test_a_signed_notification_passes(signer: SnsSigner, version: str, subject: str | None) -> None:
    """SHA-1 and SHA-256, with a subject, without, and with an empty one, which is signed too."""
    message = verifier(signer).verify(
        signer.notification("línea 1\nx", SignatureVersion=version, Subject=subject, MessageId="m-1")
    )

    assert Notification("m-1", TOPIC, "línea 1\nx", NOW, subject) == message


@pytest.mark.parametrize("version", ["1", "2"])
def test_signed_confirmations_pass(signer: SnsSigner, version: str) -> None:
    """Both kinds of confirmation carry and sign their token."""
    asked = verifier(signer).verify(signer.confirmation(SignatureVersion=version, MessageId="m", Token="ab12"))
    gone = verifier(signer).verify(signer.unsubscribe_confirmation(SignatureVersion=version, MessageId="m"))

    assert SubscriptionConfirmation("m", TOPIC, "ab12", NOW) == asked
    assert UnsubscribeConfirmation("m", TOPIC, NOW) == gone


@pytest.mark.parametrize(
    ("region", "partition", "host", "name"),
    [
        ("eu-west-1", "aws", "sns.eu-west-1.amazonaws.com", "sns.amazonaws.com"),
        ("il-central-1", "aws", "sns.il-central-1.amazonaws.com", "sns-signing.il-central-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "sns.cn-north-1.amazonaws.com.cn", "sns-cn-north-1.amazonaws.com.cn"),
        ("us-gov-east-1", "aws-us-gov", "sns.us-gov-east-1.amazonaws.com", "sns-us-gov-west-1.amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", "sns.eusc-de-east-1.amazonaws.eu", "sns-signing.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1", "aws-iso", "sns.us-iso-east-1.c2s.ic.gov", "sns.us-iso-east-1.c2s.ic.gov"),
    ],
)
def test_every_partition_has_its_own_host_and_name(region: str, partition: str, host: str, name: str) -> None:
    """The certificate comes from the topic's own partition and region, under a name that signs there."""
    topic = f"arn:{partition}:sns:{region}:123456789012:t"
    pem = make_certificate(shared_key(), names=(name,), around=NOW)
    signer = SnsSigner(topic, certificate_pem=pem, now=NOW)
    signer.cert_url = f"https://{host}/{signer.cert_name}"

    assert topic == verifier(signer).verify(signer.notification("x")).topic_arn


def test_a_name_may_stand_in_the_common_name_only(signer: SnsSigner) -> None:
    """Older certificates have no alternative names."""
    pem = make_certificate(shared_key(), names=(), common_name="sns.amazonaws.com", around=NOW)

    assert verifier(signer, Pages({signer.cert_url: pem})).verify(signer.notification("x"))


@pytest.mark.parametrize(
    "pattern",
    [
        TOPIC,
        "arn:aws:sns:eu-west-1:123456789012:*",
        "arn:aws:sns:*:123456789012:files-*",
        "arn:aws:sns:eu-*-1:*:files-landed",
    ],
)
def test_the_allow_list_takes_stars_inside_its_parts(signer: SnsSigner, pattern: str) -> None:
    """An operator can allow a family of topics."""
    assert verifier(signer, topics=("arn:aws:sns:eu-west-1:1:x", pattern)).verify(signer.notification("x"))


@pytest.mark.parametrize(
    "pattern",
    [
        "arn:aws:sns:eu-west-1:123456789012:files",
        "arn:aws:sns:eu-west-1:123456789012:files-landed-",
        "arn:aws:sns:eu-west-1:999999999999:*",
        "arn:aws:sns:*:files-landed",
        "*",
        "arn:aws:sns:eu.west.1:123456789012:files-landed",
    ],
)
def test_a_star_never_crosses_a_colon(signer: SnsSigner, pattern: str) -> None:
    """A star cannot swallow the account, and nothing else in a pattern is special."""
    with pytest.raises(Forbidden, match="allow-list"):
        verifier(signer, topics=(pattern,)).verify(signer.notification("x"))


def test_an_empty_allow_list_allows_nobody(signer: SnsSigner) -> None:
    """Forgetting the list must not open the door."""
    with pytest.raises(Forbidden, match="allow-list"):
        verifier(signer, topics=()).verify(signer.notification("x"))


def test_an_old_message_is_refused_and_one_from_the_future_waits(signer: SnsSigner) -> None:
    """SNS never retries for two hours; one from the future more likely means that our own clock is wrong."""
    fresh = {timedelta(hours=-2), timedelta(minutes=5)}
    for age in fresh:
        assert verifier(signer).verify(signer.notification("x", Timestamp=(NOW + age).isoformat()))
    with pytest.raises(Forbidden, match="older"):
        verifier(signer).verify(signer.notification("x", Timestamp=(NOW - timedelta(hours=2, seconds=1)).isoformat()))
    with pytest.raises(Unavailable, match="clock"):
        verifier(signer).verify(signer.notification("x", Timestamp=(NOW + timedelta(minutes=6)).isoformat()))


def test_without_verification_only_shape_and_list_count(signer: SnsSigner) -> None:
    """`SNS_VERIFY=off` fetches nothing, still honours a list, and takes any topic where there is none."""
    pages = Pages()
    unsigned = signer.notification("x") | {"Signature": "none", "Timestamp": "2020-01-01T00:00:00Z"}

    assert verifier(signer, pages, verify=False, topics=()).verify(unsigned).topic_arn == TOPIC
    with pytest.raises(Forbidden, match="allow-list"):
        verifier(signer, pages, verify=False, topics=("arn:aws:sns:eu-west-1:1:other",)).verify(unsigned)
    assert [] == pages.asked


def test_the_certificate_is_fetched_once(signer: SnsSigner) -> None:
    """A thousand messages cost one fetch."""
    pages = Pages({signer.cert_url: signer.certificate_pem})
    trusting = verifier(signer, pages)
    for number in range(3):
        trusting.verify(signer.notification(str(number)))

    assert [signer.cert_url] == pages.asked


def test_an_emulator_is_asked_under_its_prefix_and_still_verified(signer: SnsSigner) -> None:
    """With the explicit setting, a certificate comes from the emulator by the file name, whatever it calls itself."""
    prefix = "http://127.0.0.1:5000/_aws/sns/"
    pem = make_certificate(shared_key(), names=(), common_name="An Emulator", around=NOW, authority=True)
    pages = Pages({prefix + signer.cert_name: pem})
    trusting = verifier(signer, pages, extra_prefix=prefix)
    own_url = signer.notification("x", SigningCertURL=prefix + signer.cert_name)

    assert trusting.verify(signer.notification("as moto: AWS's own address")).message.startswith("as moto")
    assert "x" == trusting.verify(own_url).message
    assert [prefix + signer.cert_name] == pages.asked
    with pytest.raises(Forbidden, match="does not match"):
        trusting.verify(own_url | {"Message": "forged"})


def test_a_topic_is_taken_apart() -> None:
    """FIFO topics are topics; what is no ARN of a topic is refused."""
    assert ("aws", "eu-west-1") == (Topic.parse(TOPIC).partition, Topic.parse(TOPIC + ".fifo").region)
    for wrong in ("", "x", TOPIC + ":sub", TOPIC + "\n", TOPIC.replace("sns", "sqs"), "arn:aws:sns:eu-west-1:1:t"):
        with pytest.raises(Forbidden):
            Topic.parse(wrong)
