"""Routes of entries; an entry is a question about an image with its answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import INTEGRAL, Cursor, Id, Limit, Page, Problem, RequestBody, ResponseBody, Text
from core.dataset import EntryFilter, existing_entry, parse_search
from core.db import ImageDatasets
from core.errors import InvalidInputError, NotFoundError
from core.services import Services

router = APIRouter(prefix="/api", tags=["entries"])

AnswerType = Literal["text", "label", "custom_format"]
Score = Annotated[float, Field(ge=0, le=5)]
Tags = Annotated[str, Field(max_length=2000)]
ImageIds = Annotated[list[str], Field(min_length=1, max_length=100)]
Turn = Annotated[int, Field(ge=0), INTEGRAL]


class Box(RequestBody):
    """Where something is on an image, in px of the upright original."""

    label: str = ""
    xyxy: list[float] = Field(description="left, top, right, bottom")
    image: Annotated[int, Field(ge=0), INTEGRAL] = Field(0, description="position of the image in image_ids")
    score: Annotated[float, Field(ge=0, le=1)] | None = Field(None, description="of the tool that found it")
    tool: Annotated[str, Field(max_length=200)] = Field("", description="what found it, when it is evidence")


class Ratings(RequestBody):
    """FineVision's ratings, each 1 to 5."""

    relevance: Annotated[int, INTEGRAL] | None = None
    image_correspondence: Annotated[int, INTEGRAL] | None = None
    visual_dependency: Annotated[int, INTEGRAL] | None = None
    formatting: Annotated[int, INTEGRAL] | None = None


class EntryAnswer(ResponseBody):
    """An entry."""

    id: str
    project_id: str
    image_id: str
    image_ids: list[str] = Field(description="all images of the entry in their order; image_id is the first")
    image_name: str
    question_id: str | None
    question: str
    answer: str
    answer_type: str
    model: str
    confirmed: bool
    rejected: bool
    reject_reason: str
    flagged: bool
    score: float
    tags: str
    note: str
    create_at: datetime
    update_at: datetime
    version: int
    kind: str
    language: str
    options: list[str] | dict[str, Any] | None
    needs_review: str
    edited: bool
    task_id: str | None
    conversation_id: str | None = Field(description="entries that share it are turns of a conversation")
    turn: int
    system: str
    boxes: list[dict[str, Any]] | None
    ratings: dict[str, int] | None
    origin: str = Field(description="imported, or empty for an answer that was given here")


class NewEntry(RequestBody):
    """A new entry; with *question_id* and without *question*, the answer to that stored question."""

    image_id: str | None = None
    question: Text | None = None
    answer: Text
    model: Annotated[str, Field(max_length=200)] = ""
    answer_type: AnswerType = "text"
    question_id: str | None = None
    score: Score = 0.0
    tags: Tags = ""
    note: Text = ""
    confirmed: bool = False
    kind: Annotated[str, Field(max_length=200)] = ""
    language: Annotated[str, Field(max_length=35)] = "en"
    options: list[str] | dict[str, Any] | None = Field(None, description="labels, or a JSON schema")
    image_ids: ImageIds | None = Field(None, description="all images, when there are several")
    conversation_id: str | None = None
    turn: Turn = 0
    system: Text = ""
    boxes: list[Box] | None = None
    ratings: Ratings | None = None
    origin: Literal["", "imported"] = ""


class EntryChange(RequestBody):
    """The fields to change; with *version*, only if the entry still has that version (optimistic locking)."""

    question: Text | None = None
    answer: Text | None = None
    answer_type: AnswerType | None = None
    model: Annotated[str, Field(max_length=200)] | None = None
    confirmed: bool | None = None
    rejected: bool | None = None
    reject_reason: Text | None = None
    flagged: bool | None = None
    score: Score | None = None
    tags: Tags | None = None
    note: Text | None = None
    kind: Annotated[str, Field(max_length=200)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    options: list[str] | dict[str, Any] | None = None
    image_ids: ImageIds | None = None
    conversation_id: str | None = Field(None, description="empty: not a turn of a conversation")
    turn: Turn | None = None
    system: Text | None = None
    boxes: list[Box] | None = Field(None, description="an empty list removes them")
    ratings: Ratings | None = None
    version: Annotated[int, INTEGRAL] | None = None


class Confirmation(RequestBody):
    """Whether the entry is confirmed."""

    confirmed: bool = True


class Rating(RequestBody):
    """The score of the entry."""

    score: Score


class EntryStats(ResponseBody):
    """Counts of the entries of a project; *average_score* is null without rated entries."""

    total_entries: int
    confirmed_entries: int
    average_score: float | None
    by_answer_type: dict[str, int]
    unique_images: int


class EntryConflict(Problem):
    """Another client changed the entry first: its current state, and the attempted change."""

    current: EntryAnswer
    attempted: dict[str, Any]


@router.post("/projects/{project_id}/image-datasets", status_code=201)
def create_entry(project_id: Id, body: NewEntry, services: ServicesDep, actor: CurrentActor) -> EntryAnswer:
    """Add an entry."""
    services.projects.get_project(project_id)
    fields = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"image_id", "question", "question_id"})
    if body.question is None:
        return _answer(_create_answer(services, project_id, body.question_id, fields, actor.name))
    image_id = body.image_id or (body.image_ids[0] if body.image_ids else None)
    if image_id is None:
        raise InvalidInputError("A question needs its image. Send the image_id.", field="image_id")
    if body.question_id is not None:
        services.listings.check_question(project_id, body.question_id)
    created = services.dataset.create_dataset_entry(
        project_id, image_id, body.question, question_id=body.question_id, actor=actor.name, **fields
    )
    return _answer(created)


