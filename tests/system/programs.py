"""Front and pool as two real programs, as supervisord runs them; started, killed and started again by tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fileproc.demo.stage import FOREIGN, free_port

PATIENCE = 60.0


def until(true: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait for a condition and return its value; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)
    return value


class Programs:
    """One service in `folder`: its programs, its environment and its HTTP door."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.mark = uuid.uuid4().hex
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment |= {
            "LC_RUN_MARK": self.mark,
            "DATABASE_URL": f"sqlite:///{folder / 'fileproc.db'}",
            "FILEPROC_PORT": str(self.port),
            "FILEPROC_RUNTIME_DIR": str(folder / "run"),
            "FILEPROC_CONTRACTS": str(folder / "contracts"),
            "FILEPROC_DRAIN_SECONDS": "5",
        } | settings
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Start programs by verb (`front`, `pool`, `serve`); their logs are `<verb>.log` in the folder."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.running[name] = subprocess.Popen(
                    [sys.executable, "-m", "fileproc", name],
                    stdout=log,
                    stderr=log,
                    env=self.environment,
                    cwd=self.folder,
                )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One-shot verb of the command line in the same environment."""
        return subprocess.run(
            [sys.executable, "-m", "fileproc", *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=PATIENCE,
        )

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send a signal and return the exit code, once it has ended."""
        program = self.running.pop(name)
        program.send_signal(number)
        return program.wait(timeout=PATIENCE)

    def get(self, path: str) -> dict[str, Any] | None:
        """A JSON document, or None while the front does not answer with 200."""
        text = self.text(path)
        return None if text is None else json.loads(text)

    def text(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError):
            return None

    def post(self, body: bytes, path: str = "/") -> tuple[int, dict[str, Any]]:
        """POST and return status and document; status 0 when nobody answered."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
        except (urllib.error.URLError, OSError):
            return 0, {}

    def ready(self) -> None:
        """Wait until `/readyz` says yes."""
        until(lambda: self.text("/readyz"), f"/readyz of the service in {self.folder}:\n{self.logs()}")

    def logs(self) -> str:
        """The last lines of every program, for a failing test's message."""
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            for log in sorted(self.folder.glob("*.log"))
        )

    def alive(self) -> list[str]:
        """Command lines of every process of this service that is still there."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"LC_RUN_MARK={self.mark}".encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it has just gone, or is not ours
        return found

    def stop(self) -> None:
        """Take down whatever still runs."""
        for program in self.running.values():
            program.terminate()
        for program in self.running.values():
            try:
                program.wait(timeout=30)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self.running.clear()
