"""The tables.

Every id is 21 URL-safe characters that cannot be guessed; times are UTC and aware. A row with ``deleted_at``
is gone for every reader but can be brought back. Column names of the promised interface
(``create_at``, ``update_at``, ``image_name``, ...) stay as they are.
"""

import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, DateTime, Index, TypeDecorator, exists, select, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import column_property, registry
from sqlmodel import Field, SQLModel

_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"


def new_id() -> str:
    """Return 21 random URL-safe characters: 126 bits, the size of a nanoid."""
    return "".join(_ID_ALPHABET[byte & 63] for byte in secrets.token_bytes(21))


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is added back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times must carry a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(SQLModel, registry=registry()):
    """The root of the tables.

    A registry of its own lets hot reload import this module a second time; SQLModel's shared one would refuse
    tables that it already knows.
    """


def _id() -> Any:
    return Field(default_factory=new_id, primary_key=True, max_length=21)


def _time(*, now: bool = True, touch: bool = False) -> Any:
    extra = {"onupdate": utc_now} if touch else {}
    if now:
        return Field(default_factory=utc_now, sa_type=UtcDateTime, sa_column_kwargs=extra)
    return Field(default=None, sa_type=UtcDateTime, nullable=True)


def _json(default: Any) -> Any:
    return Field(default_factory=lambda: default() if callable(default) else default, sa_type=JSON)


_ALIVE = text("deleted_at IS NULL")


class Projects(Base, table=True):
    __tablename__: ClassVar[str] = "projects"

    id: str = _id()
    name: str
    description: str = ""
    create_at: datetime = _time()
    update_at: datetime = _time(touch=True)
    deleted_at: datetime | None = _time(now=False)


class Images(Base, table=True):
    """One picture of a project; its bytes are stored once under their sha256, whatever its name."""

    __tablename__: ClassVar[str] = "images"
    __table_args__ = (
        Index(
            "ix_images_identity",
            "project_id",
            "sha256",
            unique=True,
            sqlite_where=_ALIVE,
            postgresql_where=_ALIVE,
        ),
        # Carries what filters ask for, so that counting 100,000 rows reads none of them.
        Index(
            "ix_images_newest",
            "project_id", "deleted_at", "create_at", "id",
            "image_name", "format", "colors", "tags", "width", "height", "near_duplicate_of", "source",
        ),
        Index("ix_images_name", "project_id", "deleted_at", "image_name", "id"),
        Index("ix_images_size", "project_id", "deleted_at", "size", "id"),
        Index("ix_images_sharpness", "project_id", "deleted_at", "sharpness", "id"),
        Index("ix_images_alike", "project_id", "near_duplicate_of"),
    )  # fmt: skip

    id: str = _id()
    project_id: str = Field(foreign_key="projects.id")
    image_name: str
    path: str = Field(description="relative to the storage directory")
    size: int = Field(description="bytes of the original")
    width: int | None = Field(default=None, description="px, upright")
    height: int | None = Field(default=None, description="px, upright")
    create_at: datetime = _time()
    update_at: datetime = _time(touch=True)
    deleted_at: datetime | None = _time(now=False)

    sha256: str = Field(max_length=64)
    format: str = Field(max_length=8, description="JPEG, PNG or WEBP, by content")
    dhash: str = Field(default="", max_length=16, description="64-bit difference hash, hex")
    near_duplicate_of: str | None = Field(default=None, description="id of the first image that looks alike")
    average_color: str = Field(default="", max_length=7, description="#rrggbb")
    colors: str = Field(default="", description="names of the dominant colors, comma-separated, largest share first")
    brightness: float | None = Field(default=None, description="mean L*, 0-100")
    contrast: float | None = Field(default=None, description="spread of L*")
    sharpness: float | None = Field(default=None, description="variance of the Laplacian at 256 px")
    tags: str = ""
    source: str = Field(default="upload", description="upload, zip, directory, sample, generated, ...")
    source_ref: str = Field(default="", description="where in that source: archive member, page, address")


