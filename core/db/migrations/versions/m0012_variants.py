"""Variants of images have a column for their original and one for the steps that made them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("images", sa.Column("variant_of", sa.String(), nullable=True))
    op.add_column("images", sa.Column("variant_steps", sa.JSON(), nullable=True))
    condition = sa.text("variant_of IS NOT NULL")
    op.create_index(
        "ix_images_variants", "images", ["project_id", "variant_of", "id"], sqlite_where=condition,
        postgresql_where=condition,
    )  # fmt: skip
