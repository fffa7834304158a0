"""Leases: a running job belongs to a pool, and the pool lives as long as it beats.

The lease is the pool's and not the job's: one row is renewed however many jobs run. All functions work inside a
transaction of the caller's; `now` is the database's clock, so hosts whose clocks differ still agree.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from fileproc.domain.jobs import JobState
from fileproc.domain.ports import PoolIdentity
from fileproc.store import attempts
from fileproc.store.tables import UNFINISHED, jobs, pools

#: A job that is given back: free for everybody, and the interruption is counted, never charged.
GIVEN_BACK: dict[str, Any] = {
    "state": JobState.AVAILABLE.value,
    "pool_id": None,
    "started_at": None,
    "not_before": None,
    "interruptions": jobs.c.interruptions + 1,
}


#: What a pool that died was running: one of them may have killed it. One that was alone in it is more than suspected.
SUSPECTED: dict[str, Any] = GIVEN_BACK | {"suspect": 1, "crashes": jobs.c.crashes + jobs.c.suspect}


def register(connection: Connection, pool: PoolIdentity, now: datetime) -> None:
    """Write the pool's row, or write it again."""
    connection.execute(delete(pools).where(pools.c.id == pool.id))
    row = {"host": pool.host, "boot_id": pool.boot_id, "pid": pool.pid, "pid_start": pool.pid_start}
    connection.execute(insert(pools).values(id=pool.id, beat_at=now, **row))


def renew(connection: Connection, pool_id: str, now: datetime) -> bool:
    """False when the row is gone."""
    return connection.execute(update(pools).where(pools.c.id == pool_id).values(beat_at=now)).rowcount == 1


def retire(connection: Connection, pool_id: str) -> None:
    connection.execute(delete(pools).where(pools.c.id == pool_id))


def bury(
    connection: Connection, me: PoolIdentity, alive: Callable[[PoolIdentity], bool], *, ttl: float, now: datetime
) -> None:
    """Remove the rows of dead pools."""
    stale = now - timedelta(seconds=ttl)
    rows = connection.execute(select(pools).where(pools.c.id != me.id)).all()
    dead = [row.id for row in rows if row.beat_at < stale or _is_proven_dead(row, me, alive)]
    if dead:
        connection.execute(delete(pools).where(pools.c.id.in_(dead)))


def _is_proven_dead(row: Any, me: PoolIdentity, alive: Callable[[PoolIdentity], bool]) -> bool:
    """Only where a pid means the same to both can its absence prove anything; elsewhere the lease decides.

    Hosts share names (`localhost`, replicas of a container), and then each would take the other's jobs back for ever.
    """
    pool = PoolIdentity(row.id, row.host, row.boot_id, row.pid, row.pid_start)
    return (pool.host, pool.boot_id) == (me.host, me.boot_id) and not alive(pool)


def take_back_orphans(connection: Connection) -> list[int]:
    """Running jobs whose pool has no row become available, as suspects; their ids, in order."""
    orphan = (text(UNFINISHED), jobs.c.state == JobState.RUNNING.value, jobs.c.pool_id.not_in(select(pools.c.id)))
    running = select(jobs.c.id, jobs.c.fence, jobs.c.started_at).where(*orphan)
    begun = {row.id: (row.id, row.fence, row.started_at) for row in connection.execute(running)}
    if not begun:
        return []
    these = jobs.c.id.in_(begun)
    taken = connection.scalars(update(jobs).where(*orphan, these).values(SUSPECTED).returning(jobs.c.id))
    job_ids = sorted(taken)  # somebody else may have taken some of them meanwhile
    attempts.write_interrupted(connection, [begun[job_id] for job_id in job_ids])
    return job_ids
