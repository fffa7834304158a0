"""A ThreadPoolExecutor whose work is nothing: only accepting is measured."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

pool = ThreadPoolExecutor(2)


def submit(event: dict[str, Any]) -> None:
    pool.submit(str, event)
