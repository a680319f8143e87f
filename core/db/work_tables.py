"""Long work: tasks with their items, models and the ledger of their calls, the exports that were made."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field

from core.db.base import Base, id_field, json_field, time_field


class Tasks(Base, table=True):
    """Long work. The counts belong to its items and are written with them, in the same transaction."""

    __tablename__: ClassVar[str] = "tasks"
    __table_args__ = (
        Index("ix_tasks_project", "project_id", "create_at", "id"),
        Index("ix_tasks_status", "status"),
    )

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    task_type: str
    status: str = "queued"
    config: dict[str, Any] = json_field(dict)
    total_count: int = 0
    processed_count: int = 0
    failed_count: int = 0
    note: str = Field(default="", description="why it is paused or failed, for the person at the screen")
    create_at: datetime = time_field()
    update_at: datetime = time_field(touch=True)
    started_at: datetime | None = time_field(now=False)
    ended_at: datetime | None = time_field(now=False)
    started_by: str = "local"
    cost_cap: float | None = Field(default=None, description="US dollars")
    result: dict[str, Any] = json_field(dict)


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
    payload: dict[str, Any] = json_field(dict)
    stage: int = Field(
        default=0, sa_column_kwargs={"server_default": text("0")},
        description="items of a stage run when those of the stages before it have ended",
    )  # fmt: skip
    state: str = "queued"
    attempts: int = 0
    error_code: str = ""
    error: str = ""
    result: dict[str, Any] = json_field(dict)
    ended_at: datetime | None = time_field(now=False)


class TaskChunks(Base, table=True):
    """Items of a task that one worker runs together: those at the positions from the first to the last one.

    A chunk is there as long as it is handed out; its items keep their state in their own rows.
    """

    __tablename__: ClassVar[str] = "task_chunks"
    __table_args__ = (Index("ix_chunks_task", "task_id", "first_position"),)

    id: str = id_field()
    task_id: str = Field(foreign_key="tasks.id")
    first_position: int
    last_position: int
    queue: str = Field(description="what workers choose by: the kind of task and its lanes")
    version: str = Field(description="of the program; workers of another version do not take it")
    worker_id: str = Field(default="", description="who runs it, empty until somebody does")
    create_at: datetime = time_field()


class TaskSignals(Base, table=True):
    """What a process tells the one that runs the tasks, which removes the row."""

    __tablename__: ClassVar[str] = "task_signals"

    id: int | None = Field(default=None, primary_key=True)
    task_id: str = Field(foreign_key="tasks.id")
    signal: str = Field(description="submitted: its queued items are to be run; ended: a worker has ended it")


class Workers(Base, table=True):
    """A process that runs chunks; its row ends with it, or when it was silent for too long."""

    __tablename__: ClassVar[str] = "workers"

    id: str = id_field()
    executor: str = Field(description="what the library of the engine calls the process")
    name: str = Field(description="host and process, for people")
    version: str
    concurrency: int = Field(description="items at a time")
    kinds: list[str] = json_field(list)
    lanes: list[str] = json_field(list)
    doing: dict[str, Any] = json_field(dict)
    """By task id: the share of its current long item that is done, and its step."""
    is_draining: bool = False
    create_at: datetime = time_field()
    beat_at: datetime = time_field()


class LlmCalls(Base, table=True):
    """The call ledger: a row is committed before a call is sent and completed after its reply."""

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
    request_hash: str = Field(
        max_length=64,
        description="sha256 of model, parameters, prompt and image bytes; empty for an imported call, which nothing "
        "here has sent: it answers no request and calibrates no estimate",
    )
    params: dict[str, Any] = json_field(dict)
    prompt: str = ""
    state: str = Field(
        default="started", description="started, waiting (in a batch), ok, failed or unknown (maybe paid)"
    )
    attempt: int = 1
    started_at: datetime = time_field()
    ended_at: datetime | None = time_field(now=False)
    http_status: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = Field(default=None, description="US dollars; None when the price is unknown")
    error_code: str = ""
    reply: str = Field(default="", description="the text of a good reply, the beginning of a bad one")


class ProviderBatches(Base, table=True):
    """Requests that a provider answers within a day, at a lower price. The row is committed before they are sent."""

    __tablename__: ClassVar[str] = "provider_batches"
    __table_args__ = (Index("ix_batches_task", "task_id", "state"),)

    id: str = id_field()
    task_id: str = Field(foreign_key="tasks.id")
    model_index: int = 0
    model: str
    state: str = Field(
        default="intended",
        description="intended: it is not known whether the provider has it; sent: it has; ended: its results are "
        "stored; lost: it has it no more, or never had",
    )
    provider_id: str = Field(default="", description="the provider's id of it")
    tries: int = Field(default=0, description="how often sending it was begun")
    request_count: int = 0
    done_count: int = Field(default=0, description="answered ones, as the provider counts")
    expected_cost: float | None = Field(default=None, description="US dollars at most, as known before it was sent")
    note: str = Field(default="", description="what the provider said of it")
    create_at: datetime = time_field()
    sent_at: datetime | None = time_field(now=False)
    ended_at: datetime | None = time_field(now=False)


class BatchRequests(Base, table=True):
    """One request of a batch: one attempt of a model call."""

    __tablename__: ClassVar[str] = "batch_requests"
    __table_args__ = (
        Index("ix_batch_requests_item", "item_id", "state"),
        Index("ix_batch_requests_batch", "batch_id", "number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    batch_id: str = Field(foreign_key="provider_batches.id")
    number: int = Field(description="its place in the batch; its custom_id is made of both")
    item_id: int
    call_id: int
    request_hash: str
    purpose: str = ""
    attempt: int = 1
    state: str = Field(default="waiting", description="waiting, answered, lost (no answer came) or used")
    http_status: int | None = None
    response: str = Field(default="", description="the body of the answer, until its item has ended")


class ModelProfiles(Base, table=True):
    """A model with its address and parameters under a name the user chose; without its key."""

    __tablename__: ClassVar[str] = "model_profiles"

    id: str = id_field()
    name: str = Field(unique=True)
    config: dict[str, Any] = json_field(dict)
    create_at: datetime = time_field()


class Exports(Base, table=True):
    """A finished export: its recipe, its report and its path."""

    __tablename__: ClassVar[str] = "exports"
    __table_args__ = (Index("ix_exports_project", "project_id", "create_at"),)

    id: str = id_field()
    project_id: str = Field(foreign_key="projects.id")
    task_id: str | None = None
    format: str
    recipe: dict[str, Any] = json_field(dict)
    report: dict[str, Any] = json_field(dict)
    path: str = Field(default="", description="relative to the data directory")
    size_bytes: int = 0
    create_at: datetime = time_field()
