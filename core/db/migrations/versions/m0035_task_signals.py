"""Processes tell the one that runs the tasks which to run."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_signals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(), sa.ForeignKey("tasks.id"), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
