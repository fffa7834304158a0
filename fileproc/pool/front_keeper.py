"""Keeping one front alive: `fileproc serve` is the pool, with a front as its child.

A front that dies after it was up is started again, with a back-off. One that never comes up (its port is taken, its
settings are wrong) ends the whole program with the front's own exit code: spinning would hide the message.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from fileproc import logs
from fileproc.pool.exits import FRONT_FAILED
from fileproc.pool.process import ONE_THREAD

log = logs.get("front_keeper")

#: A front that lived this long was up, in seconds.
WAS_UP = 5.0
BACKOFF = (0.5, 10.0)

Watch = Callable[[int, Callable[[], None]], None]


class FrontKeeper:
    """Starts the front, starts it again, and takes it down."""

    def __init__(
        self,
        *,
        watch: Watch,
        unwatch: Callable[[int], None],
        give_up: Callable[[int], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._watch = watch
        self._unwatch = unwatch
        self._give_up = give_up
        self._monotonic = monotonic
        self._process: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
        self._started_at = 0.0
        self._start_at: float | None = None
        self._delay = BACKOFF[0]
        self._stopping = False

    def start(self) -> None:
        """Start the front; its end wakes the loop."""
        self._start_at = None
        self._started_at = self._monotonic()
        command = [sys.executable, "-m", "fileproc.front", "--parent", str(os.getpid())]
        environment = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
        self._process = subprocess.Popen(command, env=environment)
        self._pidfd = os.pidfd_open(self._process.pid)
        self._watch(self._pidfd, self._on_exit)

    def tend(self, now: float) -> float:
        """Start it again when its back-off is over; returns when to look again."""
        if self._start_at is None or self._stopping:
            return now + 60.0
        if now >= self._start_at:
            self.start()
            return now + 60.0
        return self._start_at

    def _on_exit(self) -> None:
        if self._process is None or (code := self._process.poll()) is None:
            return
        self._unwatch(self._pidfd)
        os.close(self._pidfd)
        self._process = None
        if self._stopping:
            return
        now = self._monotonic()
        log.error("front_ended", code=code)
        if now - self._started_at < WAS_UP and code > 0:
            self._give_up(code if code < 64 else FRONT_FAILED)
            return
        self._start_at = now + self._delay
        self._delay = BACKOFF[0] if now - self._started_at > 60.0 else min(BACKOFF[1], self._delay * 2)

    def begin_stop(self) -> None:
        """Tell the front to finish what it has and go."""
        self._stopping = True
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def finish(self, timeout: float) -> None:
        """Wait for its end, and do not wait for ever."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
