"""Tables of projects, images, questions and entries, and the event log of their changes."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, ColumnElement, Index, and_, exists, literal_column, select, text
from sqlalchemy.orm import column_property
from sqlmodel import Field, col

from core.db.base import ALIVE, Base, id_field, json_field, time_field
from core.db.quality_sql import ROW_CHECKS

SECOND = text("action = 'second'")
LIBRARY, HIDDEN = "library", "hidden"
IN_LIBRARY = text(f"deleted_at IS NULL AND visibility = '{LIBRARY}'")
IS_HIDDEN = text(f"visibility = '{HIDDEN}'")
LIKE_ANOTHER = text("near_duplicate_of IS NOT NULL AND deleted_at IS NULL")


def one_label_field() -> Any:
    return Field(
        default=False, sa_column_kwargs={"server_default": text("false")}, description="a label answer is a single one"
    )


class Projects(Base, table=True):
    __tablename__: ClassVar[str] = "projects"

    id: str = id_field()
    name: str
    description: str = ""
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    deleted_at: datetime | None = time_field(now=False)


class Images(Base, table=True):
    """An image of a project; its bytes are stored once, under their sha256."""

    __tablename__: ClassVar[str] = "images"
    __table_args__ = (
        Index(
            "ix_images_identity",
            "project_id",
            "sha256",
            unique=True,
            sqlite_where=IN_LIBRARY,
            postgresql_where=IN_LIBRARY,
        ),
        # A covering index for the filters: counting 100,000 rows reads the index alone.
        Index(
            "ix_images_newest",
            "project_id", "deleted_at", "create_at", "id",
            "image_name", "format", "colors", "tags", "width", "height", "near_duplicate_of", "source", "visibility",
        ),
        Index("ix_images_name", "project_id", "deleted_at", "image_name", "id"),
        Index("ix_images_size", "project_id", "deleted_at", "size", "id"),
        Index("ix_images_sharpness", "project_id", "deleted_at", "sharpness", "id"),
        # A partial index: few images are near-duplicates.
        Index(
            "ix_images_groups",
            "project_id", "deleted_at", "near_duplicate_of", "id", "visibility",
            sqlite_where=LIKE_ANOTHER, postgresql_where=LIKE_ANOTHER,
        ),
        Index("ix_images_hidden", "project_id", "id", sqlite_where=IS_HIDDEN, postgresql_where=IS_HIDDEN),
    )  # fmt: skip

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    image_name: str
    path: str = Field(description="relative to the storage directory")
    size: int = Field(description="bytes of the original")
    width: int | None = Field(default=None, description="px, upright")
    height: int | None = Field(default=None, description="px, upright")
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    deleted_at: datetime | None = time_field(now=False)

    sha256: str = Field(max_length=64)
    format: str = Field(max_length=8, description="JPEG, PNG or WEBP, by content")
    dhash: str = Field(default="", max_length=16, description="64-bit difference hash, hex")
    near_duplicate_of: str | None = Field(default=None, description="id of the first of its near-duplicates")
    average_color: str = Field(default="", max_length=7, description="#rrggbb")
    colors: str = Field(default="", description="names of the dominant colors, comma-separated, largest share first")
    brightness: float | None = Field(default=None, description="mean L*, 0-100")
    contrast: float | None = Field(default=None, description="spread of L*")
    sharpness: float | None = Field(default=None, description="variance of the Laplacian at 256 px")
    tags: str = ""
    source: str = Field(default="upload", description="upload, zip, directory, sample, generated, ...")
    source_ref: str = Field(default="", description="where in that source: archive member, page, address")
    visibility: str = Field(
        default=LIBRARY, sa_column_kwargs={"server_default": text(f"'{LIBRARY}'")},
        description="library, or hidden: a fetched reference or a result that was not kept",
    )  # fmt: skip

    @property
    def is_in_library(self) -> bool:
        """Whether the image is neither deleted nor hidden."""
        return self.deleted_at is None and self.visibility == LIBRARY


def in_library() -> ColumnElement[bool]:
    """Return the condition that a row of ``Images`` is neither deleted nor hidden."""
    # A literal: a partial index serves a query only when the planner sees the value.
    return and_(col(Images.deleted_at).is_(None), col(Images.visibility) == literal_column(f"'{LIBRARY}'"))


def is_hidden() -> ColumnElement[bool]:
    """Return the condition that a row of ``Images`` is hidden."""
    return col(Images.visibility) == literal_column(f"'{HIDDEN}'")


class ImageHashes(Base, table=True):
    """Each image's difference hash in four 16-bit parts: two hashes that differ in at most 3 bits share a part."""

    __tablename__: ClassVar[str] = "image_hashes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    quarter: int = Field(primary_key=True, description="number of the part (0-3) * 65,536 + its 16 bits")
    image_id: str = Field(foreign_key="images.id", primary_key=True)


