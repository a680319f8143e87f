"""PostgreSQL looks up decisions in a table of their own, so that a decision writes into no index of the wide table.

A new version of a row needs no entry in the indexes when none of them holds a changed column and its page has room
("heap-only tuple"). Half of each page is therefore left free: after a bulk edit of all entries their new versions are
beside the old ones, whose room the next edit uses.
"""
# ruff: noqa: S608 - constants of this file alone are put together

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_STATE = (
    "CASE WHEN {0}deleted_at IS NOT NULL THEN 'deleted' WHEN {0}confirmed THEN 'confirmed'"
    " WHEN {0}rejected THEN 'rejected' ELSE 'open' END"
)
_COLUMNS = "entry_id, project_id, state, create_at"
_OF_NEW = f"(n.project_id, n.create_at, {_STATE.format('n.')})"
# The plan of a trigger is kept, whether it was made for one changed row or for a million: it has to be the one that
# looks up each changed row by the primary key.
BY_KEY = "SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off"


def _trigger(name: str, when: str, rows: str, act: str) -> tuple[str, str]:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {BY_KEY} AS $$ BEGIN {act}; RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER {when} ON image_datasets REFERENCING {rows} FOR EACH STATEMENT"
        f" EXECUTE FUNCTION {name}()",
    )


STATEMENTS = (
    'CREATE TABLE entry_states (entry_id text COLLATE "C" PRIMARY KEY, project_id text COLLATE "C" NOT NULL,'
    ' state text COLLATE "C" NOT NULL, create_at timestamptz NOT NULL)',
    f"INSERT INTO entry_states ({_COLUMNS}) SELECT id, project_id, {_STATE.format('')}, create_at FROM image_datasets",
    "CREATE INDEX ix_entry_states_order ON entry_states (project_id, state, create_at, entry_id)",
    *_trigger(
        "entry_states_added", "INSERT", "NEW TABLE AS n",
        f"INSERT INTO entry_states ({_COLUMNS}) SELECT n.id, n.project_id, {_STATE.format('n.')}, n.create_at FROM n",
    ),
    *_trigger(
        "entry_states_changed", "UPDATE", "NEW TABLE AS n",
        f"UPDATE entry_states AS s SET (project_id, create_at, state) = {_OF_NEW} FROM n"
        f" WHERE s.entry_id = n.id AND (s.project_id, s.create_at, s.state) IS DISTINCT FROM {_OF_NEW}",
    ),
    *_trigger(
        "entry_states_removed", "DELETE", "OLD TABLE AS o",
        "DELETE FROM entry_states AS s USING o WHERE s.entry_id = o.id",
    ),
    "DROP INDEX ix_entries_review",
    "ALTER TABLE image_datasets SET (fillfactor = 50)",
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
    if connection.exec_driver_sql("SELECT EXISTS (SELECT FROM image_datasets)").scalar():
        # Writes the table anew, with the room, and in the order of the pages.
        connection.exec_driver_sql("CLUSTER image_datasets USING ix_entries_order")
