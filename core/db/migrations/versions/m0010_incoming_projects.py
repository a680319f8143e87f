"""Imports of whole projects have a table, so that one that was interrupted continues or is removed."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incoming_projects",
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("archive_sum", sa.String(length=64), nullable=False),
        sa.Column("has_new_ids", sa.Boolean(), nullable=True),
        sa.Column("is_discarded", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project_id"),
    )
