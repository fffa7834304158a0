"""RQ: a worker forks for every job. `python -m bench.queues.rq_app` is one worker."""

from __future__ import annotations

import os
from typing import Any

from redis import Redis
from rq import Queue, Worker

from bench.queues import work

connection = Redis.from_url(os.environ["BENCH_REDIS"])
queue = Queue("checks", connection=connection)


def submit(event: dict[str, Any]) -> None:
    queue.enqueue(work.check, event, result_ttl=0)


if __name__ == "__main__":
    Worker([queue], connection=connection).work()
