"""No queue at all: the listener's own threads, as people begin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.queues.work import check

pool = ThreadPoolExecutor(2)


def submit(event: dict[str, Any]) -> None:
    pool.submit(check, event)
