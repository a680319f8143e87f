"""Routes about the people who review: known answers in their queues, and what their time brings."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Id, RequestBody, ResponseBody

router = APIRouter(prefix="/api", tags=["checks"])


class ReaderAnswer(ResponseBody):
    """How often a reader was right on known answers; shares are 0 to 1, and ``interval`` is at 95 %."""

    reader: str
    decided: int
    right: int
    share: float
    interval: tuple[float, float]


class KnownAnswersAnswer(ResponseBody):
    """Known answers in the queues of readers."""

    percent: float = Field(description="of each reader's queue; 0 is off")
    query: str = Field(description="search line of confirmed entries that the owner knows to be right")
    known: int = Field(description="entries that can be mixed in")
    readers: list[ReaderAnswer] = Field(description="by decisions of the days before this one (UTC)")


class SetKnownAnswers(RequestBody):
    """How many known answers are mixed in, and which entries the owner knows."""

    percent: Annotated[float, Field(ge=0, le=20, strict=False)]
    query: str = Field("", max_length=2_000)


class EffortAnswer(ResponseBody):
    """What went into the answers of one model, kind or person."""

    value: str
    entries: int
    accepted: int
    cost: float | None = Field(description="US dollars of calls with a known price; null for a person")
    unpriced_calls: int = Field(description="calls that may have been paid, without a known price")
    cost_each: float | None = Field(description="for each accepted answer; null when a price is not known")
    review_s: float
    timed: int = Field(description="decisions that the time is of")
    review_s_each: float | None = Field(description="seconds of review for each accepted answer")


class EffortReportAnswer(ResponseBody):
    """What accepted answers cost, most accepted first."""

    total: EffortAnswer
    models: list[EffortAnswer]
    kinds: list[EffortAnswer]
    people: list[EffortAnswer]


class PersonAnswer(ResponseBody):
    """How far a person is with the review, how fast, and how far others agree; numbers of the moment but for two."""

    person: str
    decided: int = Field(description="entries whose present decision is theirs, known answers among them")
    waiting: int = Field(description="entries in their queue; of a shared queue those that nobody else has")
    sent_back: int = Field(description="entries that were sent back to them")
    second_waiting: int = Field(description="entries that wait for their second review")
    last_at: datetime | None = Field(description="when they decided last")
    timed: int = Field(description="acts of review in the last 30 days; bulk actions are none")
    review_s: float = Field(description="their time: gaps between acts; those over two minutes are pauses")
    per_hour: float | None = Field(description="acts in an hour of reviewing, in the last 30 days; null under a minute")
    compared: int = Field(description="entries that they and a second person have judged")
    alike: int
    agreement: float | None = Field(description="alike of compared, 0 to 1")
    known: ReaderAnswer | None = Field(description="on known answers, by decisions of the days before this one (UTC)")


@router.get("/projects/{project_id}/people")
def list_people(project_id: Id, services: ServicesDep) -> list[PersonAnswer]:
    """List who reviews a project, each with progress, pace and agreement."""
    services.projects.get_project(project_id)
    return [PersonAnswer.model_validate(one) for one in services.checks.people.progress(project_id)]


@router.get("/projects/{project_id}/people/me")
def get_own_progress(project_id: Id, services: ServicesDep, actor: CurrentActor) -> PersonAnswer:
    """Return the caller's own progress, pace and agreement."""
    services.projects.get_project(project_id)
    return PersonAnswer.model_validate(services.checks.people.progress_of(project_id, actor.name))


@router.get("/projects/{project_id}/known-answers")
def get_known_answers(project_id: Id, services: ServicesDep) -> KnownAnswersAnswer:
    """Return whether known answers are mixed into queues, and how often each reader was right on them."""
    services.projects.get_project(project_id)
    return KnownAnswersAnswer.model_validate(services.checks.people.known_answers(project_id))


@router.put("/projects/{project_id}/known-answers")
def set_known_answers(project_id: Id, body: SetKnownAnswers, services: ServicesDep) -> KnownAnswersAnswer:
    """Mix known answers into the queues of readers; 0 switches it off."""
    services.projects.get_project(project_id)
    services.checks.people.set_known_answers(project_id, body.percent, body.query)
    return KnownAnswersAnswer.model_validate(services.checks.people.known_answers(project_id))


@router.get("/projects/{project_id}/effort")
def get_effort(project_id: Id, services: ServicesDep) -> EffortReportAnswer:
    """Return what an accepted answer costs in money and in time of review, by model, kind and person."""
    services.projects.get_project(project_id)
    return EffortReportAnswer.model_validate(services.checks.people.effort(project_id))
