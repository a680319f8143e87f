"""What the second version added."""

import sqlalchemy as sa
from alembic import op

from core.db.base import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_profiles",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("create_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "question_templates",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("answer_type", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=True),
        sa.Column("one_label", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("create_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_templates_project", "question_templates", ["project_id", "deleted_at", "create_at"], unique=False
    )
    op.create_table(
        "review_plans",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("handing", sa.String(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("second_percent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
        ),
        sa.PrimaryKeyConstraint("project_id"),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("create_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_views_name", "saved_views", ["project_id", "name"], unique=True)
    op.create_table(
        "entry_leases",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["image_datasets.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
        ),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index("ix_leases_holder", "entry_leases", ["project_id", "holder"], unique=False)
    op.create_index("ix_events_actor", "events", ["project_id", "actor", "action"], unique=False)
    op.create_index(
        "ix_entries_answer_type",
        "image_datasets",
        ["project_id", "deleted_at", "answer_type", "create_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_entries_doubtful",
        "image_datasets",
        ["project_id", "deleted_at", "create_at", "id"],
        unique=False,
        sqlite_where=sa.text("needs_review != ''"),
        postgresql_where=sa.text("needs_review != ''"),
    )
    op.create_index(
        "ix_entries_edited",
        "image_datasets",
        ["project_id", "deleted_at", "create_at", "id"],
        unique=False,
        sqlite_where=sa.text(
            "generated_answer IS NOT NULL AND generated_answer != answer"
            " OR generated_question IS NOT NULL AND generated_question != question"
        ),
        postgresql_where=sa.text(
            "generated_answer IS NOT NULL AND generated_answer != answer"
            " OR generated_question IS NOT NULL AND generated_question != question"
        ),
    )
    op.create_index(
        "ix_entries_flagged",
        "image_datasets",
        ["project_id", "deleted_at", "create_at", "id"],
        unique=False,
        sqlite_where=sa.text("flagged IS 1"),
        postgresql_where=sa.text("flagged IS true"),
    )
    op.create_index("ix_entries_held", "image_datasets", ["project_id", "deleted_at", "image_id"], unique=False)
    op.create_index(
        "ix_entries_kind", "image_datasets", ["project_id", "deleted_at", "kind", "create_at", "id"], unique=False
    )
    op.create_index(
        "ix_entries_language",
        "image_datasets",
        ["project_id", "deleted_at", "language", "create_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_entries_model", "image_datasets", ["project_id", "deleted_at", "model", "create_at", "id"], unique=False
    )
    op.create_index(
        "ix_entries_score", "image_datasets", ["project_id", "deleted_at", "score", "create_at", "id"], unique=False
    )
    op.create_index(
        "ix_entries_task",
        "image_datasets",
        ["project_id", "deleted_at", "task_id", "create_at", "id"],
        unique=False,
        sqlite_where=sa.text("task_id IS NOT NULL"),
        postgresql_where=sa.text("task_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_images_alike"), table_name="images")
    op.create_index(
        "ix_images_groups",
        "images",
        ["project_id", "deleted_at", "near_duplicate_of", "id"],
        unique=False,
        sqlite_where=sa.text("near_duplicate_of IS NOT NULL AND deleted_at IS NULL"),
        postgresql_where=sa.text("near_duplicate_of IS NOT NULL AND deleted_at IS NULL"),
    )
    op.add_column("questions", sa.Column("one_label", sa.Boolean(), server_default=sa.text("(false)"), nullable=False))
    op.add_column("questions", sa.Column("template_id", sa.String(), nullable=True))
    op.create_index("ix_questions_held", "questions", ["project_id", "deleted_at", "image_id"], unique=False)
