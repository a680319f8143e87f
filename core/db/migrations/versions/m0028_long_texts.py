"""PostgreSQL holds long questions and many tags: a row of its indexes has at most 2,704 bytes.

An index of whole texts refuses a question of some thousand bytes, and with it the statement of everything else that is
stored at the same time. So long texts are in indexes by their digest, by their beginning, or not at all.
"""

import re

from alembic import op

from core.db.migrations.versions import m0004_checks as checks
from core.db.migrations.versions import m0022_postgresql as first

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_BEGIN = rf"substr(entry_key({{}}question), 1, {checks.MIN_PREFIX_CHARS})"
_COMPARED = re.compile(r"entry_key\((\w+\.)question\) (?=[<>]=)")

INDEXES = (
    "DROP INDEX ix_entries_near",
    f"CREATE INDEX ix_entries_near ON image_datasets (image_id, ({_BEGIN.format('')})) WHERE deleted_at IS NULL",
    "DROP INDEX ix_questions_once",
    "CREATE UNIQUE INDEX ix_questions_once ON questions (image_id, language, md5(question_key), md5(more_image_ids))"
    " WHERE deleted_at IS NULL",
    "DROP INDEX ix_images_newest",
    "CREATE INDEX ix_images_newest ON images (project_id, deleted_at, create_at, id, image_name, format, colors, width,"
    " height, near_duplicate_of, source, visibility)",
)


def by_begin(act: str) -> str:
    """Return the SQL *act* with the beginnings of questions compared, which the index holds."""
    return _COMPARED.sub(lambda found: _BEGIN.format(found[1]) + " ", act)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    for statement in INDEXES:
        connection.exec_driver_sql(statement)
    for name, (when, act) in first.TWINS.items():
        function, _trigger = first._trigger(f"entry_twins_{name}", "image_datasets", when, by_begin(act))
        connection.exec_driver_sql(function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
