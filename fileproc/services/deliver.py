"""Deliver: what waits in the outbox goes out, each to its sink, until it is taken or nothing more can be done.

A delivery is taken with a lease, tried once, and settled: delivered, put off, or dead. It never changes a verdict, and
a sink that is away for a day holds up nobody but itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fileproc import logs
from fileproc.domain.deliveries import Delivery, DeliveryError, next_try
from fileproc.domain.ports import Outbox
from fileproc.metrics.recorder import SinkRecorder

log = logs.get("deliver")

#: How long one delivery is ours, in seconds; whoever delivers must be done or have given up by then.
LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ReadySink:
    """A sink by name. `deliver` returns why nothing had to be sent, if so, and raises DeliveryError; `at_once` is how
    many deliveries may be under way side by side; one that is `blocking` must not run where others wait for it."""

    name: str
    deliver: Callable[[Delivery], str | None]
    at_once: int = 4
    blocking: bool = False


class Deliveries:
    """One pass over the outbox at a time for each sink; who calls, how often and side by side, is the front's."""

    def __init__(
        self,
        outbox: Outbox,
        sinks: Sequence[ReadySink],
        recorder: SinkRecorder,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._recorder = recorder
        self._jitter = jitter
        self.sinks = {sink.name: sink for sink in sinks}

    def due(self) -> list[ReadySink]:
        """The sinks for which something is to be delivered now. Raises JournalUnavailable."""
        return [self.sinks[name] for name in self._outbox.due(list(self.sinks))]

    def take(self, sink: ReadySink) -> list[Delivery]:
        """What to deliver to a sink now, oldest first. Raises JournalUnavailable."""
        return self._outbox.take(sink.name, sink.at_once, lease=LEASE_SECONDS)

    def tried(self, sink: ReadySink, delivery: Delivery) -> str | DeliveryError | None:
        """One try: None, why nothing had to be sent, or the error that came of it."""
        try:
            return sink.deliver(delivery)
        except DeliveryError as error:
            return error

    def settle(self, delivery: Delivery, outcome: str | DeliveryError | None) -> None:
        """Write what came of a try. Raises JournalUnavailable: then it is tried again when its lease is over."""
        if isinstance(outcome, DeliveryError):
            self._put_off(delivery, outcome)
        elif self._outbox.delivered(delivery, reason=outcome):
            self._recorder.sink_delivery(delivery.sink, "delivered")
            log.info("delivered", sink=delivery.sink, id=delivery.job_id, tries=delivery.tries)

    def tell_waiting(self) -> None:
        """How many wait, for the metrics. Raises JournalUnavailable."""
        waiting = self._outbox.waiting()
        for name in self.sinks:
            self._recorder.sink_waiting(name, waiting.get(name, 0))

    def _put_off(self, delivery: Delivery, error: DeliveryError) -> None:
        retry_in = next_try(delivery.tries, error, self._jitter())
        if not self._outbox.put_off(delivery, error.message, retry_in):
            return
        self._recorder.sink_delivery(delivery.sink, "dead" if retry_in is None else "put_off")
        facts = {"sink": delivery.sink, "id": delivery.job_id, "tries": delivery.tries, "reason": error.message}
        if retry_in is None:
            log.error("delivery_dead", **facts, fix="mend the sink, then `fileproc deliveries retry`")
        else:
            log.warning("delivery_put_off", **facts, again_in=round(retry_in, 1))
