"""The stage: moto as S3 and SNS in its own process, buckets, topic, and the service itself."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from fileproc.demo.gate import Gate
from fileproc.errors import FileprocError, UsageError

REGION = "us-east-1"
TOPIC = "files-landed"
BUCKETS = ("acme-drop", "globex-drop", "initech-drop")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo", "AWS_DEFAULT_REGION": REGION}

#: Settings of a person's shell must not leak into the demo.
FOREIGN = ("AWS_", "SNS_", "SQS_", "CIRCUIT_BREAKER_", "FILEPROC_", "DATABASE_URL", "DRY_RUN")


class DemoError(FileprocError):
    """The demo could not be set up; says which part and how to mend it."""


class Stage:
    """Everything the play needs, started and stopped together. A context manager."""

    def __init__(self, folder: Path, port: int | None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        self._runtime = Path(tempfile.mkdtemp(prefix="fp-"))  # short: Unix socket paths hold 107 bytes
        self._children: list[subprocess.Popen[bytes]] = []
        self.topic_arn = ""

    def __enter__(self) -> Stage:
        try:
            self._raise_curtain()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _raise_curtain(self) -> None:
        if find_spec("moto") is None:
            raise UsageError("the demo needs moto, which is not installed", fix="pip install 'fileproc[demo]'")
        self.folder.mkdir(parents=True, exist_ok=True)
        aws_port = free_port()
        self._start_moto(aws_port)
        self.gate = Gate(aws_port)
        self.gate.start()
        self._clients(f"http://127.0.0.1:{aws_port}")
        self._make_buckets_and_topic()
        self._start_service()
        self._subscribe()

    def _start_moto(self, port: int) -> None:
        with (self.folder / "aws.log").open("wb") as log:
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
            moto = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self._children.append(moto)
        wait_until(lambda: _listens(port), 60, "moto did not start; see aws.log in the demo's folder", moto)

    def _clients(self, endpoint: str) -> None:
        session = boto3.Session(
            CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"], region_name=REGION
        )
        config = Config(s3={"addressing_style": "path"}, read_timeout=120, retries={"total_max_attempts": 1})
        self.s3 = session.client("s3", endpoint_url=endpoint, config=config)
        self.sns = session.client("sns", endpoint_url=endpoint, config=config)

    def _make_buckets_and_topic(self) -> None:
        self.topic_arn = self.sns.create_topic(Name=TOPIC)["TopicArn"]
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)
            self.s3.put_bucket_notification_configuration(
                Bucket=bucket,
                NotificationConfiguration={
                    "TopicConfigurations": [{"TopicArn": self.topic_arn, "Events": ["s3:ObjectCreated:*"]}]
                },
            )

    def _start_service(self) -> None:
        contracts = self.folder / "contracts"
        shutil.copytree(Path(__file__).with_name("contracts"), contracts, dirs_exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        environment |= CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.gate.url,
            "SNS_TOPIC_ARNS": self.topic_arn,
            "SNS_CERT_URL_PREFIX": self.gate.url,
            "DATABASE_URL": f"sqlite:///{self.folder / 'fileproc.db'}",
            "FILEPROC_CONTRACTS": str(contracts),
            "FILEPROC_RUNTIME_DIR": str(self._runtime),
            "FILEPROC_PORT": str(self.port),
            "SNS_WORKER_MAX": "3",
            "CIRCUIT_BREAKER_COOLDOWN_SECONDS": "4",
        }
        with self.log.open("wb") as log:
            self.service = subprocess.Popen(
                [sys.executable, "-m", "fileproc", "serve"], stdout=log, stderr=log, env=environment, cwd=self.folder
            )
        self._children.append(self.service)
        fix = f"the service did not become ready; see {self.log}"
        wait_until(lambda: self.get("/readyz") is not None, 60, fix, self.service)

    def _subscribe(self) -> None:
        self.sns.subscribe(TopicArn=self.topic_arn, Protocol="http", Endpoint=f"{self.url}/")

    def get(self, path: str) -> dict[str, Any] | None:
        """A JSON document of the service, or None while it does not answer with 200."""
        text = self.text(path)
        return None if text is None else json.loads(text)

    def text(self, path: str) -> str | None:
        """A page of the service as text, or None while it does not answer with 200."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310 - our own loopback
                body: bytes = answer.read()
                return body.decode()
        except (urllib.error.URLError, OSError):
            return None

    def close(self) -> None:
        """Take everything down, the service first and politely."""
        for child in reversed(self._children):
            child.terminate()
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if hasattr(self, "gate"):
            self.gate.stop()
        shutil.rmtree(self._runtime, ignore_errors=True)


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wait_until(
    true: Callable[[], bool], seconds: float, problem: str, child: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait for a condition.

    Raises:
        DemoError: it did not come true in time, or the `child` that should make it true has ended.
    """
    deadline = time.monotonic() + seconds
    while not true():
        if child is not None and child.poll() is not None:
            raise DemoError(f"{problem} (it ended with code {child.returncode})")
        if time.monotonic() > deadline:
            raise DemoError(f"{problem} (waited {seconds:g} s)")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
