"""Honeypots have a table, and the review plan says how many of a queue are such."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind, default in (
        ("honeypot_percent", sa.Float(), "0"), ("honeypot_query", sa.String(), "''"),
        ("honeypot_seed", sa.String(), "''"),
    ):  # fmt: skip
        op.add_column("review_plans", sa.Column(name, kind, server_default=sa.text(default), nullable=False))
    op.create_table(
        "honeypots",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("entry_id", sa.String(), sa.ForeignKey("image_datasets.id"), nullable=False),
        sa.Column("source_id", sa.String(), sa.ForeignKey("image_datasets.id"), nullable=False),
        sa.Column("behind_id", sa.String(), sa.ForeignKey("image_datasets.id"), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("shown_answer", sa.String(), nullable=False),
        sa.Column("right_answer", sa.String(), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_honeypots_entry", "honeypots", ["entry_id"], unique=True)
    op.create_index("ix_honeypots_place", "honeypots", ["project_id", "reader", "behind_id"], unique=True)
