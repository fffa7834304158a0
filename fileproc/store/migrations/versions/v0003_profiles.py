"""Profiles of accepted files, which later ones are compared with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("identity", sa.String(64), primary_key=True),
        sa.Column("series", sa.String(64), nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("schema_name", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("ix_profiles_series", "profiles", ["series", "at"])


def downgrade() -> None:
    op.drop_table("profiles")
