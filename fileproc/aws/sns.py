"""Verification of SNS messages: a column of small steps, cheap ones first, nothing fetched for a foreign topic.

Five things are trusted together and none alone: the topic is on the allow-list; the certificate's URL equals, as a
whole string, the one that this topic's partition and region use; it serves exactly one certificate; the certificate has
the right name and is valid now; and its key signed exactly the fields that this type of message signs.

Emulators sign with certificates of their own. `extra_prefix` names their origin: file names of certificates are then
looked up there, and nowhere else, while every other step stays as it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from fileproc import logs
from fileproc.aws.certificates import Certificate, Certificates
from fileproc.clock import Clock
from fileproc.domain.events import Notification, SubscriptionConfirmation, UnsubscribeConfirmation
from fileproc.errors import BadRequest, Forbidden, Unavailable

log = logs.get("sns")

Message = Notification | SubscriptionConfirmation | UnsubscribeConfirmation

#: SNS retries for an hour at most; what is older comes from somewhere else.
OLDEST = timedelta(hours=2)

#: A message from the future more likely means that our own clock is wrong.
NEWEST = timedelta(minutes=5)

#: The fields that each type signs, in byte order. "Subject" counts only where it is present.
SIGNED_FIELDS: dict[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
OPTIONAL_FIELDS = frozenset({"Subject"})
ALWAYS = ("SignatureVersion", "Signature", "SigningCertURL")

SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-us-gov": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}
ARN = re.compile(r"arn:([a-z0-9-]{1,20}):sns:([a-z0-9-]{1,32}):([0-9]{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)")
FILE_NAME = re.compile(r"SimpleNotificationService-[0-9a-f]{32}\.pem")
TOKEN = re.compile(r"[0-9a-fA-F]{1,512}")

#: SNS writes a UUID; anything much longer only wants to fill a disk.
LONGEST_MESSAGE_ID = 128

DIGESTS: dict[str, type[HashAlgorithm]] = {"1": SHA1, "2": SHA256}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's ARN, taken apart."""

    arn: str
    partition: str
    region: str

    @classmethod
    def parse(cls, arn: str) -> Topic:
        """Raises Forbidden for what is no topic's ARN."""
        match = ARN.fullmatch(arn)
        if match is None:
            raise Forbidden("TopicArn is no ARN of a topic")
        return cls(arn, match[1], match[2])

    @property
    def suffix(self) -> str:
        if self.partition not in SUFFIXES:
            raise Forbidden("the topic's partition is unknown")
        return SUFFIXES[self.partition]

    @property
    def certificate_origin(self) -> str:
        """What comes before a signing certificate's file name."""
        return f"https://sns.{self.region}.{self.suffix}/"

    @property
    def certificate_names(self) -> frozenset[str]:
        """The names that may sign for this region: the old common one, and the newer regional ones."""
        names = {"sns.amazonaws.com", f"sns.{self.region}.{self.suffix}", f"sns-signing.{self.region}.{self.suffix}"}
        if self.partition == "aws-cn":
            names.add(f"sns-{self.region}.{self.suffix}")
        if self.partition == "aws-us-gov":
            names.add("sns-us-gov-west-1.amazonaws.com")
        return frozenset(names)


