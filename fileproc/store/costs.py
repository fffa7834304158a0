"""What jobs have cost, by bucket and format: read when a pool begins, written now and then. Bounded in rows."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from fileproc.clock import Clock
from fileproc.domain.costs import Cost, format_of
from fileproc.store.engine import database_now, reading, writing
from fileproc.store.tables import costs

#: (bucket, format)
Kind = tuple[str, str]

#: Kinds that are kept, those that were heard of last: buckets and formats are chosen by others.
KEPT = 1_000


class SqlCosts:
    """The table of costs."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def read(self) -> dict[Kind, Cost]:
        """All that is known, the newest last.

        Raises:
            JournalUnavailable: the database cannot be read.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(select(costs).order_by(costs.c.updated_at).limit(KEPT)).all()
        return {(row.bucket, row.format): Cost(row.fixed, row.rate, row.jobs) for row in rows}

    def of(self, bucket: str, key: str) -> Cost:
        """What is known of the kind that a key of a bucket is; else what is assumed of any.

        Raises:
            JournalUnavailable: the database cannot be read.
        """
        query = select(costs).where(costs.c.bucket == bucket, costs.c.format == format_of(key))
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return Cost() if row is None else Cost(row.fixed, row.rate, row.jobs)

    def write(self, known: dict[Kind, Cost]) -> None:
        """Write these down, in place of what was known of them, and forget the oldest beyond `KEPT`.

        Raises:
            JournalUnavailable: the database cannot be written.
        """
        if not known:
            return
        with writing(self._engine) as connection:
            now = database_now(connection, self._clock)
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = insert(costs)
            new = {name: statement.excluded[name] for name in ("fixed", "rate", "jobs", "updated_at")}
            rows = [{"bucket": bucket, "format": format_, **asdict(cost), "updated_at": now}
                    for (bucket, format_), cost in sorted(known.items())]  # fmt: skip
            connection.execute(statement.on_conflict_do_update(index_elements=["bucket", "format"], set_=new), rows)
            kept = select(costs.c.updated_at).order_by(costs.c.updated_at.desc()).offset(KEPT - 1).limit(1)
            connection.execute(delete(costs).where(costs.c.updated_at < kept.scalar_subquery()))
