"""A Turkish question with its particle twice, "gündüz mü gece mi?", offers alternatives: it gives no answer away."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_ANSWER = "lower(trim(answer, ' .!'))"
_OFFERS = (" or ", " veya ", " ya da ", " yoksa ", "还是", "或")
_TURKISH = (
    "replace(replace(replace(replace(replace(lower(question), '?', ' '), ',', ' ') || ' ', "
    "' mı ', ' mi '), ' mu ', ' mi '), ' mü ', ' mi ')"
)
CONDITION = (
    f"length({_ANSWER}) >= 4 AND replace(lower(question), {_ANSWER}, '') != lower(question)"
    + "".join(f" AND replace(lower(question), '{word}', '') = lower(question)" for word in _OFFERS)
    + f" AND length({_TURKISH}) - length(replace({_TURKISH}, ' mi ', '')) < 8"
)
_INDEX = "ix_entries_reveals"
_STATISTICS = "20000 20000 20000 1 1"
"""As in m0007."""


def upgrade() -> None:
    op.drop_index(_INDEX, table_name="image_datasets")
    op.create_index(
        _INDEX,
        "image_datasets",
        ["project_id", "deleted_at", "create_at", "id"],
        sqlite_where=sa.text(CONDITION),
        postgresql_where=sa.text(CONDITION),
    )
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    connection.execute(
        sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('image_datasets', :index, :numbers)"),
        {"index": _INDEX, "numbers": _STATISTICS},
    )
    op.execute("ANALYZE sqlite_master")  # reloads them in this connection
