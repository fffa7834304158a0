"""moto as S3 and SNS in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from typing import Any

import boto3
from botocore.config import Config

from fileproc.demo.stage import free_port
from tests.system.programs import until


class MotoServer:
    """A context manager; `url` is its endpoint, `client` makes boto3 clients for it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> MotoServer:
        self._log = tempfile.TemporaryFile()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        until(self._listens, "moto to listen")
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        self._log.close()

    def client(self, service: str) -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        session = boto3.Session("a", "a", region_name="us-east-1")
        return session.client(service, endpoint_url=self.url, config=config)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
