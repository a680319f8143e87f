"""Routes of the checks of a dataset: running one, and reading what the newest run found."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import HTMLResponse

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.entries import Filter
from core.api.routers.questions import CONCURRENCY_HELP
from core.api.routers.tasks import start
from core.api.schemas import INTEGRAL, Id, ModelChoice, RequestBody, ResponseBody, TaskAnswer
from core.checks.reporting import heldout
from core.checks.reporting.page import POLICY
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["checks"])


class RunCheck(RequestBody):
    """The check, the entries, and what the check lets choose."""

    check: Annotated[str, Field(min_length=1, max_length=60, description="its name, see docs/CHECKS.md")]
    query: str = Field("", max_length=2_000, description="search line of the entries; rejected ones are never checked")
    options: dict[str, Any] = Field(
        {},
        description="of balance: target, the share of answers that may be guessed (0 to 1), and keep_confirmed; of "
        "checks that ask models: sample (a number, or all), seed and fresh",
    )
    models: Annotated[list[ModelChoice], Field(min_length=1, max_length=5)] | None = Field(
        None, description="for checks that ask models"
    )
    concurrency: Annotated[int, Field(ge=1, le=64), INTEGRAL] | None = Field(None, description=CONCURRENCY_HELP)
    cost_cap: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="US dollars for checks that ask models"
    )


class EstimateAnswer(ResponseBody):
    """What a check that asks models will send and cost at most; US dollars, null when the price is unknown."""

    entries: int
    of: int = Field(description="entries that could be asked about")
    left_out: int = Field(description="entries of which the check can say nothing")
    compared: int = Field(description="of entries: reviewed ones beside the sample, to compare the model with people")
    calls: int
    tokens_low: int
    tokens_high: int
    cost_low: float | None
    cost_high: float | None


class CheckAnswer(ResponseBody):
    """The numbers of the newest run of a check; shares are 0 to 1, and ``interval`` is at 95 %."""

    run_id: str
    check: str
    query: str
    options: dict[str, Any]
    result: dict[str, Any]
    ended_at: datetime
    series: str = Field("", description="such as the model; empty for checks that keep one run")


@router.post("/projects/{project_id}/checks", status_code=202)
async def run_check(
    project_id: Id, body: RunCheck, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start a task that runs a check; what it says of entries are then terms of the search line."""
    return await start(services, request, response, actor, project_id, services.checks.task_type(body.check), body)


@router.post("/projects/{project_id}/checks/estimate")
def estimate_check(project_id: Id, body: RunCheck, services: ServicesDep) -> EstimateAnswer:
    """Return what a check that asks models will send and cost; nothing is sent."""
    services.projects.get_project(project_id)
    models = [model.model_dump(exclude_none=True, exclude={"api_key"}) for model in body.models or ()]
    config = {"check": body.check, "query": body.query, "options": body.options, "models": models}
    return EstimateAnswer.model_validate(services.checks.estimate_config(project_id, config))


def _readable(services: ServicesDep) -> set[str]:
    """Return the checks whose runs are read here: those that can be started, and the comparison with a held-out set."""
    return {*services.checks.names(), heldout.CHECK}


@router.get("/projects/{project_id}/checks")
def list_checks(project_id: Id, services: ServicesDep) -> list[CheckAnswer]:
    """Return the newest run of each check that was run, of some checks one for each model."""
    services.projects.get_project(project_id)
    found = (services.checks.newest_of_each(project_id, name) for name in _readable(services))
    return [CheckAnswer.model_validate(report) for reports in found for report in reports]


@router.get("/projects/{project_id}/checks/{check}")
def get_check(project_id: Id, check: str, services: ServicesDep) -> CheckAnswer:
    """Return the newest run of a check."""
    services.projects.get_project(project_id)
    report = services.checks.newest(project_id, check) if check in _readable(services) else None
    if report is None:
        raise NotFoundError(f"The check {check} was not run in this project yet. Run it first.")
    return CheckAnswer.model_validate(report)


@router.post("/projects/{project_id}/checks/{check}/comparison")
def compare_check(project_id: Id, check: str, services: ServicesDep) -> CheckAnswer:
    """Compare the scores of the newest run of ``judge`` or ``ratings`` with the reviews as they are now.

    No model is asked. ``trust`` of the result says whether ``judge:<3`` may be a term of the search.
    """
    services.projects.get_project(project_id)
    services.checks.compare_again(project_id, check)
    return get_check(project_id, check, services)


class GuessabilityAnswer(ResponseBody):
    """How many answers can be guessed from the questions alone; shares are 0 to 1."""

    share: float
    majority_share: float = Field(description="of answers that always giving the most frequent answer guesses")
    by_kind: dict[str, float] = Field(description="the share by kind of question")
    entries: dict[str, float] = Field(description="by id of the entry, the chance with which its answer is guessed")
    interval: tuple[float, float] = Field(description="of the share, at 95%")


@router.get("/projects/{project_id}/guessability")
def get_guessability(project_id: Id, entry_filter: Filter, services: ServicesDep) -> GuessabilityAnswer:
    """Return how many answers of the entries as they are now can be guessed without the image.

    The newest run of the check ``guessable`` answers when it is about the same search line and no entry was written
    since it began. Otherwise it is computed, which takes some seconds for 10,000 entries; nothing is stored.
    """
    services.projects.get_project(project_id)
    return GuessabilityAnswer.model_validate(services.checks.guessability(project_id, search=str(entry_filter)))


@router.get(
    "/projects/{project_id}/report",
    response_class=Response,  # errors are JSON
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def get_report(
    project_id: Id,
    services: ServicesDep,
    seed: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    examples: Annotated[int, Query(ge=0, le=100)] = 12,
) -> HTMLResponse:
    """Return the report of a dataset as one HTML page that fetches nothing; *seed* draws the examples."""
    report = services.checks.report(project_id, seed=seed, examples=examples)
    # Its texts are escaped; were one not, it could neither run a script nor send anything.
    headers = {"Content-Security-Policy": f"{POLICY}; sandbox", "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(report, headers=headers | {"Cache-Control": "private, no-cache"})
