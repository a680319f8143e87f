"""Questions: asking a model for them, listing them; and asking a model to answer them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlmodel import col

from core.api.lists import page_by_key
from core.api.rooms import Asker, House
from core.api.routers.tasks import start
from core.api.shapes import WHOLE, Answer, Body, Cursor, Id, Limit, ModelChoice, Page, TaskAnswer
from core.db import Questions

router = APIRouter(prefix="/api/projects/{project_id}", tags=["questions"])

ImageIds = Annotated[list[str], Field(max_length=100_000)]
Language = Annotated[str, Field(min_length=1, max_length=60)]


class QuestionAnswer(Answer):
    id: str
    project_id: str
    image_id: str
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


class AskQuestions(Body):
    """Which images, how many questions each, in which language, by which model."""

    image_ids: ImageIds | None = Field(None, description="null: every image of the project")
    num_questions: Annotated[int, Field(ge=1, le=20), WHOLE] = 3
    language: Language = "en"
    custom_prompt: Annotated[str, Field(max_length=20_000)] | None = None
    with_answers: bool = Field(False, description="answer them in the same call")
    concurrency: Annotated[int, Field(ge=1, le=64), WHOLE] = 4
    llm_config: ModelChoice = ModelChoice()
    cost_cap: float | None = Field(None, gt=0, description="US dollars; the task pauses when they are spent")


class AskAnswers(Body):
    """Which questions are answered, by which model."""

    question_ids: ImageIds | None = Field(None, description="null: all that have no answer yet")
    image_ids: ImageIds | None = None
    language: Language = "en"
    concurrency: Annotated[int, Field(ge=1, le=64), WHOLE] = 4
    llm_config: ModelChoice = ModelChoice()
    cost_cap: float | None = Field(None, gt=0, description="US dollars")


@router.post("/image-questions", status_code=202)
async def generate_questions(
    project_id: Id, body: AskQuestions, request: Request, response: Response, house: House, actor: Asker
) -> TaskAnswer:
    """Start asking a vision model for questions; returns the task that does it."""
    return await start(house, request, response, actor, project_id, "image-question-generation", body)


@router.post("/image-answers", status_code=202)
async def generate_answers(
    project_id: Id, body: AskAnswers, request: Request, response: Response, house: House, actor: Asker
) -> TaskAnswer:
    """Start answering questions with a vision model; each answer becomes an entry."""
    return await start(house, request, response, actor, project_id, "image-answer-generation", body)


@router.get("/image-questions")
def list_questions(
    project_id: Id, house: House, image_id: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> Page[QuestionAnswer]:
    """List the questions of a project, or of one of its images, oldest first."""
    house.projects.get_project(project_id)
    conditions = [col(Questions.project_id) == project_id, col(Questions.deleted_at).is_(None)]
    conditions += [col(Questions.image_id) == image_id] if image_id else []
    rows, following, total = page_by_key(house.db, Questions, conditions, limit, cursor, newest_first=False)
    return Page(items=[QuestionAnswer.model_validate(row) for row in rows], next_cursor=following, total=total)
