"""Celery on Redis; with BENCH_LATE=1 tasks are acknowledged late, as it advises for work that must not be lost."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

from bench.queues.work import check

LATE = os.environ.get("BENCH_LATE") == "1"

app = Celery("bench", broker=os.environ["BENCH_REDIS"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=LATE,
    task_reject_on_worker_lost=LATE,
    worker_prefetch_multiplier=1 if LATE else 4,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)


@app.task(name="check")
def run(event: dict[str, Any]) -> None:
    check(event)


def submit(event: dict[str, Any]) -> None:
    run.delay(event)
