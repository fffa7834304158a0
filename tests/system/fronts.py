"""A real front on loopback for tests: started, spoken to in raw bytes if need be, and asked what it logged."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fileproc.demo.stage import FOREIGN
from fileproc.store import migrate
from tests.fakes.sns_signer import DEFAULT_TOPIC, CertificateServer, SnsSigner
from tests.system.programs import until

ROOT = Path(__file__).parents[2]

#: Patience cut to what a test can wait for.
QUICK = {
    "front.server.HEAD_SECONDS": 0.6,
    "front.server.IDLE_SECONDS": 1.5,
    "front.server.UNREAD_SECONDS": 0.6,
    "front.sns_routes.BODY_SECONDS": 0.6,
}


@dataclass(frozen=True)
class Reply:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


class Front:
    """One front process with its own journal and its own SNS."""

    def __init__(self, folder: Path, *, quick: dict[str, float] | None = None, **settings: str | None) -> None:
        self.folder = folder
        self.signer = SnsSigner(DEFAULT_TOPIC)
        self.certificates = CertificateServer(self.signer)
        self.database = folder / "fileproc.db"
        self.runtime_dir = folder / "run"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment |= {
            "PYTHONPATH": str(ROOT),
            "QUICK_FRONT": json.dumps(QUICK if quick is None else quick),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "FILEPROC_PORT": "0",
            "FILEPROC_RUNTIME_DIR": str(self.runtime_dir),
            "FILEPROC_DRAIN_SECONDS": "5",
            "SNS_TOPIC_ARNS": DEFAULT_TOPIC,
            "SNS_CERT_URL_PREFIX": self.certificates.url,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "a",
        }
        given = self.environment | settings
        self.environment = {name: value for name, value in given.items() if value is not None}
        self.log = folder / "front.log"
        self.port = 0
        self.admin_port: int | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        """Start it and wait until it listens."""
        migrate.upgrade(self.environment["DATABASE_URL"])
        self.spawn(*arguments)
        until(self._listening, f"the front to listen:\n{self.log.read_text()}", 30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "tests.fakes.quick_front", *arguments]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, cwd=self.folder)
        return self.process

    def refuses(self, *arguments: str) -> int:
        """Start it where it should end by itself; the exit code."""
        process = self.spawn(*arguments)
        try:
            return process.wait(20)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _listening(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        wanted = 2 if "FILEPROC_ADMIN_PORT" in self.environment else 1
        ports = {event["name"]: event["port"] for event in self.events("front_listening")}
        self.port, self.admin_port = ports.get("public", 0), ports.get("admin")
        return len(ports) == wanted

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it logged under this name."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def post(self, envelope: Any, **headers: str) -> Reply:
        """POST / with an envelope, or with bytes as they are."""
        body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        return self.ask("POST", "/", body, **headers)

    def ask(self, method: str, path: str, body: bytes = b"", *, port: int | None = None, **headers: str) -> Reply:
        """One request on a connection of its own; `Some_Header` stands for `Some-Header`."""
        given = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        (reply,) = replies(self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body, port=port))
        return reply

    def raw(self, data: bytes, *, port: int | None = None, timeout: float = 20.0) -> bytes:
        """Send bytes, and return everything until the front hangs up."""
        with self.connected(port=port, timeout=timeout) as connection:
            connection.sendall(data)
            return everything(connection)

    def connected(self, *, port: int | None = None, timeout: float = 20.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port or self.port), timeout)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


@contextmanager
def running(folder: Path, *, quick: dict[str, float] | None = None, **settings: str | None) -> Iterator[Front]:
    """A front that is up, and gone afterwards."""
    front = Front(folder, quick=quick, **settings)
    with front.certificates:
        try:
            front.start()
            yield front
        finally:
            if front.process is not None and front.process.poll() is None:
                front.stop()


def everything(connection: socket.socket) -> bytes:
    """Bytes until the other side hangs up; a reset counts as that."""
    received = bytearray()
    try:
        while chunk := connection.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return bytes(received)


def replies(data: bytes) -> list[Reply]:
    """All answers in a stream, by their Content-Length."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        found.append(Reply(int(status_line.split()[1]), headers, rest[:length]))
        data = rest[length:]
    return found


def created(*keys: str, bucket: str = "acme") -> dict[str, Any]:
    """S3's event about new objects."""
    records = [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-24T06:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1, "eTag": "e", "sequencer": "0055"}},
        }
        for key in keys
    ]
    return {"Records": records}


def metric(front: Front, name: str, port: int | None = None) -> float:
    """The sum over one metric's samples."""
    return value(front.ask("GET", "/metrics", port=port), name)


def value(page: Reply, name: str) -> float:
    """The same, from a page that was asked for before."""
    lines = [line for line in page.body.decode().splitlines() if line.startswith((name + " ", name + "{"))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def passed(since: float) -> float:
    """Seconds since a reading of the monotonic clock."""
    return time.monotonic() - since
