"""Every metric, as a table to read: name, kind, who keeps it, labels, help.

Labels are bounded (state, class, verdict, reason, type, outcome); never a bucket, never a key. Front and pool keep
disjoint sets, so that their pages can be joined by putting one after the other. Names are promises to dashboards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
Program = Literal["front", "pool"]

#: From a tiny file in a warm worker to the default deadline of a quarter of an hour.
JOB_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900)

#: A commit takes about 2 ms on an idle disk; SNS gives the whole answer 15 s.
COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15)

#: From a worker that has only just started to the largest that a host of ours has room for.
PEAK_BYTES = tuple(float(mebibytes << 20) for mebibytes in (128, 256, 512, 1_024, 2_048, 4_096, 8_192))

BATCH_SIZE = (1, 2, 5, 10, 25, 50, 100, 250, 1000)


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the catalogue. Counter names are given without their `_total`."""

    name: str
    kind: Kind
    program: Program
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def exposed_name(self) -> str:
        """The name as it stands on the page."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


CATALOGUE: tuple[Metric, ...] = (
    Metric("fileproc_build_info", "gauge", "front", "Always 1; the version is a label.", ("version",)),
    Metric("fileproc_pool_up", "gauge", "front", "1 if the pool answered this scrape, else 0 (its part is a copy)."),
    Metric("fileproc_notifications", "counter", "front", "Answers to POST /.", ("type", "outcome")),
    Metric("fileproc_sns_signatures", "counter", "front", "Verified messages by signature version.", ("version",)),
    Metric(
        "fileproc_admin_refusals", "counter", "front", "Requests that lacked the right to what they asked.", ("reason",)
    ),
    Metric("fileproc_queue_messages", "counter", "front", "Messages received from SQS.", ("outcome",)),
    Metric("fileproc_queue_in_flight", "gauge", "front", "SQS messages that are hidden until their jobs have ended."),
    Metric("fileproc_queue_lost_handles", "counter", "front", "Messages that were hidden or deleted too late."),
    Metric("fileproc_queue_errors", "counter", "front", "Times that SQS could not be asked.", ("reason",)),
    Metric("fileproc_sink_deliveries", "counter", "front", "Tries to deliver a report.", ("sink", "outcome")),
    Metric("fileproc_sink_waiting", "gauge", "front", "Reports that wait to be delivered.", ("sink",)),
    Metric("fileproc_journal_commit_seconds", "histogram", "front", "One group commit.", buckets=COMMIT_SECONDS),
    Metric("fileproc_journal_batch_jobs", "histogram", "front", "Jobs in one group commit.", buckets=BATCH_SIZE),
    Metric("fileproc_jobs_in_progress", "gauge", "pool", "Jobs that a worker has now."),
    Metric("fileproc_workers", "gauge", "pool", "Worker slots by state.", ("state",)),
    Metric("fileproc_workers_max", "gauge", "pool", "SNS_WORKER_MAX, as it is in force."),
    Metric("fileproc_breaker_state", "gauge", "pool", "1 for the state the breaker is in.", ("state",)),
    Metric("fileproc_breaker_scopes", "gauge", "pool", "Buckets whose own circuit is open or half open.", ("state",)),
    Metric("fileproc_breaker_consecutive_failures", "gauge", "pool", "Failing jobs in a row."),
    Metric("fileproc_breaker_transitions", "counter", "pool", "Moves of the breaker.", ("from", "to")),
    Metric("fileproc_jobs", "counter", "pool", "Jobs that got their verdict.", ("verdict",)),
    Metric("fileproc_attempts", "counter", "pool", "Attempts that ended, by class.", ("class",)),
    Metric("fileproc_job_seconds", "histogram", "pool", "One attempt, fetch and check.", buckets=JOB_SECONDS),
    Metric(
        "fileproc_job_peak_bytes", "histogram", "pool", "The most memory a worker had in an attempt.", (), PEAK_BYTES
    ),
    Metric("fileproc_queue_wait_seconds", "histogram", "pool", "From accepted to started.", buckets=JOB_SECONDS),
    Metric("fileproc_backlog", "gauge", "pool", "Jobs by state, finished ones left out.", ("state",)),
    Metric("fileproc_oldest_waiting_seconds", "gauge", "pool", "Age of the oldest job that waits."),
    Metric("fileproc_worker_exits", "counter", "pool", "Worker processes that ended.", ("reason",)),
    Metric("fileproc_fenced_results", "counter", "pool", "Results dropped because their fence was old."),
    Metric("fileproc_rows_checked", "counter", "pool", "Data rows that went through checks."),
    Metric("fileproc_read_bytes", "counter", "pool", "Bytes of files that were read."),
)


def reference_table() -> str:
    """The Markdown table of docs/reference/metrics.md."""
    lines = ["| metric | kind | labels | kept by | meaning |", "|---|---|---|---|---|"]
    for metric in CATALOGUE:
        labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
        lines.append(f"| `{metric.exposed_name}` | {metric.kind} | {labels} | {metric.program} | {metric.help} |")
    return "\n".join(lines)
