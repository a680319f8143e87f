"""Entries: one question about one image with its answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import WHOLE, Answer, Body, Cursor, Id, Limit, Page, Problem, Text
from core.dataset import EntryFilter, parse_search
from core.db import ImageDatasets
from core.errors import InvalidInputError, NotFoundError
from core.services import Services

router = APIRouter(prefix="/api", tags=["entries"])

AnswerType = Literal["text", "label", "custom_format"]
Score = Annotated[float, Field(ge=0, le=5, multiple_of=0.5)]
Tags = Annotated[str, Field(max_length=2000)]


class EntryAnswer(Answer):
    id: str
    project_id: str
    image_id: str
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


class NewEntry(Body):
    """An entry of its own, or the answer to a stored question when *question_id* comes without *question*."""

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


class EntryChange(Body):
    """The fields to change; with *version*, only if nobody changed the entry since."""

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
    version: Annotated[int, WHOLE] | None = None


class Confirmation(Body):
    confirmed: bool = True


class Rating(Body):
    score: Score


class EntryStats(Answer):
    total_entries: int
    confirmed_entries: int
    average_score: float | None
    by_answer_type: dict[str, int]
    unique_images: int


class EntryConflict(Problem):
    """Someone else changed it first: the entry as it stands, and what was attempted."""

    current: EntryAnswer
    attempted: dict[str, Any]


@router.post("/projects/{project_id}/image-datasets", status_code=201)
def create_entry(project_id: Id, body: NewEntry, services: ServicesDep, actor: CurrentActor) -> EntryAnswer:
    """Add an entry."""
    services.projects.get_project(project_id)
    more = body.model_dump(include={"answer", "model", "answer_type", "score", "tags", "note", "confirmed"})
    if body.question is None:
        return _answer(_create_answer(services, project_id, body.question_id, more, actor.name))
    if body.image_id is None:
        raise InvalidInputError("Name the image that the question is about.", field="image_id")
    if body.question_id is not None:
        services.listings.check_question(project_id, body.question_id)
    made = services.dataset.create_dataset_entry(
        project_id, body.image_id, body.question, question_id=body.question_id, actor=actor.name, **more
    )
    return _answer(made)


def _chosen(
    q: Annotated[str, Query(max_length=1000, description="a search line: cat kind:count score:<3 -tag:draft")] = "",
    image_id: Annotated[str | None, Query(max_length=100)] = None,
    answer_type: AnswerType | None = None,
    confirmed: bool | None = None,
    min_score: Annotated[float | None, Query(ge=0, le=5)] = None,
    tags: Annotated[str, Query(max_length=1000, description="comma-separated; all must be there")] = "",
    model: Annotated[str | None, Query(max_length=200)] = None,
) -> EntryFilter:
    chosen = parse_search(q)
    if image_id:
        chosen = chosen.with_term("image", image_id)
    if answer_type:
        chosen = chosen.with_term("type", answer_type)
    if confirmed is not None:
        chosen = chosen.with_term("is", "confirmed", negated=not confirmed)
    if min_score:
        chosen = chosen.with_term("score", f"{min_score:g}..5")
    for tag in filter(None, (tag.strip() for tag in tags.split(","))):
        chosen = chosen.with_term("tag", tag)
    return chosen.with_term("model", model) if model else chosen


Chosen = Annotated[EntryFilter, Depends(_chosen)]


@router.get("/projects/{project_id}/image-datasets")
def list_entries(
    project_id: Id, chosen: Chosen, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[EntryAnswer]:
    """List the entries of a project in the order they were made."""
    services.projects.get_project(project_id)
    page = services.entries.find_entries(project_id, chosen, limit=limit, after=cursor)
    total = services.entries.count_entries(project_id, chosen)
    return Page(items=[_answer(entry) for entry in page.items], next_cursor=page.next_cursor, total=total)


@router.get("/projects/{project_id}/image-datasets/stats")
def get_entry_stats(project_id: Id, services: ServicesDep) -> EntryStats:
    """Count and rate the entries of a project."""
    services.projects.get_project(project_id)
    return EntryStats.model_validate(services.dataset.get_dataset_stats(project_id))


@router.get("/image-datasets/{entry_id}")
def get_entry(entry_id: Id, response: Response, services: ServicesDep) -> EntryAnswer:
    """Return an entry; its ``ETag`` is what ``If-Match`` takes."""
    return _tagged(response, services.dataset.get_dataset_entry(entry_id))


@router.put("/image-datasets/{entry_id}", responses={409: {"model": EntryConflict}})
def change_entry(
    entry_id: Id,
    body: EntryChange,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> EntryAnswer:
    """Change fields of an entry; with ``If-Match`` or *version* a conflict is told (409, with both versions)."""
    changes = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
    version = body.version if if_match is None else _version(if_match)
    changed = services.dataset.update_dataset_entry(entry_id, version=version, actor=actor.name, **changes)
    return _tagged(response, changed)


@router.delete("/image-datasets/{entry_id}", status_code=204)
def delete_entry(entry_id: Id, services: ServicesDep, actor: CurrentActor) -> None:
    """Delete an entry."""
    if not services.dataset.delete_dataset_entry(entry_id, actor=actor.name):
        raise NotFoundError("This entry does not exist any more.")


@router.post("/image-datasets/{entry_id}/confirm")
def confirm_entry(
    entry_id: Id, body: Confirmation, response: Response, services: ServicesDep, actor: CurrentActor
) -> EntryAnswer:
    """Confirm an entry, or open it again."""
    return _tagged(response, services.dataset.confirm_entry(entry_id, body.confirmed, actor=actor.name))


@router.post("/image-datasets/{entry_id}/rate")
def rate_entry(
    entry_id: Id, body: Rating, response: Response, services: ServicesDep, actor: CurrentActor
) -> EntryAnswer:
    """Rate an entry with 0 (not rated) to 5, halves allowed."""
    return _tagged(response, services.dataset.rate_entry(entry_id, body.score, actor=actor.name))


def _create_answer(
    services: Services, project_id: str, question_id: str | None, more: dict[str, Any], actor: str
) -> ImageDatasets:
    if question_id is None:
        raise InvalidInputError("Write a question, or name a stored one by question_id.", field="question")
    services.listings.check_question(project_id, question_id)
    return services.dataset.create_from_question(question_id, actor=actor, **more)


def _version(if_match: str) -> int:
    text = if_match.strip().strip('"')
    if not text.isascii() or not text.isdigit():
        raise InvalidInputError("If-Match takes the ETag of the entry as it was read.", field="If-Match")
    return int(text)


def _tagged(response: Response, entry: ImageDatasets) -> EntryAnswer:
    response.headers["ETag"] = f'"{entry.version}"'
    return _answer(entry)


def _answer(entry: ImageDatasets) -> EntryAnswer:
    return EntryAnswer.model_validate(entry)
