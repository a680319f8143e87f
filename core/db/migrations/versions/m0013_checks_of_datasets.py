"""Checks of datasets have tables for their runs and for what they say of each entry."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TRIGGER = (
    "CREATE TRIGGER entry_findings_outdated AFTER UPDATE OF question, answer, options ON image_datasets"
    " WHEN new.question != old.question OR new.answer != old.answer OR new.options IS NOT old.options BEGIN"
    " DELETE FROM entry_findings WHERE entry_id = old.id; END"
)


def upgrade() -> None:
    op.create_table(
        "check_runs",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("check_name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_check_runs_newest", "check_runs", ["project_id", "check_name", "ended_at"])
    op.create_table(
        "entry_findings",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("entry_id", sa.String(), sa.ForeignKey("image_datasets.id"), nullable=False),
        sa.Column("run_id", sa.String(), sa.ForeignKey("check_runs.id"), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_entry_findings_entry", "entry_findings", ["entry_id", "run_id"], unique=True)
    op.create_index("ix_entry_findings_run", "entry_findings", ["run_id", "verdict", "score"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(TRIGGER)
