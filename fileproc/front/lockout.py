"""Lockout: whoever guesses tokens is not listened to for a while, by address, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict

from fileproc.clock import Clock

#: Wrong tokens from one address in one window. A person mistypes a few times, a script thousands of times.
MOST_FAILURES = 20
WINDOW_SECONDS = 60.0

#: Addresses that are remembered; an attacker with more of them still pays each window's price for each.
MOST_PEERS = 4_096


class Lockout:
    """Counts wrong tokens by caller; behind a proxy that nobody named all callers are one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()  # peer → (end of its window, how many)

    def failed(self, peer: str) -> bool:
        """A wrong token came from there; True if it was the one that locks the address out."""
        now = self._clock.monotonic()
        end, count = self._failures.pop(peer, (0.0, 0))
        end, count = (end, count + 1) if now < end else (now + WINDOW_SECONDS, 1)
        self._failures[peer] = (end, count)
        while len(self._failures) > MOST_PEERS:
            self._failures.popitem(last=False)
        return count == MOST_FAILURES

    def seconds(self, peer: str) -> int:
        """How long nothing from there is listened to; 0 if it is."""
        end, count = self._failures.get(peer, (0.0, 0))
        left = end - self._clock.monotonic()
        return int(left) + 1 if count >= MOST_FAILURES and left > 0 else 0
