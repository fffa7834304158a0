"""Webhooks: one POST, no redirect, no proxy, bounded in time, signed as Standard Webhooks say.

Source: the Standard Webhooks specification: `webhook-id`, `webhook-timestamp` and `webhook-signature`, which is `v1,`
and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fileproc import __version__
from fileproc.clock import Clock
from fileproc.domain.deliveries import DeliveryError, Message
from fileproc.sinks.addresses import reachable

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0

#: An answer tells by its status; its body is read no further than this and then forgotten.
LARGEST_ANSWER = 4_096

#: The receiver has understood and will never take it; everything else may be different tomorrow.
NEVER = frozenset({400, 405, 410, 413, 415, 422})

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address, and what proves that we are we: `secret` signs, `token` is sent as bearer."""

    url: str = field(repr=False)
    clock: Clock
    secret: bytes | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    private: bool = False

    def send(self, message: Message) -> None:
        """Post it; the answer must be 2xx.

        Raises:
            DeliveryError: it was not taken.
        """
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        if parts.scheme != "https" and not self.private:
            raise DeliveryError("http:// is for private networks only: write https://, or `private: true`", final=True)
        address = reachable(host, port, private=self.private)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _connected(parts.scheme, host, address, port)
        try:
            connection.request("POST", target, body=message.content, headers=self._headers(message))
            response = connection.getresponse()
            response.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(f"{host} broke off: {type(error).__name__}") from None
        finally:
            connection.close()
        _judge(host, response)

    def _headers(self, message: Message) -> dict[str, str]:
        headers = {"Content-Type": message.content_type, "User-Agent": f"fileproc/{__version__}"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        headers["webhook-id"] = message.key
        if self.secret is not None:
            headers |= signature(self.secret, message.key, int(self.clock.utcnow().timestamp()), message.content)
        return headers


def signature(secret: bytes, key: str, timestamp: int, content: bytes) -> Mapping[str, str]:
    """The headers that prove sender, content and time."""
    signed = hmac.new(secret, b".".join((key.encode(), str(timestamp).encode(), content)), hashlib.sha256)
    return {
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signed.digest()).decode()}",
    }


def _connected(scheme: str, host: str, address: str, port: int) -> http.client.HTTPConnection:
    """A connection to this very address; the name is only what the certificate must be for."""
    secure = scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=ANSWER_SECONDS)
    try:
        raw = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        raw.settimeout(ANSWER_SECONDS)
        connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
    except OSError as error:  # ssl's errors are OSErrors
        raise DeliveryError(f"{host} cannot be reached: {type(error).__name__}") from None
    return connection


def _judge(host: str, response: http.client.HTTPResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(f"{host} answered {status}: redirects are not followed; write the final address")
    after = response.getheader("Retry-After") or ""
    wait = float(after) if after.isascii() and after.isdigit() and len(after) < 7 else None
    raise DeliveryError(f"{host} answered {status}", final=status in NEVER, retry_after=wait)
