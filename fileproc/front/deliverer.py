"""The deliverer: greenlets around `services.deliver`. One looks what is due, one a sink delivers.

The outbox is asked in a native thread of its own, so that a slow database holds up neither the accept path nor pages;
sinks that are somebody else's code, or ask the journal themselves, have a thread each: they would stall the hub.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import gevent
from gevent.event import Event as Signal
from gevent.pool import Pool

from fileproc import logs
from fileproc.domain.deliveries import Delivery, DeliveryError
from fileproc.errors import FileprocError
from fileproc.front.threads import Native
from fileproc.services.deliver import LEASE_SECONDS, Deliveries, ReadySink

log = logs.get("deliverer")

#: How often it is looked what is due, and how long to leave a journal alone that is away, in seconds.
LOOK_SECONDS, AWAY_SECONDS = 0.5, 5.0

#: How often the number of those that wait is told, in seconds.
TELL_SECONDS = 15.0

#: One try may take so long, in seconds: well below the lease.
TRY_SECONDS = 40.0

#: How long the end may take, in seconds; what is not settled by then is tried again when its lease is over.
FAREWELL = 5.0

T = TypeVar("T")


class Deliverer:
    """Delivers until it is stopped."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._ask = Native(1, timeout=LEASE_SECONDS / 4)
        self._threads = {s.name: Native(1, timeout=TRY_SECONDS) for s in deliveries.sinks.values() if s.blocking}
        self._wake = {name: Signal() for name in deliveries.sinks}
        self._stopping = Signal()
        self._greenlets: list[gevent.Greenlet] = []

    def start(self) -> None:
        """Begin to deliver."""
        loops: list[Callable[[], float]] = [self._look, self._tell]
        loops += [partial(self._serve, sink) for sink in self._deliveries.sinks.values()]
        self._greenlets = [gevent.spawn(self._again_and_again, loop) for loop in loops]

    def stop(self) -> None:
        """Take no more; let what is under way finish for a moment."""
        self._stopping.set()
        for signal in self._wake.values():
            signal.set()
        gevent.joinall(self._greenlets, timeout=FAREWELL)
        gevent.killall(self._greenlets, timeout=1.0)

    def _again_and_again(self, loop: Callable[[], float]) -> None:
        """A loop serves everybody: what nobody expected must not end it. It returns how long to rest."""
        while not self._stopping.is_set():
            try:
                rest = loop()
            except FileprocError as error:
                log.warning("deliveries_wait", reason=str(error))
                rest = AWAY_SECONDS
            except Exception:
                log.exception("deliverer_failed")
                rest = AWAY_SECONDS
            if rest:
                self._stopping.wait(rest)

    def _look(self) -> float:
        for sink in self._ask(self._deliveries.due):
            self._wake[sink.name].set()
        return LOOK_SECONDS

    def _tell(self) -> float:
        self._ask(self._deliveries.tell_waiting)
        return TELL_SECONDS

    def _serve(self, sink: ReadySink) -> float:
        """All that is due for one sink, then wait until there is more."""
        signal = self._wake[sink.name]
        signal.wait()
        signal.clear()
        while not self._stopping.is_set():
            taken = self._ask(partial(self._deliveries.take, sink))
            if not taken:
                break
            outcomes = Pool(sink.at_once).map(partial(self._tried, sink), taken)
            self._ask(partial(self._deliveries.settle, list(zip(taken, outcomes, strict=True))))
        return 0.0

    def _tried(self, sink: ReadySink, delivery: Delivery) -> str | DeliveryError | None:
        """One try in bounded time. Whatever goes wrong is this delivery's, never its neighbours'."""
        call = partial(self._deliveries.tried, sink, delivery)
        try:
            if sink.blocking:
                return self._threads[sink.name](call)
            with gevent.Timeout(TRY_SECONDS, DeliveryError("it took too long")):
                return call()
        except DeliveryError as error:
            return error
        except FileprocError as error:
            return DeliveryError(error.message)
        except Exception as error:
            log.exception("delivery_failed", sink=sink.name, id=delivery.job_id)
            return DeliveryError(f"the sink failed: {type(error).__name__}")
