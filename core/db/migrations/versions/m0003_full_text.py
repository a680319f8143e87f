"""FTS5 trigram index over the texts of entries, and index statistics (sqlite_stat1) for SQLite."""
# ruff: noqa: S608 - constants of this file alone are put together

from alembic import op
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Indexes over expressions, which the ORM tables cannot declare; a query uses one only for the same SQL text.
EXPRESSIONS = {
    "ix_entries_length": "image_datasets (project_id, deleted_at, length(answer))",
    "ix_entries_answer": "image_datasets (project_id, deleted_at, lower(trim(answer)), create_at, id) "
    "WHERE length(answer) <= 40",
    "ix_images_side": "images (project_id, (CASE WHEN width > height THEN width ELSE height END))",
}

# Contentless FTS5 index with detail=none: it stores only which row has which trigram. Matches are rechecked with LIKE.
CREATE = "CREATE VIRTUAL TABLE entry_text USING fts5(text, content='', columnsize=0, detail=none, tokenize='trigram')"
WORDS = "{0}question || char(10) || {0}answer || char(10) || {0}image_name || char(10) || {0}tags"
ADD = f"INSERT INTO entry_text (rowid, text) VALUES (new.rowid, {WORDS.format('new.')});"
REMOVE = f"INSERT INTO entry_text (entry_text, rowid, text) VALUES ('delete', old.rowid, {WORDS.format('old.')});"
TRIGGERS = {
    "entry_text_added AFTER INSERT": ADD,
    "entry_text_changed AFTER UPDATE OF question, answer, image_name, tags": REMOVE + ADD,
    "entry_text_removed AFTER DELETE": REMOVE,
}

# Rows per value of each index prefix, for a project with a million entries: without statistics SQLite estimates ten
# rows per project and scans it, even where another index is selective.
STATISTICS = {
    "image_datasets": {
        "ix_entries_order": "1000000 1000000 1000000 1 1",
        "ix_entries_review": "1000000 1000000 1000000 500000 350000 1 1",
        "ix_entries_image": "1000000 5 5",
        "ix_entries_held": "1000000 1000000 1000000 5",
        "ix_entries_question": "1000000 1 1",
        "ix_entries_kind": "1000000 1000000 1000000 100000 1 1",
        "ix_entries_model": "1000000 1000000 1000000 300000 1 1",
        "ix_entries_language": "1000000 1000000 1000000 300000 1 1",
        "ix_entries_answer_type": "1000000 1000000 1000000 300000 1 1",
        "ix_entries_score": "1000000 1000000 1000000 150000 1 1",
        "ix_entries_task": "1000000 1000000 1000000 10000 1 1",
        "ix_entries_flagged": "20000 20000 20000 1 1",
        "ix_entries_doubtful": "20000 20000 20000 1 1",
        "ix_entries_edited": "100000 100000 100000 1 1",
        "ix_entries_length": "1000000 1000000 1000000 2000",
        "ix_entries_answer": "1000000 1000000 1000000 1000 1 1",
        "sqlite_autoindex_image_datasets_1": "1000000 1",
    },
    "events": {
        "ix_events_entity": "2000000 2 1",
        "ix_events_project": "2000000 2000000 1",
        "ix_events_batch": "2000000 2 1",
        "ix_events_actor": "2000000 2000000 500000 100000",
    },
}


def upgrade() -> None:
    for name, columns in EXPRESSIONS.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    if _make_text_index(connection):
        op.execute(f"INSERT INTO entry_text (rowid, text) SELECT rowid, {WORDS.format('')} FROM image_datasets")
        for trigger, act in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {trigger} ON image_datasets BEGIN {act} END")
    op.execute("ANALYZE sqlite_master")
    op.execute("DELETE FROM sqlite_stat1")
    for table, indexes in STATISTICS.items():
        for index, numbers in indexes.items():
            connection.execute(
                text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :numbers)"),
                {"table": table, "index": index, "numbers": numbers},
            )
    op.execute("ANALYZE sqlite_master")  # reloads the statistics in this connection


def _make_text_index(connection: Connection) -> bool:
    """Create the index; False where SQLite lacks FTS5 or its trigram tokenizer: search then scans all entries."""
    try:
        connection.exec_driver_sql(CREATE)
    except OperationalError:
        return False
    return True
