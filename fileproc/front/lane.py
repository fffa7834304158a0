"""The lane: messages take turns, so that a burst of them never stands before a probe or a person.

Theory. The hub serves whoever is ready in the order in which they came, and a message costs it most of a millisecond.
Two thousand at once are two seconds in which nobody else is looked at. So after `FEW` messages the next ones wait here,
before their first byte is parsed, until nothing else is to be done: what is cheap (accepting, probes, pages) goes on
meanwhile. Then, if only a few wait, all come in, for those who come together share a commit; if it is a burst, a
handful at a time. After `LONGEST_WAIT_SECONDS` a turn comes in any case, so that a flood of other requests cannot hold
messages up for ever. Where messages come one by one nobody ever waits.
"""

from __future__ import annotations

from collections import deque

import gevent
from gevent.event import Event

#: So many messages may come in together: they cost the hub some tens of milliseconds, and save it commits.
FEW = 128

#: When more wait, it is a burst; then the hub looks at everybody else after each so many, a few milliseconds.
PER_TURN = 8

#: A turn comes after this time at the latest, in seconds, however busy the hub is with others.
LONGEST_WAIT_SECONDS = 0.005


class Lane:
    """One for each listening port."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._left = FEW
        self._used_up = Event()
        gevent.spawn(self._run)

    def __len__(self) -> int:
        return len(self._waiting)

    def take_turn(self) -> None:
        """Return when it is this message's turn."""
        if self._left:
            self._use_one()
            return
        turn = Event()
        self._waiting.append(turn)
        turn.wait()

    def _use_one(self) -> None:
        self._left -= 1
        if not self._left:
            self._used_up.set()

    def _run(self) -> None:
        while True:
            self._used_up.wait()
            self._used_up.clear()
            with gevent.Timeout(LONGEST_WAIT_SECONDS, False):
                gevent.idle()
            self._next_turn()

    def _next_turn(self) -> None:
        self._left = FEW if len(self._waiting) <= FEW else PER_TURN
        while self._left and self._waiting:
            self._waiting.popleft().set()
            self._use_one()
