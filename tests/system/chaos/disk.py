"""Disks that fill up: the workers' folders on a small disk of their own, and a database at its last page."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

#: Size of the small disk: enough for what two workers and a growing pool do.
SMALL = "16m"

#: The file that says so; while it is there, no SQLite file may grow. Its path is in this variable.
FULL = "CHAOS_DATABASE_FULL"


@contextmanager
def small_disks(*folders: Path) -> Iterator[frozenset[Path]]:
    """Make folders, each a small disk of its own where we may mount; yields those that are."""
    mounted = []
    try:
        for folder in folders:
            folder.mkdir()
            command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "chaos", folder]
            with contextlib.suppress(OSError):
                if subprocess.run(command, capture_output=True).returncode == 0:
                    mounted.append(folder)
        yield frozenset(mounted)
    finally:
        for folder in mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Not one byte more fits on the disk of this folder."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 65_536):
            pass
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def no_more_bytes(pids: list[int]) -> Iterator[None]:
    """Files of these processes cannot grow beyond a few bytes; where nothing may be mounted this comes close."""
    before = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (64, before[pid][1]))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with contextlib.suppress(OSError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def heed_full_database() -> None:
    """Every transaction of this process finds its SQLite file as large as it may be, while the sign is there."""
    sign = os.environ.get(FULL)
    if sign:
        event.listen(Engine, "begin", lambda connection: _limit(connection, Path(sign).exists()))


def _limit(connection: Any, full: bool) -> None:
    if connection.dialect.name != "sqlite" or connection.info.get("full", False) == full:
        return
    cursor = connection.connection.cursor()
    # A limit below the size of the file becomes that size: it is full now.
    cursor.execute(f"PRAGMA max_page_count = {1 if full else 1 << 30}")
    cursor.close()
    connection.info["full"] = full
