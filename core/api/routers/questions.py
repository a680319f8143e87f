"""Routes of questions: generating, answering and listing them, and the fixed questions of a project."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.tasks import start
from core.api.schemas import (
    INTEGRAL,
    OFFLINE,
    Cursor,
    Id,
    Limit,
    ModelChoice,
    Page,
    RequestBody,
    ResponseBody,
    TaskAnswer,
)
from core.errors import NotFoundError
from core.questions.image_sets import MAX_IMAGES, MIN_IMAGES, SetsBy
from core.questions.recipe import MAX_EXAMPLES
from core.services import Services

router = APIRouter(prefix="/api/projects/{project_id}", tags=["questions"])

ImageIds = Annotated[list[str], Field(max_length=100_000)]
Language = Annotated[str, Field(min_length=1, max_length=60)]
CONCURRENCY_HELP = "maximum number of concurrent calls; null: the setting VITRINE_LLM_CONCURRENCY"
ExampleIds = Annotated[list[str], Field(max_length=MAX_EXAMPLES)]


class QuestionAnswer(ResponseBody):
    """A question about an image; it is *answered* when an entry answers it."""

    id: str
    project_id: str
    image_id: str
    image_ids: list[str] = Field(description="all images of the question in their order; image_id is the first")
    question: str
    answered: bool
    language: str
    kind: str
    answer_type: str
    options: list[str] | dict[str, Any] | None
    model: str
    task_id: str | None
    create_at: datetime
    update_at: datetime


VERIFIABLE_HELP = "store only answers that a program can verify; others are asked for once more, then left out"

BATCH_HELP = "let the provider answer within 24 hours at a lower price; for models of providers that have batches"


class AskQuestions(RequestBody):
    """The images to ask about, with the number, language and model of the questions."""

    image_ids: ImageIds | None = Field(None, description="null: every image of the project")
    num_questions: Annotated[int, Field(ge=1, le=20), INTEGRAL] = 3
    language: Language = "en"
    custom_prompt: Annotated[str, Field(max_length=20_000)] | None = None
    with_answers: bool = Field(False, description="answer them in the same call")
    kinds: dict[str, Annotated[int, Field(ge=0, le=100), INTEGRAL]] = Field(
        {}, description="weight of each kind of question"
    )
    only_without_questions: bool = Field(False, description="only images without a question in this language")
    only_failed: bool = Field(False, description="only images whose last item in a question task failed")
    top_up: bool = Field(False, description="count existing questions of an image towards num_questions")
    sets: SetsBy | None = Field(
        None,
        description="ask about sets of images: in their order, with like names, the pages of one PDF, an image "
        "with its variants, or similar ones by their vectors",
    )
    set_size: Annotated[int, Field(ge=MIN_IMAGES, le=MAX_IMAGES), INTEGRAL] = Field(
        4, description="the most images of a set"
    )
    example_ids: ExampleIds = Field([], description="ids of confirmed entries that are sent as few-shot examples")
    fresh: bool = Field(False, description="do not reuse stored replies to the same requests")
    verifiable: bool = Field(False, description=VERIFIABLE_HELP)
    batch: bool = Field(False, description=BATCH_HELP)
    concurrency: Annotated[int, Field(ge=1, le=64), INTEGRAL] | None = Field(None, description=CONCURRENCY_HELP)
    llm_config: ModelChoice = OFFLINE
    cost_cap: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="US dollars; the task pauses before a call that would exceed this sum",
    )


class AskAnswers(RequestBody):
    """The questions to answer, and the models that answer them."""

    question_ids: ImageIds | None = Field(None, description="null: those selected by *which*")
    image_ids: ImageIds | None = None
    which: Literal["unanswered", "all"] = "unanswered"
    language: Language = "en"
    concurrency: Annotated[int, Field(ge=1, le=64), INTEGRAL] | None = Field(None, description=CONCURRENCY_HELP)
    llm_config: ModelChoice = OFFLINE
    more_models: Annotated[list[ModelChoice], Field(max_length=4)] = Field(
        [], description="further models; each answers every question"
    )
    example_ids: ExampleIds = Field([], description="ids of confirmed entries that are sent as few-shot examples")
    fresh: bool = Field(False, description="do not reuse stored replies to the same requests")
    verifiable: bool = Field(False, description=VERIFIABLE_HELP)
    batch: bool = Field(False, description=BATCH_HELP)
    cost_cap: float | None = Field(None, gt=0, allow_inf_nan=False, description="US dollars")


class TemplateAnswer(ResponseBody):
    """A fixed question: every image of the project gets it, also images added later."""

    id: str
    project_id: str
    question: str
    language: str
    answer_type: str
    options: list[str] | dict[str, Any] | None
    one_label: bool
    create_at: datetime


class TemplateChange(RequestBody):
    """A fixed question as it is from now on."""

    question: Annotated[str, Field(min_length=1, max_length=2_000)]
    answer_type: Literal["text", "label", "custom_format"] = "text"
    options: list[str] | dict[str, Any] | None = Field(None, description="labels, or a JSON schema")
    one_label: bool = Field(False, description="an answer has exactly one label")


class NewTemplate(TemplateChange):
    """A new fixed question."""

    language: Language = "en"


@router.post("/image-questions", status_code=202)
async def generate_questions(
    project_id: Id, body: AskQuestions, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start a task that generates questions with a vision model."""
    return await start(services, request, response, actor, project_id, "image-question-generation", body)


