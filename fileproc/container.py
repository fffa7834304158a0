"""The container's first process: tables, then supervisord, then an honest exit code.

supervisord goes on for ever when a program cannot be kept alive, and exits 0 when it is told to stop. So a listener
writes down that a program became FATAL and stops supervisord, and the entry turns that note into a non-zero exit
code, by which an orchestrator sees that something is wrong. As the first process it also reaps whatever is left to
it.

    python -m fileproc.container [CONF]     the entry
    python -m fileproc.container listen     the listener, started by supervisord
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TextIO

from fileproc import settings
from fileproc.errors import FileprocError
from fileproc.store import migrate

#: A program could not be kept alive.
FATAL = 70

NOTE = "fatal"
DEFAULT_CONF = "/etc/fileproc/supervisord.conf"


def main(arguments: list[str]) -> int:
    """Errors before the start become one message and an exit code."""
    try:
        loaded = settings.load()
        note = loaded.fileproc_runtime_dir / NOTE
        if arguments[:1] == ["listen"]:
            return listen(sys.stdin, sys.stdout, note, parent=os.getppid())
        return run(arguments[0] if arguments else DEFAULT_CONF, loaded.database_url, note)
    except FileprocError as error:
        sys.stderr.write(f"fileproc container: {error}\n")
        return int(error.exit_code)


def run(conf: str, database_url: str, note: Path) -> int:
    """Upgrade the tables, run supervisord, pass signals on; returns the container's exit code."""
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    note.unlink(missing_ok=True)
    migrate.upgrade(database_url)
    environment = os.environ | {"FILEPROC_RUNTIME_DIR": str(note.parent.absolute())}
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", conf]
    relays = [Relay(1), Relay(2)]
    supervisord = subprocess.Popen(command, env=environment, stdout=relays[0].writer, stderr=relays[1].writer)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: supervisord.send_signal(received))
    code = _reap_until(supervisord.pid)
    for relay in relays:
        relay.finish()
    return FATAL if note.exists() else code


def listen(events: TextIO, answers: TextIO, note: Path, *, parent: int) -> int:
    """supervisord's event protocol: on PROCESS_STATE_FATAL leave a note and stop supervisord."""
    while True:
        answers.write("READY\n")
        answers.flush()
        line = events.readline()
        if not line:
            return 0
        header = dict(field.split(":", 1) for field in line.split())
        payload = events.read(int(header["len"]))
        if header["eventname"] == "PROCESS_STATE_FATAL":
            sys.stderr.write(f"fileproc container: a program cannot be kept alive: {payload.strip()}\n")
            note.write_text(payload)
            os.kill(parent, signal.SIGTERM)
        answers.write("RESULT 2\nOK")
        answers.flush()


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
            while data:
                data = data[os.write(self._descriptor, data) :]

    def finish(self) -> None:
        """The last lines still arrive, unless somebody holds on to the pipe."""
        os.close(self.writer)
        self._thread.join(timeout=2)


def _reap_until(pid: int) -> int:
    """Wait for this child, and for every orphan that is handed to the first process meanwhile."""
    while True:
        reaped, status = os.wait()
        if reaped == pid:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
