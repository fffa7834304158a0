"""Jobs, reports and pools."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
UNFINISHED = sa.text("state IN ('available', 'held', 'running', 'retryable')")
DEAD = sa.text("state = 'dead'")


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ID, primary_key=True, autoincrement=True),
        sa.Column("identity", sa.String(64), nullable=False, unique=True),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version_id", sa.Text),
        sa.Column("etag", sa.Text),
        sa.Column("sequencer", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("region", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("pool_id", sa.String(64)),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("crashes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("interruptions", sa.Integer, nullable=False, server_default="0"),
        sa.Column("message_id", sa.Text),
        sa.Column("event_time", INSTANT),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("verdict", sa.String(16)),
        sa.Column("job_class", sa.String(16)),
        sa.Column("reason", sa.Text),
        sa.Column("summary", sa.Text),
        sa.Column("contract", sa.Text),
        sa.Column("evidence", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_unfinished", "jobs", ["id"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED)
    op.create_index("ix_jobs_dead", "jobs", ["id"], sqlite_where=DEAD, postgresql_where=DEAD)
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
    op.create_table(
        "reports",
        sa.Column("job_id", ID, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
    )
    op.create_table(
        "pools",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("pid_start", sa.BigInteger, nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
    )


def downgrade() -> None:
    for table in ("pools", "reports", "jobs"):
        op.drop_table(table)