class ImageHashes(Base, table=True):
    """The four quarters of each image's hash: hashes that differ in at most three bits share one of them."""

    __tablename__: ClassVar[str] = "image_hashes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    project_id: str = Field(foreign_key="projects.id", primary_key=True)
    quarter: int = Field(primary_key=True, description="which of the four, times 65 536, plus its 16 bits")
    image_id: str = Field(foreign_key="images.id", primary_key=True)


class Questions(Base, table=True):
    """A question about one image; ``answered`` is derived from the entries that answer it."""

    __tablename__: ClassVar[str] = "questions"
    __table_args__ = (
        Index("ix_questions_image", "image_id", "deleted_at"),
        Index("ix_questions_project", "project_id", "deleted_at", "create_at", "id"),
        Index(
            "ix_questions_once",
            "image_id", "language", "question_key",
            unique=True, sqlite_where=_ALIVE, postgresql_where=_ALIVE,
        ),
    )  # fmt: skip

    id: str = _id()
    project_id: str = Field(foreign_key="projects.id")
    image_id: str = Field(foreign_key="images.id")
    question: str
    question_key: str = Field(description="normalised text: what makes two questions the same")
    language: str = "en"
    kind: str = ""
    answer_type: str = "text"
    options: list[str] | dict[str, Any] | None = Field(
        default=None, sa_column=Column("options", JSON, nullable=True), description="labels, or a JSON schema"
    )
    model: str = Field(default="", description="who asked; empty for a person")
    task_id: str | None = None
    create_at: datetime = _time()
    update_at: datetime = _time(touch=True)
    deleted_at: datetime | None = _time(now=False)

    answered: ClassVar[bool]


