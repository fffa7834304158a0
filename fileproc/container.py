"""The container's first process: tables, then supervisord, then an honest exit code.

supervisord exits 0 even when a program could not be kept alive. The exit listener leaves a note of that, and this
entry turns it into a non-zero code, by which an orchestrator sees that something is wrong. As the first process it also
reaps whatever is left to it. It stays for the container's whole life, so it imports little: the tables are upgraded by
a process of their own.

    python -m fileproc.container [CONF]
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from fileproc import settings
from fileproc.errors import FileprocError
from fileproc.settings import Settings

#: A program could not be kept alive.
FATAL = 70

DEFAULT_CONF = "/etc/fileproc/supervisord.conf"

#: What a program may take beyond its drain to flush, settle and go, before supervisord kills it.
FAREWELL = 15


def main(arguments: list[str]) -> int:
    """Errors before the start become one message and an exit code."""
    try:
        loaded = settings.load()
        settings.require_topics(loaded)
        return Entry(loaded).run(arguments[0] if arguments else DEFAULT_CONF)
    except FileprocError as error:
        sys.stderr.write(f"fileproc container: {error}\n")
        return int(error.exit_code)


class Entry:
    """Runs one child after the other, and passes signals on to the one that runs."""

    def __init__(self, loaded: Settings) -> None:
        self._runtime_dir = loaded.fileproc_runtime_dir.absolute()
        self._note = self._runtime_dir / "cannot-be-kept-alive"
        self._environment = os.environ | {
            # What supervisord.conf is filled in with.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "FILEPROC_RUNTIME_DIR": str(self._runtime_dir),
            "EXIT_NOTE": str(self._note),
            "STOP_WAIT_SECONDS": str(math.ceil(loaded.fileproc_drain_seconds) + FAREWELL),
        }
        self._child: subprocess.Popen[bytes] | None = None
        self._stop: int | None = None

    def run(self, conf: str) -> int:
        """Upgrade the tables and run supervisord to its end; returns the container's exit code."""
        # Before anything else: the kernel drops signals that a first process has no handler for.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._runtime_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._note.unlink(missing_ok=True)
        code = self._wait_for([sys.executable, "-m", "fileproc", "db", "upgrade"], 2, 2)
        if code == 0 and self._stop is None:
            code = self._supervise(conf)
        if self._note.exists():
            return FATAL
        # A child that was stopped before it could listen for signals ends by them; that is what was asked for.
        return code if self._stop is None else 0

    def _supervise(self, conf: str) -> int:
        relays = [Relay(1), Relay(2)]
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", conf]
        code = self._wait_for(command, relays[0].writer, relays[1].writer)
        for relay in relays:
            relay.finish()
        return code

    def _wait_for(self, command: list[str], stdout: int, stderr: int) -> int:
        """Run a child to its end, and reap every orphan that is handed to the first process meanwhile."""
        self._child = subprocess.Popen(command, env=self._environment, stdout=stdout, stderr=stderr)
        if self._stop is not None:  # it came between the last child and this one
            self._pass_on(self._stop)
        while True:
            pid, status = os.wait()
            if pid == self._child.pid:
                self._child.returncode = os.waitstatus_to_exitcode(status)
                ended, self._child = self._child, None
                return ended.returncode

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stop = number
        self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        """Not by Popen's own method: that looks for the child's end first, and would take it away from `os.wait`."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, number)


class Relay:
    """A pipe of our own, whose content goes to `descriptor`.

    supervisord opens /dev/fd/1 anew for each program. Where the stream that a container was given belongs to another
    user that is refused; a pipe of our own never is.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._reader, self.writer = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while data := os.read(self._reader, 65_536):
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                continue  # nobody reads our logs any more; the programs must not block on that

    def finish(self) -> None:
        """The last lines still arrive, unless somebody holds on to the pipe."""
        os.close(self.writer)
        self._thread.join(timeout=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
