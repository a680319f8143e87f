"""Tables of questions and entries, and the event log of changes."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, ColumnElement, Index, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import column_property
from sqlmodel import Field, col

from core.db.base import ALIVE, Base, id_field, json_field, time_field
from core.db.quality_sql import ROW_CHECKS

SECOND = text("action = 'second'")
MESSAGE = text("action = 'message'")
AUDITED = text("came_from IS NOT NULL")


def _further_images_field() -> Any:
    return Field(
        default="", sa_column_kwargs={"server_default": text("''")},
        description="ids of the second and further images, comma-separated in their order; empty for most",
    )  # fmt: skip


def one_label_field() -> Any:
    return Field(
        default=False, sa_column_kwargs={"server_default": text("false")}, description="a label answer is a single one"
    )


class _AboutImages:
    """What a question or an entry has images: ``image_id`` is the first, the others are in ``more_image_ids``."""

    image_id: str
    more_image_ids: str

    @property
    def image_ids(self) -> list[str]:
        """The ids of all its images, in their order."""
        return [self.image_id, *filter(None, self.more_image_ids.split(","))]


class EntryImages(Base, table=True):
    """Which entries have an image as their second or a further one: ``more_image_ids`` by image, made by triggers."""

    __tablename__: ClassVar[str] = "entry_images"
    __table_args__ = ({"sqlite_with_rowid": False},)

    image_id: str = Field(foreign_key="images.id", primary_key=True)
    entry_id: str = Field(primary_key=True)


class QuestionImages(Base, table=True):
    """The same for questions."""

    __tablename__: ClassVar[str] = "question_images"
    __table_args__ = ({"sqlite_with_rowid": False},)

    image_id: str = Field(foreign_key="images.id", primary_key=True)
    question_id: str = Field(primary_key=True)


class Questions(_AboutImages, Base, table=True):
    """A question about an image, or several; ``answered`` is derived from the entries that answer it."""

    __tablename__: ClassVar[str] = "questions"
    __table_args__ = (
        Index("ix_questions_image", "image_id", "deleted_at"),
        Index("ix_questions_held", "project_id", "deleted_at", "image_id"),
        Index("ix_questions_project", "project_id", "deleted_at", "create_at", "id"),
        Index(
            "ix_questions_once",
            "image_id", "language", "question_key", "more_image_ids",
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
    more_image_ids: str = _further_images_field()

    answered: ClassVar[bool]


def further_images(table: type[Questions] | type["ImageDatasets"], project_id: Any) -> Select[Any]:
    """Return the query of the ids of images that existing rows of a project have as their second or a further one."""
    links: Any = QuestionImages if table is Questions else EntryImages
    key = links.question_id if table is Questions else links.entry_id
    alive = and_(col(table.id) == key, col(table.project_id) == project_id, col(table.deleted_at).is_(None))
    return select(links.image_id).where(exists(select(1).where(alive)))


def is_further_image(table: type[Questions] | type["ImageDatasets"], image_id: Any) -> ColumnElement[bool]:
    """Return the condition that an existing row has the image of the outer query as its second or a further one."""
    links: Any = QuestionImages if table is Questions else EntryImages
    key = links.question_id if table is Questions else links.entry_id
    own = select(1).join_from(links, table, col(table.id) == key)
    return own.where(links.image_id == image_id, col(table.deleted_at).is_(None)).correlate(image_id.table).exists()


def asks_itself(*, of_image: bool = False) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of existing entries whose question has no row of its own.

    Whoever makes an entry of a question and an answer stores no question apart: it has been asked all the same.

    Args:
        of_image: the query names the image of the entries; SQLite would look up all entries without a row of a question
            for each image, so it is kept from the index of questions.
    """
    question = col(ImageDatasets.question_id)
    has_none = func.coalesce(question, "") == "" if of_image else question.is_(None)
    return has_none, col(ImageDatasets.deleted_at).is_(None)