class ImageDatasets(Base, table=True):
    """An entry: one question about one image with its answer."""

    __tablename__: ClassVar[str] = "image_datasets"
    __table_args__ = (
        Index("ix_entries_order", "project_id", "deleted_at", "create_at", "id"),
        Index("ix_entries_review", "project_id", "deleted_at", "confirmed", "rejected", "create_at", "id"),
        Index("ix_entries_image", "image_id", "deleted_at"),
        Index("ix_entries_question", "question_id", "deleted_at"),
    )

    id: str = _id()
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
    create_at: datetime = _time()
    update_at: datetime = _time(touch=True)
    deleted_at: datetime | None = _time(now=False)

    version: int = Field(default=1, description="grows by one with every change; writes check it")
    kind: str = ""
    language: str = "en"
    options: list[str] | dict[str, Any] | None = Field(
        default=None, sa_column=Column("options", JSON, nullable=True), description="labels, or a JSON schema"
    )
    needs_review: str = Field(default="", description="why a person should look twice; empty when nothing is odd")
    generated_question: str | None = Field(default=None, description="as the model asked it")
    generated_answer: str | None = Field(default=None, description="as the model gave it")
    call_id: int | None = Field(default=None, foreign_key="llm_calls.id")
    task_id: str | None = None

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
    """What a person or a task did to a row, with both values: the history, and the way back."""

    __tablename__: ClassVar[str] = "events"
    __table_args__ = (
        Index("ix_events_entity", "entity_id", "id"),
        Index("ix_events_project", "project_id", "id"),
        Index("ix_events_batch", "batch_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(max_length=21, description="one act of a person: undone as a whole")
    project_id: str
    entity: str = Field(description="entry, image or project")
    entity_id: str
    action: str
    actor: str
    at: datetime = _time()
    old: dict[str, Any] = _json(dict)
    new: dict[str, Any] = _json(dict)
    undone_by: int | None = Field(default=None, description="id of the event that took it back")


class Tasks(Base, table=True):
    """Long work. The counts belong to its items and are written with them, in the same transaction."""

    __tablename__: ClassVar[str] = "tasks"
    __table_args__ = (
        Index("ix_tasks_project", "project_id", "create_at", "id"),
        Index("ix_tasks_status", "status"),
    )

    id: str = _id()
    project_id: str = Field(foreign_key="projects.id")
    task_type: str
    status: str = "queued"
    config: dict[str, Any] = _json(dict)
    total_count: int = 0
    processed_count: int = 0
    failed_count: int = 0
    note: str = Field(default="", description="why it is paused or failed, for the person at the screen")
    create_at: datetime = _time()
    update_at: datetime = _time(touch=True)
    started_at: datetime | None = _time(now=False)
    ended_at: datetime | None = _time(now=False)
    started_by: str = "local"
    cost_cap: float | None = Field(default=None, description="US dollars")
    result: dict[str, Any] = _json(dict)


class TaskItems(Base, table=True):
    __tablename__: ClassVar[str] = "task_items"
    __table_args__ = (
        Index("ix_items_order", "task_id", "position", unique=True),
        Index("ix_items_state", "task_id", "state", "position"),
    )

    id: int | None = Field(default=None, primary_key=True)
    task_id: str = Field(foreign_key="tasks.id")
    position: int
    subject_id: str = Field(default="", description="id of the image, question or prompt it is about")
    payload: dict[str, Any] = _json(dict)
    state: str = "queued"
    attempts: int = 0
    error_code: str = ""
    error: str = ""
    result: dict[str, Any] = _json(dict)
    ended_at: datetime | None = _time(now=False)


class LlmCalls(Base, table=True):
    """The ledger: a row is committed before a call is sent, and completed after."""

    __tablename__: ClassVar[str] = "llm_calls"
    __table_args__ = (
        Index("ix_calls_task", "task_id", "state"),
        Index("ix_calls_request", "request_hash", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    task_id: str | None = None
    item_id: int | None = None
    purpose: str = ""
    model: str
    request_hash: str = Field(max_length=64, description="sha256 of model, parameters, prompt and image bytes")
    params: dict[str, Any] = _json(dict)
    prompt: str = ""
    state: str = Field(default="started", description="started, ok, failed or unknown (maybe paid)")
    attempt: int = 1
    started_at: datetime = _time()
    ended_at: datetime | None = _time(now=False)
    http_status: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = Field(default=None, description="US dollars; None when the price is unknown")
    error_code: str = ""
    reply: str = Field(default="", description="the text of a good reply, the beginning of a bad one")


class StyleDatasets(Base, table=True):
    """A named style as it stands now; what it was in each version is kept in ``StyleVersions``."""

    __tablename__: ClassVar[str] = "style_datasets"
    __table_args__ = (Index("ix_style_datasets_project", "project_id", "created_at"),)

    id: str = _id()
    user_id: str | None = None
    project_id: str = Field(foreign_key="projects.id")
    name: str
    master_prompt: str = ""
    version: int = 1
    created_at: datetime = _time()
    deleted_at: datetime | None = _time(now=False)
    draft: dict[str, Any] = _json(dict)


class StyleVersions(Base, table=True):
    """What a style dataset said in one version; its images are those added before and not removed by then."""

    __tablename__: ClassVar[str] = "style_versions"
    __table_args__ = (Index("ix_style_versions_order", "dataset_id", "version", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: str = Field(foreign_key="style_datasets.id")
    version: int
    name: str
    master_prompt: str = ""
    change: str = Field(default="", description="what made it a new version, in words")
    created_at: datetime = _time()


class StyleDatasetImages(Base, table=True):
    __tablename__: ClassVar[str] = "style_dataset_images"
    __table_args__ = (
        Index("ix_style_images_order", "dataset_id", "position"),
        Index("ix_style_images_image", "image_id"),
    )

    id: str = _id()
    dataset_id: str = Field(foreign_key="style_datasets.id")
    image_id: str | None = Field(default=None, foreign_key="images.id")
    image_url: str = Field(default="", description="where it comes from when it is not in the library")
    position: int = 0
    analysis_result: dict[str, Any] = _json(dict)
    features: dict[str, Any] = _json(dict)
    created_at: datetime = _time()
    analysis_model: str = Field(default="", description="who wrote the analysis; a person once it was edited")
    added_in: int = Field(default=1, description="version of the style dataset")
    removed_in: int | None = Field(default=None, description="version of the style dataset; None while it belongs")


class BusinessProfiles(Base, table=True):
    __tablename__: ClassVar[str] = "business_profiles"

    id: str = _id()
    project_id: str = Field(foreign_key="projects.id", unique=True)
    business_name: str = ""
    vibes: str = ""
    theme: str = ""


class GeneratedImages(Base, table=True):
    """A generated image with the frozen recipe that made it."""

    __tablename__: ClassVar[str] = "generated_images"
    __table_args__ = (
        Index("ix_generated_project", "project_id", "deleted_at", "created_at", "id"),
        Index("ix_generated_task", "task_id"),
        Index("ix_generated_image", "image_id"),
    )

    id: str = _id()
    project_id: str = Field(foreign_key="projects.id")
    prompt: str
    full_prompt: str = ""
    image_id: str | None = Field(default=None, foreign_key="images.id")
    dataset_id: str | None = Field(default=None, foreign_key="style_datasets.id")
    style: str | None = None
    aspect_ratio: str = "1:1"
    resolution: str = ""
    format: str = ""
    quality: str = ""
    reference_images_count: int = 0
    model: str = ""
    caption: str = ""
    recipe: dict[str, Any] = _json(dict)
    match: dict[str, Any] = _json(dict)
    call_id: int | None = Field(default=None, foreign_key="llm_calls.id")
    created_at: datetime = _time()
    deleted_at: datetime | None = _time(now=False)
    dataset_version: int | None = None
    kept: bool = Field(default=False, description="put into the project; until then its image is out of sight")
    rating: int = Field(default=0, description="a person's thumb: 1 up, -1 down, 0 none")
    cost: float | None = Field(default=None, description="US dollars; None when the price is unknown")
    task_id: str | None = None
    parent_id: str | None = Field(default=None, description="the result it was run again or varied from")


class Exports(Base, table=True):
    """An export that was made: its recipe, its report, where it lies."""

    __tablename__: ClassVar[str] = "exports"
    __table_args__ = (Index("ix_exports_project", "project_id", "create_at"),)

    id: str = _id()
    project_id: str = Field(foreign_key="projects.id")
    task_id: str | None = None
    format: str
    recipe: dict[str, Any] = _json(dict)
    report: dict[str, Any] = _json(dict)
    path: str = Field(default="", description="relative to the data directory")
    size_bytes: int = 0
    create_at: datetime = _time()


class ApiTokens(Base, table=True):
    """What lets a program in; only the hash is kept, so a token is shown once and never again."""

    __tablename__: ClassVar[str] = "api_tokens"

    id: str = _id()
    name: str
    token_hash: str = Field(max_length=64, unique=True, description="sha256; a token is 256 random bits")
    scope: str = Field(description="read or write")
    create_at: datetime = _time()
    last_used_at: datetime | None = _time(now=False)
    revoked_at: datetime | None = _time(now=False)


class KeyedReplies(Base, table=True):
    """The reply to a request that came with an idempotency key; ``status`` is empty while it is worked on."""

    __tablename__: ClassVar[str] = "keyed_replies"
    __table_args__ = (Index("ix_keyed_replies_age", "create_at"),)

    key_hash: str = Field(primary_key=True, max_length=64, description="sha256 of who asked, and the key")
    request_hash: str = Field(max_length=64, description="sha256 of method, path and body")
    status: int | None = None
    body: str = ""
    create_at: datetime = _time()


Questions.answered = column_property(  # type: ignore[assignment]
    exists(
        select(1).where(
            ImageDatasets.question_id == Questions.id,  # type: ignore[arg-type]
            ImageDatasets.deleted_at.is_(None),  # type: ignore[union-attr]
        )
    )
)
