"""Entries and questions about several images; turns of conversations, boxes, ratings; stages of task items."""
# ruff: noqa: S608 - constants of this file alone are put together

import re

import sqlalchemy as sa
from alembic import op

from core.db.migrations.versions import m0004_checks as checks

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LINKS = (("entry_images", "image_datasets", "entry_id"), ("question_images", "questions", "question_id"))

# Until now the images of two entries were the same when their first ones were.
_SAME_IMAGE = re.compile(r"(\w+)\.image_id = (\w+)\.image_id")
_SAME_IMAGES = r"\g<0> AND \1.more_image_ids = \2.more_image_ids"
TWINS = {
    trigger.replace("image_id,", "image_id, more_image_ids,"): _SAME_IMAGE.sub(_SAME_IMAGES, act)
    for trigger, act in checks.TRIGGERS.items()
}

STATISTICS = "1000000 6 1"
"""Rows per value of each index prefix, for a project with a million entries (as in m0004)."""


def _ids(row: str) -> str:
    return f"(SELECT value FROM json_each('[\"' || replace({row}.more_image_ids, ',', '\",\"') || '\"]'))"


def _link_triggers(links: str, table: str, key: str) -> dict[str, str]:
    """Return the triggers that keep *links* equal to ``more_image_ids``; without further images they do nothing."""
    add = f"INSERT OR IGNORE INTO {links} (image_id, {key}) SELECT value, new.id FROM {_ids('new')};"
    remove = f"DELETE FROM {links} WHERE {key} = old.id AND image_id IN {_ids('old')};"
    return {
        f"{links}_added AFTER INSERT ON {table} WHEN new.more_image_ids != ''": add,
        f"{links}_changed AFTER UPDATE OF more_image_ids ON {table} WHEN new.more_image_ids != old.more_image_ids": (
            remove + f"INSERT OR IGNORE INTO {links} (image_id, {key}) SELECT value, new.id FROM {_ids('new')}"
            " WHERE new.more_image_ids != '';"
        ),
        f"{links}_removed AFTER DELETE ON {table} WHEN old.more_image_ids != ''": remove,
    }


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)


def _zero(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    for column in (
        _text("more_image_ids"), sa.Column("conversation_id", sa.String(), nullable=True), _zero("turn"),
        _text("system"), sa.Column("boxes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ratings", sa.JSON(none_as_null=True), nullable=True), _text("origin"),
    ):  # fmt: skip
        op.add_column("image_datasets", column)
    op.add_column("questions", _text("more_image_ids"))
    op.add_column("task_items", _zero("stage"))
    _make_indexes()
    for links, _, key in LINKS:
        op.create_table(
            links,
            sa.Column("image_id", sa.String(), sa.ForeignKey("images.id"), nullable=False),
            sa.Column(key, sa.String(), nullable=False),
            sa.PrimaryKeyConstraint("image_id", key),
            sqlite_with_rowid=False,
        )
    if op.get_bind().dialect.name == "sqlite":
        _make_triggers()


def _make_indexes() -> None:
    alive = sa.text("deleted_at IS NULL")
    op.drop_index("ix_questions_once", table_name="questions")
    op.create_index(
        "ix_questions_once", "questions", ["image_id", "language", "question_key", "more_image_ids"], unique=True,
        sqlite_where=alive, postgresql_where=alive,
    )  # fmt: skip
    in_conversation = sa.text("conversation_id IS NOT NULL")
    op.create_index(
        "ix_entries_conversation", "image_datasets", ["conversation_id", "turn"], unique=False,
        sqlite_where=in_conversation, postgresql_where=in_conversation,
    )  # fmt: skip


def _make_triggers() -> None:
    for table in LINKS:
        for trigger, act in _link_triggers(*table).items():
            op.execute(sa.text(f"CREATE TRIGGER {trigger} BEGIN {act} END"))
    for trigger in checks.TRIGGERS:
        op.execute(f"DROP TRIGGER {trigger.split()[0]}")
    for trigger, act in TWINS.items():
        op.execute(sa.text(f"CREATE TRIGGER {trigger} ON image_datasets BEGIN {act} END"))
    op.execute(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat)"
        f" VALUES ('image_datasets', 'ix_entries_conversation', '{STATISTICS}')"
    )
    op.execute("ANALYZE sqlite_master")  # reloads the statistics in this connection
