"""Which images have an original is found by an index: housekeeping and imports ask it of each."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_images_sha256", "images", ["sha256"])
