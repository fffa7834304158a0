"""Intake: messages of a queue become jobs, and are deleted when every job of theirs has its verdict. Knows no sockets.

A message that was received is ours for a while. It stays hidden from others by heartbeats from the moment of receipt;
its end is read from the journal, which all pods share, so it does not matter whose pool did the work:

    received → its jobs are durable → all have ended → deleted
             → nothing to do           → deleted
             → cannot be read          → left alone: the queue's redrive policy takes it
             → cannot be written now   → hidden for a growing while, then anybody's

A handle that is lost (the pod was stopped too long) is forgotten. Its message comes again, finds its jobs known, and
ends the same way: nothing runs twice, and nothing is lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fileproc import logs
from fileproc.clock import Clock
from fileproc.domain.events import Event, Malformed, parse_queued
from fileproc.domain.jobs import FINISHED, JobState
from fileproc.domain.ports import Queue, Received
from fileproc.errors import BadRequest, FileprocError, Unavailable
from fileproc.metrics.recorder import QueueRecorder
from fileproc.services.accept import Acceptance

log = logs.get("intake")

#: A heartbeat after this share of the time that a message is hidden.
BEAT_SHARE = 1 / 3

#: How long a failed heartbeat waits for the next, in seconds.
BEAT_AGAIN = 1.0

#: SQS hides a message for 12 hours at most, all heartbeats together; before that we let it go and get it again.
LONGEST = 11.5 * 3_600

#: What cannot be written now is hidden for so long: doubled with every receipt, from the first to the last, in seconds.
BACKOFF = (30.0, 900.0)

#: After so many receipts a message that cannot be read deserves a louder line.
SUSPICIOUS = 5

#: Jobs in these states occupy nobody: a message that waits for them does not keep another from being received.
PARKED = frozenset({JobState.HELD, JobState.RETRYABLE})

#: Messages that a queue gives at once.
AT_ONCE = 10

#: Messages that may be hidden by us, those that only wait included.
MOST_HIDDEN = 1_000


@dataclass(slots=True)
class InFlight:
    """A message that we have; instants are monotonic seconds."""

    message: Received
    jobs: frozenset[int]
    since: float
    next_beat: float
    parked: bool = False


class Intake:
    """`accept` writes the jobs of a message durably, `states` reads where jobs are (those that are gone are left out).

    `each` maps a function over messages: the front does it side by side, so that they share a commit.
    """

    def __init__(
        self,
        queue: Queue,
        *,
        accept: Callable[[list[Event], str], Acceptance],
        states: Callable[[list[int]], dict[int, JobState]],
        recorder: QueueRecorder,
        clock: Clock,
        visibility: float,
        most: int,
        each: Callable[[Callable[[Received], None], Sequence[Received]], Iterable[None]] = map,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._accept = accept
        self._states = states
        self._recorder = recorder
        self._clock = clock
        self.visibility = visibility
        self._most = most
        self._each = each
        self._jitter = jitter
        self._ours: dict[str, InFlight] = {}
        self._unneeded: dict[str, Received] = {}

    def __len__(self) -> int:
        """Messages that we hide from others."""
        return len(self._ours)

    @property
    def room(self) -> int:
        """How many messages may be received now; 0 for only a few, since asking for one costs as much as for ten."""
        waiting = sum(not one.parked for one in self._ours.values())
        room = min(self._most - waiting, MOST_HIDDEN - len(self._ours))
        return room if room >= min(AT_ONCE, self._most) else 0

    def take(self, messages: Sequence[Received]) -> None:
        """What was just received: after this it is durable, unneeded, hidden for a while, or left alone."""
        now = self._clock.monotonic()
        for message in messages:
            self._ours[message.id] = InFlight(message, frozenset(), now, now + self.visibility * BEAT_SHARE)
        for _ in self._each(self._handle, messages):
            pass
        self._delete_unneeded()

    def _handle(self, message: Received) -> None:
        """Never raises for what a message holds: its neighbours have nothing to do with it."""
        try:
            events = parse_queued(message.body)
            acceptance = self._accept(events, message.id)
        except BadRequest as error:
            self._leave(message, error.message)
        except Unavailable as error:
            self._put_off(message, error)
        else:
            self._recorder.queue_message(acceptance.outcome)
            self._accepted(message, events, acceptance)

    def _accepted(self, message: Received, events: Sequence[Event], acceptance: Acceptance) -> None:
        log.info("message", id=message.id, outcome=acceptance.outcome, jobs=acceptance.new, receives=message.receives)
        unread = [event.reason for event in events if isinstance(event, Malformed)]
        if unread:
            self._leave(message, unread[0])  # its good records are durable; a person should see the others
        elif acceptance.job_ids:
            self._ours[message.id].jobs = frozenset(acceptance.job_ids)
        else:
            self._unneeded[message.id] = message

    def _leave(self, message: Received, reason: str) -> None:
        """It can never be read: after a few receipts the queue's redrive policy puts it where people look."""
        self._ours.pop(message.id, None)
        self._recorder.queue_message("refused")
        tell = log.error if message.receives >= SUSPICIOUS else log.warning
        tell("message_unreadable", id=message.id, receives=message.receives, reason=reason,
             fix="give the queue a redrive policy, and look into its dead-letter queue")  # fmt: skip

    def _put_off(self, message: Received, error: FileprocError) -> None:
        self._ours.pop(message.id, None)
        self._recorder.queue_message("unavailable")
        first, last = BACKOFF
        seconds = min(last, first * 2.0 ** min(20, message.receives - 1)) * (0.5 + 0.5 * self._jitter())
        log.warning("message_put_off", id=message.id, seconds=round(seconds, 1), reason=error.message)
        self._queue.hide([(message, seconds)])

    def settle(self) -> None:
        """Delete the messages whose jobs have all ended, and see which of the others only wait.

        Raises:
            JournalUnavailable, QueueUnavailable: nothing is forgotten; call again.
        """
        # Others go on while the journal is asked: what they accept meanwhile has not been asked for.
        asked = {one.message.id: (one, one.jobs) for one in self._ours.values() if one.jobs}
        states = self._states(sorted({job for _, jobs in asked.values() for job in jobs})) if asked else {}
        for one, jobs in asked.values():
            known = [states[job] for job in jobs if job in states]
            left = [state for state in known if state not in FINISHED]
            if not left and self._ours.get(one.message.id) is one:
                self._unneeded[one.message.id] = one.message
            one.parked = bool(left) and all(state in PARKED for state in left)
        self._delete_unneeded()

    def _delete_unneeded(self) -> None:
        if self._unneeded:
            unneeded = list(self._unneeded.values())
            outcome = self._queue.delete(unneeded)
            for message in unneeded:
                if message.id not in outcome.again:
                    self._unneeded.pop(message.id, None)
                    self._ours.pop(message.id, None)
            self._forget(outcome.lost, "deleted too late")
        self._recorder.queue_in_flight(len(self._ours))

    def beat(self) -> None:
        """Keep hidden what is due; let go of what has been ours for too long.

        Raises:
            QueueUnavailable: tried again in a moment.
        """
        now = self._clock.monotonic()
        for one in [one for one in self._ours.values() if now - one.since > LONGEST]:
            log.warning("message_let_go", id=one.message.id, hours=round((now - one.since) / 3_600, 1))
            self._ours.pop(one.message.id, None)
        due = [one for one in self._ours.values() if one.next_beat <= now]
        for one in due:
            one.next_beat = now + BEAT_AGAIN
        if not due:
            return
        outcome = self._queue.hide([(one.message, self.visibility) for one in due])
        for one in due:
            if one.message.id not in outcome.again:
                one.next_beat = now + self.visibility * BEAT_SHARE
        self._forget(outcome.lost, "hidden too late")

    def _forget(self, lost: Iterable[str], why: str) -> None:
        """Somebody else may have it by now; its jobs go on, and whoever has it sees them end."""
        for message_id in lost:
            self._ours.pop(message_id, None)
            self._recorder.queue_handle_lost()
            log.warning("message_lost", id=message_id, why=why)

    def let_go(self) -> None:
        """We go: what has not begun is anybody's at once, what runs comes again when its time is over.

        Raises:
            JournalUnavailable, QueueUnavailable: then all of it comes again when its time is over.
        """
        self.settle()
        states = self._states(sorted({job for one in self._ours.values() for job in one.jobs}))
        waiting = [one.message for one in self._ours.values()
                   if all(states.get(job) is not JobState.RUNNING for job in one.jobs)]  # fmt: skip
        if waiting:
            self._queue.hide([(message, 0.0) for message in waiting])
        log.info("messages_let_go", waiting=len(waiting), running=len(self._ours) - len(waiting))
        self._ours.clear()
