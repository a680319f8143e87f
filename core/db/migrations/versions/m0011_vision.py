"""Analyses of images have tables, and a project names the analyzers that run for its new images."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("analyzers", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "image_analyses",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("image_id", sa.String(), sa.ForeignKey("images.id"), nullable=False),
        sa.Column("analyzer", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("update_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_analyses_image", "image_analyses", ["image_id", "analyzer"], unique=True)
    op.create_index("ix_analyses_version", "image_analyses", ["project_id", "analyzer", "version", "image_id"])
    op.create_table(
        "image_findings",
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("analyzer", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("image_id", sa.String(), sa.ForeignKey("images.id"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "analyzer", "label", "image_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_findings_image", "image_findings", ["image_id", "analyzer"])
    op.create_table(
        "image_texts",
        sa.Column("image_id", sa.String(), sa.ForeignKey("images.id"), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("image_id"),
    )
    op.create_index("ix_image_texts_project", "image_texts", ["project_id", "image_id"])
    op.create_table(
        "image_vectors",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("image_id", sa.String(), sa.ForeignKey("images.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("update_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_vectors_image", "image_vectors", ["image_id", "kind"], unique=True)
    op.create_index("ix_vectors_kind", "image_vectors", ["project_id", "kind", "update_at", "image_id"])
