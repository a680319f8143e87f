"""Projects have guidelines in versions, and the messages on entries are found by an index."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidelines",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_guidelines_version", "guidelines", ["project_id", "version"], unique=True)
    message = sa.text("action = 'message'")
    op.create_index(
        "ix_events_message", "events", ["project_id", "entity_id"], sqlite_where=message, postgresql_where=message
    )
