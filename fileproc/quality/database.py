"""The engine's connection: one thread, bounded memory, spilling into the job's folder, and nothing else in reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from fileproc.quality import sql


class Instance:
    """An engine for many checks, one after another: beginning one costs more than checking a small file.

    It is locked from the start: nothing but what is below `folders` can be read, and no setting can be changed. Each
    check gets a connection of its own, whose temporary tables end with it.
    """

    def __init__(self, folders: Sequence[Path], *, memory_mb: int, spill: Path) -> None:
        self._connection = _begin(spill, memory_mb)
        lock(self._connection, [], folders)

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one check."""
        connection = self._connection.cursor()
        try:
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def connect(folder: Path, *, memory_mb: int, instance: Instance | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of `instance`, or a fresh in-memory database that may write below `folder` only."""
    if instance is not None:
        with instance.connection() as connection:
            yield connection
        return
    connection = _begin(folder / "spill", memory_mb)
    try:
        yield connection
    finally:
        connection.close()


@cache
def idle() -> duckdb.DuckDBPyConnection:
    """An engine that holds nothing and reaches nothing: it is only asked whether it takes a pattern or a query."""
    return duckdb.connect(":memory:", config={"threads": 1, "enable_external_access": "false"})


def lock(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], folders: Sequence[Path]) -> None:
    """From here on only these files, and what is in these folders, can be read, and no setting can be changed."""
    connection.execute(f"SET allowed_directories = {sql.list_of([sql.text(str(folder)) for folder in folders])}")
    connection.execute(f"SET allowed_paths = {sql.list_of([sql.text(str(path)) for path in paths])}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _begin(spill: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": True,
        }
    )
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection
