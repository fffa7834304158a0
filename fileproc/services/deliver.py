"""Deliver: what waits in the outbox goes out, each to its sink, until it is taken or nothing more can be done.

A delivery is taken with a lease, tried once, and settled: delivered, put off, or dead. It never changes a verdict, and
a sink that is away for a day holds up nobody but itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fileproc import logs
from fileproc.domain.deliveries import Delivery, DeliveryError, DeliveryState, Ending, next_try
from fileproc.domain.ports import Outbox
from fileproc.metrics.recorder import SinkRecorder

log = logs.get("deliver")

#: How long one delivery is ours, in seconds; whoever delivers must be done or have given up by then.
LEASE_SECONDS = 60.0

#: What metrics call the end of a try.
OUTCOMES = {
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.WAITING: "put_off",
    DeliveryState.DEAD: "dead",
}


@dataclass(frozen=True, slots=True)
class ReadySink:
    """A sink by name. `deliver` returns why nothing had to be sent, if so, and raises DeliveryError; `at_once` is how
    many deliveries may be under way side by side; one that is `blocking` must not run where others wait for it."""

    name: str
    deliver: Callable[[Delivery], str | None]
    at_once: int = 8
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

    def settle(self, tries: Sequence[tuple[Delivery, str | DeliveryError | None]]) -> None:
        """Write what came of tries. Raises JournalUnavailable: then all are tried again when their lease is over."""
        endings = [(delivery, self._ending(delivery, outcome)) for delivery, outcome in tries]
        for (delivery, ending), ours in zip(endings, self._outbox.settle(endings), strict=True):
            if ours:
                self._tell(delivery, ending)

    def tell_waiting(self) -> None:
        """How many wait, for the metrics. Raises JournalUnavailable."""
        waiting = self._outbox.waiting()
        for name in self.sinks:
            self._recorder.sink_waiting(name, waiting.get(name, 0))

    def _ending(self, delivery: Delivery, outcome: str | DeliveryError | None) -> Ending:
        if not isinstance(outcome, DeliveryError):
            return Ending(DeliveryState.DELIVERED, outcome)
        retry_in = next_try(delivery.tries, outcome, self._jitter())
        if retry_in is None:
            return Ending(DeliveryState.DEAD, outcome.message)
        return Ending(DeliveryState.WAITING, outcome.message, retry_in)

    def _tell(self, delivery: Delivery, ending: Ending) -> None:
        self._recorder.sink_delivery(delivery.sink, OUTCOMES[ending.state])
        facts = {"sink": delivery.sink, "id": delivery.job_id, "tries": delivery.tries}
        if ending.state is DeliveryState.DELIVERED:
            log.info("delivered", **facts)
        elif ending.state is DeliveryState.WAITING:
            log.warning("delivery_put_off", **facts, reason=ending.reason, again_in=round(ending.retry_in, 1))
        else:
            fix = "mend the sink, then `fileproc deliveries retry`"
            log.error("delivery_dead", **facts, reason=ending.reason, fix=fix)
