"""Accounts, memberships and invitations have tables; sessions and tokens name their account."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _memberships()
    _invitations()
    op.add_column("sign_ins", sa.Column("account_id", sa.String(), nullable=True))
    op.create_index("ix_sign_ins_account", "sign_ins", ["account_id"])
    for name in ("account_id", "project_id", "role"):
        op.add_column("api_tokens", sa.Column(name, sa.String(), nullable=True))


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("oidc_issuer", sa.String(), nullable=True),
        sa.Column("oidc_subject", sa.String(), nullable=True),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_sign_in_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_accounts_name", "accounts", ["name_key"], unique=True)
    op.create_index("ix_accounts_oidc", "accounts", ["oidc_issuer", "oidc_subject"], unique=True)


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("account_id", sa.String(), sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_memberships_once", "memberships", ["account_id", "project_id"], unique=True)
    op.create_index("ix_memberships_project_id", "memberships", ["project_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False, unique=True),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id", ondelete="CASCADE"), nullable=True),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("makes_admin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("create_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(), sa.ForeignKey("accounts.id"), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_invitations_project_id", "invitations", ["project_id"])
