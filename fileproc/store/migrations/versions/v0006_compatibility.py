"""The tables say which is the oldest program that they still serve, so that old and new pods run side by side."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table("compatibility", sa.Column("oldest", sa.Text, nullable=False))
    op.bulk_insert(table, [{"oldest": "0006"}])


def downgrade() -> None:
    op.drop_table("compatibility")
