"""What the pool says about itself: its metrics, and its slots."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from fileproc.clock import Clock, iso
from fileproc.metrics.prometheus import PrometheusRecorder
from fileproc.metrics.recorder import PoolFigures
from fileproc.pool.guard import Guard
from fileproc.pool.ledger import Ledger
from fileproc.pool.options import PoolOptions
from fileproc.pool.slot import Slot, SlotState


class Figures:
    """Made anew for each who asks."""

    def __init__(
        self,
        options: PoolOptions,
        ledger: Ledger,
        guard: Guard,
        recorder: PrometheusRecorder,
        slots: Sequence[Slot],
        clock: Clock,
    ) -> None:
        self._options = options
        self._ledger = ledger
        self._guard = guard
        self._recorder = recorder
        self._slots = slots
        self._clock = clock
        self._started_at = iso(clock.utcnow())

    def answer(self, question: dict[str, Any], *, draining: bool) -> dict[str, Any]:
        """What the desk answers to `{"ask": "figures"}`."""
        if question.get("ask") != "figures":
            return {"error": "unknown question"}
        figures = self._pool()
        return {
            "metrics": self._recorder.expose(figures).decode(),
            "metrics_openmetrics": self._recorder.expose(figures, openmetrics=True).decode(),
            "slots": [self._slot_document(slot) for slot in self._slots if slot.worker is not None],
            "workers_max": self._options.workers_max,
            "pid": os.getpid(),
            "started_at": self._started_at,
            "draining": draining,
        }

    def _pool(self) -> PoolFigures:
        workers: dict[str, int] = dict.fromkeys((s.value for s in SlotState if s is not SlotState.EMPTY), 0)
        for slot in self._slots:
            if slot.state is not SlotState.EMPTY:
                workers[slot.state.value] += 1
        return PoolFigures(
            workers=workers,
            workers_max=self._options.workers_max,
            in_progress=sum(slot.job is not None for slot in self._slots),
            breaker_state=self._guard.state.value,
            consecutive_failures=self._guard.consecutive,
            breaker_scopes=self._guard.scopes(),
            backlog={state.value: count for state, count in self._ledger.backlog.items()},
            oldest_waiting_seconds=self._ledger.oldest_waiting,
        )

    def _slot_document(self, slot: Slot) -> dict[str, Any]:
        job = slot.job
        return {
            "slot": slot.number,
            "state": slot.state.value,
            "pid": slot.worker.pid if slot.worker else None,
            "job_id": str(job.id) if job else None,
            "bucket": job.ref.bucket if job else None,
            "key": job.ref.key if job else None,
            "started_at": slot.started_wall if job else None,
            "seconds": round(self._clock.monotonic() - slot.since, 3),
        }
