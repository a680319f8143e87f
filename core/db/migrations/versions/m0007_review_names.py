"""Indexes of quality checks carry the names of the checks, and the column of a review plan its term."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ANSWER = "lower(trim(answer, ' .!'))"
PHRASES = ("as an ai", "i cannot", "i can''t", "unable to", "i''m sorry")
RENAMED = {
    "revealing": ("reveals", f"length({ANSWER}) >= 4 AND replace(lower(question), {ANSWER}, '') != lower(question)"),
    "refusing": (
        "refusal",
        " OR ".join(f"replace(lower(answer), '{phrase}', '') != lower(answer)" for phrase in PHRASES),
    ),
}
STATISTICS = "20000 20000 20000 1 1"
"""Rows per value of each index prefix, for a project with a million entries (as in m0004)."""


def upgrade() -> None:
    op.alter_column("review_plans", "handing", new_column_name="assignment")
    for old, (new, condition) in RENAMED.items():
        op.drop_index(f"ix_entries_{old}", table_name="image_datasets")
        op.create_index(
            f"ix_entries_{new}",
            "image_datasets",
            ["project_id", "deleted_at", "create_at", "id"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for new, _ in RENAMED.values():
        connection.execute(
            sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('image_datasets', :index, :numbers)"),
            {"index": f"ix_entries_{new}", "numbers": STATISTICS},
        )
    op.execute("ANALYZE sqlite_master")  # reloads them in this connection
