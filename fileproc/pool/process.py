"""One worker process, from the pool's side: started, watched, signalled, reaped. Nothing here knows about jobs.

Workers come from a fork server: it has loaded everything once, started nothing, and was itself started by exec with an
environment that carries no secret. The kernel kills it and its workers when the pool dies.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from fileproc.errors import UsageError
from fileproc.pool import sandbox, worker
from fileproc.pool.channel import PoolEnd

PRELOAD = ["fileproc.pool.preload", "fileproc.pool.fork_server"]

#: How much of a stack dump is kept with a job.
LONGEST_DUMP = 16_384

#: A Unix socket's path has 107 bytes, of which multiprocessing takes 32: `/pymp-XXXXXXXX/listener-XXXXXXXX`.
LONGEST_TEMP_FOLDER = 107 - 32

#: One thread a worker: parallelism is the pool's affair.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def fork_server() -> ForkServerContext:
    """The context that workers are made from. Never the default one, whose method depends on platform and version.

    Raises:
        UsageError: the temporary folder's path leaves no room for the server's socket.
    """
    folder = tempfile.gettempdir()
    if len(os.fsencode(folder)) > LONGEST_TEMP_FOLDER:
        raise UsageError(
            f"the path of the temporary folder is too long for a Unix socket: {folder}",
            fix=f"set TMPDIR to a path of {LONGEST_TEMP_FOLDER} bytes or less",
        )
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


@contextlib.contextmanager
def clean_environment() -> Iterator[None]:
    """The environment as workers may see it, for as long as the fork server is being started."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if not sandbox.may_know(name)}
    added = {name: value for name, value in ONE_THREAD.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
        os.environ.update(hidden)


class WorkerProcess:
    """A running worker and the pool's end of its channel."""

    def __init__(self, context: ForkServerContext, generation: int, folder: Path, spec: dict[str, Any]) -> None:
        self.generation = generation
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        ours, theirs = socket.socketpair()
        self.channel = PoolEnd(ours)
        self._process = context.Process(
            target=worker.main, args=(theirs, generation, str(folder), spec), name=f"fileproc-worker-{generation}"
        )
        try:
            with clean_environment():
                self._process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def sentinel(self) -> int:
        """A descriptor that becomes readable when the process ends."""
        return self._process.sentinel

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker; SIGKILL goes to everything it may have started, too."""
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, number)
            os.kill(self.pid, number)

    def reap(self) -> int | None:
        """The exit code (minus the signal's number, if one ended it), or None while it lives. Reaps only this one."""
        return self._process.exitcode

    def stack_dump(self) -> str:
        """What the worker's C-level stack dumps say, the newest end of it."""
        with contextlib.suppress(OSError):
            return (self._folder / "stack.txt").read_text(errors="replace")[-LONGEST_DUMP:]
        return ""

    def take_spill(self, path: str) -> bytes | None:
        """The content of an outcome file of this worker; the name is checked, since the worker wrote it."""
        spill = Path(path)
        if spill.parent != self._folder:
            return None
        with contextlib.suppress(OSError):
            body = spill.read_bytes()
            spill.unlink()
            return body
        return None

    def dispose(self) -> None:
        """After its end: close the channel, release the sentinel, remove the folder."""
        self.channel.close()
        with contextlib.suppress(ValueError):
            self._process.close()
        shutil.rmtree(self._folder, ignore_errors=True)
