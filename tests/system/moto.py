"""moto as S3 and SNS in a process of its own; on request one that checks credentials and rights.

A process that is done is emptied and kept for whoever asks next: to start one costs more than most tests.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from typing import Any

import boto3
from botocore.config import Config

from fileproc.demo.stage import free_port
from tests.system.programs import until


class Process:
    """One moto; it ends with the tests at the latest."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = tempfile.TemporaryFile()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        # moto checks rights after so many calls; this many never come, until `check_rights` says so.
        environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": "1000000"}
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment)
        self.pid = self._process.pid
        atexit.register(self.end)
        try:
            until(self._listens, "moto to listen")
        except BaseException:
            self.end()
            raise

    def emptied(self) -> bool:
        """Forget every bucket, topic and queue; False where it does not answer (any more)."""
        try:
            self.post("reset")
        except OSError:
            return False
        return True

    def post(self, what: str, body: bytes = b"") -> None:
        """A word to moto itself."""
        request = urllib.request.Request(
            f"{self.url}/moto-api/{what}", data=body, headers={"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def end(self) -> None:
        atexit.unregister(self.end)
        self._process.terminate()
        self._process.wait(timeout=20)
        self._log.close()

    def _listens(self) -> bool:
        if self._process.poll() is not None:
            self._log.seek(0)
            raise AssertionError(f"moto ended: {self._log.read()[-2000:].decode()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


#: Emptied ones that nobody uses now.
SPARE: list[Process] = []


class MotoServer:
    """A context manager; `url` is its endpoint, `client` makes boto3 clients for it."""

    def __enter__(self) -> MotoServer:
        self._process = SPARE.pop() if SPARE else Process()
        self._changed = False
        self.port, self.url = self._process.port, self._process.url
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._changed or not self._process.emptied():
            self._process.end()
        else:
            SPARE.append(self._process)

    def check_rights(self) -> None:
        """From now on credentials and policies are looked at, as AWS does."""
        self._changed = True
        self._process.post("reset-auth", b"0")

    def step_back(self) -> None:
        """Lowest priority, for measurements: in earnest S3 is another machine. Threads that come later inherit it."""
        self._changed = True
        os.setpriority(os.PRIO_PROCESS, self._process.pid, 19)

    def client(self, service: str, key_id: str = "a", secret: str = "a") -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        session = boto3.Session(key_id, secret, region_name="us-east-1")
        return session.client(service, endpoint_url=self.url, config=config)
