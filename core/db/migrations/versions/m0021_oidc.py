"""Sign-ins by an OpenID provider are renewed, and what a person got by groups is told apart from what people gave."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("admin_by_groups", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.add_column("memberships", sa.Column("by_groups", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("sign_ins", sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_ins", sa.Column("refresh_token", sa.String(), nullable=True))
