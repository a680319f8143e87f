"""Routes of twins: candidates of an entry, drafting one or many, and what drafting costs."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.entries import EntryAnswer
from core.api.routers.tasks import start
from core.api.schemas import (
    INTEGRAL,
    MODEL_PROBLEMS,
    OFFLINE,
    Id,
    ModelChoice,
    RequestBody,
    ResponseBody,
    TaskAnswer,
    Text,
)
from core.checks.twins.candidates import MAX_CANDIDATES, MIN_CANDIDATES

router = APIRouter(prefix="/api", tags=["checks"])


class DraftTwins(RequestBody):
    """Which questions are asked about similar images, and by which model."""

    query: str = Field("", max_length=2_000, description="search line of the entries; rejected ones get no twin")
    max_twins: Annotated[int, Field(ge=1, le=20_000), INTEGRAL] = Field(
        200, description="answers that are guessed with the highest chance come first"
    )
    candidates: Annotated[int, Field(ge=MIN_CANDIDATES, le=MAX_CANDIDATES), INTEGRAL] = Field(
        MAX_CANDIDATES, description="similar images of each entry"
    )
    tries: Annotated[int, Field(ge=1, le=MAX_CANDIDATES), INTEGRAL] = Field(
        3, description="how many of them are asked at most, until the answer differs"
    )
    concurrency: Annotated[int, Field(ge=1, le=64), INTEGRAL] | None = None
    llm_config: ModelChoice = OFFLINE


class StartDraftingTwins(DraftTwins):
    """The same, with a limit of the cost."""

    cost_cap: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="US dollars; the task pauses before a call that would exceed them"
    )


class TwinEstimateAnswer(ResponseBody):
    """What a task would ask and cost."""

    questions: int = Field(description="how many can get a twin")
    calls_low: int
    calls_high: int
    cost_low: float | None = Field(description="US dollars; null when the price is unknown")
    cost_high: float | None


class CandidateAnswer(ResponseBody):
    """An image that may be the twin of an entry."""

    image_id: str
    image_name: str
    similarity: float = Field(description="cosine of the vectors")
    speaks: Literal["against", "", "for"] = Field(
        description="what was found in it speaks against the answer of the entry, or for it; empty: neither"
    )
    seen: str = Field(description="the answer that follows from what was found")


class NewTwin(RequestBody):
    """The image, and its answer or the model that is asked."""

    image_id: Annotated[str, Field(max_length=21)]
    answer: Text | None = Field(None, description="null: llm_config is asked")
    llm_config: ModelChoice = OFFLINE


@router.post("/projects/{project_id}/twins", status_code=202)
async def draft_twins(
    project_id: Id,
    body: StartDraftingTwins,
    request: Request,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:
    """Start a task that drafts twins of the answers that are guessed best; pairs get the tag ``twin``.

    The check ``guessable`` has to be run before. At its end the task runs the check ``twins``: how many answers can be
    guessed before and after.
    """
    return await start(services, request, response, actor, project_id, services.twins.task.task_type, body)


@router.post("/projects/{project_id}/twins/estimate")
def estimate_twins(project_id: Id, body: DraftTwins, services: ServicesDep) -> TwinEstimateAnswer:
    """Return what drafting would ask and cost."""
    services.projects.get_project(project_id)
    estimate = services.twins.estimate(project_id, body.model_dump(exclude_none=True))
    return TwinEstimateAnswer.model_validate(estimate)


@router.get("/image-datasets/{entry_id}/twin-candidates")
def list_twin_candidates(entry_id: Id, services: ServicesDep) -> list[CandidateAnswer]:
    """Return up to 24 images: those that speak against the answer of the entry first, nearest first."""
    return [
        CandidateAnswer(
            image_id=one.image.id, image_name=one.image.image_name, similarity=one.similarity, speaks=one.speaks,
            seen=one.seen,
        )
        for one in services.twins.candidates(entry_id)
    ]  # fmt: skip


@router.post("/image-datasets/{entry_id}/twin", status_code=201, responses=MODEL_PROBLEMS)
async def add_twin(entry_id: Id, body: NewTwin, services: ServicesDep, actor: CurrentActor) -> EntryAnswer:
    """Add the twin of an entry: the same question about another image, with the given answer or that of a model."""
    if body.answer is not None:
        twin: Any = await asyncio.to_thread(services.twins.add, entry_id, body.image_id, body.answer, actor=actor.name)
    else:
        config = body.llm_config.model_dump(exclude_none=True)
        twin = await services.loop.call(services.twins.ask(entry_id, body.image_id, config, actor=actor.name))
    return EntryAnswer.model_validate(twin)
