"""PrometheusRecorder: the catalogue as live metrics in one registry of its own.

prometheus_client's multiprocess folder is not used: it grows with every worker that was ever started. Workers keep
no metrics; they ship their numbers with the report and the pool counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics_exposition

from fileproc import __version__
from fileproc.domain.jobs import JobClass, JobState
from fileproc.domain.reports import Verdict
from fileproc.metrics.catalogue import CATALOGUE, Metric, Program
from fileproc.metrics.recorder import PoolFigures

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = openmetrics_exposition.CONTENT_TYPE_LATEST

_text_page: Callable[[CollectorRegistry], bytes] = generate_latest
_openmetrics_page: Callable[[CollectorRegistry], bytes] = openmetrics_exposition.generate_latest

BREAKER_STATES = ("closed", "open", "half_open")
END_OF_OPENMETRICS = b"# EOF\n"


class PrometheusRecorder:
    """Counts by domain verbs; `program` says which part of the catalogue this process keeps."""

    def __init__(self, program: Program) -> None:
        self._registry = CollectorRegistry()
        self._metrics = {m.name: _make(m, self._registry) for m in CATALOGUE if m.program == program}
        if program == "front":
            self._metrics["fileproc_build_info"].labels(version=__version__).set(1)
        else:
            self._start_at_zero()

    def _start_at_zero(self) -> None:
        """Label values that are known beforehand exist from the first scrape, so that rate() sees the first event."""
        for verdict in Verdict:
            self._metrics["fileproc_jobs"].labels(verdict.value)
        for job_class in JobClass:
            self._metrics["fileproc_attempts"].labels(job_class.value)

    def notification(self, type_: str, outcome: str) -> None:
        self._metrics["fileproc_notifications"].labels(type_, outcome).inc()

    def signature(self, version: str) -> None:
        """Front only: a message was verified; version 1 is SHA-1 and should go."""
        self._metrics["fileproc_sns_signatures"].labels(version).inc()

    def admin_refused(self, reason: str) -> None:
        """Front only: no_token, wrong_token, locked_out, lesser_role, other_site, read_only, not_local."""
        self._metrics["fileproc_admin_refusals"].labels(reason).inc()

    def queue_message(self, outcome: str) -> None:
        self._metrics["fileproc_queue_messages"].labels(outcome).inc()

    def queue_in_flight(self, count: int) -> None:
        self._metrics["fileproc_queue_in_flight"].set(count)

    def queue_handle_lost(self) -> None:
        self._metrics["fileproc_queue_lost_handles"].inc()

    def queue_failed(self, reason: str) -> None:
        self._metrics["fileproc_queue_errors"].labels(reason).inc()

    def sink_delivery(self, sink: str, outcome: str) -> None:
        self._metrics["fileproc_sink_deliveries"].labels(sink, outcome).inc()

    def sink_waiting(self, sink: str, count: int) -> None:
        self._metrics["fileproc_sink_waiting"].labels(sink).set(count)

    def journal_commit(self, seconds: float, jobs: int) -> None:
        self._metrics["fileproc_journal_commit_seconds"].observe(seconds)
        self._metrics["fileproc_journal_batch_jobs"].observe(jobs)

    def job_settled(
        self, verdict: str | None, job_class: str, *, seconds: float, queue_wait: float, rows: int, bytes_read: int
    ) -> None:
        self._metrics["fileproc_attempts"].labels(job_class).inc()
        self._metrics["fileproc_job_seconds"].observe(max(0.0, seconds))
        self._metrics["fileproc_queue_wait_seconds"].observe(max(0.0, queue_wait))
        self._metrics["fileproc_rows_checked"].inc(max(0, rows))
        self._metrics["fileproc_read_bytes"].inc(max(0, bytes_read))
        if verdict is not None:
            self._metrics["fileproc_jobs"].labels(verdict).inc()

    def job_peaked(self, peak_bytes: int) -> None:
        self._metrics["fileproc_job_peak_bytes"].observe(peak_bytes)

    def fenced(self) -> None:
        self._metrics["fileproc_fenced_results"].inc()

    def worker_exited(self, reason: str) -> None:
        self._metrics["fileproc_worker_exits"].labels(reason).inc()

    def breaker_moved(self, from_: str, to: str) -> None:
        self._metrics["fileproc_breaker_transitions"].labels(from_, to).inc()

    def pool_up(self, up: bool) -> None:
        """Front only: whether the pool answered."""
        self._metrics["fileproc_pool_up"].set(1 if up else 0)

    def expose(self, figures: PoolFigures | None = None, *, openmetrics: bool = False) -> bytes:
        """This process's part of the page; `figures` are the pool's momentary numbers."""
        if figures is not None:
            self._set_gauges(figures)
        return (_openmetrics_page if openmetrics else _text_page)(self._registry)

    def _set_gauges(self, figures: PoolFigures) -> None:
        metrics = self._metrics
        metrics["fileproc_workers"].clear()  # a state that nobody is in any more must not keep its last number
        for state, count in figures.workers.items():
            metrics["fileproc_workers"].labels(state).set(count)
        metrics["fileproc_workers_max"].set(figures.workers_max)
        metrics["fileproc_jobs_in_progress"].set(figures.in_progress)
        for state in BREAKER_STATES:
            metrics["fileproc_breaker_state"].labels(state).set(1 if state == figures.breaker_state else 0)
        for scope_state in BREAKER_STATES[1:]:
            metrics["fileproc_breaker_scopes"].labels(scope_state).set(figures.breaker_scopes.get(scope_state, 0))
        metrics["fileproc_breaker_consecutive_failures"].set(figures.consecutive_failures)
        for job_state in (s for s in JobState if s not in (JobState.COMPLETED, JobState.CANCELLED)):
            metrics["fileproc_backlog"].labels(job_state.value).set(figures.backlog.get(job_state.value, 0))
        metrics["fileproc_oldest_waiting_seconds"].set(figures.oldest_waiting_seconds)


def join(front: bytes, pool: bytes | None, *, openmetrics: bool) -> bytes:
    """One page out of two disjoint ones; OpenMetrics wants its end mark once, and last."""
    if not openmetrics:
        return front + (pool or b"")
    parts = [part.removesuffix(END_OF_OPENMETRICS) for part in (front, pool or b"")]
    return b"".join(parts) + END_OF_OPENMETRICS


def _make(metric: Metric, registry: CollectorRegistry) -> Any:
    if metric.kind == "counter":
        return Counter(metric.name, metric.help, metric.labels, registry=registry)
    if metric.kind == "gauge":
        return Gauge(metric.name, metric.help, metric.labels, registry=registry)
    return Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry)
