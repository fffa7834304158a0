"""Jobs by bucket and key, the finished ones too: what became of an object is asked for whole listings of a bucket."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_jobs_key", "jobs", ["bucket", "key"])


def downgrade() -> None:
    op.drop_index("ix_jobs_key", "jobs")
