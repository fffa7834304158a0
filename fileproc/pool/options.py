"""What a pool is told at its start; built from settings by the entry point, by hand in tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fileproc.breaker.states import Policy
from fileproc.settings import Settings


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

    @property
    def first_workers(self) -> int:
        return max(1, min(self.workers_min, self.workers_max))

    @classmethod
    def from_settings(cls, settings: Settings, spec: dict[str, Any]) -> PoolOptions:
        return cls(
            runtime_dir=settings.fileproc_runtime_dir.absolute(),
            spec=spec,
            workers_max=settings.sns_worker_max,
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
