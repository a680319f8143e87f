"""PostgreSQL does less for each new entry: it looks for twins before it counts them, and leaves pairs unsorted.

An UPDATE prepares to write into all indexes of its table, even when it then finds no row. Few entries have a twin, so a
query looks for one first. A GIN index sorts its keys itself.
"""

from alembic import op

from core.db.migrations.versions import m0022_postgresql as triggers
from core.db.migrations.versions import m0028_long_texts as long_texts

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_TWIN = long_texts.by_begin(triggers._is_twin("new"))
_HAS_TWIN = f"EXISTS (SELECT FROM image_datasets AS entry WHERE {_TWIN})"
_COUNT = triggers._count(_TWIN) + long_texts.by_begin(triggers._count("entry.id = new.id"))

STATEMENTS = (
    "CREATE OR REPLACE FUNCTION entry_twins_added() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" BEGIN IF new.deleted_at IS NULL AND {_HAS_TWIN} THEN {_COUNT} END IF; RETURN NULL; END $$",
    """CREATE OR REPLACE FUNCTION entry_pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_agg(first || second)
    FROM (SELECT string_to_array(lower(words COLLATE "C"), NULL) AS letters) AS parts,
    unnest(letters, letters[2:]) AS pairs (first, second) WHERE second IS NOT NULL $$""",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
