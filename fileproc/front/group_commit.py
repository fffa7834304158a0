"""Group commit: requests that arrive together share one durable write.

Theory. A commit costs milliseconds whatever is in it. Greenlets put their jobs on a list and wait; one flusher takes
the whole list, writes it in one transaction in a native thread, and wakes everybody. While it writes, the next list
grows. So durability costs each request at most two commits of waiting, and throughput almost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import gevent
from gevent.event import AsyncResult, Event

from fileproc import logs
from fileproc.clock import Clock
from fileproc.domain.ports import Added, NewJob
from fileproc.errors import FileprocError, JournalUnavailable
from fileproc.metrics.recorder import Recorder

log = logs.get("group_commit")

#: Jobs in one commit; more wait for the next.
MOST_JOBS = 2_000

#: SNS waits 15 seconds for its answer; what is not written by then is better answered with 503.
WAIT_SECONDS = 10.0

Write = Callable[[list[NewJob]], list[Added]]


@dataclass(slots=True)
class _Waiting:
    jobs: list[NewJob]
    result: AsyncResult = field(default_factory=AsyncResult)


class GroupCommit:
    """`add` from any greenlet; one commit for all who call at the same time."""

    def __init__(
        self, write: Write, *, recorder: Recorder, clock: Clock, after: Callable[[], object] = lambda: None
    ) -> None:
        self._write = write
        self._recorder = recorder
        self._clock = clock
        self._after = after
        self._waiting: list[_Waiting] = []
        self._something = Event()
        self._flusher = gevent.spawn(self._run)

    def add(self, jobs: list[NewJob]) -> list[Added]:
        """Returns after the durable write.

        Raises:
            JournalUnavailable, BacklogFull: nothing of this was written, or it is not known yet.
        """
        waiting = _Waiting(jobs)
        self._waiting.append(waiting)
        self._something.set()
        try:
            added: list[Added] = waiting.result.get(timeout=WAIT_SECONDS)
        except gevent.Timeout:
            raise JournalUnavailable("the journal did not take the jobs in time") from None
        return added

    def _run(self) -> None:
        while True:
            self._something.wait()
            self._something.clear()
            while self._waiting:
                self._flush(self._take())

    def _take(self) -> list[_Waiting]:
        """As many waiting requests as fit into one commit, at least one."""
        taken: list[_Waiting] = []
        jobs = 0
        while self._waiting and (not taken or jobs + len(self._waiting[0].jobs) <= MOST_JOBS):
            jobs += len(self._waiting[0].jobs)
            taken.append(self._waiting.pop(0))
        return taken

    def _flush(self, batch: list[_Waiting]) -> None:
        jobs = [job for waiting in batch for job in waiting.jobs]
        begun = self._clock.monotonic()
        try:
            added = self._write(jobs)
        except FileprocError as error:
            for waiting in batch:
                waiting.result.set_exception(error)
            return
        except Exception as error:
            # The flusher serves everybody: what nobody expected must neither end it nor spoil the neighbours.
            log.exception("group_commit_failed", requests=len(batch))
            self._isolate(batch, error)
            return
        self._recorder.journal_commit(self._clock.monotonic() - begun, len(jobs))
        self._tell(batch, added)
        self._after()

    def _isolate(self, batch: list[_Waiting], error: Exception) -> None:
        """Write each request by itself; the one that breaks the journal is told to come again."""
        if len(batch) == 1:
            batch[0].result.set_exception(JournalUnavailable(f"the journal failed: {type(error).__name__}"))
            return
        for waiting in batch:
            self._flush([waiting])

    @staticmethod
    def _tell(batch: list[_Waiting], added: list[Added]) -> None:
        start = 0
        for waiting in batch:
            end = start + len(waiting.jobs)
            waiting.result.set(added[start:end])
            start = end
