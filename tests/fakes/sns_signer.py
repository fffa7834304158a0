"""An SNS of our own: signs any envelope with its own key and certificate, and serves that certificate.

    signer = SnsSigner("arn:aws:sns:us-east-1:123456789012:files-landed")
    envelope = signer.notification({"Records": [...]}, Subject="Amazon S3 Notification", SignatureVersion="1")
    with CertificateServer(signer) as certificates:
        ...  # SNS_CERT_URL_PREFIX=certificates.url

Overrides are fields that are set (or, with None, left out) *before* signing, so the result verifies. A forgery is made
by changing the result. The canonical string is written out here once more, on purpose: a mistake in the product's own
must not sign itself right.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

DEFAULT_TOPIC = "arn:aws:sns:us-east-1:123456789012:files-landed"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class SnsSigner:
    """One topic that signs. Without `key` all signers of a process share one; making a key takes a while."""

    def __init__(
        self,
        topic_arn: str = DEFAULT_TOPIC,
        *,
        key: rsa.RSAPrivateKey | None = None,
        certificate_pem: bytes | None = None,
        now: datetime | None = None,
    ) -> None:
        self.topic_arn = topic_arn
        self._key = key or shared_key()
        self.now = now
        self.certificate_pem = certificate_pem or make_certificate(self._key, around=now)
        region = topic_arn.split(":")[3]
        self.cert_name = f"SimpleNotificationService-{secrets.token_hex(16)}.pem"
        self.cert_url = f"https://sns.{region}.amazonaws.com/{self.cert_name}"

    def notification(self, message: str | dict[str, Any], **overrides: str | None) -> dict[str, Any]:
        """A signed Notification; a dict becomes the JSON text of `Message`."""
        text = message if isinstance(message, str) else json.dumps(message)
        fields = {
            **self._common("Notification", text),
            "UnsubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={self.topic_arn}",
        }
        return self.signed({**fields, **overrides})

    def confirmation(self, **overrides: str | None) -> dict[str, Any]:
        """A signed SubscriptionConfirmation."""
        return self.signed({**self._confirmation("SubscriptionConfirmation"), **overrides})

    def unsubscribe_confirmation(self, **overrides: str | None) -> dict[str, Any]:
        """A signed UnsubscribeConfirmation."""
        return self.signed({**self._confirmation("UnsubscribeConfirmation"), **overrides})

    def signed(self, fields: dict[str, str | None]) -> dict[str, Any]:
        """These fields with their signature; fields that are None are left out."""
        envelope = {name: value for name, value in fields.items() if value is not None}
        return {**envelope, "Signature": self.signature(envelope)}

    def signature(self, envelope: dict[str, str]) -> str:
        """What SNS would write into `Signature`."""
        digest = SHA1() if envelope.get("SignatureVersion") == "1" else SHA256()  # SNS signs with SHA-1 by default
        signature = self._key.sign(canonical(envelope), padding.PKCS1v15(), digest)
        return base64.b64encode(signature).decode()

    def _common(self, type_: str, message: str) -> dict[str, str | None]:
        moment = self.now or datetime.now(UTC)
        return {
            "Type": type_,
            "MessageId": str(uuid.uuid4()),
            "TopicArn": self.topic_arn,
            "Message": message,
            "Timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": "2",
            "SigningCertURL": self.cert_url,
        }

    def _confirmation(self, type_: str) -> dict[str, str | None]:
        token = secrets.token_hex(64)
        url = f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={self.topic_arn}&Token={token}"
        return {**self._common(type_, "You have chosen to subscribe."), "Token": token, "SubscribeURL": url}


def canonical(envelope: dict[str, str]) -> bytes:
    """What SNS signs."""
    if envelope["Type"] == "Notification":
        subject = ["Subject"] if "Subject" in envelope else []
        names = ["Message", "MessageId", *subject, "Timestamp", "TopicArn", "Type"]
    else:
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    return b"".join(f"{name}\n{envelope[name]}\n".encode() for name in names)


@cache
def shared_key() -> rsa.RSAPrivateKey:
    """One key for all signers that need no key of their own."""
    return fresh_key()


def fresh_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key that nobody else has."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def make_certificate(
    key: PrivateKey,
    *,
    names: tuple[str, ...] = ("sns.amazonaws.com",),
    common_name: str = "sns.amazonaws.com",
    around: datetime | None = None,
    days: tuple[float, float] = (-30, 300),
    authority: bool = False,
) -> bytes:
    """A self-signed PEM certificate, valid from `days[0]` to `days[1]` around an instant; no `names`: no SAN."""
    moment = around or datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment + timedelta(days=days[0]))
        .not_valid_after(moment + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


class CertificateServer:
    """Serves a signer's certificate on loopback. `url` is what SNS_CERT_URL_PREFIX wants; `hits` counts the asks."""

    def __init__(self, signer: SnsSigner) -> None:
        self.hits: list[str] = []
        handler = type("Handler", (_CertificateHandler,), {"pem": signer.certificate_pem, "hits": self.hits})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True, name="certificates"
        )
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> CertificateServer:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _CertificateHandler(BaseHTTPRequestHandler):
    pem: bytes
    hits: list[str]

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.pem)))
        self.end_headers()
        self.wfile.write(self.pem)

    def log_message(self, *_arguments: object) -> None:
        """Tests read `hits`."""


class Pages:
    """A fetcher without a network: bytes (or an error to raise) by URL; `asked` lists every call."""

    def __init__(self, pages: dict[str, bytes | Exception] | None = None) -> None:
        self.pages = pages or {}
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        page = self.pages[url]
        if isinstance(page, Exception):
            raise page
        return page


class Anything(Pages):
    """Serves the same bytes at every address."""

    def __init__(self, pem: bytes) -> None:
        super().__init__()
        self.pem = pem

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.pem
