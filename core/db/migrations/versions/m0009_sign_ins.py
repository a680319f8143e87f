"""Sign-ins have a table, so that signing out ends them on the server."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sign_ins_expiry", "sign_ins", ["expires_at"])
