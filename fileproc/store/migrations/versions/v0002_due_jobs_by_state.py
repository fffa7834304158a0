"""What waits is found by state and due time, and by object, however much waits beside it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('available', 'held', 'running', 'retryable')")
PARTIAL: dict[str, Any] = {"sqlite_where": UNFINISHED, "postgresql_where": UNFINISHED}


def upgrade() -> None:
    op.create_index("ix_jobs_due", "jobs", ["state", "not_before", "id"], **PARTIAL)
    op.create_index("ix_jobs_object", "jobs", ["bucket", "key"], **PARTIAL)
    op.drop_index("ix_jobs_unfinished", "jobs")


def downgrade() -> None:
    op.create_index("ix_jobs_unfinished", "jobs", ["id"], **PARTIAL)
    op.drop_index("ix_jobs_object", "jobs")
    op.drop_index("ix_jobs_due", "jobs")
