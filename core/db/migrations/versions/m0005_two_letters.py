"""fts5vocab table for two-character (bigram) search: a bigram matches the trigrams that begin with it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite" and connection.dialect.has_table(connection, "entry_text"):
        # A view of the index of m0003; it stores nothing itself.
        op.execute("CREATE VIRTUAL TABLE entry_text_parts USING fts5vocab(entry_text, instance)")
