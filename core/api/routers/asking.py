"""Routes of what precedes asking a model: which images, which examples, the first request, its cost, a trial."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.routers.questions import AskAnswers, AskQuestions, Language, QuestionAnswer
from core.api.schemas import MODEL_PROBLEMS, Id, RequestBody, ResponseBody
from core.services import Services
from core.tasks import with_models

router = APIRouter(prefix="/api", tags=["questions"])

LanguageName = Annotated[str, Query(min_length=1, max_length=60)]


class NewQuestion(RequestBody):
    """A question that a person wrote."""

    question: Annotated[str, Field(min_length=1, max_length=2_000)]
    language: Language = "en"
    answer_type: Literal["text", "label", "custom_format"] = "text"
    options: list[str] | dict[str, Any] | None = Field(None, description="labels, or a JSON schema")
    one_label: bool = Field(False, description="an answer has exactly one label")


class TargetsAnswer(ResponseBody):
    """How many images each choice of images has."""

    all: int
    without_questions: int
    failed: int
    below: int = Field(description="images with fewer questions than num_questions")
    fixed: int = Field(description="fixed questions of the project")


class ExamplesAnswer(ResponseBody):
    """Confirmed entries that are good few-shot examples."""

    example_ids: list[str]


class RequestAnswer(ResponseBody):
    """The first request of a task, and what the whole task will cost; US dollars, null when a price is unknown."""

    prompt: str
    image_ids: list[str] = Field(description="what the first request is about")
    sent_sizes_wh: list[list[int]] = Field(description="width and height of each image")
    sent_bytes: int
    pieces: int = Field(description="questions or answers that the reply is to have")
    calls: int
    cost_low: float | None
    cost_high: float | None
    observed_calls: int = Field(description="earlier replies that the range is based on")
    seconds: float | None = Field(description="expected duration; null without earlier calls")


class TrialQuestion(ResponseBody):
    """A question of a trial, with its answer if that was asked for."""

    question: str
    kind: str
    answer: str | None


class TrialAnswer(ResponseBody):
    """The reply of a model about the first image; nothing is stored, and the task will not pay for it again."""

    model: str
    questions: list[TrialQuestion]
    missing_questions: int
    unverifiable: int
    cost: float | None


@router.post("/images/{image_id}/questions", status_code=201)
def add_question(image_id: Id, body: NewQuestion, services: ServicesDep) -> QuestionAnswer:
    """Add a question about an image; one that it has already is returned."""
    return QuestionAnswer.model_validate(services.questions.add_manual_question(image_id, **body.model_dump()))


@router.get("/projects/{project_id}/image-questions/targets")
def count_targets(
    project_id: Id,
    services: ServicesDep,
    language: LanguageName = "en",
    num_questions: Annotated[int, Query(ge=1, le=20)] = 3,
) -> TargetsAnswer:
    """Count the images without questions, with failed ones, and with fewer than *num_questions*."""
    services.projects.get_project(project_id)
    return TargetsAnswer.model_validate(services.questions.target_counts(project_id, language, num_questions))


@router.get("/projects/{project_id}/image-questions/examples")
def suggest_examples(
    project_id: Id, services: ServicesDep, language: LanguageName = "en", count: Annotated[int, Query(ge=1, le=4)] = 3
) -> ExamplesAnswer:
    """Return confirmed entries to send as ``example_ids``."""
    services.projects.get_project(project_id)
    return ExamplesAnswer(example_ids=services.questions.suggest_examples(project_id, language, count))


@router.post("/projects/{project_id}/image-questions/estimate")
def estimate_questions(project_id: Id, body: AskQuestions, services: ServicesDep) -> RequestAnswer:
    """Return the first request of generating questions, and the cost of all; nothing is sent."""
    services.projects.get_project(project_id)
    return _estimate(services, project_id, _config(body), answers=False)


@router.post("/projects/{project_id}/image-answers/estimate")
def estimate_answers(project_id: Id, body: AskAnswers, services: ServicesDep) -> RequestAnswer:
    """Return the first request of answering questions, and the cost of all; nothing is sent."""
    services.projects.get_project(project_id)
    return _estimate(services, project_id, _config(body), answers=True)


@router.post("/projects/{project_id}/image-questions/trial", responses=MODEL_PROBLEMS)
async def try_questions(project_id: Id, body: AskQuestions, services: ServicesDep) -> TrialAnswer:
    """Send the first request of generating questions and return the reply."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    trial = services.preview.run_trial(project_id, _config(body), answers=False)
    return TrialAnswer.model_validate(await services.loop.call(trial))


@router.post("/projects/{project_id}/image-answers/trial", responses=MODEL_PROBLEMS)
async def try_answers(project_id: Id, body: AskAnswers, services: ServicesDep) -> TrialAnswer:
    """Send the first request of answering questions and return the reply."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    trial = services.preview.run_trial(project_id, _config(body), answers=True)
    return TrialAnswer.model_validate(await services.loop.call(trial))


def _config(body: AskQuestions | AskAnswers) -> dict[str, Any]:
    return with_models(body.model_dump(exclude_none=True, exclude={"cost_cap"}))


def _estimate(services: Services, project_id: str, config: dict[str, Any], *, answers: bool) -> RequestAnswer:
    request = services.preview.request(project_id, config, answers=answers)
    calls = services.preview.count_requests(project_id, config, answers=answers)
    cost = services.preview.estimate(config, calls, request, answers=answers)
    return RequestAnswer(
        prompt=request.prompt, image_ids=[image.id for image in request.images],
        sent_sizes_wh=[list(size_wh) for size_wh in request.sent_sizes_wh],
        sent_bytes=request.sent_bytes, pieces=request.pieces,
        calls=cost.calls, cost_low=cost.cost_low, cost_high=cost.cost_high, observed_calls=cost.observed_calls,
        seconds=cost.seconds,
    )  # fmt: skip
