"""SqlOutbox: the deliveries that wait, as whoever delivers them takes and settles them.

To take one is to move its next try behind the time that this one may need, so a process that dies while it delivers
costs that time and nothing else. What it settles later than that says `WHERE tries`: somebody else may have it by then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select, text, update

from fileproc.clock import Clock, SystemClock
from fileproc.domain.deliveries import Delivery, DeliveryState, Ending
from fileproc.store import incidents
from fileproc.store.deliveries import shown
from fileproc.store.engine import database_now, reading, writing
from fileproc.store.rows import json_text, storable
from fileproc.store.tables import UNDELIVERED, deliveries, jobs, reports

#: A list for people is no longer than this.
LARGEST_PAGE = 1_000


class SqlOutbox:
    """The outbox on a database; instances, processes and hosts may be many."""

    def __init__(self, engine: Engine, *, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or SystemClock()

    def due(self, sinks: Sequence[str]) -> list[str]:
        """Those of the sinks for which something is to be delivered now.

        Raises:
            JournalUnavailable: the database cannot be reached.
        """
        with reading(self._engine) as connection:
            now = database_now(connection, self._clock)
            first = select(deliveries.c.id).where(text(UNDELIVERED), deliveries.c.not_before <= now).limit(1)
            return [sink for sink in sinks if connection.scalar(first.where(deliveries.c.sink == sink)) is not None]

    def take(self, sink: str, most: int, *, lease: float) -> list[Delivery]:
        """Up to `most` due ones of a sink, the oldest first; ours for `lease` seconds.

        Raises:
            JournalUnavailable: the database cannot be written.
        """
        with writing(self._engine) as connection:
            now = database_now(connection, self._clock)
            ids = select(deliveries.c.id).where(
                text(UNDELIVERED), deliveries.c.sink == sink, deliveries.c.not_before <= now
            )
            chosen = ids.order_by(deliveries.c.id).limit(most).with_for_update(skip_locked=True)
            taken = list(connection.scalars(chosen))
            if not taken:
                return []
            mine = update(deliveries).where(deliveries.c.id.in_(taken))
            until = now + timedelta(seconds=lease)
            connection.execute(mine.values(not_before=until, tries=deliveries.c.tries + 1))
            return [_delivery(row) for row in connection.execute(_whole.where(deliveries.c.id.in_(taken)))]

    def settle(self, endings: Sequence[tuple[Delivery, Ending]]) -> list[bool]:
        """How tries ended, in one commit, in the order given; False for one that was not ours any more.

        Raises:
            JournalUnavailable: nothing was written; all of them come again when their lease is over.
        """
        with writing(self._engine) as connection:
            now = database_now(connection, self._clock)
            return [
                connection.execute(_ours(delivery).values(_ended(ending, now))).rowcount == 1
                for delivery, ending in endings
            ]

    def changes(self, delivery: Delivery) -> dict[str, Any]:
        """What this report changes in the incidents that its sink was told of; the same at every try."""
        if delivery.note is not None:
            return dict(delivery.note)
        with writing(self._engine) as connection:
            note = incidents.change(connection, delivery, database_now(connection, self._clock))
            connection.execute(_ours(delivery).values(note=json_text(note)))
        return note

    def waiting(self) -> dict[str, int]:
        """How many wait, by sink; those of sinks that are configured no more among them."""
        counted = select(deliveries.c.sink, func.count().label("waiting")).where(text(UNDELIVERED))
        with reading(self._engine) as connection:
            return {row.sink: row.waiting for row in connection.execute(counted.group_by(deliveries.c.sink))}

    def listed(self, *, state: str | None, sink: str | None, limit: int) -> list[dict[str, Any]]:
        """For people, newest first."""
        query = select(deliveries).order_by(deliveries.c.id.desc()).limit(max(1, min(limit, LARGEST_PAGE)))
        query = query if state is None else query.where(deliveries.c.state == state)
        query = query if sink is None else query.where(deliveries.c.sink == storable(sink))
        with reading(self._engine) as connection:
            return [shown(dict(row._mapping)) for row in connection.execute(query)]

    def again(self, *, sink: str | None, job_id: int | None = None) -> int:
        """Dead ones begin anew, with all their tries; returns how many."""
        anew = update(deliveries).where(deliveries.c.state == DeliveryState.DEAD.value)
        anew = anew if sink is None else anew.where(deliveries.c.sink == storable(sink))
        anew = anew if job_id is None else anew.where(deliveries.c.job_id == job_id)
        with writing(self._engine) as connection:
            now = database_now(connection, self._clock)
            values = {"state": DeliveryState.WAITING.value, "tries": 0, "not_before": now, "finished_at": None}
            return connection.execute(anew.values(values)).rowcount


_whole = (
    select(deliveries, reports.c.document, jobs.c.region)
    .join(reports, reports.c.job_id == deliveries.c.job_id)
    .join(jobs, jobs.c.id == deliveries.c.job_id)
    .order_by(deliveries.c.id)
)


def _ended(ending: Ending, now: datetime) -> dict[str, Any]:
    values = {"state": ending.state.value, "reason": storable(ending.reason)}
    if ending.state is DeliveryState.WAITING:
        return values | {"not_before": now + timedelta(seconds=ending.retry_in)}
    return values | {"finished_at": now}


def _ours(delivery: Delivery) -> Any:
    return update(deliveries).where(
        deliveries.c.id == delivery.id,
        deliveries.c.fence == delivery.fence,
        deliveries.c.tries == delivery.tries,
        deliveries.c.state == DeliveryState.WAITING.value,
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        job_id=row.job_id,
        fence=row.fence,
        sink=row.sink,
        tries=row.tries,
        report=json.loads(row.document),
        region=row.region,
        note=json.loads(row.note) if row.note else None,
    )
