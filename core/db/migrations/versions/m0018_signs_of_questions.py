"""Signs that carry meaning are in the keys of questions: "2+3" and "2-3" are two questions."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from core.db.question_key import question_key

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ROWS_PER_READ = 5_000
_QUESTIONS = sa.table(
    "questions",
    *map(sa.column, ("id", "image_id", "language", "more_image_ids", "question", "question_key", "deleted_at")),
)


def upgrade() -> None:
    connection, of = op.get_bind(), _QUESTIONS.c
    for row in _rows(connection):
        key = question_key(row.question)
        if key == row.question_key:
            continue
        same = (of.image_id == row.image_id, of.language == row.language, of.more_image_ids == row.more_image_ids)
        taken = sa.select(of.id).where(*same, of.question_key == key, of.deleted_at.is_(None))
        # Two that were different and are the same now, such as x² and x^2: the later one keeps its old key.
        if row.deleted_at is None and connection.execute(taken).first() is not None:
            continue
        connection.execute(sa.update(_QUESTIONS).where(of.id == row.id).values(question_key=key))


def _rows(connection: Any) -> Iterator[Any]:
    last = ""
    while rows := connection.execute(
        sa.select(_QUESTIONS).where(_QUESTIONS.c.id > last).order_by(_QUESTIONS.c.id).limit(_ROWS_PER_READ)
    ).all():
        yield from rows
        last = rows[-1].id