class Questions(Base, table=True):
    """A question about one image; ``answered`` is derived from the entries that answer it."""

    __tablename__: ClassVar[str] = "questions"
    __table_args__ = (
        Index("ix_questions_image", "image_id", "deleted_at"),
        Index("ix_questions_held", "project_id", "deleted_at", "image_id"),
        Index("ix_questions_project", "project_id", "deleted_at", "create_at", "id"),
        Index(
            "ix_questions_once",
            "image_id", "language", "question_key",
            unique=True, sqlite_where=ALIVE, postgresql_where=ALIVE,
        ),
    )  # fmt: skip

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    image_id: str = Field(foreign_key="images.id")
    question: str
    question_key: str = Field(description="normalized text: questions with the same key count as the same")
    language: str = "en"
    kind: str = ""
    answer_type: str = "text"
    options: list[str] | dict[str, Any] | None = Field(
        default=None, sa_column=Column("options", JSON, nullable=True), description="labels, or a JSON schema"
    )
    model: str = Field(default="", description="who asked; empty for a person")
    task_id: str | None = None
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    deleted_at: datetime | None = time_field(now=False)

    one_label: bool = one_label_field()
    template_id: str | None = Field(default=None, description="of the template it was made from")

    answered: ClassVar[bool]


class QuestionTemplates(Base, table=True):
    """A fixed question: asked about every image of a project, including images added later."""

    __tablename__: ClassVar[str] = "question_templates"
    __table_args__ = (Index("ix_templates_project", "project_id", "deleted_at", "create_at"),)

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    question: str
    language: str = "en"
    answer_type: str = "text"
    options: list[str] | dict[str, Any] | None = Field(
        default=None, sa_column=Column("options", JSON, nullable=True), description="labels, or a JSON schema"
    )
    one_label: bool = one_label_field()
    create_at: datetime = time_field()
    deleted_at: datetime | None = time_field(now=False)


def _partial_index(
    name: str, *columns: str, condition: str, postgresql: str | None = None, carried: tuple[str, ...] = ()
) -> Index:
    """Return a partial index; a query uses it only if it states *condition* literally."""
    where: dict[str, Any] = {"sqlite_where": text(condition), "postgresql_where": text(postgresql or condition)}
    return Index(f"ix_entries_{name}", "project_id", "deleted_at", *columns, "create_at", "id", *carried, **where)


def _counted_by_triggers(what: str) -> Any:
    return Field(default=0, sa_column_kwargs={"server_default": text("0")}, description=what)


