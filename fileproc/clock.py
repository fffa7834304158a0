"""Time as an argument.

Durations and deadlines use `monotonic()`: it never steps, and on one host it means the same in every process.
`utcnow()` is for display and for facts that outlive a process. Tests hand in a `FrozenClock`, so none of them sleeps.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What code that needs the time asks for."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary point, the same for every process of this host."""
        ...

    def utcnow(self) -> datetime:
        """The wall clock, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The real one."""

    def monotonic(self) -> float:
        return time.monotonic()

    def utcnow(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FrozenClock:
    """A clock that moves only when told to."""

    now: float = 1_000.0
    wall: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def monotonic(self) -> float:
        return self.now

    def utcnow(self) -> datetime:
        return self.wall

    def advance(self, seconds: float) -> None:
        """Let both clocks run on by `seconds`."""
        self.now += seconds
        self.wall += timedelta(seconds=seconds)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a `Z`, or None: the only spelling of an instant that leaves the program."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
