"""What all contestants share: S3, certificates, PostgreSQL, Redis, and a sender that signs."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from bench.quick_s3 import etag_of, quick_s3
from fileproc.demo.partners import orders
from fileproc.errors import UsageError
from fileproc.store import migrate
from tests.fakes.sns_signer import CertificateServer, SnsSigner
from tests.postgres_server import Server
from tests.system.programs import free_port, until
from tests.system.queues import s3_event
from tests.system.whole import CONTRACTS, TOPIC


class Redis:
    """A server with the configuration it has when nobody gives it one."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            raise UsageError("redis-server is not installed", fix="on Debian: apt-get install redis-server")
        self._command = [binary, "--dir", str(folder), "--port", str(free_port())]
        self._folder = folder
        folder.mkdir()
        self.url = f"redis://127.0.0.1:{self._command[-1]}/0"
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until(self._answers, "Redis", 10)

    def _answers(self) -> bool:
        asked = [shutil.which("redis-cli") or "redis-cli", "-p", self._command[-1], "ping"]
        return subprocess.run(asked, capture_output=True).stdout.strip() == b"PONG"

    def restart(self, *, empty: bool = False) -> None:
        """SIGKILL, and up again with whatever it had on disk."""
        self._process.kill()
        self._process.wait()
        if empty:
            (self._folder / "dump.rdb").unlink(missing_ok=True)
        self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class World:
    """`environment` is what a peer's programs need."""

    folder: Path
    server: Server
    redis: Redis
    signer: SnsSigner
    s3: str
    certificates: str
    body: bytes
    databases: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {
            "AWS_ENDPOINT_URL": self.s3, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "a",
            "AWS_DEFAULT_REGION": "us-east-1", "SNS_TOPIC_ARNS": TOPIC, "SNS_CERT_URL_PREFIX": self.certificates,
            "BENCH_REDIS": self.redis.url, "BENCH_CONTRACTS": str(CONTRACTS),
        }  # fmt: skip

    def new_database(self) -> str:
        self.databases += 1
        self.server.run(f"CREATE DATABASE queue{self.databases}")
        url = self.server.url(f"queue{self.databases}")
        migrate.upgrade(url)
        return url

    def service_settings(self, url: str) -> dict[str, str]:
        shared = {name: value for name, value in self.environment.items() if not name.startswith("BENCH_")}
        return shared | {
            "DATABASE_URL": url, "SNS_WORKER_MAX": "2", "FILEPROC_LOG_LEVEL": "error",
            "FILEPROC_CONTRACTS": str(CONTRACTS),
        }  # fmt: skip

    @staticmethod
    def dsn(url: str) -> str:
        parsed = make_url(url)
        return f"dbname={parsed.database} user={parsed.username} host={parsed.query['host']}"

    def new_verdicts(self) -> None:
        """An empty table for a peer."""
        self.databases += 1
        self.server.run(f"CREATE DATABASE queue{self.databases}")
        self.environment["BENCH_DATABASE"] = self.dsn(self.server.url(f"queue{self.databases}"))
        with psycopg2.connect(self.environment["BENCH_DATABASE"]) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE verdicts (key text NOT NULL, verdict text NOT NULL)")
        connection.close()

    def verdicts(self) -> list[str]:
        connection = psycopg2.connect(self.environment["BENCH_DATABASE"])
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT key FROM verdicts WHERE verdict = 'pass'")
            rows = [key for (key,) in cursor.fetchall()]
        connection.close()
        return rows

    def notification(self, key: str) -> bytes:
        event = s3_event(key, etag_of(self.body), len(self.body))
        return json.dumps(self.signer.notification(event)).encode()


@contextmanager
def world() -> Iterator[World]:
    """All of it, and nothing afterwards."""
    body, signer = orders(), SnsSigner(TOPIC)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="queues-")))
        redis = Redis(folder / "redis")
        stack.callback(redis.stop)
        server = Server(may_crash=True)
        stack.callback(server.remove)
        file = folder / "orders.csv"
        file.write_bytes(body)
        s3 = stack.enter_context(quick_s3(file))
        certificates = stack.enter_context(CertificateServer(signer))
        yield World(folder, server, redis, signer, s3, certificates.url, body)
