"""Images have a column for the split that somebody put them into, and one for when."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("images", sa.Column("pinned_split", sa.String(), nullable=True))
    op.add_column("images", sa.Column("pinned_at", UtcDateTime(timezone=True), nullable=True))
    condition = sa.text("pinned_split IS NOT NULL")
    op.create_index(
        "ix_images_pinned", "images", ["project_id", "id"], sqlite_where=condition, postgresql_where=condition
    )
