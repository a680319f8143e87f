"""The audit has a table that only grows, and events of entries say where they came from."""
# ruff: noqa: S608 - constants of this file alone are put together

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MAY_DELETE = "EXISTS (SELECT 1 FROM audit_removals WHERE removed_before > OLD.at)"
_KEPT = "audit events are never changed, and deleted only as whole old months"
_TOO_YOUNG = "the audit of the last 31 days cannot be removed"

SQLITE = (
    f"CREATE TRIGGER audit_events_kept BEFORE UPDATE ON audit_events BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    f"CREATE TRIGGER audit_events_not_deleted BEFORE DELETE ON audit_events WHEN NOT {_MAY_DELETE} "
    f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    # INSERT OR REPLACE deletes without running the trigger of deletions.
    "CREATE TRIGGER audit_events_not_replaced BEFORE INSERT ON audit_events "
    "WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    f"CREATE TRIGGER audit_removals_kept BEFORE UPDATE ON audit_removals BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    "CREATE TRIGGER audit_removals_not_deleted BEFORE DELETE ON audit_removals "
    f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    "CREATE TRIGGER audit_removals_of_old BEFORE INSERT ON audit_removals "
    "WHEN NEW.removed_before > datetime('now', '-31 days') "
    f"BEGIN SELECT RAISE(ABORT, '{_TOO_YOUNG}'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN RAISE EXCEPTION '{_KEPT}'; END $$",
    "CREATE FUNCTION audit_may_delete() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN IF NOT {_MAY_DELETE} THEN RAISE EXCEPTION '{_KEPT}'; END IF; RETURN OLD; END $$",
    "CREATE FUNCTION audit_removal_of_old() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN IF NEW.removed_before > now() - interval '31 days' "
    f"THEN RAISE EXCEPTION '{_TOO_YOUNG}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER audit_events_kept BEFORE UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_events_not_deleted BEFORE DELETE ON audit_events "
    "FOR EACH ROW EXECUTE FUNCTION audit_may_delete()",
    "CREATE TRIGGER audit_events_not_emptied BEFORE TRUNCATE ON audit_events EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_removals_kept BEFORE UPDATE OR DELETE ON audit_removals "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_removals_not_emptied BEFORE TRUNCATE ON audit_removals EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_removals_of_old BEFORE INSERT ON audit_removals "
    "FOR EACH ROW EXECUTE FUNCTION audit_removal_of_old()",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=name.endswith("_id")) for name in ("who", "account_id", "token_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("address", "way", "act")),
        sa.Column("project_id", sa.String(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "object_id", "label")),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit_events", ["at", "id"])
    op.create_index("ix_audit_project", "audit_events", ["project_id", "at", "id"])
    op.create_table(
        "audit_removals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("removed_before", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("events", sa.Column("came_from", sa.String(), nullable=True))
    audited = sa.text("came_from IS NOT NULL")
    op.create_index(
        "ix_events_audited", "events", ["at", "id", "project_id", "actor", "action"],
        sqlite_where=audited, postgresql_where=audited,
    )  # fmt: skip
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