class MessageVerifier:
    """Turns an envelope into a verified message, or refuses it."""

    def __init__(
        self,
        topics: tuple[str, ...],
        *,
        certificates: Certificates,
        clock: Clock,
        verify: bool = True,
        extra_prefix: str | None = None,
        count_signature: Callable[[str], None] = lambda _version: None,
    ) -> None:
        self._count_signature = count_signature
        self._topics = tuple(_pattern(topic) for topic in topics)
        self._certificates = certificates
        self._clock = clock
        self._verify = verify
        self._warned: set[str] = set()
        self._prefix = None if extra_prefix is None else extra_prefix.rstrip("/") + "/"

    def verify(self, envelope: Any) -> Message:
        """Every step in order.

        Raises:
            BadRequest: it has not the shape of an SNS message.
            Forbidden: forged, foreign or stale; the message says which, for our log only.
            Unavailable: the certificate cannot be fetched, or our clock seems wrong.
        """
        fields = _validate_fields(envelope)
        topic = Topic.parse(fields["TopicArn"])
        self._validate_topic(topic)
        timestamp = _timestamp(fields["Timestamp"])
        if self._verify:
            self._validate_age(timestamp)
            digest, signature = _signature(fields)
            certificate = self._certificates.get(self._certificate_url(fields["SigningCertURL"], topic))
            self._validate_certificate(certificate, topic)
            _validate_signature(fields, certificate, digest, signature)
            self._count_signature(fields["SignatureVersion"])
            self._warn_of_sha1(fields)
        return _message(fields, timestamp)

    def _validate_topic(self, topic: Topic) -> None:
        """An empty list allows every topic only where verification was switched off on purpose."""
        if not self._topics and not self._verify:
            return
        if not any(pattern.fullmatch(topic.arn) for pattern in self._topics):
            raise Forbidden("the topic is not on the allow-list")

    def _validate_age(self, timestamp: datetime) -> None:
        age = self._clock.utcnow() - timestamp
        if age > OLDEST:
            raise Forbidden("the message is older than SNS would deliver")
        if -age > NEWEST:
            raise Unavailable("the message is from the future; is this machine's clock right?")

    def _certificate_url(self, url: str, topic: Topic) -> str:
        """The address to fetch from: equal to what the topic's region uses, or the emulator's."""
        origin, slash, name = url.rpartition("/")
        if FILE_NAME.fullmatch(name):
            if origin + slash == topic.certificate_origin:
                return url if self._prefix is None else self._prefix + name
            if self._prefix is not None and origin + slash == self._prefix:
                return url
        raise Forbidden("SigningCertURL is not where this topic's certificates are")

    def _validate_certificate(self, certificate: Certificate, topic: Topic) -> None:
        now = self._clock.utcnow()
        if not certificate.not_before <= now <= certificate.not_after:
            raise Forbidden("the signing certificate is not valid now")
        if self._prefix is not None:
            return  # emulators sign as nobody in particular
        if certificate.is_authority or not certificate.names & topic.certificate_names:
            raise Forbidden("the signing certificate is not one of SNS's for this region")

    def _warn_of_sha1(self, fields: Mapping[str, str]) -> None:
        """Once a topic: AWS's own default is still SHA-1, and one call mends it."""
        arn = fields["TopicArn"]
        if fields["SignatureVersion"] != "1" or arn in self._warned:
            return
        self._warned.add(arn)
        log.warning(
            "sns_signature_is_sha1",
            topic=arn,
            fix=f"aws sns set-topic-attributes --topic-arn {arn} --attribute-name SignatureVersion --attribute-value 2",
        )


def canonical(fields: Mapping[str, str]) -> bytes:
    """The bytes that were signed: name, newline, value, newline, for each field that this type signs."""
    present = [name for name in SIGNED_FIELDS[fields["Type"]] if name not in OPTIONAL_FIELDS or name in fields]
    return "".join(f"{name}\n{fields[name]}\n" for name in present).encode("utf-8")


def _validate_fields(envelope: Any) -> dict[str, str]:
    if not isinstance(envelope, dict):
        raise BadRequest("an SNS message is a JSON object")
    type_ = envelope.get("Type")
    if not isinstance(type_, str) or type_ not in SIGNED_FIELDS:
        raise BadRequest("the type of the SNS message is unknown")
    wanted = (*SIGNED_FIELDS[type_], *ALWAYS)
    for name in wanted:
        if name in envelope and not isinstance(envelope[name], str):
            raise BadRequest(f"{name} is no text")
        if name not in envelope and name not in OPTIONAL_FIELDS:
            raise BadRequest(f"{name} is missing")
    if len(envelope["MessageId"]) > LONGEST_MESSAGE_ID or not envelope["MessageId"].isprintable():
        raise BadRequest("MessageId is none")
    return {name: envelope[name] for name in wanted if name in envelope}


def _timestamp(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("Timestamp is no instant") from None
    if moment.tzinfo is None:
        raise BadRequest("Timestamp has no time zone")
    return moment


def _signature(fields: Mapping[str, str]) -> tuple[HashAlgorithm, bytes]:
    """The digest that the signature's version means, and its bytes."""
    digest = DIGESTS.get(fields["SignatureVersion"])
    if digest is None:
        raise Forbidden("the version of the signature is unknown")
    try:
        return digest(), base64.b64decode(fields["Signature"], validate=True)
    except (binascii.Error, ValueError):
        raise Forbidden("the signature is not Base64") from None


def _validate_signature(
    fields: Mapping[str, str], certificate: Certificate, digest: HashAlgorithm, signature: bytes
) -> None:
    try:
        certificate.key.verify(signature, canonical(fields), PKCS1v15(), digest)
    except (ValueError, InvalidSignature):
        raise Forbidden("the signature does not match") from None


def _message(fields: Mapping[str, str], timestamp: datetime) -> Message:
    message_id, topic = fields["MessageId"], fields["TopicArn"]
    if fields["Type"] == "Notification":
        return Notification(message_id, topic, fields["Message"], timestamp, fields.get("Subject"))
    if fields["Type"] == "UnsubscribeConfirmation":
        return UnsubscribeConfirmation(message_id, topic, timestamp)
    if not TOKEN.fullmatch(fields["Token"]):
        raise Forbidden("the token of the confirmation is none")
    return SubscriptionConfirmation(message_id, topic, fields["Token"], timestamp)


def _pattern(topic: str) -> re.Pattern[str]:
    """An ARN of the allow-list; `*` stands for anything inside one of its parts."""
    return re.compile("[^:]*".join(re.escape(part) for part in topic.split("*")))