class ImageDatasets(Base, table=True):
    """An entry: one question about one image with its answer."""

    __tablename__: ClassVar[str] = "image_datasets"
    __table_args__ = (
        Index("ix_entries_order", "project_id", "deleted_at", "create_at", "id"),
        Index("ix_entries_review", "project_id", "deleted_at", "confirmed", "rejected", "create_at", "id"),
        Index("ix_entries_image", "image_id", "deleted_at"),
        Index("ix_entries_held", "project_id", "deleted_at", "image_id"),
        Index("ix_entries_question", "question_id", "deleted_at"),
        # One for each field of the search line, in the sort order of the pages (keyset pagination).
        *(
            Index(f"ix_entries_{name}", "project_id", "deleted_at", name, "create_at", "id")
            for name in ("kind", "model", "language", "answer_type", "score")
        ),
        _partial_index("task", "task_id", condition="task_id IS NOT NULL"),
        _partial_index("flagged", condition="flagged IS 1", postgresql="flagged IS true"),
        _partial_index("doubtful", condition="needs_review != ''", carried=("needs_review", "answer_type")),
        _partial_index("reason", "reject_reason", condition="reject_reason != ''"),
        _partial_index(
            "edited",
            condition="generated_answer IS NOT NULL AND generated_answer != answer"
            " OR generated_question IS NOT NULL AND generated_question != question",
        ),
        *(_partial_index(check.name, condition=check.condition) for check in ROW_CHECKS if check.has_index),
    )

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    image_id: str = Field(foreign_key="images.id")
    image_name: str
    question_id: str | None = Field(default=None, foreign_key="questions.id")
    question: str
    answer: str
    answer_type: str = Field(default="text", description="text, label (JSON array) or custom_format (JSON)")
    model: str = Field(default="", description="who answered; empty for a person")
    confirmed: bool = False
    rejected: bool = False
    reject_reason: str = ""
    flagged: bool = False
    score: float = Field(default=0.0, description="0-5, halves allowed; 0 is not rated")
    tags: str = Field(default="", description="comma-separated")
    note: str = ""
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    deleted_at: datetime | None = time_field(now=False)

    version: int = Field(default=1, description="grows by one with every change; writes check it")
    kind: str = ""
    language: str = "en"
    options: list[str] | dict[str, Any] | None = Field(
        default=None, sa_column=Column("options", JSON, nullable=True), description="labels, or a JSON schema"
    )
    needs_review: str = Field(
        default="", description="why a person should check the entry; empty when nothing is suspicious"
    )
    generated_question: str | None = Field(default=None, description="as the model asked it")
    generated_answer: str | None = Field(default=None, description="as the model gave it")
    call_id: int | None = Field(default=None, foreign_key="llm_calls.id")
    task_id: str | None = None
    repeats: int = _counted_by_triggers("entries of the image with nearly the same question")
    disputes: int = _counted_by_triggers("entries of the image with the same question and another answer")

    @property
    def edited(self) -> bool:
        """Whether a person changed what a model wrote."""
        return (self.generated_answer is not None and self.generated_answer != self.answer) or (
            self.generated_question is not None and self.generated_question != self.question
        )

    @property
    def decision(self) -> str:
        return "confirmed" if self.confirmed else "rejected" if self.rejected else "open"


class Events(Base, table=True):
    """What a person or a task changed in a row, with old and new values: for the history and for undo."""

    __tablename__: ClassVar[str] = "events"
    __table_args__ = (
        Index("ix_events_entity", "entity_id", "id"),
        Index("ix_events_project", "project_id", "id"),
        Index("ix_events_batch", "batch_id", "id"),
        Index("ix_events_actor", "project_id", "actor", "action"),
        Index(
            "ix_events_second",
            "project_id",
            "entity_id",
            sqlite_where=SECOND,
            postgresql_where=SECOND,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(max_length=21, description="events of one click or call share it; undo takes the whole batch")
    project_id: str
    entity: str = Field(description="entry, image or project")
    entity_id: str
    action: str
    actor: str
    at: datetime = time_field()
    old: dict[str, Any] = json_field(dict)
    new: dict[str, Any] = json_field(dict)
    undone_by: int | None = Field(default=None, description="id of the event that undid this one")


Questions.answered = column_property(  # type: ignore[assignment]
    exists(
        select(1).where(
            ImageDatasets.question_id == Questions.id,  # type: ignore[arg-type]
            ImageDatasets.deleted_at.is_(None),  # type: ignore[union-attr]
        )
    )
)
