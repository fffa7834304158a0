"""Forgeries: one list of everything that must be refused, and nothing fetched for most of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fileproc.aws.certificates import Certificates
from fileproc.aws.sns import MessageVerifier
from fileproc.clock import FrozenClock
from fileproc.errors import BadRequest, FileprocError, Forbidden
from tests.fakes.sns_signer import Anything, Pages, SnsSigner, fresh_key, make_certificate, shared_key

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:files-landed"
SIGNER = SnsSigner(TOPIC, now=NOW)
FILE = SIGNER.cert_name
HOST = "sns.eu-west-1.amazonaws.com"

Envelope = dict[str, Any]


def refused(envelope: Any, pem: bytes = SIGNER.certificate_pem, **options: Any) -> tuple[FileprocError, Pages]:
    """The refusal of an envelope, and what was fetched before it. Every address would serve the certificate."""
    clock = FrozenClock(wall=NOW)
    pages = Anything(pem)
    verifier = MessageVerifier((TOPIC,), certificates=Certificates(pages, clock), clock=clock, **options)
    with pytest.raises((Forbidden, BadRequest)) as caught:
        verifier.verify(envelope)
    return caught.value, pages


def changed(**fields: Any) -> Callable[[], Envelope]:
    """A signed notification with fields changed after signing; None takes one away."""
    envelope = SIGNER.notification("{}", Subject="s") | fields
    return lambda: {name: value for name, value in envelope.items() if value is not None}


def flipped(base64: str) -> str:
    return ("B" if base64[0] == "A" else "A") + base64[1:]


def swapped(envelope: Envelope, version: str) -> Envelope:
    return envelope | {"SignatureVersion": version}


FORGERIES: dict[str, Callable[[], Envelope]] = {
    "Message changed": changed(Message='{"Records": []}'),
    "MessageId changed": changed(MessageId="other"),
    "Timestamp changed": changed(Timestamp="2026-11-24T06:00:01.000Z"),
    "Timestamp spelt differently": changed(Timestamp="2026-11-24T06:00:00Z"),
    "Subject changed": changed(Subject="t"),
    "Subject removed": changed(Subject=None),
    "Subject added": lambda: SIGNER.notification("{}") | {"Subject": ""},
    "Type changed to a confirmation": lambda: (
        SIGNER.notification("{}") | {"Type": "SubscriptionConfirmation", "Token": "ab", "SubscribeURL": "https://x/"}
    ),
    "confirmation told as its opposite": lambda: SIGNER.confirmation() | {"Type": "UnsubscribeConfirmation"},
    "Token changed": lambda: SIGNER.confirmation() | {"Token": "00ff"},
    "SubscribeURL changed": lambda: SIGNER.confirmation() | {"SubscribeURL": "https://evil.example/"},
    "Signature changed": lambda: (one := SIGNER.notification("{}")) | {"Signature": flipped(one["Signature"])},
    "Signature empty": changed(Signature=""),
    "Signature cut": lambda: (one := SIGNER.notification("{}")) | {"Signature": one["Signature"][:-4]},
    "Signature of another message": lambda: (
        SIGNER.notification("{}") | {"Signature": SIGNER.notification("{ }")["Signature"]}
    ),
    "another key": lambda: SnsSigner(TOPIC, key=fresh_key(), now=NOW).notification(
        "{}", SigningCertURL=SIGNER.cert_url
    ),
    "signed with SHA-256, told as SHA-1": lambda: swapped(SIGNER.notification("{}"), "1"),
    "signed with SHA-1, told as SHA-256": lambda: swapped(SIGNER.notification("{}", SignatureVersion="1"), "2"),
    "half a character": lambda: SIGNER.notification("{}") | {"Message": "\ud800"},
    "newline moved between fields": lambda: (
        SIGNER.notification("a\nMessageId\nb", MessageId="c") | {"Message": "a", "MessageId": "b\nMessageId\nc"}
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_refused(forgery: Callable[[], Envelope]) -> None:
    """Nothing that was changed after signing, or signed by somebody else, gets in."""
    error, _ = refused(forgery())

    assert error.http_status in (400, 403)


CHEAP: dict[str, Callable[[], Any]] = {
    "another topic": lambda: SnsSigner(TOPIC + "2", now=NOW).notification("{}"),
    "same name in another account": lambda: SnsSigner(TOPIC.replace("1234", "4321"), now=NOW).notification("{}"),
    "topic in another region": lambda: SnsSigner(TOPIC.replace("eu-west-1", "us-east-1"), now=NOW).notification("{}"),
    "topic changed to an allowed one's longer name": changed(TopicArn=TOPIC + "\n"),
    "topic is no ARN": changed(TopicArn="files-landed"),
    "topic is a list": changed(TopicArn=[TOPIC]),
    "partition unknown": changed(TopicArn=TOPIC.replace("arn:aws:", "arn:aws-mars:")),
    "too old": lambda: SIGNER.notification("{}", Timestamp="2026-11-24T03:59:59Z"),
    "no instant": changed(Timestamp="now"),
    "no time zone": changed(Timestamp="2026-11-24T06:00:00"),
    "version unknown": changed(SignatureVersion="3"),
    "version missing": changed(SignatureVersion=None),
    "version is a number": changed(SignatureVersion=2),
    "Signature is no Base64": changed(Signature="!!!!"),
    "Signature with a newline in it": changed(Signature="AAAA\nAAAA"),
    "Signature is not ASCII": changed(Signature="ÄÄÄÄ"),
    "Signature missing": changed(Signature=None),
    "Message missing": changed(Message=None),
    "Message is an object": changed(Message={"Records": []}),
    "Subject is null": lambda: SIGNER.notification("{}") | {"Subject": None},
    "Type unknown": changed(Type="Gossip"),
    "Type missing": changed(Type=None),
    "Type is a list": changed(Type=["Notification"]),
    "MessageId of a kilobyte": changed(MessageId="m" * 1024),
    "MessageId with NUL": changed(MessageId="\x00"),
    "Lambda's spelling": lambda: SIGNER.notification("{}", SigningCertURL=None) | {"SigningCertUrl": SIGNER.cert_url},
    "no object": lambda: [SIGNER.notification("{}")],
    "null": lambda: None,
    "text": lambda: "Notification",
}


@pytest.mark.parametrize("forgery", CHEAP.values(), ids=CHEAP)
def test_what_can_be_told_without_a_certificate_is_refused_before_any_fetch(forgery: Callable[[], Any]) -> None:
    """Foreign topics and broken envelopes cannot make this service call anybody."""
    _, pages = refused(forgery())

    assert [] == pages.asked


URLS = [
    f"http://{HOST}/{FILE}",
    f"HTTPS://{HOST}/{FILE}",
    f"https://{HOST.upper()}/{FILE}",
    f"https://{HOST}:443/{FILE}",
    f"https://{HOST}:8443/{FILE}",
    f"https://user@{HOST}/{FILE}",
    f"https://{HOST}@evil.example/{FILE}",
    f"https://{HOST}\\@evil.example/{FILE}",
    f"https://evil.example\\@{HOST}/{FILE}",
    f"https://evil.example#@{HOST}/{FILE}",
    f"https://{HOST}./{FILE}",
    f"https://{HOST}.evil.example/{FILE}",
    f"https://{HOST}%2eevil.example/{FILE}",
    f"https://{HOST.replace('.', '%2e')}/{FILE}",
    f"https://{HOST.replace('.', '。')}/{FILE}",
    f"https://{HOST.replace('a', 'а', 1)}/{FILE}",
    f"https://evil.example/{FILE}",
    f"https://127.0.0.1/{FILE}",
    f"https://[::1]/{FILE}",
    f"https://169.254.169.254/{FILE}",
    f"https://sns.us-east-1.amazonaws.com/{FILE}",
    f"https://sns.eu-west-1.amazonaws.com.cn/{FILE}",
    f"https://sns.s3-eu-west-1.amazonaws.com/{FILE}",
    f"https://sns.s3.amazonaws.com/{FILE}",
    f"https://sns.s3-accelerate.amazonaws.com/{FILE}",
    f"https://s3.amazonaws.com/sns/{FILE}",
    f"https://{HOST}//{FILE}",
    f"https://{HOST}/./{FILE}",
    f"https://{HOST}/x/../{FILE}",
    f"https://{HOST}/x/{FILE}",
    f"https://{HOST}/%2e%2e/{FILE}",
    f"https://{HOST}/{FILE}?a=b",
    f"https://{HOST}/?x=/{FILE}",
    f"https://{HOST}/{FILE}#a",
    f"https://{HOST}/{FILE};a",
    f"https://{HOST}/{FILE}/",
    f"https://{HOST}/{FILE}\n",
    f"https://{HOST}/{FILE}\r\n",
    f"\nhttps://{HOST}/{FILE}",
    f" https://{HOST}/{FILE}",
    f"https://{HOST}\t/{FILE}",
    f"https://{HOST}/{FILE}\x00",
    f"https://{HOST}/{FILE.upper()}",
    f"https://{HOST}/{FILE.replace('.pem', '.PEM')}",
    f"https://{HOST}/{FILE.replace('.pem', '')}",
    f"https://{HOST}/SimpleNotificationService-{'0' * 31}.pem",
    f"https://{HOST}/SimpleNotificationService-{'0' * 33}.pem",
    f"https://{HOST}/SimpleNotificationService-{'g' * 32}.pem",
    f"https://{HOST}/SimpleNotificationService-{'٠' * 32}.pem",
    f"file:///etc/{FILE}",
    f"//{HOST}/{FILE}",
    FILE,
    "",
]


def named(url: str) -> str:
    """Every run makes a certificate of its own; the tests' names stay the same, so that they can be shared out."""
    random = FILE.removeprefix("SimpleNotificationService-").removesuffix(".pem")
    return url.replace(random, "RANDOM").replace(random.upper(), "RANDOM-UPPER")


