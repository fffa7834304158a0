"""An SNS of the tests' own: a real key, a real certificate, really signed messages. Nothing is weakened to accept them.

`CertificateServer` serves the certificate where `SNS_CERT_URL_PREFIX` points.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from fileproc.aws.sns import canonical

FILE_NAME = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
DIGESTS = {"1": hashes.SHA1, "2": hashes.SHA256}


def make_certificate(
    key: Any, name: str = "sns.amazonaws.com", *, begins: datetime | None = None, days: int = 30
) -> bytes:
    """A self-signed certificate as PEM."""
    begins = begins or datetime.now(UTC) - timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class SnsSigner:
    """Makes and signs messages of one topic."""

    def __init__(self, topic_arn: str, *, origin: str = "https://sns.us-east-1.amazonaws.com/") -> None:
        self.topic_arn = topic_arn
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate_pem = make_certificate(self.key)
        self.cert_url = origin + FILE_NAME

    def notification(self, message: str | dict[str, Any], *, version: str = "2", **overrides: str) -> dict[str, str]:
        """A signed Notification; `overrides` are fields set before signing."""
        text = message if isinstance(message, str) else json.dumps(message)
        return self.sign({"Type": "Notification", "Message": text, **self._common(), **overrides}, version)

    def confirmation(self, *, version: str = "2", **overrides: str) -> dict[str, str]:
        """A signed SubscriptionConfirmation."""
        fields = {
            "Type": "SubscriptionConfirmation",
            "Message": "You have chosen to subscribe",
            "Token": "2336412f37fb687f5d51e6e2425e90cd",
            "SubscribeURL": "http://127.0.0.1:9/never-visited",
            **self._common(),
        }
        return self.sign(fields | overrides, version)

    def sign(self, fields: dict[str, str], version: str = "2") -> dict[str, str]:
        """The fields with version, certificate and signature."""
        signature = self.key.sign(canonical(fields), padding.PKCS1v15(), DIGESTS[version]())
        return fields | {
            "SignatureVersion": version,
            "SigningCertURL": fields.get("SigningCertURL", self.cert_url),
            "Signature": base64.b64encode(signature).decode(),
        }

    def _common(self) -> dict[str, str]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"MessageId": str(uuid.uuid4()), "TopicArn": self.topic_arn, "Timestamp": now}


class CertificateServer:
    """Serves the signer's certificate on loopback; `hits` counts requests. A context manager."""

    def __init__(self, signer: SnsSigner) -> None:
        self.hits = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.hits += 1
                self.send_response(200 if self.path == f"/{FILE_NAME}" else 404)
                self.end_headers()
                self.wfile.write(signer.certificate_pem)

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> CertificateServer:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.shutdown()
        self._http.server_close()
