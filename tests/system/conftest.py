"""What tests of several files take down at their end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.pools import Pool


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    """Makes a pool that is taken down at the end."""
    pools: list[Pool] = []

    def make_pool(target: str = "by_key", **settings: str) -> Pool:
        pool = Pool(tmp_path, target, **({"SNS_WORKER_MAX": "2"} | settings))
        pools.append(pool)
        pool.start()
        return pool

    yield make_pool
    for pool in pools:
        pool.programs.stop()
