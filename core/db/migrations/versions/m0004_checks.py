"""Indexes of the quality checks, and triggers that count repeated and disputed entries of an image.

Comparing each entry with the others of its image is quadratic, so the counts are kept when an entry is written.

The logic is SQL in triggers on purpose. Several modules insert entries, some of them past the ORM, and a trigger is
the one place that none can forget. Keys computed in Python and stored in columns were measured: 5,000 inserts take
1.1 s of CPU with them, 1.25 s to 1.7 s with these triggers, and 1.0 s without any counting. They would need two columns
in every row, a rewrite of all rows, and the right keys from every module that inserts or edits. They become the
better form once a single module writes entries; a test tells when that is so.

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
ENTRIES_THAT = {
    "repeated": "repeats > 0",
    "disputed": "disputes > 0",
    "empty": "trim(answer) IN ('', '[]', '{}')",
    "revealing": f"length({ANSWER}) >= 4 AND replace(lower(question), {ANSWER}, '') != lower(question)",
    "refusing": " OR ".join(f"replace(lower(answer), '{phrase}', '') != lower(answer)" for phrase in PHRASES),
}

# As in m0003: how many rows a value of each further column leaves, of a million in one project.
STATISTICS = {
    "image_datasets": {
        "ix_entries_near": "1000000 5 1",
        "ix_entries_doubtful": "20000 20000 20000 1 1 1 1",
        "ix_entries_reason": "100000 100000 100000 20000 1 1",
        **{f"ix_entries_{name}": "20000 20000 20000 1 1" for name in ENTRIES_THAT},
    },
    "events": {"ix_events_second": "50000 50000 1"},
}

LEAST_CHARS = 20
"""From here on the beginning of a question says what it asks."""
LAST_LETTER = "char(1114111)"


def near(question: str) -> str:
    """The question without case, signs and articles; blanks at both ends let words be told from parts of words."""
    text = f"' ' || lower({question}) || ' '"
    for sign in (".", ",", "?", "!", "''", '"'):
        text = f"replace({text}, '{sign}', '')"
    for article in ("the", "a", "an"):
        text = f"replace({text}, ' {article} ', ' ')"
    return text


def plain(text: str) -> str:
    return f"lower(trim({text}, ' .?!'))"


def repeats(one: str, other: str) -> str:
    """The same model or the same answer, and questions that are nearly the same, or one begins the other."""
    a, b = near(f"{one}.question"), near(f"{other}.question")
    begins = " OR ".join(
        f"length({x}) >= {LEAST_CHARS} AND substr({y}, 1, length({x})) = {x}" for x, y in ((a, b), (b, a))
    )
    alike = f"{one}.model = {other}.model OR {plain(f'{one}.answer')} = {plain(f'{other}.answer')}"
    return f"(({alike}) AND ({a} = {b} OR {begins}))"


def disputes(one: str, other: str) -> str:
    """Different models answer nearly the same question differently."""
    asked = f"{near(f'{one}.question')} = {near(f'{other}.question')}"
    return f"({one}.model != {other}.model AND {asked} AND {plain(f'{one}.answer')} != {plain(f'{other}.answer')})"


def twins(one: str, other: str) -> str:
    """The other entries of the image whose questions begin alike; an index leads to them."""
    begin = f"substr({near(f'{one}.question')}, 1, {LEAST_CHARS})"
    key = near(f"{other}.question")
    return (
        f"{other}.image_id = {one}.image_id AND {other}.deleted_at IS NULL AND {other}.id != {one}.id"
        f" AND {key} >= {begin} AND {key} <= {begin} || {LAST_LETTER}"
    )


def tell_others(one: str, sign: str, when: str) -> str:
    repeated, disputed = repeats(one, "image_datasets"), disputes(one, "image_datasets")
    return (
        f"UPDATE image_datasets SET repeats = repeats {sign} {repeated}, disputes = disputes {sign} {disputed}"
        f" WHERE {when} AND {twins(one, 'image_datasets')} AND ({repeated} OR {disputed});"
    )


def count(one: str, where: str) -> str:
    sums = ", ".join(f"coalesce(sum({pair(one, 'other')}), 0)" for pair in (repeats, disputes))
    return (
        f"UPDATE image_datasets SET (repeats, disputes) ="
        f" (SELECT {sums} FROM image_datasets AS other WHERE {twins(one, 'other')}) WHERE {where};"
    )


WAS_COUNTED = "old.deleted_at IS NULL AND (old.repeats > 0 OR old.disputes > 0)"
JOIN = tell_others("new", "+", "new.deleted_at IS NULL") + count("new", "id = new.id AND changes() > 0")
LEAVE = tell_others("old", "-", WAS_COUNTED)
RESET = f"UPDATE image_datasets SET repeats = 0, disputes = 0 WHERE id = new.id AND {WAS_COUNTED};"
TRIGGERS = {
    "entry_twins_added AFTER INSERT": JOIN,
    "entry_twins_changed AFTER UPDATE OF question, answer, model, image_id, deleted_at": LEAVE + RESET + JOIN,
    "entry_twins_removed AFTER DELETE": LEAVE,
}


def upgrade() -> None:
    for name in ("repeats", "disputes"):
        op.add_column("image_datasets", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
    _make_indexes()
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    op.execute(
        f"CREATE INDEX ix_entries_near ON image_datasets (image_id, {near('question')}) WHERE deleted_at IS NULL"
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
    op.execute("ANALYZE sqlite_master")  # reads them into this connection too


def _make_indexes() -> None:
    order = ["project_id", "deleted_at", "create_at", "id"]
    op.drop_index("ix_entries_doubtful", table_name="image_datasets")
    _index_of_some(
        "ix_entries_doubtful", "image_datasets", [*order, "needs_review", "answer_type"], "needs_review != ''"
    )
    by_reason = ["project_id", "deleted_at", "reject_reason", "create_at", "id"]
    _index_of_some("ix_entries_reason", "image_datasets", by_reason, "reject_reason != ''")
    for name, met in ENTRIES_THAT.items():
        _index_of_some(f"ix_entries_{name}", "image_datasets", order, met)
    _index_of_some("ix_events_second", "events", ["project_id", "entity_id"], "action = 'second'")


def _index_of_some(name: str, table: str, columns: list[str], met: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(met), postgresql_where=sa.text(met))
