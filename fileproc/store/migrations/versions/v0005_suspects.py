"""Jobs that were running when their pool died run again one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SUSPECTS = "suspect = 1 AND state = 'available'"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("suspect", sa.Integer, nullable=False, server_default="0"))
    op.create_index(
        "ix_jobs_suspect", "jobs", ["id"], sqlite_where=sa.text(SUSPECTS), postgresql_where=sa.text(SUSPECTS)
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_suspect", "jobs")
    op.drop_column("jobs", "suspect")
