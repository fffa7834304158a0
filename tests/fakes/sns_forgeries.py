"""Everything that must be refused, made from one signer: by hand, by field, by address and by certificate.

The tables are held against the verifier in memory and against a running front: the same forgeries, the same outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.sns_signer import SnsSigner, fresh_key, make_certificate, shared_key

Envelope = dict[str, Any]


def changed(signer: SnsSigner, message: str, **fields: Any) -> Callable[[], Envelope]:
    """A signed notification with fields changed after signing; None takes one away."""

    def make() -> Envelope:
        envelope = signer.notification(message, Subject="s") | fields
        return {name: value for name, value in envelope.items() if value is not None}

    return make


def later(signer: SnsSigner, by: timedelta) -> str:
    """An instant so much later than the signer's now, as SNS writes it."""
    moment = (signer.now or datetime.now(UTC)) + by
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def spelt_differently(signer: SnsSigner) -> str:
    """The same instant in other letters."""
    return later(signer, timedelta()).replace("Z", "+00:00")


def flipped(base64: str) -> str:
    return ("B" if base64[0] == "A" else "A") + base64[1:]


def swapped(envelope: Envelope, version: str) -> Envelope:
    return envelope | {"SignatureVersion": version}


def forged(signer: SnsSigner, message: str = "{}") -> dict[str, Callable[[], Envelope]]:
    """Changed after signing, or signed by somebody else: it takes the certificate to tell. They carry `message`."""
    topic, now = signer.topic_arn, signer.now
    return {
        "Message changed": changed(signer, message, Message='{"Records": []}'),
        "MessageId changed": changed(signer, message, MessageId="other"),
        "Timestamp changed": changed(signer, message, Timestamp=later(signer, timedelta(seconds=1))),
        "Timestamp spelt differently": changed(signer, message, Timestamp=spelt_differently(signer)),
        "Subject changed": changed(signer, message, Subject="t"),
        "Subject removed": changed(signer, message, Subject=None),
        "Subject added": lambda: signer.notification(message) | {"Subject": ""},
        "Type changed to a confirmation": lambda: (
            signer.notification(message)
            | {"Type": "SubscriptionConfirmation", "Token": "ab", "SubscribeURL": "https://x/"}
        ),
        "confirmation told as its opposite": lambda: signer.confirmation() | {"Type": "UnsubscribeConfirmation"},
        "Token changed": lambda: signer.confirmation() | {"Token": "00ff"},
        "SubscribeURL changed": lambda: signer.confirmation() | {"SubscribeURL": "https://evil.example/"},
        "Signature changed": lambda: (one := signer.notification(message)) | {"Signature": flipped(one["Signature"])},
        "Signature empty": changed(signer, message, Signature=""),
        "Signature cut": lambda: (one := signer.notification(message)) | {"Signature": one["Signature"][:-4]},
        "Signature of another message": lambda: (
            signer.notification(message) | {"Signature": signer.notification(message + " ")["Signature"]}
        ),
        "another key": lambda: SnsSigner(topic, key=fresh_key(), now=now).notification(
            message, SigningCertURL=signer.cert_url
        ),
        "signed with SHA-256, told as SHA-1": lambda: swapped(signer.notification(message), "1"),
        "signed with SHA-1, told as SHA-256": lambda: swapped(signer.notification(message, SignatureVersion="1"), "2"),
        "half a character": lambda: signer.notification(message) | {"Message": "\ud800"},
        "newline moved between fields": lambda: (
            signer.notification("a\nMessageId\nb", MessageId="c") | {"Message": "a", "MessageId": "b\nMessageId\nc"}
        ),
    }


def foreign_or_broken(signer: SnsSigner) -> dict[str, Callable[[], Any]]:
    """What can be told without a certificate, so that nobody may be asked for one."""
    topic, now = signer.topic_arn, signer.now
    region = topic.split(":")[3]
    return {
        "another topic": lambda: SnsSigner(topic + "2", now=now).notification("{}"),
        "same name in another account": lambda: SnsSigner(topic.replace("1234", "4321"), now=now).notification("{}"),
        "topic in another region": lambda: SnsSigner(topic.replace(region, "ap-northeast-3"), now=now).notification(
            "{}"
        ),
        "topic changed to an allowed one's longer name": changed(signer, "{}", TopicArn=topic + "\n"),
        "topic is no ARN": changed(signer, "{}", TopicArn="files-landed"),
        "topic is a list": changed(signer, "{}", TopicArn=[topic]),
        "partition unknown": changed(signer, "{}", TopicArn=topic.replace("arn:aws:", "arn:aws-mars:")),
        "too old": lambda: signer.notification("{}", Timestamp=later(signer, -timedelta(hours=2, seconds=1))),
        "no instant": changed(signer, "{}", Timestamp="now"),
        "no time zone": changed(signer, "{}", Timestamp="2026-11-24T06:00:00"),
        "version unknown": changed(signer, "{}", SignatureVersion="3"),
        "version missing": changed(signer, "{}", SignatureVersion=None),
        "version is a number": changed(signer, "{}", SignatureVersion=2),
        "Signature is no Base64": changed(signer, "{}", Signature="!!!!"),
        "Signature with a newline in it": changed(signer, "{}", Signature="AAAA\nAAAA"),
        "Signature is not ASCII": changed(signer, "{}", Signature="ÄÄÄÄ"),
        "Signature missing": changed(signer, "{}", Signature=None),
        "Message missing": changed(signer, "{}", Message=None),
        "Message is an object": changed(signer, "{}", Message={"Records": []}),
        "Subject is null": lambda: signer.notification("{}") | {"Subject": None},
        "Type unknown": changed(signer, "{}", Type="Gossip"),
        "Type missing": changed(signer, "{}", Type=None),
        "Type is a list": changed(signer, "{}", Type=["Notification"]),
        "MessageId of a kilobyte": changed(signer, "{}", MessageId="m" * 1024),
        "MessageId with NUL": changed(signer, "{}", MessageId="\x00"),
        "Lambda's spelling": lambda: (
            signer.notification("{}", SigningCertURL=None) | {"SigningCertUrl": signer.cert_url}
        ),
        "no object": lambda: [signer.notification("{}")],
        "null": lambda: None,
        "text": lambda: "Notification",
    }