@pytest.mark.parametrize("prefix", [None, "http://127.0.0.1:5000/"])
@pytest.mark.parametrize("url", URLS, ids=named)
def test_an_address_that_is_not_to_the_letter_is_never_fetched(url: str, prefix: str | None) -> None:
    """The signature would even match; the address alone is reason enough, and nobody is asked."""
    error, pages = refused(SIGNER.notification("{}", SigningCertURL=url), extra_prefix=prefix)

    assert "SigningCertURL" in error.message
    assert [] == pages.asked


def test_an_emulators_address_needs_the_setting() -> None:
    """Without the explicit prefix, its address is one of anybody."""
    _, pages = refused(SIGNER.notification("{}", SigningCertURL=f"http://localhost:4566/_aws/sns/{FILE}"))

    assert [] == pages.asked


GOOD = SIGNER.certificate_pem
CERTIFICATES: dict[str, Callable[[], bytes]] = {
    "two certificates": lambda: GOOD + GOOD,
    "wrapped in XML": lambda: b"<Message>" + GOOD + b"</Message>",
    "after junk": lambda: b"junk\n" + GOOD,
    "before junk": lambda: GOOD + b"junk",
    "nothing": lambda: b"",
    "no certificate": lambda: b"<Error><Code>AccessDenied</Code></Error>",
    "a private key's label": lambda: GOOD.replace(b"CERTIFICATE", b"PRIVATE KEY"),
    "cut": lambda: GOOD[: len(GOOD) // 2] + b"\n-----END CERTIFICATE-----\n",
    "expired": lambda: make_certificate(shared_key(), around=NOW, days=(-300, -0.001)),
    "not yet valid": lambda: make_certificate(shared_key(), around=NOW, days=(0.001, 300)),
    "another name": lambda: make_certificate(shared_key(), names=("sqs.amazonaws.com",), around=NOW),
    "another region's name": lambda: make_certificate(
        shared_key(), names=("sns-signing.il-central-1.amazonaws.com",), around=NOW
    ),
    "a wildcard": lambda: make_certificate(shared_key(), names=("*.amazonaws.com",), around=NOW),
    "a longer name": lambda: make_certificate(shared_key(), names=("sns.amazonaws.com.evil.example",), around=NOW),
    "the right name only as common name beside others": lambda: make_certificate(
        shared_key(), names=("evil.example",), common_name="sns.amazonaws.com", around=NOW
    ),
    "a certificate authority": lambda: make_certificate(shared_key(), around=NOW, authority=True),
    "an elliptic curve key": lambda: make_certificate(ec.generate_private_key(ec.SECP256R1()), around=NOW),
    "another key": lambda: make_certificate(fresh_key(), around=NOW),
}


@pytest.mark.parametrize("pem", CERTIFICATES.values(), ids=CERTIFICATES)
def test_a_certificate_that_is_not_exactly_right_is_refused(pem: Callable[[], bytes]) -> None:
    """One PEM with nothing around it, valid now, of the right name and kind, and it must have signed this."""
    error, pages = refused(SIGNER.notification("{}"), pem())

    assert 403 == error.http_status
    assert [SIGNER.cert_url] == pages.asked


def test_a_short_key_is_refused() -> None:
    """A key that can be broken signs nothing here, though the signature matches."""
    signer = SnsSigner(TOPIC, key=fresh_key(1024), now=NOW)
    error, _ = refused(signer.notification("{}"), signer.certificate_pem)

    assert "bits" in error.message
