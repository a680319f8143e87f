"""Hidden images get a column; until now their rows were marked as deleted when they were inserted."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Fetched references and generated images that no person deleted: a deletion by a person has an event.
HIDE = """
UPDATE images SET visibility = 'hidden', deleted_at = NULL
WHERE deleted_at IS NOT NULL AND source IN ('web', 'generated')
AND (EXISTS (SELECT 1 FROM generated_images WHERE generated_images.image_id = images.id)
     OR EXISTS (SELECT 1 FROM style_dataset_images WHERE style_dataset_images.image_id = images.id))
AND coalesce((SELECT action FROM events WHERE entity = 'image' AND entity_id = images.id
              AND action IN ('deleted', 'kept', 'put back', 'restored') ORDER BY id DESC LIMIT 1), '') != 'deleted'
"""


def upgrade() -> None:
    op.add_column("images", sa.Column("visibility", sa.String(), server_default=sa.text("'library'"), nullable=False))
    for name in ("ix_images_identity", "ix_images_newest", "ix_images_groups"):
        op.drop_index(name, table_name="images")
    op.execute(HIDE)
    _index("ix_images_identity", ["project_id", "sha256"], "deleted_at IS NULL AND visibility = 'library'", unique=True)
    _index(
        "ix_images_newest",
        [
            "project_id", "deleted_at", "create_at", "id", "image_name", "format", "colors", "tags", "width", "height",
            "near_duplicate_of", "source", "visibility",
        ],
    )  # fmt: skip
    _index(
        "ix_images_groups",
        ["project_id", "deleted_at", "near_duplicate_of", "id", "visibility"],
        "near_duplicate_of IS NOT NULL AND deleted_at IS NULL",
    )
    _index("ix_images_hidden", ["project_id", "id"], "visibility = 'hidden'")


def _index(name: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, "images", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
