"""The front's door under attack: every request here is sent in raw bytes to a real process, which must stay well."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.sns_signer import SnsSigner, fresh_key
from tests.system.fronts import QUICK, Front, created, everything, metric, passed, replies, running, value

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running(tmp_path_factory.mktemp("front")) as started:
        yield started


@pytest.fixture(autouse=True)
def stays_well(front: Front) -> Iterator[None]:
    """After every attack the front is alive, nothing was accepted that should not be, and no traceback was logged."""
    yield
    assert 200 == front.ask("GET", "/livez").status
    assert "Traceback" not in front.log.read_text()


def post(*headers: str, body: bytes = b"{}") -> bytes:
    """A raw POST / with exactly these header lines."""
    return "\r\n".join(["POST / HTTP/1.1", "Host: localhost", *headers, "", ""]).encode("latin-1") + body


NEXT = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"

HEADS = {
    "negative length": post("Content-Length: -1"),
    "length with an underscore": post("Content-Length: 3_0"),
    "length with a sign": post("Content-Length: +2"),
    "length in hexadecimal": post("Content-Length: 0x2"),
    "length in other digits": post("Content-Length: ²"),
    "length with a list": post("Content-Length: 2, 2"),
    "empty length": post("Content-Length:"),
    "length of a hundred digits": post("Content-Length: " + "9" * 100),
    "two lengths": post("Content-Length: 2", "Content-Length: 40", body=b"{}" + NEXT),
    "two equal lengths": post("Content-Length: 2", "Content-Length: 2"),
    "chunked": post("Transfer-Encoding: chunked", body=b"2\r\n{}\r\n0\r\n\r\n"),
    "chunked and a length": post("Content-Length: 2", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + NEXT),
    "chunked, disguised": post("Content-Length: 2", "Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + NEXT),
    "chunked, in capitals": post("Content-Length: 2", "Transfer-Encoding: CHUNKED", body=b"0\r\n\r\n" + NEXT),
    "chunked after identity": post("Content-Length: 2", "Transfer-Encoding: identity, chunked", body=b"0\r\n\r\n"),
    "space before the colon": post("Content-Length : 2", body=b"{}" + NEXT),
    "folded header": post("Content-Length: 2", "X: a", " b"),
    "bare carriage return": post("X: a\rContent-Length: 30", body=NEXT),
    "NUL in a header": post("X: a\x00b", "Content-Length: 2"),
    "header without a colon": post("nonsense", "Content-Length: 2"),
    "header without a name": post(": x", "Content-Length: 2"),
    "head of 40 KB": post("X: " + "x" * 40_000, "Content-Length: 2"),
    "ninety headers of a kilobyte": post(*[f"X-{number}: " + "x" * 1000 for number in range(90)], "Content-Length: 2"),
    "two hundred headers": post(*[f"X-{number}: x" for number in range(200)], "Content-Length: 2"),
    "another protocol": b"POST / HTTP/3.0\r\n\r\n",
    "no protocol": b"POST /\r\n\r\n",
    "rubbish": b"\x00\xff\xfe rubbish\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_head_with_two_readings_is_refused_and_hung_up_on(front: Front, head: bytes) -> None:
    """One answer, 400, and the connection ends: what follows is never taken for a second request."""
    (reply,) = replies(front.raw(head))

    assert (400, "application/problem+json", "close") == (
        reply.status,
        reply.headers["content-type"],
        reply.headers["connection"],
    )


def test_an_endless_request_line_is_refused(front: Front) -> None:
    """Nobody can make us remember a megabyte of address."""
    (reply,) = replies(front.raw(b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n"))

    assert 414 == reply.status


REFUSALS = {
    "no length": (post(), 411),
    "over 2 MiB": (post("Content-Length: 3145728", body=b"x" * 3_145_728), 413),
    "length of a terabyte": (post("Content-Length: 1099511627776"), 413),
    "gzip": (post("Content-Encoding: gzip", "Content-Length: 22", body=gzip.compress(b"{}")[:22]), 415),
    "raw delivery": (post("x-amz-sns-rawdelivery: true", "Content-Length: 2"), 403),
    "no JSON": (post("Content-Length: 2", body=b"hi"), 400),
    "no SNS message": (post("Content-Length: 2"), 400),
    "JSON bomb": (post("Content-Length: 200000", body=b"[" * 200_000), 400),
}


@pytest.mark.parametrize(("request_", "status"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_no_message_is_refused_without_a_reason(front: Front, request_: bytes, status: int) -> None:
    """A problem document with a request id, and not a word of why; the log has the reason under the same id."""
    (reply,) = replies(front.raw(request_.replace(b"Host:", b"Connection: close\r\nHost:", 1)))

    assert status == reply.status
    assert {"type", "title", "status", "request_id"} == set(reply.document)
    logged = [
        event for event in front.events("notification_refused") if event["request_id"] == reply.document["request_id"]
    ]
    assert 1 == len(logged)
    assert logged[0]["reason"]


def test_every_failed_verification_looks_the_same(front: Front) -> None:
    """A forger learns nothing from the answers: wrong key, foreign topic, stale and bad address are one 403."""
    signer = front.signer
    forger = SnsSigner(signer.topic_arn, key=fresh_key())
    envelopes = [
        forger.notification(created("x"), SigningCertURL=signer.cert_url),
        SnsSigner(signer.topic_arn + "-2").notification(created("x")),
        signer.notification(created("x"), Timestamp="2020-01-01T00:00:00Z"),
        signer.notification(created("x"), SigningCertURL="https://evil.example/x.pem"),
        signer.notification(created("x")) | {"Message": "{}"},
        signer.confirmation() | {"Token": "00"},
    ]
    answers = []
    for envelope in envelopes:
        reply = front.post(envelope)
        document = {name: value for name, value in reply.document.items() if name != "request_id"}
        headers = {name: value for name, value in reply.headers.items() if name != "date"}
        answers.append((reply.status, document, headers))

    assert 403 == answers[0][0]
    assert [answers[0]] * len(answers) == answers
    assert len({event["reason"] for event in front.events("notification_refused")}) >= 4


def test_half_a_head_is_hung_up_on(front: Front) -> None:
    """A drip of bytes does not keep a connection: the deadline is for the whole head."""
    begun = time.monotonic()
    with front.connected() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        connection.settimeout(0.1)
        answer = b""
        while passed(begun) < 10:
            try:
                connection.sendall(b"X: x\r\n")
                chunk = connection.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not chunk:
                break
            answer += chunk

    assert passed(begun) < 5 * QUICK["front.server.HEAD_SECONDS"] + 1
    assert [408] == [reply.status for reply in replies(answer)]


@pytest.mark.parametrize("begin", [b"", b"POST", post("Content-Length: 100")], ids=["silence", "a word", "short body"])
def test_waiting_has_an_end(front: Front, begin: bytes) -> None:
    """Silent sockets, half a request line and half a body are all let go within their limits."""
    begun = time.monotonic()
    with front.connected() as connection:
        connection.sendall(begin)
        answer = everything(connection)

    assert passed(begun) < 9
    assert [reply.status for reply in replies(answer)] in ([], [400])


def test_a_body_that_ends_early_is_refused(front: Front) -> None:
    """A sender that dies in mid body is told 400 if it still listens, and nothing is logged as an error of ours."""
    with front.connected() as connection:
        connection.sendall(post("Content-Length: 100"))
        connection.shutdown(socket.SHUT_WR)
        (reply,) = replies(everything(connection))

    assert 400 == reply.status
    assert [] == front.events("request_failed") + front.events("connection_failed")


def test_a_body_that_nobody_wanted_is_no_second_request(front: Front) -> None:
    """GET with a body: the body is skipped, however much it looks like a request, and the next request is answered."""
    body = b"POST /breaker/open HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    with_body = f"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    last = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert [200, 404] == [reply.status for reply in replies(front.raw(with_body + last))]


def test_an_upgrade_is_nothing_special(front: Front) -> None:
    """There is nothing to upgrade to; the body is still counted."""
    body = json.dumps(front.signer.notification(created("upgrade.csv"))).encode()
    upgrade = post("Upgrade: websocket", "Connection: upgrade", f"Content-Length: {len(body)}", body=body)
    last = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    assert [200, 404] == [reply.status for reply in replies(front.raw(upgrade + last))]


def test_the_rest_of_a_huge_body_is_no_second_request(front: Front) -> None:
    """What is too large to be skipped ends the connection, and none of it is answered."""
    huge = f"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: {8 << 20}\r\n\r\n".encode()

    assert [200] == [reply.status for reply in replies(front.raw(huge + NEXT * 3))]


def test_five_hundred_idle_sockets_do_not_keep_a_good_request_waiting(front: Front) -> None:
    """Holding connections open is cheap for an attacker, so it must be cheap for us."""
    with ExitStack() as held:
        for _ in range(500):
            held.enter_context(front.connected())
        begun = time.monotonic()
        reply = front.post(front.signer.notification(created("among-idlers.csv")))

        assert (200, "accepted") == (reply.status, reply.document["status"])
        assert passed(begun) < 2


@pytest.mark.parametrize("content_type", ["text/plain; charset=UTF-8", "application/json", "x", None])
def test_any_content_type_is_read_as_bytes(front: Front, content_type: str | None) -> None:
    """SNS says text/plain, and delivery policies can make it say anything."""
    headers = {} if content_type is None else {"Content_Type": content_type}
    reply = front.post(front.signer.notification(created(f"{content_type}.csv".replace("/", "-"))), **headers)

    assert (200, "accepted") == (reply.status, reply.document["status"])


def test_nothing_secret_is_logged(front: Front) -> None:
    """Tokens, signatures and addresses that act never reach the log, accepted or refused."""
    envelopes = [
        front.signer.notification(created("secrets.csv")),
        front.signer.notification(created("x")) | {"Message": "{}"},
        front.signer.confirmation() | {"Message": "forged"},
    ]
    for envelope in envelopes:
        front.post(envelope)
    logged = front.log.read_text()

    for envelope in envelopes:
        for name in ("Signature", "Token", "UnsubscribeURL", "SubscribeURL"):
            if name in envelope:
                assert envelope[name] not in logged


def test_hostile_keys_are_data_in_answer_and_log(front: Front) -> None:
    """A key with line breaks and escapes makes no second log line and comes back as JSON, to the letter."""
    key = '../../etc/passwd\r\n{"event": "forged"}\x1b[31m\u2028\'; DROP TABLE jobs; --'
    encoded = "".join(f"%{byte:02X}" for byte in key.encode())
    reply = front.post(front.signer.notification(created(encoded)))

    assert key == reply.document["jobs"][0]["key"]
    assert [] == front.events("forged")
    (file,) = front.ask("GET", f"/api/v1/files?prefix={encoded}").document["files"]
    assert key == file["key"]


def test_a_full_house_makes_room_for_a_good_request(tmp_path: Path) -> None:
    """More silent and dripping connections than there are places: who waits longest is hung up on, and quietly."""
    quick = {"front.server.MOST_CONNECTIONS": 40, "front.server.RESERVE": 8, "front.room.PATIENCE_SECONDS": 0.2}
    with running(tmp_path, quick=quick) as crowded, ExitStack() as held:
        for number in range(60):
            connection = held.enter_context(crowded.connected())
            connection.sendall(b"POST / HTTP/1.1\r\nX: x" if number % 2 else b"")
        begun = time.monotonic()
        reply = crowded.post(crowded.signer.notification(created("crowded.csv")))

        assert (200, "accepted") == (reply.status, reply.document["status"])
        assert passed(begun) < 5
        assert "Traceback" not in crowded.log.read_text()


def test_a_burst_of_messages_does_not_stand_before_a_probe(front: Front) -> None:
    """Hundreds of posts came before a probe: it is answered when few of them are verified, and all are accepted."""
    bodies = [json.dumps(front.signer.notification(created(f"burst-{n}.csv"))).encode() for n in range(700)]
    before = metric(front, "fileproc_sns_signatures_total")
    with ExitStack() as held, stopped(front) as go_on:
        senders = [held.enter_context(front.connected()) for _ in bodies]
        for sender, body in zip(senders, bodies, strict=True):
            sender.sendall(post("Connection: close", f"Content-Length: {len(body)}", body=body))
        probe = held.enter_context(front.connected())
        probe.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        go_on()
        (page,) = replies(everything(probe))
        answers = [replies(everything(sender)) for sender in senders]

    assert value(page, "fileproc_sns_signatures_total") - before < len(bodies) // 2
    assert [200] * len(bodies) == [reply.status for (reply,) in answers]


@contextmanager
def stopped(front: Front) -> Iterator[Callable[[], None]]:
    """A front that does nothing until it is told to go on; whoever connects meanwhile waits in the kernel."""
    assert front.process is not None
    front.process.send_signal(signal.SIGSTOP)
    go_on = partial(front.process.send_signal, signal.SIGCONT)
    try:
        yield go_on
    finally:
        go_on()
