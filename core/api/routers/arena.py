"""Routes of the arena: the models that were run, and two of them compared."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.schemas import Id, ResponseBody

router = APIRouter(prefix="/api", tags=["checks"])

Model = Annotated[str, Query(min_length=1, max_length=400, description="as the list of models names it")]


class StandingAnswer(ResponseBody):
    """What the newest run of a model says; scores are 0 to 1, and ``interval`` is at 95 %."""

    model: str = Field(description="provider/model, with @host:port for one at an address of its own")
    run_id: str
    query: str
    result: dict[str, Any]
    in_train: int = Field(description="entries of the train split of the newest export with several splits")
    ended_at: datetime


class ComparisonPart(ResponseBody):
    """Two models on the questions that both answered; scores are 0 to 1."""

    questions: int
    score_a: float
    score_b: float
    difference: float = Field(description="mean score of a minus that of b")
    interval: tuple[float, float] = Field(description="of the difference, at 95%, by resampling images")
    p: float = Field(description="of a paired permutation test over images")
    a_better: int
    b_better: int
    only_a_right: int
    only_b_right: int
    mcnemar_p: float = Field(description="McNemar's exact test of right and wrong")


class ComparisonGroup(ComparisonPart):
    """The same for one kind, language, type of answer or measure."""

    value: str


class ComparisonAnswer(ComparisonPart):
    """How two models differ."""

    a: str
    b: str
    entries: int
    in_train: int
    own_answers: int = Field(description="entries whose stored answer is by one of the two models")
    not_confirmed: int
    groups: dict[str, list[ComparisonGroup]]


@router.get("/projects/{project_id}/arena")
def list_arena(project_id: Id, services: ServicesDep) -> list[StandingAnswer]:
    """Return the models that the check ``arena`` has asked, best mean score first."""
    services.projects.get_project(project_id)
    return [StandingAnswer.model_validate(one) for one in services.checks.arena_models(project_id)]


@router.get("/projects/{project_id}/arena/comparison")
def compare_arena(project_id: Id, a: Model, b: Model, services: ServicesDep) -> ComparisonAnswer:
    """Return how the answers of model *a* differ from those of model *b*."""
    services.projects.get_project(project_id)
    return ComparisonAnswer.model_validate(services.checks.compare_models(project_id, a, b))
