"""The action log: every change of state that somebody asked for. Newest first, paged by key, bounded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from fileproc.clock import iso
from fileproc.store.engine import reading, writing
from fileproc.store.rows import storable
from fileproc.store.tables import LARGEST_ID, actions

#: Actions that are kept: years of an operator's work, or a script's, in a few megabytes.
KEPT = 100_000

#: How often the surplus is removed, in actions.
TIDIED_EVERY = 500

LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Action:
    """One change: who asked for it, from where, what of what, and what came of it. Never a token."""

    at: datetime
    who: str
    peer: str
    action: str
    target: str | None
    outcome: str
    request_id: str


class ActionLog:
    """Writes and reads actions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, action: Action) -> int:
        """Write one down; returns its id.

        Raises:
            JournalUnavailable: the database cannot be written.
        """
        row = {name: storable(value) if isinstance(value, str) else value for name, value in asdict(action).items()}
        with writing(self._engine) as connection:
            id_ = int(connection.execute(insert(actions).values(row).returning(actions.c.id)).scalar_one())
            if id_ % TIDIED_EVERY == 0:
                connection.execute(delete(actions).where(actions.c.id <= id_ - KEPT))
        return id_

    def page(self, *, limit: int = 50, before_id: int | None = None) -> list[dict[str, Any]]:
        """One page, newest first; `before_id` is the last id of the page before.

        Raises:
            JournalUnavailable: the database cannot be read.
        """
        query = select(actions).order_by(actions.c.id.desc()).limit(max(1, min(limit, LARGEST_PAGE)))
        if before_id is not None and before_id <= LARGEST_ID:
            query = query.where(actions.c.id < before_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [{**row._mapping, "id": str(row.id), "at": iso(row.at)} for row in rows]
