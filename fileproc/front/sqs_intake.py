"""The SQS intake: greenlets around `services.intake`. One receives, one looks which jobs have ended, one beats.

Nothing is received while the pool does not beat or the breaker is open: the queue is the safer place to wait in. While
the breaker is half open one message at a time comes in, for it needs something to probe with.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import gevent
from gevent.event import Event as Signal
from gevent.pool import Pool

from fileproc import logs
from fileproc.breaker.page import PageReader
from fileproc.breaker.states import State
from fileproc.domain.ports import Queue
from fileproc.errors import FileprocError, QueueUnavailable
from fileproc.metrics.recorder import QueueRecorder
from fileproc.services.intake import Intake

log = logs.get("sqs")

#: One long poll, in seconds.
POLL_SECONDS = 20.0

#: How often it is looked which jobs have ended, whether a heartbeat is due, and whether there is room again.
SETTLE_SECONDS, BEAT_SECONDS, ROOM_SECONDS = 0.05, 1.0, 0.02

#: After an error: doubled from the first to the last, in seconds, with jitter. A denied queue must burn nothing.
BACKOFF = (1.0, 60.0)

#: How long the end may take, in seconds.
FAREWELL = 5.0

#: Messages that are accepted side by side.
AT_ONCE = 10


def side_by_side() -> Pool:
    """Greenlets whose jobs share a commit."""
    return Pool(AT_ONCE)


class SqsIntake:
    """`trouble` says why nothing can be received, None if something can."""

    def __init__(
        self,
        queue: Queue,
        intake: Intake,
        page: PageReader,
        recorder: QueueRecorder,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._intake = intake
        self._page = page
        self._recorder = recorder
        self._jitter = jitter
        self._stopping = Signal()
        self._backoff = BACKOFF[0]
        self._greenlets: list[gevent.Greenlet] = []
        self.trouble: str | None = None

    def start(self) -> None:
        """Begin to receive."""
        loops: list[tuple[Callable[[], None], float]] = [
            (self._receive, 0.0), (self._intake.settle, SETTLE_SECONDS), (self._intake.beat, BEAT_SECONDS)
        ]  # fmt: skip
        self._greenlets = [gevent.spawn(self._again_and_again, call, pause) for call, pause in loops]

    def stop(self) -> None:
        """Receive no more, and give back what has not begun."""
        self._stopping.set()
        gevent.killall(self._greenlets, timeout=FAREWELL)
        with gevent.Timeout(FAREWELL, False):
            try:
                self._intake.let_go()
            except FileprocError as error:
                log.warning("messages_come_again_later", reason=error.message)

    def _again_and_again(self, call: Callable[[], None], pause: float) -> None:
        """A loop serves everybody: what nobody expected must not end it."""
        while not self._stopping.is_set():
            try:
                call()
                self._stopping.wait(pause)
            except FileprocError as error:
                log.warning("intake_waits", what=call.__name__, reason=str(error))
                self._stopping.wait(BACKOFF[0])
            except Exception:
                log.exception("intake_failed", what=call.__name__)
                self._stopping.wait(BACKOFF[0])

    def _receive(self) -> None:
        most = self._wanted()
        if most == 0:
            self._stopping.wait(ROOM_SECONDS)
            return
        try:
            messages = self._queue.receive(most, wait=POLL_SECONDS, visibility=self._intake.visibility)
        except QueueUnavailable as error:
            self._wait_after(error)
            return
        self.trouble, self._backoff = None, BACKOFF[0]
        if messages:
            self._intake.take(messages)

    def _wait_after(self, error: QueueUnavailable) -> None:
        self.trouble = str(error)
        self._recorder.queue_failed(error.reason)
        seconds = self._backoff * (0.5 + 0.5 * self._jitter())
        log.error("queue_unavailable", reason=error.reason, error=str(error), again_in=round(seconds, 1))
        self._backoff = min(BACKOFF[1], 2 * self._backoff)
        self._stopping.wait(seconds)

    def _wanted(self) -> int:
        view = self._page.read()
        if view.stale or view.state == State.OPEN:
            return 0
        if view.state == State.HALF_OPEN:
            return min(1, self._intake.room) if not len(self._intake) else 0
        return self._intake.room
