"""PostgreSQL gets what SQLite has: triggers, an index of texts, the version of the data, comparison by bytes.

The triggers of SQLite (m0004, m0008, m0013) run row by row, those of PostgreSQL at the end of each statement. They
therefore count anew instead of counting up: of two new entries of one statement, each sees the other.

The index of texts holds the pairs of neighboring characters of each entry, in a GIN index without an extension: words
of two letters and of Chinese are found by it, for which trigrams (pg_trgm) are too long.
"""
# ruff: noqa: S608 - constants of this file alone are put together

from alembic import op

from core.db.migrations.versions import m0004_checks as checks
from core.db.migrations.versions.m0008_several_images import LINKS
from core.db.server import compare_by_bytes

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATE = (
    "CREATE TABLE vitrine_state (version bigint NOT NULL)",
    "INSERT INTO vitrine_state VALUES (0)",
)

FUNCTIONS = (
    f"""CREATE FUNCTION entry_key(question text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT {checks.normalized('question COLLATE "C"')} $$""",
    """CREATE FUNCTION entry_pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_agg(DISTINCT first || second)
    FROM (SELECT string_to_array(lower(words COLLATE "C"), NULL) AS letters) AS parts,
    unnest(letters, letters[2:]) AS pairs (first, second) WHERE second IS NOT NULL $$""",
)

WORDS = "question || chr(10) || answer || chr(10) || image_name || chr(10) || tags"
INDEXES = (
    "CREATE INDEX ix_entries_near ON image_datasets (image_id, entry_key(question)) WHERE deleted_at IS NULL",
    f"CREATE INDEX ix_entries_text ON image_datasets USING gin (entry_pairs({WORDS}))",
)

# Twins: entries of the same images with nearly the same question.


def _similar(entry: str, other: str) -> str:
    begin = f"substr(entry_key({entry}.question), 1, {checks.MIN_PREFIX_CHARS})"
    return (
        f"{other}.image_id = {entry}.image_id AND {other}.more_image_ids = {entry}.more_image_ids"
        f" AND {other}.deleted_at IS NULL AND {other}.id != {entry}.id"
        f" AND entry_key({other}.question) >= {begin} AND entry_key({other}.question) <= {begin} || chr(1114111)"
    )


def _count(where: str) -> str:
    """Return the statement that counts the twins of the rows of *where*, called ``entry``."""
    sums = ", ".join(f"coalesce(sum({pair('entry', 'other')}::int), 0)" for pair in (checks.repeats, checks.disputes))
    return (
        "UPDATE image_datasets AS entry SET (repeats, disputes) ="
        f" (SELECT {sums} FROM image_datasets AS other WHERE entry.deleted_at IS NULL AND {_similar('entry', 'other')})"
        f" WHERE {where};"
    )


def _is_twin(row: str) -> str:
    alike = f"({checks.repeats(row, 'entry')} OR {checks.disputes(row, 'entry')})"
    return f"{_similar(row, 'entry')} AND {alike}"


COUNT_IN = f"IF new.deleted_at IS NULL THEN {_count(_is_twin('new'))} was_counted := was_counted OR FOUND; END IF;"
COUNT_OUT = (
    "was_counted := old.deleted_at IS NULL AND (old.repeats > 0 OR old.disputes > 0);"
    f" IF was_counted THEN {_count(_is_twin('old'))} END IF;"
)
COUNT_OWN = f"IF was_counted THEN {_count('entry.id = new.id')} END IF;"
TWINS = {
    "added": ("AFTER INSERT", COUNT_IN + COUNT_OWN),
    "changed": (
        "AFTER UPDATE OF question, answer, model, image_id, more_image_ids, deleted_at",
        COUNT_OUT + COUNT_IN + COUNT_OWN,
    ),
    "removed": ("AFTER DELETE", COUNT_OUT),
}


def _trigger(name: str, table: str, when: str, act: str, condition: str = "") -> tuple[str, str]:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" DECLARE was_counted boolean := false; BEGIN {act} RETURN NULL; END $$",
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION {name}()",
    )


def _links(links: str, table: str, key: str) -> tuple[str, ...]:
    """Return the triggers that keep *links* equal to ``more_image_ids``, and what fills it at first."""
    ids = "unnest(string_to_array({}.more_image_ids, ','))"
    add = f"INSERT INTO {links} (image_id, {key}) SELECT {ids.format('new')}, new.id ON CONFLICT DO NOTHING;"
    remove = f"DELETE FROM {links} WHERE {key} = old.id;"
    return (
        f"INSERT INTO {links} (image_id, {key}) SELECT {ids.format(table)}, id FROM {table} ON CONFLICT DO NOTHING",
        *_trigger(f"{links}_added", table, "AFTER INSERT", add, "WHEN (new.more_image_ids != '')"),
        *_trigger(
            f"{links}_changed", table, "AFTER UPDATE OF more_image_ids", remove + add,
            "WHEN (new.more_image_ids != old.more_image_ids)",
        ),
        *_trigger(f"{links}_removed", table, "AFTER DELETE", remove, "WHEN (old.more_image_ids != '')"),
    )  # fmt: skip


OUTDATED = _trigger(
    "entry_findings_outdated", "image_datasets", "AFTER UPDATE OF question, answer, options",
    "DELETE FROM entry_findings WHERE entry_id = old.id;",
    "WHEN (new.question != old.question OR new.answer != old.answer"
    " OR new.options::text IS DISTINCT FROM old.options::text)",
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    compare_by_bytes(connection)
    statements = [*STATE, *FUNCTIONS, *INDEXES, _count("entry.deleted_at IS NULL")]
    for name, (when, act) in TWINS.items():
        statements += _trigger(f"entry_twins_{name}", "image_datasets", when, act)
    for links in LINKS:
        statements += _links(*links)
    for statement in (*statements, *OUTDATED):
        connection.exec_driver_sql(statement)