def _filter(
    q: Annotated[str, Query(max_length=1000, description="a search line: cat kind:count score:<3 -tag:draft")] = "",
    image_id: Annotated[str | None, Query(max_length=100)] = None,
    answer_type: AnswerType | None = None,
    confirmed: bool | None = None,
    min_score: Annotated[float | None, Query(ge=0, le=5)] = None,
    tags: Annotated[str, Query(max_length=1000, description="comma-separated; an entry must have all of them")] = "",
    model: Annotated[str | None, Query(max_length=200)] = None,
) -> EntryFilter:
    entry_filter = parse_search(q)
    if image_id:
        entry_filter = entry_filter.with_term("image", image_id)
    if answer_type:
        entry_filter = entry_filter.with_term("type", answer_type)
    if confirmed is not None:
        entry_filter = entry_filter.with_term("is", "confirmed", negated=not confirmed)
    if min_score:
        entry_filter = entry_filter.with_term("score", f"{min_score:g}..5")
    for tag in filter(None, (tag.strip() for tag in tags.split(","))):
        entry_filter = entry_filter.with_term("tag", tag)
    return entry_filter.with_term("model", model) if model else entry_filter


Filter = Annotated[EntryFilter, Depends(_filter)]


@router.get("/projects/{project_id}/image-datasets")
def list_entries(
    project_id: Id, entry_filter: Filter, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[EntryAnswer]:
    """List the entries of a project in the order they were created."""
    services.projects.get_project(project_id)
    page = services.entries.find_entries(project_id, entry_filter, limit=limit, after=cursor)
    total = services.entries.count_entries(project_id, entry_filter)
    return Page(items=[_answer(entry) for entry in page.items], next_cursor=page.next_cursor, total=total)


@router.get("/projects/{project_id}/image-datasets/stats")
def get_entry_stats(project_id: Id, services: ServicesDep) -> EntryStats:
    """Return the counts and the average score of the entries of a project."""
    services.projects.get_project(project_id)
    return EntryStats.model_validate(services.dataset.get_dataset_stats(project_id))


@router.get("/image-datasets/{entry_id}")
def get_entry(entry_id: Id, response: Response, services: ServicesDep) -> EntryAnswer:
    """Return an entry; its ``ETag`` can be sent as ``If-Match`` with a change."""
    return _with_etag(response, services.dataset.get_dataset_entry(entry_id))


@router.put("/image-datasets/{entry_id}", responses={409: {"model": EntryConflict}})
def change_entry(
    entry_id: Id,
    body: EntryChange,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> EntryAnswer:
    """Change fields of an entry; with ``If-Match`` or *version*, 409 with both versions if it was changed meanwhile.

    ``If-Match: *`` is any version.
    """
    changes = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
    version = body.version if if_match is None or if_match.strip() == "*" else _version(if_match)
    changed = services.dataset.update_dataset_entry(entry_id, version=version, actor=actor.name, **changes)
    return _with_etag(response, changed)


@router.delete("/image-datasets/{entry_id}", status_code=204)
def delete_entry(entry_id: Id, services: ServicesDep, actor: CurrentActor) -> None:
    """Delete an entry."""
    if not services.dataset.delete_dataset_entry(entry_id, actor=actor.name):
        raise NotFoundError("This entry does not exist any more. Choose another one.")


@router.post("/image-datasets/{entry_id}/confirm")
def confirm_entry(
    entry_id: Id, body: Confirmation, response: Response, services: ServicesDep, actor: CurrentActor
) -> EntryAnswer:
    """Confirm an entry, or reopen it."""
    return _with_etag(response, services.dataset.confirm_entry(entry_id, body.confirmed, actor=actor.name))


@router.post("/image-datasets/{entry_id}/rate")
def rate_entry(
    entry_id: Id, body: Rating, response: Response, services: ServicesDep, actor: CurrentActor
) -> EntryAnswer:
    """Rate an entry with 0 (not rated) to 5, such as 4.2."""
    return _with_etag(response, services.dataset.rate_entry(entry_id, body.score, actor=actor.name))


def _create_answer(
    services: Services, project_id: str, question_id: str | None, fields: dict[str, Any], actor: str
) -> ImageDatasets:
    if question_id is None:
        raise InvalidInputError(
            "An entry needs a question. Send a question, or the question_id of a stored one.", field="question"
        )
    services.listings.check_question(project_id, question_id)
    return services.dataset.create_from_question(question_id, actor=actor, **fields)


def _version(if_match: str) -> int:
    text = if_match.strip().strip('"')
    if not text.isascii() or not text.isdigit():
        raise InvalidInputError(
            "If-Match is not an ETag of an entry. Send the ETag that came with the entry.", field="If-Match"
        )
    return int(text)


def _with_etag(response: Response, found: ImageDatasets | None) -> EntryAnswer:
    entry = existing_entry(found)
    response.headers["ETag"] = f'"{entry.version}"'
    return _answer(entry)


def _answer(entry: ImageDatasets) -> EntryAnswer:
    return EntryAnswer.model_validate(entry)
