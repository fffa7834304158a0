"""The pool's side of breaker page and doorbell, in a thread: its answers, and none of its workers."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fileproc.breaker.page import PageWriter
from fileproc.breaker.states import Policy
from fileproc.clock import SystemClock
from fileproc.doorbell import Desk
from fileproc.metrics.prometheus import PrometheusRecorder
from fileproc.metrics.recorder import PoolFigures
from fileproc.pool.guard import Guard
from fileproc.services.housekeeping import boot_id


class TinyPool:
    """Beats, takes commands and answers for figures until it is left. A context manager."""

    def __init__(self, runtime_dir: Path, policy: Policy | None = None) -> None:
        self.rings = 0
        self._recorder = PrometheusRecorder("pool")
        clock = SystemClock()
        page = PageWriter(runtime_dir / "breaker.page", clock, policy or Policy(), boot_id=boot_id())
        self.guard = Guard(page, self._recorder, clock)
        self._desk = Desk(runtime_dir, self._answer)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="tiny-pool")

    def __enter__(self) -> TinyPool:
        self.guard.tick()
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()
        self._desk.close()

    def _run(self) -> None:
        handlers: dict[Any, Callable[[], None]] = {self._desk.bell: self._hear, self._desk.desk: self._desk.serve}
        while not self._stop.is_set():
            ready, _, _ = select.select(list(handlers), [], [], 0.05)
            for one in ready:
                handlers[one]()
            self.guard.tick()

    def _hear(self) -> None:
        self.rings += 1
        self._desk.hear_bell()

    def _answer(self, _question: dict[str, Any]) -> dict[str, Any]:
        figures = PoolFigures(workers={"idle": 2}, workers_max=2)
        return {
            "metrics": self._recorder.expose(figures).decode(),
            "metrics_openmetrics": self._recorder.expose(figures, openmetrics=True).decode(),
            "slots": [],
            "workers_max": 2,
        }
