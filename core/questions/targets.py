"""Which images and which questions a recipe is about."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from core.db import Images, Questions, TaskItems, Tasks, in_library
from core.errors import InvalidInputError
from core.questions import templates
from core.questions.recipe import AnswerRecipe, QuestionRecipe

ASKING = "image-question-generation"


@dataclass(frozen=True)
class TargetCounts:
    """How many images each target holds, for one language and one number of questions."""

    all: int
    without_questions: int
    failed: int
    below: int
    """Images with fewer questions than wanted."""
    fixed: int
    """Fixed questions of the project."""


def image_ids(session: Session, project_id: str, recipe: QuestionRecipe, limit: int | None = None) -> list[str]:
    """Return the ids of the images that *recipe* is about, those it names in their order.

    Raises:
        InvalidInputError: a named image is not in the project.
    """
    query = select(Images.id).where(*_alive(project_id))
    narrowed = recipe.only_without_questions or recipe.only_failed or recipe.top_up
    if recipe.only_without_questions:
        query = query.where(_not_asked_about(recipe.language))
    if recipe.only_failed:
        query = query.where(col(Images.id).in_(_failed(project_id)))
    if recipe.top_up:
        query = query.where(_questions_of_image(recipe.language) < recipe.num_questions)
    if recipe.image_ids is None:
        return list(session.exec(query.order_by(col(Images.create_at), col(Images.id)).limit(limit)))
    present = set(session.exec(query))
    if not narrowed and any(id_ not in present for id_ in recipe.image_ids):
        message = "Some of these images are not in the project any more. Choose again."
        raise InvalidInputError(message, field="image_ids")
    return [id_ for id_ in dict.fromkeys(recipe.image_ids) if id_ in present][:limit]


def image_ids_to_answer(session: Session, project_id: str, which: str) -> list[str]:
    """Return the images with a question to answer, or that a fixed question still has to be put to."""
    fixed = [templates.is_missing(template) for template in templates.of_project(session, project_id)]
    asked = select(1).where(Questions.image_id == Images.id, col(Questions.deleted_at).is_(None))
    if which == "unanswered":
        asked = asked.where(~col(Questions.answered))
    query = select(Images.id).where(*_alive(project_id), or_(asked.correlate(Images).exists(), *fixed))
    return list(session.exec(query.order_by(col(Images.create_at), col(Images.id))))


def fixed_not_put_yet(session: Session, project_id: str, image_id: str) -> list[Questions]:
    """Return the fixed questions that a task will put to the image first, as rows that are not stored."""
    missing = [
        template for template in templates.of_project(session, project_id)
        if session.exec(select(Images.id).where(Images.id == image_id, templates.is_missing(template))).first()
    ]  # fmt: skip
    return [Questions(**templates.question_row(template, image_id)) for template in missing]


def questions_to_answer(session: Session, project_id: str, recipe: AnswerRecipe) -> list[Questions]:
    """Return the questions that *recipe* is about, oldest first.

    Raises:
        InvalidInputError: a chosen question does not exist any more.
    """
    query = select(Questions).where(Questions.project_id == project_id, col(Questions.deleted_at).is_(None))
    if recipe.question_ids is None and recipe.which == "unanswered":
        query = query.where(~col(Questions.answered))
    found = list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id))))
    # Compared here and not in SQL: a list of chosen ids may be longer than a statement may have parameters.
    if recipe.image_ids is not None:
        chosen_images = set(recipe.image_ids)
        found = [question for question in found if question.image_id in chosen_images]
    if recipe.question_ids is not None:
        chosen = set(recipe.question_ids)
        found = [question for question in found if question.id in chosen]
        if len(found) != len(chosen):
            message = "Some of these questions do not exist any more. Choose again."
            raise InvalidInputError(message, field="question_ids")
    return found


def unanswered_fixed(session: Session, project_id: str) -> dict[str, list[str]]:
    """Return the ids of the project's fixed questions without an answer, by image."""
    query = select(Questions.image_id, Questions.id).where(
        Questions.project_id == project_id, col(Questions.template_id).is_not(None),
        col(Questions.deleted_at).is_(None), ~col(Questions.answered),
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for image_id, question_id in session.exec(query.order_by(col(Questions.create_at), col(Questions.id))):
        found.setdefault(image_id, []).append(question_id)
    return found


def count(session: Session, project_id: str, language: str, num_questions: int) -> TargetCounts:
    """Return how many images each target holds."""
    alive = _alive(project_id)

    def images(*where: ColumnElement[bool]) -> int:
        return session.exec(select(func.count()).select_from(Images).where(*alive, *where)).one()

    return TargetCounts(
        all=images(),
        without_questions=images(_not_asked_about(language)),
        failed=images(col(Images.id).in_(_failed(project_id))),
        below=images(_questions_of_image(language) < num_questions),
        fixed=len(templates.of_project(session, project_id)),
    )


def _alive(project_id: str) -> tuple[ColumnElement[bool], ...]:
    return col(Images.project_id) == project_id, in_library()


def _failed(project_id: str) -> Any:
    """The images whose last item in a task that asked for questions failed."""
    last = (
        select(func.max(TaskItems.id))
        .join(Tasks, col(Tasks.id) == TaskItems.task_id)
        .where(Tasks.project_id == project_id, Tasks.task_type == ASKING, col(TaskItems.state).in_(("done", "failed")))
        .group_by(TaskItems.subject_id)
    )
    return select(TaskItems.subject_id).where(col(TaskItems.id).in_(last), TaskItems.state == "failed")


def _not_asked_about(language: str) -> ColumnElement[bool]:
    asked = select(1).where(*_of_image(language), col(Questions.template_id).is_(None))
    return ~asked.correlate(Images).exists()


def _questions_of_image(language: str) -> ColumnElement[int]:
    return select(func.count()).where(*_of_image(language)).correlate(Images).scalar_subquery()


def _of_image(language: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Questions.image_id) == col(Images.id),
        col(Questions.language) == language,
        col(Questions.deleted_at).is_(None),
    )
