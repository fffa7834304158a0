"""moto's own process. One that is done is emptied and kept for whoever is next: a start costs more than most tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import urllib.request

from fileproc.demo.stage import free_port
from tests.system.programs import until


class MotoProcess:
    """A moto that listens."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._start()

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        # moto checks rights after so many calls; this many never come, until `check_rights` says so.
        environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": "1000000"}
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment)
        self.pid = self._process.pid
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
SPARE: list[MotoProcess] = []


def end_spare() -> None:
    """At the end of all tests."""
    while SPARE:
        SPARE.pop().end()
