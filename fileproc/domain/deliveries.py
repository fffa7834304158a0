"""Deliveries: a report on its way out to one sink, told at least once, however often that has to be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fileproc.errors import FileprocError

#: Seconds until the next try: doubled from the first to the last. Twenty tries are about twelve hours.
FIRST_DELAY, LAST_DELAY = 5.0, 3_600.0
MOST_TRIES = 20


class DeliveryState(StrEnum):
    """What has become of a delivery."""

    WAITING = "waiting"  # for its first try or the next one
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; `fileproc deliveries retry` begins anew


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report for one sink, as whoever delivers it holds it. `tries` counts this one; `note` is what an earlier try
    decided to say, which later ones repeat."""

    id: int
    job_id: int
    fence: int
    sink: str
    tries: int
    report: Mapping[str, Any]
    region: str | None = None
    note: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        """The same for every try, another one for every verdict: receivers drop what they have seen."""
        return f"{self.job_id}-{self.fence}"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a try ended. `reason` says why it is not out, or why nothing had to be sent; `retry_in` is seconds, for one
    that waits for its next try."""

    state: DeliveryState
    reason: str | None = None
    retry_in: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `attributes` are for those who filter without reading the content."""

    key: str
    content: bytes
    content_type: str = "application/json"
    attributes: Mapping[str, str] = field(default_factory=dict)


class DeliveryError(FileprocError):
    """It was not delivered. `final` is what no later try can change; `retry_after` what the other side asks for, in
    seconds. The reason is shown to people: it holds no secret and nothing that the other side wrote."""

    def __init__(self, reason: str, *, final: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.final = final
        self.retry_after = retry_after


def next_try(tries: int, error: DeliveryError, jitter: float) -> float | None:
    """Seconds to wait after so many tries; None gives up. `jitter` is a number from 0 to 1."""
    if error.final or tries >= MOST_TRIES:
        return None
    delay = min(LAST_DELAY, FIRST_DELAY * 2.0 ** min(tries - 1, 30)) * (0.5 + 0.5 * jitter)
    return max(delay, min(error.retry_after or 0.0, LAST_DELAY))
