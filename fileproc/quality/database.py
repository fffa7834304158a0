"""The engine's connection: one thread, bounded memory, spilling into the job's folder, and nothing else in reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from fileproc.quality import sql


@contextmanager
def connect(folder: Path, *, memory_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory database that may read and write below `folder` only."""
    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
        }
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def lock(connection: duckdb.DuckDBPyConnection, paths: list[Path]) -> None:
    """From here on only these files can be read, and no setting can be changed."""
    connection.execute(f"SET allowed_paths = {sql.list_of([sql.text(str(path)) for path in paths])}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
