"""SNS as it behaves towards an HTTP endpoint: what neither moto nor LocalStack do.

    with SnsSimulator() as sns, running(folder, **sns.environment()) as front:
        subscription = sns.subscribe(front.url)          # posts the confirmation, waits for ConfirmSubscription
        sns.publish(landed("acme", "orders.csv"))        # delivers, retries, gives up into the dead-letter queue
        subscription.attempts, subscription.dead_letters

It has an authority of its own and answers under SNS's own name by TLS, so a front needs no emulator's setting: names
are looked up and certificates are trusted as on AWS (`environment` says how). It delivers as documented: 15 seconds for
an answer, 2xx is delivered, 4xx is given up at once, everything else follows the subscription's delivery policy. Waits
between tries are told to `wait` and not slept, unless a test wants them.
"""

from __future__ import annotations

import http.client
import itertools
import json
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.fakes.sns_signer import DEFAULT_TOPIC, SnsSigner, fresh_key

AGENT = "Amazon Simple Notification Service Agent"

#: SNS waits so long for an answer, in seconds.
ANSWER_SECONDS = 15.0

#: The whole schedule of a delivery policy may take this long, in seconds.
LONGEST_SCHEDULE = 3_600


@dataclass(frozen=True)
class DeliveryPolicy:
    """`healthyRetryPolicy`, with SNS's own defaults."""

    retries: int = 3
    min_delay: float = 20
    max_delay: float = 20
    immediate: int = 0
    at_min_delay: int = 0
    at_max_delay: int = 0
    backoff: str = "linear"

    def delays(self) -> list[float]:
        """Seconds before each retry: immediate, before the back-off, the back-off, after it."""
        phases = self.immediate + self.at_min_delay + self.at_max_delay
        between = [self._between(step) for step in self._steps(self.retries - phases)]
        after = [self.max_delay] * self.at_max_delay
        delays = [0.0] * self.immediate + [self.min_delay] * self.at_min_delay + between + after
        if sum(delays) > LONGEST_SCHEDULE:
            raise ValueError("SNS takes no schedule longer than an hour")
        return delays

    @staticmethod
    def _steps(count: int) -> list[float]:
        """From 0 to 1 in so many steps."""
        return [step / max(1, count - 1) for step in range(count)]

    def _between(self, share: float) -> float:
        """The delay at a share of the way from the least to the most."""
        width = self.max_delay - self.min_delay
        match self.backoff:
            case "arithmetic":
                return self.min_delay + width * share * (share + 1) / 2
            case "exponential":
                return self.min_delay + width * (2 ** (share * 10) - 1) / (2**10 - 1)
            case "geometric":
                return self.min_delay * (self.max_delay / self.min_delay) ** share
            case _:
                return self.min_delay + width * share


@dataclass(frozen=True)
class Attempt:
    """One POST: its message, its number from 0, its status (0 = no answer in time)."""

    message_id: str
    number: int
    status: int


@dataclass
class Subscription:
    """An endpoint of a topic, and what became of each delivery to it."""

    endpoint: str
    policy: DeliveryPolicy
    arn: str
    token: str = ""
    confirmed: threading.Event = field(default_factory=threading.Event)
    authenticated: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    dead_letters: list[dict[str, Any]] = field(default_factory=list)


