"""Signing certificates: fetched carefully, kept in a small cache, checked before use.

A URL is asked for by one fetch at a time; a refusal is remembered for a minute; at most `MOST_CERTIFICATES` are kept,
and at most `MOST_NEW` unknown addresses are tried in a minute. One that was good before is always worth a fetch.
What cannot be fetched is our trouble (503, SNS comes again); what was fetched and is no proper certificate is a forgery
(403).
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtensionOID, NameOID

from fileproc.clock import Clock
from fileproc.errors import Forbidden, Unavailable

LARGEST_CERTIFICATE = 16 * 1024
CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
MOST_CERTIFICATES = 32
KEPT_SECONDS = 24 * 3600.0
REFUSAL_SECONDS = 60.0
PARALLEL_FETCHES = 2
QUEUE_SECONDS = 3.0

#: Addresses that never served a good certificate, in one window. SNS has one a region and rotates it rarely; who
#: writes random ones into messages would have us call SNS for each, and keep the good ones waiting.
MOST_NEW = 32
NEW_SECONDS = 60.0
KEY_BITS = range(2_048, 8_193)

#: One PEM block and nothing around it: a certificate that is wrapped in something else was not meant to be one.
ONE_PEM = re.compile(rb"\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*")

#: What the parser raises for bytes that are no certificate, or one of a kind that nobody signs messages with.
UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)

#: moto serves its certificates only to requests that look signed for SNS; other emulators do not mind.
EMULATOR_HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=fileproc/20260101/us-east-1/sns/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


class Fetcher(Protocol):
    """Gets the bytes at a URL.

    Raises:
        Unavailable: nothing, too much or something else than 200 came back.
    """

    def __call__(self, url: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that passed every check but the signature; `names` are its DNS names, or its common name."""

    key: RSAPublicKey
    names: frozenset[str]
    not_before: datetime
    not_after: datetime
    is_authority: bool = False


def fetch_over_http(url: str) -> bytes:
    """GET without redirects, proxies or patience."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)
    except ValueError:
        raise Unavailable("the certificate's address has no proper port", fix="mend SNS_CERT_URL_PREFIX") from None
    try:
        connection.connect()
        return _body(connection, parts.path, {} if secure else EMULATOR_HEADERS)
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"the signing certificate cannot be fetched: {type(error).__name__}") from error
    finally:
        connection.close()


def _body(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    deadline = time.monotonic() + TOTAL_SECONDS
    connection.sock.settimeout(TOTAL_SECONDS)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    if response.status != http.HTTPStatus.OK:
        raise Unavailable(f"the signing certificate cannot be fetched: status {response.status}")
    body = b""
    while chunk := response.read1(LARGEST_CERTIFICATE + 1 - len(body)):
        body += chunk
        if len(body) > LARGEST_CERTIFICATE:
            raise Unavailable("the signing certificate is larger than any certificate")
        if time.monotonic() > deadline:
            raise Unavailable("the signing certificate came too slowly")
    return body


def parse_certificate(pem: bytes) -> Certificate:
    """Exactly one PEM certificate with an RSA key.

    Raises:
        Forbidden: it is anything else.
    """
    if not ONE_PEM.fullmatch(pem):
        raise Forbidden("what the certificate's address serves is not exactly one PEM certificate")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        names, authority = _names(certificate), _is_authority(certificate)
    except UNREADABLE as error:
        raise Forbidden("the certificate cannot be read") from error
    if not isinstance(key, RSAPublicKey) or key.key_size not in KEY_BITS:
        raise Forbidden("the certificate's key is not RSA of 2,048 to 8,192 bits")
    return Certificate(key, names, certificate.not_valid_before_utc, certificate.not_valid_after_utc, authority)


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return frozenset(str(attribute.value) for attribute in common)
    names = cast(x509.SubjectAlternativeName, extension.value)
    return frozenset(names.get_values_for_type(x509.DNSName))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS)
    except x509.ExtensionNotFound:
        return False
    return cast(x509.BasicConstraints, extension.value).ca


class Certificates:
    """Certificates by URL: a bounded cache with single flight and a memory for refusals."""

    def __init__(self, fetch: Fetcher, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Certificate]] = OrderedDict()
        self._refused: OrderedDict[str, tuple[float, Unavailable | Forbidden]] = OrderedDict()
        self._proved: OrderedDict[str, None] = OrderedDict()
        self._new: tuple[float, int] = (float("-inf"), 0)  # when the window began, and how many came in it
        self._in_flight: dict[str, threading.Lock] = {}
        self._fetching = threading.BoundedSemaphore(PARALLEL_FETCHES)

    def get(self, url: str) -> Certificate:
        """The certificate at a URL that was already found worthy.

        Raises:
            Unavailable: it cannot be fetched now.
            Forbidden: what is there is no proper certificate.
        """
        known = self._known(url)
        if known is not None:
            return known
        lock = self._in_flight.setdefault(url, threading.Lock())
        with lock:
            try:
                return self._known(url) or self._fetched(url)
            finally:
                self._in_flight.pop(url, None)

    def _known(self, url: str) -> Certificate | None:
        now = self._clock.monotonic()
        if url in self._kept:
            kept_at, certificate = self._kept[url]
            if now - kept_at < KEPT_SECONDS:
                self._kept.move_to_end(url)
                return certificate
            del self._kept[url]
        if url in self._refused:
            refused_at, error = self._refused[url]
            if now - refused_at < REFUSAL_SECONDS:
                raise error
            del self._refused[url]
        return None

    def _spend_one(self, url: str) -> None:
        """Unknown addresses have a budget."""
        if url in self._proved:
            return
        now = self._clock.monotonic()
        began, count = self._new if now - self._new[0] < NEW_SECONDS else (now, 0)
        if count >= MOST_NEW:
            raise Unavailable(
                "too many unknown certificates are asked for", retry_after=int(began + NEW_SECONDS - now) + 1
            )
        self._new = (began, count + 1)

    def _fetched(self, url: str) -> Certificate:
        self._spend_one(url)
        if not self._fetching.acquire(timeout=QUEUE_SECONDS):
            raise Unavailable("too many certificates are being fetched")
        try:
            certificate = parse_certificate(self._fetch(url))
        except (Unavailable, Forbidden) as error:
            _remember(self._refused, url, (self._clock.monotonic(), error))
            raise
        finally:
            self._fetching.release()
        _remember(self._kept, url, (self._clock.monotonic(), certificate))
        _remember(self._proved, url, None)
        return certificate


def _remember(memory: OrderedDict[str, Any], url: str, value: Any) -> None:
    memory[url] = value
    while len(memory) > MOST_CERTIFICATES:
        memory.popitem(last=False)
