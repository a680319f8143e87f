"""Indexes of the quality checks, and triggers that count repeated and disputed entries of an image.

Comparing each entry with the others of its image is quadratic, so the counts are stored when an entry is written.

The logic is SQL in triggers on purpose: several modules insert entries, some without the ORM, and a trigger covers
them all. Keys computed in Python and stored in columns were measured: 5,000 inserts take 1.1 s of CPU with them, 1.25 s
to 1.7 s with these triggers, and 1.0 s without any counting. They would need two columns in every row, a rewrite of
all rows, and the right keys from every module that inserts or edits. They become the better form once a single module
writes entries; a test fails when that is so.

STATISTICS is written by hand because ANALYZE sees an empty table here; without numbers the query planner prefers the
index over the project and scans.
"""
# ruff: noqa: S608 - constants of this file alone are put together

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ANSWER = "lower(trim(answer, ' .!'))"
PHRASES = ("as an ai", "i cannot", "i can''t", "unable to", "i''m sorry")
CHECK_CONDITIONS = {
    "repeated": "repeats > 0",
    "disputed": "disputes > 0",
    "empty": "trim(answer) IN ('', '[]', '{}')",
    "revealing": f"length({ANSWER}) >= 4 AND replace(lower(question), {ANSWER}, '') != lower(question)",
    "refusing": " OR ".join(f"replace(lower(answer), '{phrase}', '') != lower(answer)" for phrase in PHRASES),
}

# As in m0003: rows per value of each index prefix, for a project with a million entries.
STATISTICS = {
    "image_datasets": {
        "ix_entries_near": "1000000 5 1",
        "ix_entries_doubtful": "20000 20000 20000 1 1 1 1",
        "ix_entries_reason": "100000 100000 100000 20000 1 1",
        **{f"ix_entries_{name}": "20000 20000 20000 1 1" for name in CHECK_CONDITIONS},
    },
    "events": {"ix_events_second": "50000 50000 1"},
}

MIN_PREFIX_CHARS = 20
"""Minimum prefix length at which questions are compared."""
LAST_CHARACTER = "char(1114111)"


def normalized(question: str) -> str:
    """Return the question without case, punctuation and articles; blanks at both ends mark word boundaries."""
    text = f"' ' || lower({question}) || ' '"
    for sign in (".", ",", "?", "!", "''", '"'):
        text = f"replace({text}, '{sign}', '')"
    for article in ("the", "a", "an"):
        text = f"replace({text}, ' {article} ', ' ')"
    return text


def plain(text: str) -> str:
    return f"lower(trim({text}, ' .?!'))"


def repeats(entry: str, other: str) -> str:
    """True for the same model or answer, and questions that are nearly the same or one a prefix of the other."""
    a, b = normalized(f"{entry}.question"), normalized(f"{other}.question")
    begins = " OR ".join(
        f"length({x}) >= {MIN_PREFIX_CHARS} AND substr({y}, 1, length({x})) = {x}" for x, y in ((a, b), (b, a))
    )
    alike = f"{entry}.model = {other}.model OR {plain(f'{entry}.answer')} = {plain(f'{other}.answer')}"
    return f"(({alike}) AND ({a} = {b} OR {begins}))"


def disputes(entry: str, other: str) -> str:
    """True when different models answer nearly the same question differently."""
    asked = f"{normalized(f'{entry}.question')} = {normalized(f'{other}.question')}"
    return f"({entry}.model != {other}.model AND {asked} AND {plain(f'{entry}.answer')} != {plain(f'{other}.answer')})"


def similar_entries(entry: str, other: str) -> str:
    """True for the other entries of the image whose questions have the same prefix; an index finds them."""
    begin = f"substr({normalized(f'{entry}.question')}, 1, {MIN_PREFIX_CHARS})"
    key = normalized(f"{other}.question")
    return (
        f"{other}.image_id = {entry}.image_id AND {other}.deleted_at IS NULL AND {other}.id != {entry}.id"
        f" AND {key} >= {begin} AND {key} <= {begin} || {LAST_CHARACTER}"
    )


def update_related_counts(entry: str, sign: str, when: str) -> str:
    repeated, disputed = repeats(entry, "image_datasets"), disputes(entry, "image_datasets")
    return (
        f"UPDATE image_datasets SET repeats = repeats {sign} {repeated}, disputes = disputes {sign} {disputed}"
        f" WHERE {when} AND {similar_entries(entry, 'image_datasets')} AND ({repeated} OR {disputed});"
    )


def count(entry: str, where: str) -> str:
    sums = ", ".join(f"coalesce(sum({pair(entry, 'other')}), 0)" for pair in (repeats, disputes))
    return (
        f"UPDATE image_datasets SET (repeats, disputes) ="
        f" (SELECT {sums} FROM image_datasets AS other WHERE {similar_entries(entry, 'other')}) WHERE {where};"
    )


WAS_COUNTED = "old.deleted_at IS NULL AND (old.repeats > 0 OR old.disputes > 0)"
COUNT_IN = update_related_counts("new", "+", "new.deleted_at IS NULL") + count("new", "id = new.id AND changes() > 0")
COUNT_OUT = update_related_counts("old", "-", WAS_COUNTED)
RESET = f"UPDATE image_datasets SET repeats = 0, disputes = 0 WHERE id = new.id AND {WAS_COUNTED};"
TRIGGERS = {
    "entry_twins_added AFTER INSERT": COUNT_IN,
    "entry_twins_changed AFTER UPDATE OF question, answer, model, image_id, deleted_at": COUNT_OUT + RESET + COUNT_IN,
    "entry_twins_removed AFTER DELETE": COUNT_OUT,
}


def upgrade() -> None:
    for name in ("repeats", "disputes"):
        op.add_column("image_datasets", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    _make_indexes()
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    op.execute(
        f"CREATE INDEX ix_entries_near ON image_datasets (image_id, {normalized('question')}) WHERE deleted_at IS NULL"
    )
    op.execute(count("image_datasets", "deleted_at IS NULL"))
    for trigger, act in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {trigger} ON image_datasets BEGIN {act} END")
    for table, indexes in STATISTICS.items():
        for index, numbers in indexes.items():
            connection.execute(sa.text("DELETE FROM sqlite_stat1 WHERE idx = :index"), {"index": index})
            connection.execute(
                sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :numbers)"),
                {"table": table, "index": index, "numbers": numbers},
            )
    op.execute("ANALYZE sqlite_master")  # reloads the statistics in this connection


def _make_indexes() -> None:
    order = ["project_id", "deleted_at", "create_at", "id"]
    op.drop_index("ix_entries_doubtful", table_name="image_datasets")
    _create_partial_index(
        "ix_entries_doubtful", "image_datasets", [*order, "needs_review", "answer_type"], "needs_review != ''"
    )
    by_reason = ["project_id", "deleted_at", "reject_reason", "create_at", "id"]
    _create_partial_index("ix_entries_reason", "image_datasets", by_reason, "reject_reason != ''")
    for name, condition in CHECK_CONDITIONS.items():
        _create_partial_index(f"ix_entries_{name}", "image_datasets", order, condition)
    _create_partial_index("ix_events_second", "events", ["project_id", "entity_id"], "action = 'second'")


def _create_partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=False,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
