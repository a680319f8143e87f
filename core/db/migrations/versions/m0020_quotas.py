"""Projects have a quota: how many images their library may have, and how many bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("max_images", sa.Integer(), nullable=True))
    op.add_column("projects", sa.Column("max_image_bytes", sa.BigInteger(), nullable=True))
