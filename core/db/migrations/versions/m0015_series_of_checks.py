"""Runs of checks have a series, so that runs of other models can stay beside each other."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("check_runs", sa.Column("series", sa.String(), nullable=False, server_default=sa.text("''")))