@router.post("/image-answers", status_code=202)
async def generate_answers(
    project_id: Id, body: AskAnswers, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start a task that answers questions with a vision model; each answer becomes an entry."""
    return await start(services, request, response, actor, project_id, "image-answer-generation", body)


@router.get("/image-questions")
def list_questions(
    project_id: Id, services: ServicesDep, image_id: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[QuestionAnswer]:
    """List the questions of a project, or of one of its images, oldest first."""
    services.projects.get_project(project_id)
    page = services.listings.questions(project_id, image_id, limit, cursor)
    items = [QuestionAnswer.model_validate(row) for row in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/question-templates")
async def list_question_templates(project_id: Id, services: ServicesDep) -> Page[TemplateAnswer]:
    """List the fixed questions of a project, oldest first."""

    def read() -> Page[TemplateAnswer]:
        services.projects.get_project(project_id)
        rows = services.questions.templates.list_templates(project_id)
        items = [TemplateAnswer.model_validate(row) for row in rows]
        return Page(items=items, next_cursor=None, total=len(items))

    return await asyncio.to_thread(read)


@router.post("/question-templates", status_code=201)
async def add_question_template(project_id: Id, body: NewTemplate, services: ServicesDep) -> TemplateAnswer:
    """Add a fixed question; generation tasks add it to their images."""
    added = await asyncio.to_thread(services.questions.templates.add_template, project_id, **body.model_dump())
    return TemplateAnswer.model_validate(added)


@router.put("/question-templates/{template_id}")
async def change_question_template(
    project_id: Id, template_id: Id, body: TemplateChange, services: ServicesDep
) -> TemplateAnswer:
    """Change a fixed question; images where it is answered keep the old one, all others get the new one."""

    def change() -> TemplateAnswer:
        _check_template(services, project_id, template_id)
        changed = services.questions.templates.change_template(template_id, **body.model_dump())
        return TemplateAnswer.model_validate(changed)

    return await asyncio.to_thread(change)


@router.delete("/question-templates/{template_id}", status_code=204)
async def remove_question_template(project_id: Id, template_id: Id, services: ServicesDep) -> None:
    """Remove a fixed question, also from the images where it is unanswered."""

    def remove() -> None:
        _check_template(services, project_id, template_id)
        services.questions.templates.remove_template(template_id)

    await asyncio.to_thread(remove)


def _check_template(services: Services, project_id: str, template_id: str) -> None:
    """Refuse a fixed question that is not one of the project."""
    if template_id not in [template.id for template in services.questions.templates.list_templates(project_id)]:
        raise NotFoundError("This fixed question does not exist any more. Choose another one.")
