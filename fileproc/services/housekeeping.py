"""Housekeeping: what keeps the journal true when processes die, and small as time goes by."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

from fileproc.domain.ports import Journal, PoolIdentity

#: Lease of a pool in seconds; four beats must fit in.
TTL_SECONDS = 30.0
BEAT_SECONDS = 5.0


def this_process(kind: str = "pool") -> PoolIdentity:
    """The identity of this very process."""
    pid = os.getpid()
    return PoolIdentity(
        id=f"{kind}-{uuid.uuid4().hex[:16]}",
        host=socket.gethostname(),
        boot_id=boot_id(),
        pid=pid,
        pid_start=started(pid) or 0,
    )


def boot_id() -> str:
    """Changes with every boot of the host; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def started(pid: int) -> int | None:
    """When a process began, in ticks since boot, or None if it is gone: a reused pid is never its former owner."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name in brackets may hold anything, spaces and brackets too: count fields from the last bracket on.
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def is_alive(pool: PoolIdentity) -> bool:
    """Whether the pool process on this host is still the one that wrote its row."""
    return started(pool.pid) == pool.pid_start


def rescue(journal: Journal, me: PoolIdentity) -> list[int]:
    """Take back the jobs of pools that are gone; returns their ids."""
    return journal.rescue(me, is_alive, ttl=TTL_SECONDS)