def has_one_image(table: type[Questions] | type["ImageDatasets"]) -> ColumnElement[bool]:
    """Return the condition that a question or an entry is about a single image."""
    return col(table.more_image_ids) == ""


def is_about(table: type[Questions] | type["ImageDatasets"], image_ids: Any) -> ColumnElement[bool]:
    """Return the condition that a question or an entry has one of the images, as its first or a further one.

    *image_ids* are a list of ids or a query of them.
    """
    links: Any = QuestionImages if table is Questions else EntryImages
    key = links.question_id if table is Questions else links.entry_id
    return or_(col(table.image_id).in_(image_ids), col(table.id).in_(select(key).where(links.image_id.in_(image_ids))))


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


IN_CONVERSATION = text("conversation_id IS NOT NULL")
HELD_BACK = datetime(1970, 1, 1, tzinfo=UTC)
"""The ``deleted_at`` of a honeypot: no list, count, check or export has it, but its id works like that of any entry."""
IMPORTED = "imported"
"""The ``origin`` of an answer that came with imported data: who gave it is not known, unless ``model`` says so."""


class ImageDatasets(_AboutImages, Base, table=True):
    """An entry: one question about an image, or several, with its answer."""

    __tablename__: ClassVar[str] = "image_datasets"
    __table_args__ = (
        Index("ix_entries_order", "project_id", "deleted_at", "create_at", "id"),
        # On SQLite; on PostgreSQL the table entry_states is looked up instead (core/db/entry_states.py).
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
        Index(
            "ix_entries_conversation",
            "conversation_id",
            "turn",
            sqlite_where=IN_CONVERSATION,
            postgresql_where=IN_CONVERSATION,
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
    model: str = Field(
        default="", description="who answered; empty for a person, or when origin says that nobody knows"
    )
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

    more_image_ids: str = _further_images_field()
    conversation_id: str | None = Field(default=None, description="entries that share it are turns of a conversation")
    turn: int = Field(
        default=0, sa_column_kwargs={"server_default": text("0")}, description="position in the conversation, from 0"
    )
    system: str = Field(
        default="", sa_column_kwargs={"server_default": text("''")}, description="the system prompt it was asked with"
    )
    boxes: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column("boxes", JSON(none_as_null=True), nullable=True),
        description="label, xyxy in px of the upright original, image: 0 for the first one",
    )  # fmt: skip
    ratings: dict[str, int] | None = Field(
        default=None, sa_column=Column("ratings", JSON(none_as_null=True), nullable=True),
        description="FineVision's ratings, 1-5: relevance, image_correspondence, visual_dependency, formatting",
    )  # fmt: skip
    origin: str = Field(
        default="", sa_column_kwargs={"server_default": text("''")},
        description="imported, or empty for an answer that was given here",
    )  # fmt: skip

    @property
    def edited(self) -> bool:
        """Whether a person changed what a model wrote."""
        return (self.generated_answer is not None and self.generated_answer != self.answer) or (
            self.generated_question is not None and self.generated_question != self.question
        )

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted; an entry that is held back from the dataset was not."""
        return self.deleted_at is not None and self.deleted_at != HELD_BACK

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
        Index("ix_events_message", "project_id", "entity_id", sqlite_where=MESSAGE, postgresql_where=MESSAGE),
        # A covering index for the pages of the audit and their filters.
        Index(
            "ix_events_audited",
            "at", "id", "project_id", "actor", "action",
            sqlite_where=AUDITED, postgresql_where=AUDITED,
        ),
    )  # fmt: skip

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
    came_from: str | None = Field(
        default=None,
        description="way, address and credential of an act that this event alone records; None for one of many events "
        "of an act, which the audit has as a row",
    )


Questions.answered = column_property(  # type: ignore[assignment]
    exists(
        select(1).where(
            ImageDatasets.question_id == Questions.id,  # type: ignore[arg-type]
            ImageDatasets.deleted_at.is_(None),  # type: ignore[union-attr]
        )
    )
)
