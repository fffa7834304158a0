"""Certificates: fetched with care, once, and never for ever."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fileproc.aws import certificates as module
from fileproc.aws.certificates import (
    KEPT_SECONDS,
    LARGEST_CERTIFICATE,
    MOST_CERTIFICATES,
    MOST_NEW,
    NEW_SECONDS,
    PARALLEL_FETCHES,
    REFUSAL_SECONDS,
    Certificates,
    fetch_over_http,
)
from fileproc.clock import FrozenClock
from fileproc.errors import Forbidden, Unavailable
from tests.fakes.sns_signer import CertificateServer, Pages, SnsSigner

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
PEM = SnsSigner(now=NOW).certificate_pem


def test_a_certificate_is_kept_for_a_day() -> None:
    """Messages do not each cost a fetch, and a withdrawn certificate does not live for ever."""
    clock, pages = FrozenClock(wall=NOW), Pages({"u": PEM})
    certificates = Certificates(pages, clock)
    first = certificates.get("u")
    clock.advance(KEPT_SECONDS - 1)
    assert first is certificates.get("u")
    clock.advance(1)
    certificates.get("u")

    assert ["u", "u"] == pages.asked


@pytest.mark.parametrize(
    ("page", "error"), [(Unavailable("down"), Unavailable), (b"rubbish", Forbidden)], ids=["no answer", "rubbish"]
)
def test_a_refusal_is_remembered_for_a_minute(page: bytes | Exception, error: type[Exception]) -> None:
    """A flood of messages with one bad address costs one fetch a minute; afterwards it may have become good."""
    clock, pages = FrozenClock(wall=NOW), Pages({"u": page})
    certificates = Certificates(pages, clock)
    for _ in range(3):
        with pytest.raises(error):
            certificates.get("u")
    assert ["u"] == pages.asked

    clock.advance(REFUSAL_SECONDS)
    pages.pages["u"] = PEM
    assert certificates.get("u")


def test_the_memory_is_bounded_and_keeps_what_is_used() -> None:
    """Other topics' certificates cannot push out the one in use, nor fill the memory."""
    clock = FrozenClock(wall=NOW)
    pages = Pages({str(number): PEM for number in range(MOST_CERTIFICATES * 3)} | {"used": PEM})
    certificates = Certificates(pages, clock)
    for number in range(MOST_CERTIFICATES * 3):
        certificates.get("used")
        certificates.get(str(number))
        clock.advance(NEW_SECONDS / 2)

    assert 1 == pages.asked.count("used")
    certificates.get("0")
    assert 2 == pages.asked.count("0")


def test_many_who_need_one_certificate_share_one_fetch() -> None:
    """A hundred messages after a rotation are one GET."""
    may_answer = threading.Event()
    pages = Pages({"u": PEM})

    def slow(url: str) -> bytes:
        assert may_answer.wait(10)
        return pages(url)

    certificates = Certificates(slow, FrozenClock(wall=NOW))
    threads = [threading.Thread(target=certificates.get, args=("u",)) for _ in range(100)]
    for thread in threads:
        thread.start()
    may_answer.set()
    for thread in threads:
        thread.join(10)

    assert ["u"] == pages.asked


def test_a_flood_of_addresses_has_a_budget() -> None:
    """A thousand random addresses cost a few fetches a minute, and none of them keeps the good one waiting."""
    clock, pages = FrozenClock(wall=NOW), Pages({str(number): Unavailable("404") for number in range(1_000)})
    pages.pages |= {"good": PEM, "rotated": PEM}
    certificates = Certificates(pages, clock)
    certificates.get("good")
    clock.advance(KEPT_SECONDS)
    for number in range(1_000):
        with contextlib.suppress(Unavailable):
            certificates.get(str(number))
    certificates.get("good")

    assert ["good", *map(str, range(MOST_NEW)), "good"] == pages.asked
    with pytest.raises(Unavailable):
        certificates.get("rotated")
    clock.advance(NEW_SECONDS)
    certificates.get("rotated")


def test_a_flood_of_addresses_is_fetched_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random addresses cannot make us call anybody a thousand times at once; those who wait too long are told 503."""
    monkeypatch.setattr(module, "QUEUE_SECONDS", 0.01)
    may_answer, lock = threading.Event(), threading.Lock()
    at_once, most, refused = 0, 0, 0

    def slow(_url: str) -> bytes:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        assert may_answer.wait(10)
        with lock:
            at_once -= 1
        return PEM

    certificates = Certificates(slow, FrozenClock(wall=NOW))

    def ask(number: int) -> None:
        nonlocal refused
        try:
            certificates.get(str(number))
        except Unavailable:
            with lock:
                refused += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    while refused < 50 - PARALLEL_FETCHES:
        threads[0].join(0.01)
    may_answer.set()
    for thread in threads:
        thread.join(10)

    assert (PARALLEL_FETCHES, 50 - PARALLEL_FETCHES) == (most, refused)


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """A server on loopback that answers every GET like this."""
    handler = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": answer, "log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/x.pem"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def body(content: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def test_a_certificate_comes_over_http() -> None:
    """The whole body, whatever its length says."""
    signer = SnsSigner()
    with CertificateServer(signer) as server:
        assert signer.certificate_pem == fetch_over_http(server.url + signer.cert_name)
        assert [f"/{signer.cert_name}"] == server.hits


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(body(b"", 404), id="not found"),
        pytest.param(body(PEM, 201), id="another success"),
        pytest.param(body(b"x" * (LARGEST_CERTIFICATE + 1)), id="too large"),
        pytest.param(lambda handler: handler.wfile.write(b"rubbish\r\n\r\n"), id="no HTTP"),
        pytest.param(lambda handler: None, id="hangs up"),
    ],
)
def test_anything_but_a_small_200_is_no_certificate(answer: Answer) -> None:
    """It is our trouble for now, so SNS may come again."""
    with served(answer) as url, pytest.raises(Unavailable):
        fetch_over_http(url)


def test_redirects_are_not_followed() -> None:
    """A redirect could lead anywhere; the place it points to is never asked."""
    with (
        CertificateServer(SnsSigner()) as elsewhere,
        served(body(b"", 302, Location=elsewhere.url)) as url,
        pytest.raises(Unavailable, match="302"),
    ):
        fetch_over_http(url)

    assert [] == elsewhere.hits


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray variable does not put somebody between us and the certificate."""
    signer = SnsSigner()
    with CertificateServer(signer) as server, CertificateServer(signer) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        fetch_over_http(server.url + signer.cert_name)

        assert [] == proxy.hits


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused connections, silent hosts and impossible addresses are unavailable, in bounded time."""
    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Unavailable):
            fetch_over_http(f"http://127.0.0.1:{port}/x.pem")
    for url in (f"http://127.0.0.1:{port}/x.pem", "http://127.0.0.1:99999/x.pem", "http:///x.pem"):
        with pytest.raises(Unavailable):
            fetch_over_http(url)


def test_https_is_verified() -> None:
    """A TLS server that nobody vouches for is not believed."""
    with CertificateServer(SnsSigner()) as plain, pytest.raises(Unavailable):
        fetch_over_http(plain.url.replace("http:", "https:") + "x.pem")
