"""What of each table belongs to a project and moves with it, column by column.

A test fails for a table or a column of the database that is not listed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col, select

from core.db import (
    BusinessProfiles,
    CheckRuns,
    EntryFindings,
    Events,
    GeneratedImages,
    Guidelines,
    Honeypots,
    ImageAnalyses,
    ImageDatasets,
    Images,
    ImageVectors,
    LlmCalls,
    ModelProfiles,
    Projects,
    Questions,
    QuestionTemplates,
    ReviewPlans,
    SavedViews,
    StyleDatasetImages,
    StyleDatasets,
    StyleVersions,
    TaskItems,
    Tasks,
    question_key,
    utc_now,
)
from core.db.base import Base
from core.moving import EXPORT_TASK, IMPORT_TASK
from core.tasks import TaskStatus
from core.tasks.service import ACTIVE, STAYED_BEHIND
from core.vision.store import WORDS

MOVED = "The project was moved while this task was open. Resume it here."
LEFT_BEHIND = "The project was moved while this task was open, without the files it reads. Start it again."

RESUMABLE = (
    "image-question-generation", "image-answer-generation", "image-analysis", "style-analysis", "style-generation",
    "dataset-check", "asked-check", "image-map", "twin-drafting",
)  # fmt: skip
"""Tasks that need only the rows of their project. The items of others name files of the server, to read or to write:
from an archive such a name may be anything, so they do not run here."""


@dataclass(frozen=True, eq=False)
class MovedTable:
    """A table whose rows move; every column is in one of the groups."""

    row: type[Base]
    belongs: Callable[[str], ColumnElement[bool]]
    """Returns the condition of the rows that belong to a project."""
    plain: str
    """Columns that are copied as they are."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Columns of ids, each with the table that it refers to; ``*`` stands for any. Several ids are comma-separated."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Columns of integer ids, which are always assigned anew, each with its table."""
    texts: str = ""
    """Columns of texts and JSON that may contain ids."""
    groups: str = ""
    """Columns of ids that rows share without a row of their own."""
    derived: Mapping[str, str] = field(default_factory=dict)
    """Columns that are made anew, each with the reason."""
    settle: Callable[[dict[str, Any]], None] = lambda values: None
    """Changes the values of a row whose work was under way."""

    @cached_property
    def name(self) -> str:
        """The name of the table in the database and in archives."""
        return str(self.row.__tablename__)

    @cached_property
    def carried(self) -> tuple[str, ...]:
        """The columns that an archive has, in the order of the table."""
        return tuple(name for name in self.row.model_fields if name not in self.derived)

    @cached_property
    def declared(self) -> set[str]:
        """Every column that is in one of the groups."""
        words = f"{self.plain} {self.texts} {self.groups}".split()
        return {*words, *self.ids, *self.numbers, *self.derived}

    @cached_property
    def key(self) -> str:
        """The column of the primary key."""
        (column,) = self.row.__table__.primary_key.columns  # type: ignore[attr-defined]
        return str(column.name)

    @cached_property
    def must_exist(self) -> frozenset[str]:
        """The columns of ids whose rows must exist: the foreign keys, and further images."""
        columns = self.row.__table__.columns  # type: ignore[attr-defined]
        return frozenset(
            name for name in (*self.ids, *self.numbers) if columns[name].foreign_keys or name == "more_image_ids"
        )


def _own(row: Any) -> Callable[[str], ColumnElement[bool]]:
    return lambda project_id: col(row.project_id) == project_id


def _of(row: Any, name: str, parent: Any) -> Callable[[str], ColumnElement[bool]]:
    """Return the condition of rows whose column *name* refers to a row of *parent* that belongs."""
    return lambda project_id: col(getattr(row, name)).in_(select(parent.id).where(parent.project_id == project_id))


def _tasks(project_id: str) -> ColumnElement[bool]:
    return (col(Tasks.project_id) == project_id) & col(Tasks.task_type).not_in((EXPORT_TASK, IMPORT_TASK))


def _task_items(project_id: str) -> ColumnElement[bool]:
    return col(TaskItems.task_id).in_(select(Tasks.id).where(_tasks(project_id)))


def _calls(project_id: str) -> ColumnElement[bool]:
    """Calls of tasks, and calls without a task whose answer or image is in the project."""
    made: tuple[Any, ...] = (ImageDatasets, GeneratedImages)
    used = (select(row.call_id).where(row.project_id == project_id, row.call_id.is_not(None)) for row in made)
    tasks = select(Tasks.id).where(Tasks.project_id == project_id)
    return or_(col(LlmCalls.task_id).in_(tasks), *(col(LlmCalls.id).in_(query) for query in used))


def _findings(project_id: str) -> Any:
    """Those of runs that ended."""
    ended = select(CheckRuns.id).where(CheckRuns.project_id == project_id, col(CheckRuns.ended_at).is_not(None))
    return col(EntryFindings.run_id).in_(ended)


def _settle_task(values: dict[str, Any]) -> None:
    is_open = values["status"] in (*ACTIVE, TaskStatus.PAUSED)
    if values["task_type"] not in RESUMABLE:
        values["config"] = {**values["config"], STAYED_BEHIND: True}
        if is_open:
            values["status"], values["note"] = TaskStatus.CANCELLED.value, LEFT_BEHIND
            values["ended_at"] = utc_now()
    elif values["status"] in ACTIVE:
        values["status"], values["note"] = TaskStatus.PAUSED.value, MOVED


def _settle_item(values: dict[str, Any]) -> None:
    if values["state"] in ("running", "waiting", "answered"):
        values["state"] = "queued"


def _settle_question(values: dict[str, Any]) -> None:
    values["question_key"] = question_key(str(values["question"]))  # another version may have had another rule


def _settle_call(values: dict[str, Any]) -> None:
    if values["state"] in ("started", "waiting"):
        values["state"] = "unknown"
    values["request_hash"] = ""  # whoever made the archive may have written the reply


_PROJECT = {"project_id": "projects"}

# In the order in which they are inserted: what is referred to comes first.
TABLES = (
    MovedTable(
        Projects, lambda project_id: col(Projects.id) == project_id,
        plain="name description create_at update_at analyzers", ids={"id": "projects"},
        derived=dict.fromkeys(("max_images", "max_image_bytes"), "the quota is of the server")
        | {"deleted_at": "only a project that exists is exported"},
    ),
    MovedTable(
        Tasks, _tasks,
        plain="task_type status total_count processed_count failed_count note create_at update_at started_at ended_at "
        "started_by cost_cap",
        ids={"id": "tasks", **_PROJECT}, texts="config result", settle=_settle_task,
    ),
    MovedTable(
        TaskItems, _task_items,
        plain="position stage state attempts error_code error ended_at",
        ids={"task_id": "tasks"}, numbers={"id": "task_items"}, texts="subject_id payload result",
        settle=_settle_item,
    ),
    MovedTable(
        LlmCalls, _calls,
        plain="purpose model request_hash prompt state attempt started_at ended_at http_status prompt_tokens "
        "completion_tokens cost error_code reply",
        ids={"task_id": "tasks"}, numbers={"id": "llm_calls", "item_id": "task_items"}, texts="params",
        settle=_settle_call,
    ),
    MovedTable(
        Images, _own(Images),
        plain="image_name size width height create_at update_at deleted_at sha256 format dhash average_color colors "
        "brightness contrast sharpness tags source visibility variant_steps pinned_split pinned_at",
        ids={"id": "images", **_PROJECT, "near_duplicate_of": "images", "variant_of": "images"}, texts="source_ref",
        derived={"path": "follows from hash and format"},
    ),
    MovedTable(
        ImageAnalyses, _own(ImageAnalyses),
        plain="analyzer version model score result update_at",
        ids={"id": "image_analyses", **_PROJECT, "image_id": "images"},
    ),
    MovedTable(
        # Vectors of words are derived from the analyses.
        ImageVectors, lambda project_id: (col(ImageVectors.project_id) == project_id) & (ImageVectors.kind != WORDS),
        plain="kind vector update_at", ids={"id": "image_vectors", **_PROJECT, "image_id": "images"},
    ),
    MovedTable(
        QuestionTemplates, _own(QuestionTemplates),
        plain="question language answer_type options one_label create_at deleted_at",
        ids={"id": "question_templates", **_PROJECT},
    ),
    MovedTable(
        Questions, _own(Questions), settle=_settle_question,
        plain="question question_key language kind answer_type options model create_at update_at deleted_at one_label",
        ids={
            "id": "questions", **_PROJECT, "image_id": "images", "more_image_ids": "images", "task_id": "tasks",
            "template_id": "question_templates",
        },
    ),
    MovedTable(
        ImageDatasets, _own(ImageDatasets),
        plain="image_name question answer answer_type model confirmed rejected reject_reason flagged score tags note "
        "create_at update_at deleted_at version kind language options needs_review generated_question "
        "generated_answer conversation_id turn system boxes ratings origin",
        ids={
            "id": "image_datasets", **_PROJECT, "image_id": "images", "more_image_ids": "images",
            "question_id": "questions", "task_id": "tasks",
        },
        numbers={"call_id": "llm_calls"},
        derived=dict.fromkeys(("repeats", "disputes"), "counted by triggers when the entry is written"),
    ),
    MovedTable(
        CheckRuns, lambda project_id: (col(CheckRuns.project_id) == project_id) & col(CheckRuns.ended_at).is_not(None),
        plain="check_name series options result create_at ended_at",
        ids={"id": "check_runs", **_PROJECT}, texts="query",
    ),
    MovedTable(
        EntryFindings, _findings,
        plain="verdict score evidence",
        ids={"id": "entry_findings", "entry_id": "image_datasets", "run_id": "check_runs"},
    ),
    MovedTable(
        StyleDatasets, _own(StyleDatasets),
        plain="user_id name master_prompt version created_at deleted_at",
        ids={"id": "style_datasets", **_PROJECT}, texts="draft",
    ),
    MovedTable(
        StyleVersions, _of(StyleVersions, "dataset_id", StyleDatasets),
        plain="version name master_prompt change created_at",
        ids={"dataset_id": "style_datasets"}, numbers={"id": "style_versions"},
    ),
    MovedTable(
        StyleDatasetImages, _of(StyleDatasetImages, "dataset_id", StyleDatasets),
        plain="position created_at analysis_model added_in removed_in",
        ids={"id": "style_dataset_images", "dataset_id": "style_datasets", "image_id": "images"},
        texts="image_url analysis_result features",
    ),
    MovedTable(
        BusinessProfiles, _own(BusinessProfiles),
        plain="business_name vibes theme", ids={"id": "business_profiles", **_PROJECT},
    ),
    MovedTable(
        GeneratedImages, _own(GeneratedImages),
        plain="prompt full_prompt style aspect_ratio resolution format quality reference_images_count model caption "
        "created_at deleted_at dataset_version kept rating cost",
        ids={
            "id": "generated_images", **_PROJECT, "image_id": "images", "dataset_id": "style_datasets",
            "task_id": "tasks", "parent_id": "generated_images",
        },
        numbers={"call_id": "llm_calls"}, texts="recipe match",
    ),
    MovedTable(
        SavedViews, _own(SavedViews),
        plain="name create_at created_by", ids={"id": "saved_views", **_PROJECT}, texts="query",
    ),
    MovedTable(
        ReviewPlans, _own(ReviewPlans), plain="assignment people second_percent", ids=_PROJECT, texts="honeypot_query",
        derived=dict.fromkeys(("honeypot_percent", "honeypot_seed"), "honeypots are off where other people review"),
    ),
    MovedTable(
        Guidelines, _own(Guidelines), plain="version restored_from create_at created_by",
        ids={"id": "guidelines", **_PROJECT}, texts="text",
    ),
    MovedTable(
        Honeypots, _own(Honeypots), plain="reader shown_answer right_answer is_right",
        ids={
            "id": "honeypots", **_PROJECT, "entry_id": "image_datasets", "source_id": "image_datasets",
            "behind_id": "image_datasets",
        },
    ),
    MovedTable(
        Events, _own(Events),
        plain="entity action actor at", ids={**_PROJECT, "entity_id": "*"},
        numbers={"id": "events", "undone_by": "events"}, texts="old new", groups="batch_id",
        derived={"came_from": "an address and a credential of the server where it happened"},
    ),
    MovedTable(
        ModelProfiles, lambda project_id: true(),
        plain="name config",
        derived={"id": "its name identifies a profile", "create_at": "a profile is saved when it arrives"},
    ),
)  # fmt: skip

TABLE: dict[str, MovedTable] = {table.name: table for table in TABLES}

# Their rows are stored one batch after the other; the project itself and the profiles come with the last transaction.
STAGED = tuple(table for table in TABLES if table.row not in (Projects, ModelProfiles))

DERIVED = {
    "image_hashes": "the parts of the difference hash of each image",
    "image_findings": "what the results of the analyzers name",
    "image_texts": "the texts in the results of the analyzers",
    "entry_images": "made by triggers from more_image_ids",
    "question_images": "made by triggers from more_image_ids",
}
"""Tables that are made anew, each with the source."""

LEFT_OUT = {
    "exports": "bundles are made again from the entries; their recipes are in the tasks that made them",
    "provider_batches": "what a provider answers to the key of one server",
    "batch_requests": "what a provider answers to the key of one server",
    "task_chunks": "what is handed out to workers right now",
    "task_signals": "what processes of one server tell each other right now",
    "workers": "processes of one server",
    "entry_leases": "who has an entry on the screen right now",
    "accounts": "people of one server, not part of a project",
    "preferences": "people of one server, not part of a project",
    "memberships": "roles of people of one server",
    "invitations": "access to one server, not part of a project",
    "api_tokens": "access to one server, not part of a project",
    "audit_events": "what was done on one server, kept there",
    "audit_removals": "what was removed from the audit of one server",
    "sign_ins": "access to one server, not part of a project",
    "keyed_replies": "repeated requests to one server within a day",
    "webhooks": "addresses that one server tells of its projects, with secrets of that server",
    "webhook_deliveries": "what one server sent to its webhooks",
    "registered_originals": "an archive has the originals themselves, wherever they are",
    "incoming_projects": "the state of imports that are under way",
}
"""Tables that do not move, each with the reason."""
