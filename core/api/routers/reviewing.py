"""Routes of reviewing with several people: the queue, the plan, saved views, agreement."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.entries import EntryAnswer
from core.api.schemas import INTEGRAL, Cursor, Id, RequestBody, ResponseBody
from core.dataset import parse_search
from core.errors import NotFoundError

router = APIRouter(prefix="/api/projects/{project_id}", tags=["review"])

Line = Annotated[str, Query(max_length=2000, description="a search line; entries that nobody decided, unless it says")]
Some = Annotated[int, Query(ge=1, le=200, description="maximum number of entries")]
ViewName = Annotated[str, Path(min_length=1, max_length=60)]


class QueueAnswer(ResponseBody):
    """The next entries of the caller, how many there are, and how many others hold at the moment."""

    items: list[EntryAnswer]
    next_cursor: str | None
    total: int
    held_by_others: int


class TakeEntries(RequestBody):
    """Which entries the caller takes."""

    q: Annotated[str, Field(max_length=2000)] = ""
    limit: Annotated[int, Field(ge=1, le=200), INTEGRAL] = 20
    cursor: Annotated[str, Field(max_length=400)] | None = None


class HeldEntries(RequestBody):
    """The entries that the caller works on."""

    entry_ids: Annotated[list[Id], Field(min_length=1, max_length=200)]


class HeldAnswer(ResponseBody):
    """How many of them the caller still holds."""

    held: int


class ReviewPlanAnswer(ResponseBody):
    """How entries are assigned: ``all`` to everyone, ``shared`` by leases, or ``divided`` among *people*."""

    assignment: str
    people: list[str]
    second_percent: int = Field(description="percentage of the images whose entries need a second review")
    missing: list[str] = Field([], description="people of a divided plan who may not review any more")


class ReviewPlan(RequestBody):
    """How entries are assigned."""

    assignment: Literal["all", "shared", "divided"]
    people: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)] = Field([])
    second_percent: Annotated[int, Field(ge=0, le=100), INTEGRAL] = 0


class ViewAnswer(ResponseBody):
    """A search line with a name."""

    name: str
    query: str
    created_by: str
    create_at: datetime


class ViewLine(RequestBody):
    """The search line of a view, and another name for it."""

    query: Annotated[str, Field(max_length=2000)]
    name: Annotated[str, Field(min_length=1, max_length=60)] | None = None


class Views(ResponseBody):
    """The saved views of a project, by name."""

    items: list[ViewAnswer]


class ModelAccuracyAnswer(ResponseBody):
    """A model's VQA accuracy; *reachable* is that of the best possible answers."""

    model: str
    questions: int
    accuracy: float
    reachable: float


class AgreementAnswer(ResponseBody):
    """How far two reviewers of the same entries agree, and models with people."""

    reviewed: int
    agreed: int
    alpha: float | None = Field(description="Krippendorff's, nominal; null while every verdict is the same")
    reviewers: list[str]
    models: list[ModelAccuracyAnswer]


@router.get("/review-queue")
def list_queue(
    project_id: Id, services: ServicesDep, actor: CurrentActor, q: Line = "", limit: Some = 20, cursor: Cursor = None
) -> QueueAnswer:
    """Return the next entries that the caller would be assigned, and assign none."""
    services.projects.get_project(project_id)
    return _queue(services, project_id, actor.name, TakeEntries(q=q, limit=limit, cursor=cursor), takes=False)


@router.post("/review-queue")
def take_entries(project_id: Id, body: TakeEntries, services: ServicesDep, actor: CurrentActor) -> QueueAnswer:
    """Assign the next entries to the caller; where entries are shared out, nobody else gets them for some minutes."""
    services.projects.get_project(project_id)
    return _queue(services, project_id, actor.name, body, takes=True)


@router.post("/review-queue/keep")
def keep_entries(project_id: Id, body: HeldEntries, services: ServicesDep, actor: CurrentActor) -> HeldAnswer:
    """Hold entries of the caller for some more minutes."""
    services.projects.get_project(project_id)
    return HeldAnswer(held=services.collaboration.renew_leases(project_id, body.entry_ids, actor.name))


@router.get("/review-plan")
def get_review_plan(project_id: Id, services: ServicesDep) -> ReviewPlanAnswer:
    """Return how the entries of a project are assigned to reviewers."""
    services.projects.get_project(project_id)
    return ReviewPlanAnswer.model_validate(services.collaboration.review_plan(project_id))


@router.put("/review-plan")
def set_review_plan(project_id: Id, body: ReviewPlan, services: ServicesDep) -> ReviewPlanAnswer:
    """Set how the entries of a project are assigned to reviewers."""
    services.projects.get_project(project_id)
    plan = services.collaboration.set_review_plan(project_id, body.assignment, body.people, body.second_percent)
    return ReviewPlanAnswer.model_validate(plan)


@router.get("/views")
def list_views(project_id: Id, services: ServicesDep) -> Views:
    """List the saved search lines of a project."""
    services.projects.get_project(project_id)
    views = services.collaboration.saved_views(project_id)
    return Views(items=[ViewAnswer.model_validate(view) for view in views])


@router.put("/views/{view}")
def save_view(project_id: Id, view: ViewName, body: ViewLine, services: ServicesDep, actor: CurrentActor) -> ViewAnswer:
    """Save a search line under a name, in place of the one that has it; with ``name`` the view is called that."""
    services.projects.get_project(project_id)
    saved = services.collaboration.save_view(project_id, view, body.query, new_name=body.name, actor=actor.name)
    return ViewAnswer.model_validate(saved)


@router.delete("/views/{view}", status_code=204)
def delete_view(project_id: Id, view: ViewName, services: ServicesDep) -> None:
    """Delete a saved search line."""
    services.projects.get_project(project_id)
    if not services.collaboration.delete_view(project_id, view):
        raise NotFoundError("This view does not exist any more. Choose another one.")


@router.get("/agreement")
def get_agreement(project_id: Id, services: ServicesDep) -> AgreementAnswer:
    """Return how far two reviewers agree, and models with people."""
    services.projects.get_project(project_id)
    agreement = services.collaboration.agreement(project_id)
    models = services.collaboration.model_accuracy(project_id)
    return AgreementAnswer(
        reviewed=agreement.reviewed, agreed=agreement.agreed, alpha=agreement.alpha,
        reviewers=list(agreement.reviewers), models=[ModelAccuracyAnswer.model_validate(one) for one in models],
    )  # fmt: skip


def _queue(services: ServicesDep, project_id: str, actor: str, wanted: TakeEntries, *, takes: bool) -> QueueAnswer:
    find = services.collaboration.assign_entries if takes else services.collaboration.open_entries
    entry_filter = parse_search(wanted.q).for_review()
    page = find(project_id, entry_filter, actor, limit=wanted.limit, after=wanted.cursor)
    return QueueAnswer(
        items=[EntryAnswer.model_validate(entry) for entry in page.items], next_cursor=page.next_cursor,
        total=services.collaboration.count_queue(project_id, entry_filter, actor),
        held_by_others=services.collaboration.count_leased(project_id, entry_filter, actor),
    )  # fmt: skip
