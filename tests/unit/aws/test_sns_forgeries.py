"""Forgeries: one list of everything that must be refused, and nothing fetched for most of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from fileproc.aws.certificates import Certificates
from fileproc.aws.sns import MessageVerifier
from fileproc.clock import FrozenClock
from fileproc.errors import BadRequest, FileprocError, Forbidden
from tests.fakes.sns_forgeries import Envelope, addresses, certificates, foreign_or_broken, forged
from tests.fakes.sns_signer import Anything, Pages, SnsSigner, fresh_key

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:files-landed"
SIGNER = SnsSigner(TOPIC, now=NOW)
FILE = SIGNER.cert_name


def refused(envelope: Any, pem: bytes = SIGNER.certificate_pem, **options: Any) -> tuple[FileprocError, Pages]:
    """The refusal of an envelope, and what was fetched before it. Every address would serve the certificate."""
    clock = FrozenClock(wall=NOW)
    pages = Anything(pem)
    verifier = MessageVerifier((TOPIC,), certificates=Certificates(pages, clock), clock=clock, **options)
    with pytest.raises((Forbidden, BadRequest)) as caught:
        verifier.verify(envelope)
    return caught.value, pages


FORGERIES = forged(SIGNER)


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_refused(forgery: Callable[[], Envelope]) -> None:
    """Nothing that was changed after signing, or signed by somebody else, gets in."""
    error, _ = refused(forgery())

    assert error.http_status in (400, 403)


CHEAP = foreign_or_broken(SIGNER)


@pytest.mark.parametrize("forgery", CHEAP.values(), ids=CHEAP)
def test_what_can_be_told_without_a_certificate_is_refused_before_any_fetch(forgery: Callable[[], Any]) -> None:
    """Foreign topics and broken envelopes cannot make this service call anybody."""
    _, pages = refused(forgery())

    assert [] == pages.asked


URLS = addresses(SIGNER)


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


CERTIFICATES = certificates(SIGNER)


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
