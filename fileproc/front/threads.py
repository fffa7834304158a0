"""Native threads for what blocks in C: a commit must never stall the hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

import gevent
from gevent.threadpool import ThreadPool

from fileproc.errors import JournalUnavailable

T = TypeVar("T")


class Native:
    """A few native threads; callers wait as greenlets."""

    def __init__(self, threads: int, *, timeout: float) -> None:
        self._threads = ThreadPool(threads)
        self._timeout = timeout

    def __call__(self, call: Callable[[], T]) -> T:
        """Run `call` in a native thread and return its result; its errors are raised here.

        Raises:
            JournalUnavailable: no result in time. The call may still be running.
        """
        late = JournalUnavailable("the journal did not answer in time", fix="look at its load and its locks")
        with gevent.Timeout(self._timeout, late):
            done: Callable[[], T] = self._threads.apply(_carried_out, (call,))
        return done()


def _carried_out(call: Callable[[], T]) -> Callable[[], T]:
    """Run it in this thread; what is returned gives the result, or raises the error, in the thread that asked.

    gevent prints the traceback of every error that leaves a native thread, statement and parameters included.
    """
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - carried over to whoever asked, not swallowed
        failure = error
        return lambda: _raised(failure)
    return lambda: result


def _raised(error: Exception) -> NoReturn:
    raise error
