"""A service to measure, in a folder of its own, with quiet logs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system import whole
from tests.system.whole import Whole


@contextmanager
def running(*names: str, **settings: str) -> Iterator[Whole]:
    """Start programs (`front`, `pool`) with these settings, on SQLite unless they say otherwise."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        whole.running(Path(folder), *names, FILEPROC_LOG_LEVEL="error", **settings) as service,
    ):
        yield service