def addresses(signer: SnsSigner) -> list[str]:
    """Addresses of certificates that are not to the letter what the topic's region uses."""
    file, region = signer.cert_name, signer.topic_arn.split(":")[3]
    host = f"sns.{region}.amazonaws.com"
    return [
        f"http://{host}/{file}",
        f"HTTPS://{host}/{file}",
        f"https://{host.upper()}/{file}",
        f"https://{host}:443/{file}",
        f"https://{host}:8443/{file}",
        f"https://user@{host}/{file}",
        f"https://{host}@evil.example/{file}",
        f"https://{host}\\@evil.example/{file}",
        f"https://evil.example\\@{host}/{file}",
        f"https://evil.example#@{host}/{file}",
        f"https://{host}./{file}",
        f"https://{host}.evil.example/{file}",
        f"https://{host}%2eevil.example/{file}",
        f"https://{host.replace('.', '%2e')}/{file}",
        f"https://{host.replace('.', '。')}/{file}",
        f"https://{host.replace('a', 'а', 1)}/{file}",
        f"https://evil.example/{file}",
        f"https://127.0.0.1/{file}",
        f"https://[::1]/{file}",
        f"https://169.254.169.254/{file}",
        f"https://sns.ap-northeast-3.amazonaws.com/{file}",
        f"https://sns.{region}.amazonaws.com.cn/{file}",
        f"https://sns.s3-{region}.amazonaws.com/{file}",
        f"https://sns.s3.amazonaws.com/{file}",
        f"https://sns.s3-accelerate.amazonaws.com/{file}",
        f"https://s3.amazonaws.com/sns/{file}",
        f"https://{host}//{file}",
        f"https://{host}/./{file}",
        f"https://{host}/x/../{file}",
        f"https://{host}/x/{file}",
        f"https://{host}/%2e%2e/{file}",
        f"https://{host}/{file}?a=b",
        f"https://{host}/?x=/{file}",
        f"https://{host}/{file}#a",
        f"https://{host}/{file};a",
        f"https://{host}/{file}/",
        f"https://{host}/{file}\n",
        f"https://{host}/{file}\r\n",
        f"\nhttps://{host}/{file}",
        f" https://{host}/{file}",
        f"https://{host}\t/{file}",
        f"https://{host}/{file}\x00",
        f"https://{host}/{file.upper()}",
        f"https://{host}/{file.replace('.pem', '.PEM')}",
        f"https://{host}/{file.replace('.pem', '')}",
        f"https://{host}/SimpleNotificationService-{'0' * 31}.pem",
        f"https://{host}/SimpleNotificationService-{'0' * 33}.pem",
        f"https://{host}/SimpleNotificationService-{'g' * 32}.pem",
        f"https://{host}/SimpleNotificationService-{'٠' * 32}.pem",
        f"file:///etc/{file}",
        f"//{host}/{file}",
        file,
        "",
    ]


def certificates(signer: SnsSigner) -> dict[str, Callable[[], bytes]]:
    """What the right address may serve and is not believed."""
    good, now = signer.certificate_pem, signer.now
    return {
        "two certificates": lambda: good + good,
        "wrapped in XML": lambda: b"<Message>" + good + b"</Message>",
        "after junk": lambda: b"junk\n" + good,
        "before junk": lambda: good + b"junk",
        "nothing": lambda: b"",
        "no certificate": lambda: b"<Error><Code>AccessDenied</Code></Error>",
        "a private key's label": lambda: good.replace(b"CERTIFICATE", b"PRIVATE KEY"),
        "cut": lambda: good[: len(good) // 2] + b"\n-----END CERTIFICATE-----\n",
        "expired": lambda: make_certificate(shared_key(), around=now, days=(-300, -0.001)),
        "not yet valid": lambda: make_certificate(shared_key(), around=now, days=(0.001, 300)),
        "another name": lambda: make_certificate(shared_key(), names=("sqs.amazonaws.com",), around=now),
        "another region's name": lambda: make_certificate(
            shared_key(), names=("sns-signing.il-central-1.amazonaws.com",), around=now
        ),
        "a wildcard": lambda: make_certificate(shared_key(), names=("*.amazonaws.com",), around=now),
        "a longer name": lambda: make_certificate(shared_key(), names=("sns.amazonaws.com.evil.example",), around=now),
        "the right name only as common name beside others": lambda: make_certificate(
            shared_key(), names=("evil.example",), common_name="sns.amazonaws.com", around=now
        ),
        "a certificate authority": lambda: make_certificate(shared_key(), around=now, authority=True),
        "an elliptic curve key": lambda: make_certificate(ec.generate_private_key(ec.SECP256R1()), around=now),
        "another key": lambda: make_certificate(fresh_key(), around=now),
    }
