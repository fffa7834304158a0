"""The front as a program: how it begins, how it ends, and what it says about it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.system.fronts import Front, Reply, created, everything, passed, replies, running
from tests.system.programs import until

pytestmark = pytest.mark.system


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with running(tmp_path) as started:
        yield started


def ends(front: Front, number: signal.Signals = signal.SIGTERM) -> int:
    assert front.process is not None
    front.process.send_signal(number)
    return front.process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_at_once(tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0; connections that idle, kept alive or new, do not hold it up for their 75 seconds."""
    with running(tmp_path, quick={}) as front, front.connected() as kept, front.connected():
        kept.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert kept.recv(100).startswith(b"HTTP/1.1 200")
        begun = time.monotonic()

        assert 0 == ends(front, number)
        assert passed(begun) < 2

    assert ["front_draining", "front_stopped"] == [
        name for name in ("front_draining", "front_stopped") if front.events(name)
    ]


def test_what_is_being_answered_is_finished(front: Front) -> None:
    """A message that is at the journal when SIGTERM comes is written and gets its 200."""
    got: list[Reply] = []
    body = json.dumps(front.signer.notification(created("late.csv"))).encode()
    sender = threading.Thread(target=lambda: got.append(front.post(body)))
    other = sqlite3.connect(front.database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    sender.start()
    until(lambda: front.certificates.hits, "the message to be verified")
    assert front.process is not None
    front.process.send_signal(signal.SIGTERM)
    until(lambda: front.events("front_draining"), "the drain")
    other.execute("ROLLBACK")
    sender.join(10)

    assert 0 == front.process.wait(10)
    assert [200] == [reply.status for reply in got]
    assert ["late.csv"] == [key for (key,) in other.execute("SELECT key FROM jobs")]
    other.close()


def test_what_cannot_be_finished_in_time_does_not_keep_it(tmp_path: Path) -> None:
    """After FILEPROC_DRAIN_SECONDS it goes; the sender got no 200, so SNS comes again."""
    with running(tmp_path, FILEPROC_DRAIN_SECONDS="0.5") as front:
        other = sqlite3.connect(front.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        body = json.dumps(front.signer.notification(created("a.csv"))).encode()
        with front.connected() as connection:
            head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            until(lambda: front.certificates.hits, "the message to be verified")
            begun = time.monotonic()
            assert 0 == ends(front)
            assert passed(begun) < 8
            assert 200 not in [reply.status for reply in replies(everything(connection))]
        other.execute("ROLLBACK")
        other.close()


def test_it_tells_its_port(front: Front) -> None:
    """Port 0 takes a free one and the log says which."""
    (event,) = front.events("front_listening")

    assert ("127.0.0.1", front.port, "front") == (event["host"], event["port"], event["program"])
    assert [front.certificates.url] == [event["prefix"] for event in front.events("extra_certificate_origin")]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SNS_TOPIC_ARNS": ""}, "SNS_TOPIC_ARNS is empty"),
        ({"SNS_TOPIC_ARNS": "files"}, "no SNS topic ARN"),
        ({"SNS_VERIFY": "off", "FILEPROC_HOST": "0.0.0.0"}, "SNS_VERIFY=off is refused"),
        ({"FILEPROC_HOST": "no-such-host.invalid"}, "cannot be listened on"),
        ({"FILEPROC_HOST": "203.0.113.7"}, "cannot be listened on"),
    ],
)
def test_wrong_settings_end_it_with_one_message(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    """Exit code 2, what is wrong and how to mend it, no traceback."""
    front = Front(tmp_path, **settings)

    assert 2 == front.refuses()
    said = front.log.read_text()
    assert words in said
    assert "Traceback" not in said


def test_a_taken_port_ends_it_with_one_message(tmp_path: Path) -> None:
    """The message names the port."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        front = Front(tmp_path, FILEPROC_PORT=str(other.getsockname()[1]))

        assert 2 == front.refuses()
    assert "FILEPROC_PORT" in front.log.read_text()
    assert "Traceback" not in front.log.read_text()


def test_without_tables_it_waits_and_says_so(tmp_path: Path) -> None:
    """A journal that was never set up is 503, with the command that sets it up in our log only."""
    front = Front(tmp_path)
    with front.certificates:
        front.spawn()
        until(front._listening, "the front to listen", 30)
        reply = front.post(front.signer.notification(created("a.csv")))
        ready = front.ask("GET", "/readyz?verbose")
        front.stop()

    assert (503, 503) == (reply.status, ready.status)
    assert "fileproc db upgrade" not in str(reply.document)
    assert "Traceback" not in front.log.read_text()


def test_it_goes_when_its_parent_goes(tmp_path: Path) -> None:
    """The front that `serve` keeps never stays behind, whatever kills `serve`."""
    front = Front(tmp_path)
    parent = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'tests.fakes.quick_front', '--parent', str(os.getpid())])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with front.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", parent],
            stdout=subprocess.PIPE,
            stderr=log,
            env=front.environment,
            cwd=tmp_path,
            text=True,
        )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    until(lambda: front.events("front_listening"), f"the front to listen:\n{front.log.read_text()}", 30)
    process.kill()
    process.wait()
    process.stdout.close()

    try:
        until(lambda: not is_running(pid), "the front to go", 10)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


def test_a_front_whose_parent_is_gone_already_does_not_begin(tmp_path: Path) -> None:
    """Between fork and exec the pool may die; nobody would ever end that front."""
    front = Front(tmp_path)

    assert 2 == front.refuses("--parent", str(os.getpid() + 1))


class FakeSns:
    """An SNS API that remembers what it was asked; a context manager."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.asked.append({name: values[0] for name, values in parse_qs(body).items()})
                arn = f"{outer.asked[-1].get('TopicArn')}:sub"
                answer = (
                    "<ConfirmSubscriptionResponse xmlns='http://sns.amazonaws.com/doc/2010-03-31/'>"
                    f"<ConfirmSubscriptionResult><SubscriptionArn>{arn}</SubscriptionArn></ConfirmSubscriptionResult>"
                    "</ConfirmSubscriptionResponse>"
                    if status == 200
                    else "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"
                ).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                outer.asked.append({"Action": f"GET {self.path}"})
                self.send_error(404)

            def log_message(self, *_arguments: object) -> None:
                """Tests read `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeSns:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_a_subscription_is_confirmed_by_a_call_and_never_by_its_address(tmp_path: Path) -> None:
    """One signed call in the topic's region; SubscribeURL points at a listener that is never visited."""
    with FakeSns() as sns, FakeSns() as trap, running(tmp_path, AWS_ENDPOINT_URL=sns.url) as front:
        envelope = front.signer.confirmation(SubscribeURL=f"{trap.url}/?Action=ConfirmSubscription")
        reply = front.post(envelope)
        gone = front.post(front.signer.unsubscribe_confirmation(SubscribeURL=f"{trap.url}/"))

        assert (200, {"status": "confirmed"}) == (reply.status, reply.document)
        assert (200, "ignored") == (gone.status, gone.document["status"])
        assert [] == trap.asked
        (call,) = sns.asked
        assert ("ConfirmSubscription", envelope["TopicArn"], envelope["Token"], "true") == tuple(
            call[name] for name in ("Action", "TopicArn", "Token", "AuthenticateOnUnsubscribe")
        )
        assert 1 == len(front.events("subscription_confirmed")) == len(front.events("subscription_removed"))
        assert envelope["Token"] not in front.log.read_text()


def test_a_confirmation_that_fails_may_come_again(tmp_path: Path) -> None:
    """A missing permission is 503, and our log names it."""
    with FakeSns(403) as sns, running(tmp_path, AWS_ENDPOINT_URL=sns.url) as front:
        reply = front.post(front.signer.confirmation())

        assert 503 == reply.status
        assert "AuthorizationError" in front.events("notification_unavailable")[0]["reason"]


def test_confirming_can_be_left_to_people(tmp_path: Path) -> None:
    """SNS_CONFIRM=manual says that one is pending and calls nobody."""
    with FakeSns() as sns, running(tmp_path, AWS_ENDPOINT_URL=sns.url, SNS_CONFIRM="manual") as front:
        assert {"status": "pending"} == front.post(front.signer.confirmation()).document
        assert [] == sns.asked
        assert 1 == len(front.events("subscription_pending"))
