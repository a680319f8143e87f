"""Routes of what is done with entries: decisions, acts on many of them, answers to stored questions, history, undo."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from core.accounts.permissions import Act
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.entries import AnswerType, EntryAnswer, EntryConflict, Filter
from core.api.routers.images import FacetAnswer
from core.api.schemas import INTEGRAL, Id, OneOfBody, RequestBody, ResponseBody, Text
from core.dataset import existing_entry, parse_search
from core.dataset.stats import Balance

router = APIRouter(prefix="/api", tags=["entries"])

EntryIds = Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class EntryDecision(RequestBody):
    """A decision about an entry, and fields that change with it."""

    decision: Literal[
        "confirm", "reject", "reopen", "skip", "second", "flag", "unflag", "rate", "edit", "tag", "note"
    ] = Field(description="second: a second review, with changes.verdict; rate to note: named after their changes")
    version: Annotated[int, INTEGRAL] = Field(description="of the entry that was seen")
    changes: dict[str, Any] = Field({}, description="such as reject_reason, score, tags, answer or note")
    batch_id: Annotated[str, Field(min_length=8, max_length=21)] | None = Field(
        None, description="chosen by the client: with the same one a repeated request is stored once"
    )


class DecisionAnswer(ResponseBody):
    """The entry after the decision; *batch_id* undoes it."""

    entry: EntryAnswer
    batch_id: str


class BulkAct(OneOfBody):
    """An action on the entries of a search line, or on those with these ids."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("q", "entry_ids")

    action: Literal["confirm", "reject", "reopen", "rate", "tag", "untag", "delete"]
    value: Annotated[str, Field(max_length=2000)] | float | None = Field(
        None, description="the reason of reject, the score of rate, the tags of tag and untag"
    )
    q: Annotated[str, Field(max_length=2000)] | None = Field(None, description="a search line; empty: every entry")
    entry_ids: EntryIds | None = None


class BulkAnswer(ResponseBody):
    """How many entries were changed; *batch_id* undoes it."""

    batch_id: str
    changed: int


class UndoEntries(RequestBody):
    """Which action is undone."""

    batch_id: Annotated[str, Field(max_length=21)] | None = Field(None, description="null: the last one of the caller")


class UndoAnswer(ResponseBody):
    """How many entries are as before, and how many were changed since by another action and stay as they are."""

    action: str = Field(description="what was undone; empty when there was nothing to undo")
    entry_ids: list[str] = Field(description="of an action on one entry; empty for an action on many")
    undone: int
    conflicts: int


class EventAnswer(ResponseBody):
    """A change of an entry, with its fields before and after."""

    action: str
    actor: str
    at: datetime
    old: dict[str, Any]
    new: dict[str, Any]
    is_undone: bool


class EntryHistory(ResponseBody):
    """What was done to an entry, oldest first."""

    items: list[EventAnswer]


class AnswerToQuestion(RequestBody):
    """A stored question with its answer."""

    question_id: Id
    answer: Text


class NewAnswers(RequestBody):
    """Answers to stored questions; all of them are stored, or none."""

    items: Annotated[list[AnswerToQuestion], Field(min_length=1, max_length=1000)]
    model: Annotated[str, Field(max_length=200)] = ""
    answer_type: AnswerType = "text"


class NewEntries(ResponseBody):
    """The entries, in the order of the answers."""

    items: list[EntryAnswer]


class AnswerCount(ResponseBody):
    """A short answer, and how many entries have it."""

    answer: str
    count: int


class BalanceAnswer(ResponseBody):
    """The short answers to one kind of question, the most frequent first."""

    kind: str
    total: int
    answers: list[AnswerCount]


class EntryFacets(ResponseBody):
    """How the entries of a search line are distributed."""

    total: int
    facets: list[FacetAnswer]
    checks: dict[str, int] = Field(description="entries that fail each quality check, by its name")
    balance: list[BalanceAnswer]


class DayAnswer(ResponseBody):
    """How many entries were confirmed or rejected on a day (UTC)."""

    day: date
    decided: int


