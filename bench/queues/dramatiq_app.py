"""Dramatiq on Redis, with its defaults."""

from __future__ import annotations

import os
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.queues.work import check

dramatiq.set_broker(RedisBroker(url=os.environ["BENCH_REDIS"]))


@dramatiq.actor
def run(event: dict[str, Any]) -> None:
    check(event)


def submit(event: dict[str, Any]) -> None:
    run.send(event)
