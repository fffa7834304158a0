"""What a pool is told at its start; built from settings by the entry point, by hand in tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fileproc import logs
from fileproc.breaker.states import Policy
from fileproc.pool.memory import MIB, Container, spare, workers_that_fit
from fileproc.settings import Settings

log = logs.get("pool")

#: So much more of its limit may change how a second attempt ends; less would not.
WORTH_TRYING = 0.125


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Durations are seconds."""

    runtime_dir: Path
    spec: dict[str, Any]
    workers_max: int = 10
    workers_min: int = field(default_factory=lambda: os.cpu_count() or 1)
    job_timeout: float = 900.0
    drain: float = 20.0
    breaker: Policy = field(default_factory=Policy)
    retention_days: int = 30
    dry_run_results: Path | None = None
    poll: float = 1.0  # a lost ring costs this much
    start_timeout: float = 60.0
    start_backoff: tuple[float, float] = (0.5, 30.0)
    start_attempts: int = 5  # failures in a row, with no worker ever ready, that end the program
    idle: float = 60.0  # an idle worker above the minimum goes after this long
    worker_memory: int = 1 << 30  # bytes; a worker with more is ended
    worker_jobs: int = 1_000  # a worker is replaced after about so many; 0 is never
    container: Container = field(default_factory=Container)

    @property
    def places(self) -> int:
        """One more than workers, where memory allows: who is to be replaced works on until its successor is ready."""
        fitting = workers_that_fit(self.workers_max + 1, self.worker_memory, self.container.limit())
        return max(self.workers_max, fitting)

    def more_memory(self, granted: int) -> int:
        """Bytes beyond the usual for an attempt after one that had too few; others have been `granted` some already."""
        limit = self.container.limit()
        if limit is None:
            return self.worker_memory
        over = spare(self.workers_max, self.worker_memory, limit) - granted
        return min(self.worker_memory, over) if over >= WORTH_TRYING * self.worker_memory else 0

    @property
    def first_workers(self) -> int:
        return max(1, min(self.workers_min, self.workers_max))

    def jobs_before_recycling(self, generation: int) -> int:
        """A tenth more or less from worker to worker, so that they are not all replaced together."""
        return self.worker_jobs * (90 + generation * 8 % 21) // 100 or min(self.worker_jobs, 1)

    @classmethod
    def from_settings(cls, settings: Settings, spec: dict[str, Any], container: Container | None = None) -> PoolOptions:
        each, container = settings.fileproc_worker_memory_mb * MIB, container or Container()
        return cls(
            runtime_dir=settings.fileproc_runtime_dir.absolute(),
            spec=spec,
            workers_max=_that_fit(settings.sns_worker_max, each, container),
            worker_memory=each,
            worker_jobs=settings.fileproc_worker_max_jobs,
            container=container,
            job_timeout=settings.fileproc_job_timeout_seconds,
            drain=settings.fileproc_drain_seconds,
            breaker=Policy(
                settings.circuit_breaker_max_failures,
                settings.circuit_breaker_cooldown_seconds,
                settings.circuit_breaker_probes,
            ),
            retention_days=settings.fileproc_retention_days,
            dry_run_results=settings.dry_run_results.absolute() if settings.dry_run else None,
        )


def _that_fit(wanted: int, each: int, container: Container) -> int:
    """Fewer workers than were asked for, where the container would not hold them all at their limit."""
    limit = container.limit()
    fitting = workers_that_fit(wanted, each, limit)
    if fitting < wanted:
        log.warning(
            "fewer_workers", wanted=wanted, workers_max=fitting, worker_memory_mb=each // MIB,
            container_mb=(limit or 0) // MIB, fix="give the container more memory, or lower FILEPROC_WORKER_MEMORY_MB",
        )  # fmt: skip
    return fitting
