"""A queue in memory: hides, counts receipts and gives handles anew, as SQS does. Passes tests/ports/test_queue.py."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fileproc.clock import Clock
from fileproc.domain.ports import QueueOutcome, Received


@dataclass
class _Message:
    body: str
    visible_at: float
    receives: int = 0
    handle: str = ""


class MemoryQueue:
    """`hidden` and `waiting` are what tests look at: how many messages there are of each kind."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._messages: dict[str, _Message] = {}
        self._numbers = itertools.count(1)

    def send(self, body: str) -> None:
        self._messages[f"m{next(self._numbers)}"] = _Message(body, self._clock.monotonic())

    @property
    def hidden(self) -> int:
        return len(self._messages) - self.waiting

    @property
    def waiting(self) -> int:
        return sum(message.visible_at <= self._clock.monotonic() for message in self._messages.values())

    def receive(self, most: int, *, wait: float, visibility: float) -> list[Received]:
        now = self._clock.monotonic()
        found = [(name, message) for name, message in self._messages.items() if message.visible_at <= now]
        received = []
        for name, message in found[: min(10, most)]:
            message.visible_at, message.receives = now + visibility, message.receives + 1
            message.handle = f"h{next(self._numbers)}"
            received.append(Received(name, message.handle, message.body, message.receives))
        return received

    def delete(self, messages: Sequence[Received]) -> QueueOutcome:
        """As in SQS, whoever has the newest handle may delete, also when the message is visible again."""
        lost = {one.id for one in messages if not self._is_current(one)}
        for one in messages:
            if one.id not in lost:
                del self._messages[one.id]
        return QueueOutcome(frozenset(lost))

    def hide(self, messages: Iterable[tuple[Received, float]]) -> QueueOutcome:
        lost, now = set(), self._clock.monotonic()
        for one, seconds in messages:
            if not self._is_current(one) or self._messages[one.id].visible_at <= now:
                lost.add(one.id)
            else:
                self._messages[one.id].visible_at = now + seconds
        return QueueOutcome(frozenset(lost))

    def _is_current(self, one: Received) -> bool:
        return one.id in self._messages and self._messages[one.id].handle == one.handle
