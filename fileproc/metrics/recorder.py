"""Recorder: what code calls to count things, as verbs of the business. Counting can never fail a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """Momentary figures of the pool, set as gauges when somebody asks; counters are kept apart."""

    workers: Mapping[str, int] = field(default_factory=dict)  # state → count
    workers_max: int = 0
    in_progress: int = 0
    breaker_state: str = "closed"
    consecutive_failures: int = 0
    breaker_scopes: Mapping[str, int] = field(default_factory=dict)  # state → buckets with a circuit of their own
    backlog: Mapping[str, int] = field(default_factory=dict)  # job state → count
    oldest_waiting_seconds: float = 0.0


class Recorder(Protocol):
    """Domain verbs; `PrometheusRecorder` and `NullRecorder` are the two that exist."""

    def notification(self, type_: str, outcome: str) -> None:
        """An answer to `POST /`: type as SNS names it (or `unknown`), outcome accepted, duplicate, held …"""
        ...

    def journal_commit(self, seconds: float, jobs: int) -> None:
        """One group commit of `jobs` jobs took `seconds`."""
        ...

    def job_settled(
        self, verdict: str | None, job_class: str, *, seconds: float, queue_wait: float, rows: int, bytes_read: int
    ) -> None:
        """An attempt ended; `verdict` is None when the job will be tried again."""
        ...

    def job_peaked(self, peak_bytes: int) -> None:
        """An attempt ended whose worker had so much memory at most."""
        ...

    def fenced(self) -> None:
        """A result was dropped because its fence was old."""
        ...

    def worker_exited(self, reason: str) -> None:
        """A worker process ended: clean, recycled, crashed, start_failed, or what it was ended for."""
        ...

    def breaker_moved(self, from_: str, to: str) -> None:
        """The breaker changed its state."""
        ...


class QueueRecorder(Protocol):
    """What the SQS intake tells."""

    def queue_message(self, outcome: str) -> None:
        """A message was received: accepted, duplicate, held, skipped, ignored, refused, unavailable."""
        ...

    def queue_in_flight(self, count: int) -> None:
        """So many messages are hidden from others by us."""
        ...

    def queue_handle_lost(self) -> None:
        """A message was hidden or deleted too late: somebody else may have it."""
        ...

    def queue_failed(self, reason: str) -> None:
        """The queue could not be asked: denied, gone, credentials, throttled, unreachable."""
        ...


class SinkRecorder(Protocol):
    """What whoever delivers tells."""

    def sink_delivery(self, sink: str, outcome: str) -> None:
        """A try ended: delivered, put_off, dead."""
        ...

    def sink_waiting(self, sink: str, count: int) -> None:
        """So many deliveries wait for a sink."""
        ...


class NullRecorder:
    """Counts nothing; for tests and for one-shot commands."""

    def notification(self, type_: str, outcome: str) -> None: ...

    def journal_commit(self, seconds: float, jobs: int) -> None: ...

    def job_settled(
        self, verdict: str | None, job_class: str, *, seconds: float, queue_wait: float, rows: int, bytes_read: int
    ) -> None: ...

    def job_peaked(self, peak_bytes: int) -> None: ...

    def fenced(self) -> None: ...

    def worker_exited(self, reason: str) -> None: ...

    def breaker_moved(self, from_: str, to: str) -> None: ...

    def queue_message(self, outcome: str) -> None: ...

    def queue_in_flight(self, count: int) -> None: ...

    def queue_handle_lost(self) -> None: ...

    def queue_failed(self, reason: str) -> None: ...

    def sink_delivery(self, sink: str, outcome: str) -> None: ...

    def sink_waiting(self, sink: str, count: int) -> None: ...