class SnsSimulator:
    """One topic under SNS's own name. `calls` are requests to its API, `visits` GETs of anything but a certificate."""

    def __init__(
        self,
        topic_arn: str = DEFAULT_TOPIC,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.signer = SnsSigner(topic_arn)
        self.host = f"sns.{topic_arn.split(':')[3]}.amazonaws.com"
        self.waits: list[float] = []
        self.calls: list[dict[str, str]] = []
        self.visits: list[str] = []
        self.fetched: list[str] = []
        self.subscriptions: list[Subscription] = []
        self._answer_seconds = answer_seconds
        self._wait = wait or self.waits.append
        self._authority = Authority()

    def __enter__(self) -> SnsSimulator:
        handler = type("Handler", (_Sns,), {"sns": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket = self._authority.server_context(self.host).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="sns").start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._authority.close()

    def environment(self) -> dict[str, Any]:
        """Settings of a front for which this is SNS: its name leads here, and its authority is trusted."""
        return {
            "QUICK_FRONT_HOSTS": json.dumps({self.host: self._server.server_address[1]}),
            "SSL_CERT_FILE": str(self._authority.bundle),
            "AWS_CA_BUNDLE": str(self._authority.bundle),
            "AWS_DEFAULT_REGION": self.signer.topic_arn.split(":")[3],
            "SNS_CERT_URL_PREFIX": None,
        }

    def subscribe(self, endpoint: str, policy: DeliveryPolicy | None = None) -> Subscription:
        """Post a confirmation; whether it was confirmed is the endpoint's doing."""
        arn = f"{self.signer.topic_arn}:sub-{len(self.subscriptions)}"
        subscription = Subscription(endpoint, policy or DeliveryPolicy(), arn)
        self.subscriptions.append(subscription)
        envelope = self.signer.confirmation()
        subscription.token = envelope["Token"]
        self._deliver(subscription, envelope)
        return subscription

    def publish(self, message: dict[str, Any], **overrides: str | None) -> str:
        """Deliver one message to all that have confirmed, one after another; its id."""
        envelope = self.signer.notification(message, **overrides)
        self.send(envelope)
        return str(envelope["MessageId"])

    def send(self, envelope: dict[str, Any]) -> None:
        """Deliver an envelope as it is, forged or not."""
        for subscription in self.subscriptions:
            if subscription.confirmed.is_set():
                self._deliver(subscription, envelope)

    def _deliver(self, subscription: Subscription, envelope: dict[str, Any]) -> None:
        for number, delay in enumerate([None, *subscription.policy.delays()]):
            if delay is not None:
                self._wait(delay)
            status = self._post(subscription, envelope)
            subscription.attempts.append(Attempt(str(envelope["MessageId"]), number, status))
            if 200 <= status < 300:
                subscription.delivered.append(str(envelope["MessageId"]))
                return
            if 400 <= status < 500:
                break
        subscription.dead_letters.append(envelope)

    def _post(self, subscription: Subscription, envelope: dict[str, Any]) -> int:
        """One try; 0 if there was no answer in time."""
        address = urlsplit(subscription.endpoint)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=self._answer_seconds)
        try:
            connection.request("POST", address.path or "/", json.dumps(envelope), headers(envelope, subscription.arn))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def asked(self, call: dict[str, str]) -> bytes | None:
        """The API: ConfirmSubscription with a token that is ours; None refuses."""
        self.calls.append(call)
        for subscription in self.subscriptions:
            if (call.get("Action"), call.get("Token")) == ("ConfirmSubscription", subscription.token):
                subscription.authenticated = call.get("AuthenticateOnUnsubscribe") == "true"
                subscription.confirmed.set()
                return _confirmed(subscription.arn)
        return None


def headers(envelope: dict[str, Any], subscription_arn: str) -> dict[str, str]:
    """The headers that SNS sends with an envelope."""
    found = {
        "User-Agent": AGENT,
        "Content-Type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": str(envelope.get("Type")),
        "x-amz-sns-message-id": str(envelope.get("MessageId")),
        "x-amz-sns-topic-arn": str(envelope.get("TopicArn")),
    }
    if envelope.get("Type") != "SubscriptionConfirmation":
        found["x-amz-sns-subscription-arn"] = subscription_arn
    return found


_sequence = itertools.count(0x0055AED6DCD90281)


def landed(bucket: str, *keys: str, sequencers: Iterator[str] | None = None, etag: str = "e") -> dict[str, Any]:
    """S3's event about objects that landed: one record each, every sequencer higher than those before."""
    numbers = sequencers or (f"{number:016X}" for number in _sequence)
    return {"Records": [_record(bucket, key, next(numbers), etag) for key in keys]}


def _record(bucket: str, key: str, sequencer: str, etag: str) -> dict[str, Any]:
    object_ = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": etag, "sequencer": sequencer}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}, "object": object_},
    }


def _confirmed(arn: str) -> bytes:
    return (
        "<ConfirmSubscriptionResponse xmlns='http://sns.amazonaws.com/doc/2010-03-31/'><ConfirmSubscriptionResult>"
        f"<SubscriptionArn>{arn}</SubscriptionArn></ConfirmSubscriptionResult></ConfirmSubscriptionResponse>"
    ).encode()


class _Sns(BaseHTTPRequestHandler):
    """SNS's own port: certificates by GET, the API by POST."""

    sns: SnsSimulator

    def do_GET(self) -> None:
        if self.path == f"/{self.sns.signer.cert_name}":
            self.sns.fetched.append(self.path)
            self._answer(200, self.sns.signer.certificate_pem)
        else:
            self.sns.visits.append(self.path)
            self._answer(404, b"<ErrorResponse/>")

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        call = {name: values[0] for name, values in parse_qs(text).items()}
        answer = self.sns.asked(call)
        if answer is None:
            self._answer(400, b"<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>")
        else:
            self._answer(200, answer)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Tests read what was asked."""


class Authority:
    """A certificate authority of our own; `bundle` is the file that trusts it."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="authority-")
        self.folder = self._temporary.name
        self._key = fresh_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        certificate = _issue(self._name, self._name, self._key, self._key, authority=True)
        self.bundle = Path(self.folder) / "authority.pem"
        self.bundle.write_bytes(certificate)

    def server_context(self, host: str) -> ssl.SSLContext:
        """What a server under this name presents."""
        key = fresh_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        file = Path(self.folder) / "server.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + _issue(subject, self._name, key, self._key, host=host))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def close(self) -> None:
        """Forget all keys."""
        self._temporary.cleanup()


def _issue(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer_key: rsa.RSAPrivateKey,
    *,
    host: str | None = None,
    authority: bool = False,
) -> bytes:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer_key, SHA256()).public_bytes(Encoding.PEM)