@router.post("/image-datasets/{entry_id}/decide", responses={409: {"model": EntryConflict}})
def decide_entry(entry_id: Id, body: EntryDecision, services: ServicesDep, actor: CurrentActor) -> DecisionAnswer:
    """Decide about an entry as the review desk does; 409 with both versions if it was changed meanwhile."""
    decided = services.review.decide(
        entry_id, body.version, body.decision, changes=body.changes, actor=actor.name, batch_id=body.batch_id
    )
    return DecisionAnswer.model_validate(decided)


@router.get("/image-datasets/{entry_id}/history")
def get_entry_history(entry_id: Id, services: ServicesDep) -> EntryHistory:
    """Return what was done to an entry."""
    existing_entry(services.dataset.get_dataset_entry(entry_id))
    return EntryHistory(items=[EventAnswer.model_validate(event) for event in services.entries.history(entry_id)])


@router.post("/projects/{project_id}/image-datasets/bulk")
def change_entries(project_id: Id, body: BulkAct, services: ServicesDep, actor: CurrentActor) -> BulkAnswer:
    """Confirm, reject, reopen, rate, tag or delete many entries as one action."""
    services.projects.get_project(project_id)
    if body.entry_ids is not None:
        done = services.review.bulk_ids(project_id, body.entry_ids, body.action, body.value, actor=actor.name)
    else:
        entry_filter = parse_search(body.q or "")
        done = services.review.bulk(project_id, entry_filter, body.action, body.value, actor=actor.name)
    return BulkAnswer.model_validate(done)


@router.post("/projects/{project_id}/image-datasets/undo")
def undo_entries(project_id: Id, body: UndoEntries, services: ServicesDep, actor: CurrentActor) -> UndoAnswer:
    """Undo an action on entries; annotators undo their own only; 409 when every entry was changed since."""
    services.projects.get_project(project_id)
    only_own = not services.access.may(actor, Act.WRITE_ENTRIES, project_id)
    done = services.review.undo(project_id, batch_id=body.batch_id, actor=actor.name, only_own=only_own)
    if done is None:
        return UndoAnswer(action="", entry_ids=[], undone=0, conflicts=0)
    return UndoAnswer.model_validate(done)


@router.post("/projects/{project_id}/image-datasets/answers", status_code=201)
def answer_questions(project_id: Id, body: NewAnswers, services: ServicesDep, actor: CurrentActor) -> NewEntries:
    """Answer several stored questions; each answer becomes an entry."""
    services.projects.get_project(project_id)
    for item in body.items:
        services.listings.check_question(project_id, item.question_id)
    created = services.dataset.batch_create_from_questions(
        [item.question_id for item in body.items], [item.answer for item in body.items], body.model, body.answer_type,
        actor=actor.name,
    )  # fmt: skip
    return NewEntries(items=[EntryAnswer.model_validate(entry) for entry in created])


@router.get("/projects/{project_id}/image-datasets/facets")
def entry_facets(project_id: Id, entry_filter: Filter, services: ServicesDep) -> EntryFacets:
    """Count the entries of a search line by their fields, the quality checks that they fail, and their answers."""
    services.projects.get_project(project_id)
    return EntryFacets(
        total=services.entries.count_entries(project_id, entry_filter),
        facets=[FacetAnswer.model_validate(facet) for facet in services.entries.facets(project_id, entry_filter)],
        checks=dict(services.entries.check_counts(project_id, entry_filter)),
        balance=[_balance(one) for one in services.entries.balance(project_id, entry_filter)],
    )


@router.get("/projects/{project_id}/image-datasets/decided")
def count_decisions(
    project_id: Id, services: ServicesDep, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> list[DayAnswer]:
    """Return how many entries were confirmed or rejected on each of the last days, today last."""
    services.projects.get_project(project_id)
    counts = services.entries.decisions_per_day(project_id, days)
    return [DayAnswer(day=day, decided=count) for day, count in counts]


def _balance(balance: Balance) -> BalanceAnswer:
    answers = [AnswerCount(answer=answer, count=count) for answer, count in balance.answers]
    return BalanceAnswer(kind=balance.kind, total=balance.total, answers=answers)
