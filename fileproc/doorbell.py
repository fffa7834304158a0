"""The doorbell: Unix sockets in the runtime folder between front and pool.

`ring` says "new rows" and is never waited for: a lost ring costs one poll interval. `ask` asks the pool for its figures
and gets one JSON answer. Neither is needed for correctness; the journal is the only hand-over.

One pool per runtime folder: it holds a lock that the kernel releases with its death.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fileproc.errors import UsageError

BELL = "bell.sock"
DESK = "desk.sock"
LOCK = "pool.lock"

#: What `sun_path` holds on Linux, less the closing NUL.
LONGEST_PATH = 107

LONGEST_QUESTION = 4_096
LONGEST_ANSWER = 4 << 20
ANSWER_SECONDS = 0.5


def ring(runtime_dir: Path) -> bool:
    """Tell the pool that there is something new; True if it was told. Never blocks, never raises."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        bell.sendto(b"!", str(runtime_dir / BELL))
        return True
    return False


def ask(runtime_dir: Path, question: dict[str, Any], timeout: float = ANSWER_SECONDS) -> dict[str, Any] | None:
    """The pool's answer, or None when there is none in time."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as desk:
            desk.settimeout(timeout)
            desk.connect(str(runtime_dir / DESK))
            desk.sendall(json.dumps(question).encode() + b"\n")
            desk.shutdown(socket.SHUT_WR)
            answer = bytearray()
            while chunk := desk.recv(65_536):
                answer += chunk
                if len(answer) > LONGEST_ANSWER:
                    return None
        document = json.loads(answer)
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


class Desk:
    """The pool's half: two sockets for its poll loop, and the lock that makes it the only pool of this folder."""

    def __init__(self, runtime_dir: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Raises UsageError when the folder cannot be used, its path is too long, or a pool runs there already."""
        self._answer = answer
        self._folder = runtime_dir.absolute()
        self._lock = _sole_pool_of(self._folder)
        self.bell = _bound(self._folder / BELL, socket.SOCK_DGRAM)
        self.desk = _bound(self._folder / DESK, socket.SOCK_STREAM)
        self.desk.listen(64)

    def hear_bell(self) -> None:
        """Take every ring that is waiting; they all mean the same."""
        with contextlib.suppress(BlockingIOError):
            while self.bell.recv(16):
                pass

    def serve(self) -> None:
        """Answer whoever is at the desk. Both sides are on one host and ours, so a short wait bounds the loop."""
        with contextlib.suppress(BlockingIOError):
            while True:
                visitor, _ = self.desk.accept()
                with visitor, contextlib.suppress(OSError, ValueError):
                    visitor.settimeout(0.2)
                    question = json.loads(_line(visitor))
                    visitor.sendall(json.dumps(self._answer(question)).encode())

    def close(self) -> None:
        """Leave the folder as if nobody had been there."""
        for open_socket, name in ((self.bell, BELL), (self.desk, DESK)):
            open_socket.close()
            (self._folder / name).unlink(missing_ok=True)
        os.close(self._lock)


def _line(visitor: socket.socket) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n") and len(received) < LONGEST_QUESTION:
        chunk = visitor.recv(LONGEST_QUESTION)
        if not chunk:
            break
        received += chunk
    return bytes(received)


def _sole_pool_of(folder: Path) -> int:
    if len(os.fsencode(folder / BELL)) > LONGEST_PATH:
        raise UsageError(
            f"the path of FILEPROC_RUNTIME_DIR is too long for a Unix socket: {folder}",
            fix=f"choose a folder whose path has less than {LONGEST_PATH - len(BELL)} bytes",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(
            f"the runtime folder {folder} cannot be used: {error.strerror}", fix="mend FILEPROC_RUNTIME_DIR"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise UsageError(
            f"another pool runs in {folder} already", fix="stop it, or give this one its own FILEPROC_RUNTIME_DIR"
        ) from None
    return lock


def _bound(path: Path, kind: socket.SocketKind) -> socket.socket:
    """A bound, non-blocking socket; the file of a dead pool is in the way and goes (we hold the lock)."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, kind)
    bound.setblocking(False)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
