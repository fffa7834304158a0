"""Room for connections: those that wait for their sender make place for new ones when it gets scarce.

Holding a connection costs an attacker nothing, so it must not cost others theirs. An honest sender's bytes are there at
once; whoever has kept us waiting for a while, in silence or with half a request, is the one to go, the longest first.
Whose bytes are there, and only have not been read yet, waits for us: on a busy machine that takes a while, too.
"""

from __future__ import annotations

import contextlib
import resource
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from typing import Protocol

#: Whoever let us wait this long may be hung up on, in seconds; honest heads and bodies come within a round trip.
PATIENCE_SECONDS = 1.0


#: Open files that a front needs for itself: database, doorbell, certificates, logs.
OWN_FILES = 128


def places(wanted: int) -> int:
    """How many connections there is room for: as many as wanted, unless this process may not open so many files."""
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + OWN_FILES  # two ports
    if files < needed:
        files = min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, min(wanted, (files - OWN_FILES) // 2))


class Connection(Protocol):
    """What can be hung up on."""

    def hang_up(self) -> None:
        """End a wait for the sender."""
        ...

    def has_unread_bytes(self) -> bool:
        """Whether the sender has said something that we have not looked at yet."""
        ...


class Room:
    """Who waits for his sender, in the order in which the waits began."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._waiting: OrderedDict[Connection, tuple[float, bool]] = OrderedDict()  # since when, and whether idle

    @contextlib.contextmanager
    def waits(self, connection: Connection, *, idle: bool = False) -> Iterator[None]:
        """Mark a connection whose sender has the next word; idle is who has said nothing of his request yet."""
        self._waiting[connection] = (self._monotonic(), idle)
        try:
            yield
        finally:
            self._waiting.pop(connection, None)

    def make(self, places: int) -> int:
        """Hang up on so many, the longest waits first, if they have waited long enough to deserve it; how many."""
        long_ago = self._monotonic() - PATIENCE_SECONDS
        long = takewhile(lambda one: one[1][0] <= long_ago, list(self._waiting.items()))
        owing = (connection for connection, _ in long if not connection.has_unread_bytes())
        return self._hang_up(list(islice(owing, places)))

    def empty(self) -> None:
        """Hang up on all that idle; whoever has begun a request may finish it."""
        self._hang_up([connection for connection, (_, idle) in self._waiting.items() if idle])

    def _hang_up(self, connections: list[Connection]) -> int:
        for connection in connections:
            del self._waiting[connection]
            connection.hang_up()
        return len(connections)
