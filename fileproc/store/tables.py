"""The tables of the journal. Changed only through a migration that does the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()

#: SQLite counts up by itself only on INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer, "sqlite")

#: The largest number that fits an id; what is larger is nobody's.
LARGEST_ID = (1 << 63) - 1


class Instant(TypeDecorator[datetime]):
    """An instant, UTC on the way in and on the way out.

    PostgreSQL keeps the zone. SQLite would drop it and keep the hands of the clock: noon in Auckland would become noon
    in Greenwich.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return _utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return _utc(value)


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


UNFINISHED = "state IN ('available', 'held', 'running', 'retryable')"
DEAD = "state = 'dead'"
UNDELIVERED = "state = 'waiting'"
SUSPECTS = "suspect = 1 AND state = 'available'"

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("identity", String(64), nullable=False, unique=True),
    Column("bucket", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version_id", Text),
    Column("etag", Text),
    Column("sequencer", Text),
    Column("size", BigInteger),
    Column("weight", Integer, nullable=False, server_default="0"),  # the order of its size
    Column("region", Text),
    Column("state", String(16), nullable=False),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("pool_id", String(64)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("crashes", Integer, nullable=False, server_default="0"),
    Column("interruptions", Integer, nullable=False, server_default="0"),
    Column("suspect", Integer, nullable=False, server_default="0"),
    Column("message_id", Text),
    Column("event_time", Instant),
    Column("accepted_at", Instant, nullable=False),
    Column("not_before", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("verdict", String(16)),
    Column("job_class", String(16)),
    Column("reason", Text),
    Column("summary", Text),
    Column("contract", Text),
    Column("evidence", Text),
    # Partial: what claiming, counting and cancelling cost follows the jobs that are not finished, never the history.
    Index("ix_jobs_due", "state", "not_before", "id", sqlite_where=text(UNFINISHED), postgresql_where=text(UNFINISHED)),
    Index(
        "ix_jobs_turn",
        "state",
        "bucket",
        "weight",
        "not_before",
        "id",
        sqlite_where=text(UNFINISHED),
        postgresql_where=text(UNFINISHED),
    ),
    Index("ix_jobs_object", "bucket", "key", sqlite_where=text(UNFINISHED), postgresql_where=text(UNFINISHED)),
    Index("ix_jobs_key", "bucket", "key"),  # of all: whole listings of a bucket are held against it
    Index("ix_jobs_suspect", "id", sqlite_where=text(SUSPECTS), postgresql_where=text(SUSPECTS)),
    Index("ix_jobs_dead", "id", sqlite_where=text(DEAD), postgresql_where=text(DEAD)),
    Index("ix_jobs_finished_at", "finished_at"),
    sqlite_autoincrement=True,
)

reports = Table(
    "reports",
    metadata,
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("stored_at", Instant, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("fence", Integer, primary_key=True, autoincrement=False),
    Column("host", Text),  # nobody knows it of an attempt whose pool died
    Column("pid", Integer),
    Column("started_at", Instant),
    Column("seconds", Float),
    Column("peak_bytes", BigInteger),
    Column("job_class", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # what the job became by it
    Column("reason", Text),
)

pools = Table(
    "pools",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("host", Text, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_start", BigInteger, nullable=False),
    Column("beat_at", Instant, nullable=False),
)

profiles = Table(
    "profiles",
    metadata,
    Column("identity", String(64), primary_key=True),  # of the object, as in jobs: it may be there longer than its job
    Column("series", String(64), nullable=False),
    Column("contract", Text, nullable=False),
    Column("schema_name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_profiles_series", "series", "at"),
)

actions = Table(
    "actions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text),
    Column("outcome", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("job_id", Id, nullable=False),
    Column("sink", String(64), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),  # while somebody delivers it, when his time is over
    Column("finished_at", Instant),
    Column("reason", Text),
    Column("note", Text),
    UniqueConstraint("job_id", "sink"),
    Index(
        "ix_deliveries_due",
        "sink",
        "not_before",
        "id",
        sqlite_where=text(UNDELIVERED),
        postgresql_where=text(UNDELIVERED),
    ),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    Column("sink", String(64), primary_key=True),
    Column("contract", String(255), primary_key=True),
    Column("cause", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("files", Integer, nullable=False),
    Column("since", Instant, nullable=False),
)

costs = Table(
    "costs",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("format", String(24), primary_key=True),
    Column("fixed", Float, nullable=False),
    Column("rate", Float, nullable=False),
    Column("jobs", BigInteger, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

compatibility = Table("compatibility", metadata, Column("oldest", Text, nullable=False))
