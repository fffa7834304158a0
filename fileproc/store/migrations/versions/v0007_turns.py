"""Which bucket's turn it is: jobs by bucket and size, and what jobs of a bucket and format have cost."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNFINISHED = "state IN ('available', 'held', 'running', 'retryable')"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("weight", sa.Integer, nullable=False, server_default="0"))
    op.create_index(
        "ix_jobs_turn",
        "jobs",
        ["state", "bucket", "weight", "not_before", "id"],
        sqlite_where=sa.text(UNFINISHED),
        postgresql_where=sa.text(UNFINISHED),
    )
    op.create_table(
        "costs",
        sa.Column("bucket", sa.Text, primary_key=True),
        sa.Column("format", sa.String(24), primary_key=True),
        sa.Column("fixed", sa.Float, nullable=False),
        sa.Column("rate", sa.Float, nullable=False),
        sa.Column("jobs", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("costs")
    op.drop_index("ix_jobs_turn", "jobs")
    op.drop_column("jobs", "weight")
