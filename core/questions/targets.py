"""The images and questions that a recipe selects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from core.db import (
    Database,
    ImageDatasets,
    Images,
    Questions,
    TaskItems,
    Tasks,
    asks_itself,
    has_one_image,
    in_library,
)
from core.errors import InvalidInputError
from core.questions import templates
from core.questions.image_sets import sets_of
from core.questions.recipe import AnswerRecipe, QuestionRecipe

_IDS_PER_QUERY = 10_000
QUESTION_TASK_TYPE = "image-question-generation"


@dataclass(frozen=True)
class TargetCounts:
    """How many images each choice of images has, for one language and one number of questions."""

    all: int
    without_questions: int
    failed: int
    below: int
    """Images with fewer questions than that number."""
    fixed: int
    """Number of fixed questions of the project."""


def image_ids(session: Session, project_id: str, recipe: QuestionRecipe, limit: int | None = None) -> list[str]:
    """Return the ids of the images that *recipe* selects, in the order of its ``image_ids`` if it names any.

    A named image that was deleted stays among them, so that its item fails and the others are done; with *limit* only
    images that exist are returned.

    Raises:
        InvalidInputError: a named image is in another project, or none of them exists.
    """
    query = select(Images.id).where(*_in_project(project_id))
    is_filtered = recipe.only_without_questions or recipe.only_failed or recipe.top_up
    if recipe.only_without_questions:
        query = query.where(_without_questions(recipe.language))
    if recipe.only_failed:
        query = query.where(col(Images.id).in_(_failed_last(project_id)))
    if recipe.top_up:
        query = query.where(_question_count(recipe.language) < recipe.num_questions)
    if recipe.image_ids is None:
        return list(session.exec(query.order_by(col(Images.create_at), col(Images.id)).limit(limit)))
    named, present = list(dict.fromkeys(recipe.image_ids)), set(session.exec(query))
    gone = [] if is_filtered else [id_ for id_ in named if id_ not in present]
    if gone and (len(gone) == len(named) or _is_elsewhere(session, Images, project_id, gone)):
        message = "Some of these images are not in the project any more. Choose again."
        raise InvalidInputError(message, field="image_ids")
    return named if gone and limit is None else [id_ for id_ in named if id_ in present][:limit]


def image_sets(
    db: Database, session: Session, image_ids: Sequence[str], recipe: QuestionRecipe
) -> list[tuple[str, ...]]:
    """Return the sets of the chosen images that *recipe* asks about.

    Raises:
        InvalidInputError: no two of the images belong together, or similar ones are asked for and have no vectors.
    """
    found: dict[str, Images] = {}
    for start in range(0, len(image_ids), _IDS_PER_QUERY):
        some = select(Images).where(col(Images.id).in_(image_ids[start : start + _IDS_PER_QUERY]))
        found |= {image.id: image for image in session.exec(some)}
    present = [found[id_] for id_ in image_ids if id_ in found and found[id_].is_in_library]
    if recipe.sets == "similar":
        from core.questions.near_sets import NearSets  # it imports numpy: not at the start of the server

        sets = db.shared(NearSets).sets_of(present, recipe.set_size)
    else:
        sets = sets_of(present, recipe.sets or "selection", recipe.set_size)
    if not sets:
        raise InvalidInputError(
            "No two of these images belong to a set. Choose more images, or another way to make sets.", field="sets"
        )
    return sets


def image_ids_to_answer(session: Session, project_id: str, which: str) -> list[str]:
    """Return the ids of images with a question that *which* selects, or without one of the fixed questions."""
    fixed = [templates.is_missing(template) for template in templates.of_project(session, project_id)]
    existing = select(1).where(Questions.image_id == Images.id, col(Questions.deleted_at).is_(None))
    if which == "unanswered":
        existing = existing.where(~col(Questions.answered))
    query = select(Images.id).where(*_in_project(project_id), or_(existing.correlate(Images).exists(), *fixed))
    return list(session.exec(query.order_by(col(Images.create_at), col(Images.id))))


def missing_fixed_questions(session: Session, project_id: str, image_id: str) -> list[Questions]:
    """Return the fixed questions that a task will add to the image, as rows that are not stored yet."""
    missing = [
        template for template in templates.of_project(session, project_id)
        if session.exec(select(Images.id).where(Images.id == image_id, templates.is_missing(template))).first()
    ]  # fmt: skip
    return [Questions(**templates.question_row(template, image_id)) for template in missing]


def questions_to_answer(session: Session, project_id: str, recipe: AnswerRecipe) -> list[Questions]:
    """Return the questions that *recipe* selects, oldest first, without named ones that were deleted.

    Raises:
        InvalidInputError: a question of ``question_ids`` is in another project, or none of them exists.
    """
    query = select(Questions).where(Questions.project_id == project_id, col(Questions.deleted_at).is_(None))
    if recipe.question_ids is None and recipe.which == "unanswered":
        query = query.where(~col(Questions.answered))
    found = list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id))))
    # Filtered here and not in SQL: the lists may be longer than the limit of parameters of a statement.
    if recipe.image_ids is not None:
        chosen_images = set(recipe.image_ids)
        found = [question for question in found if question.image_id in chosen_images]
    if recipe.question_ids is not None:
        chosen = set(recipe.question_ids)
        found = [question for question in found if question.id in chosen]
        gone = chosen - {question.id for question in found}
        if gone and (not found or _is_elsewhere(session, Questions, project_id, gone)):
            message = "Some of these questions do not exist any more. Choose again."
            raise InvalidInputError(message, field="question_ids")
    return found


def _is_elsewhere(session: Session, table: type[Images] | type[Questions], project_id: str, ids: Iterable[str]) -> bool:
    """Return whether one of the rows is in another project; deleted rows count too."""
    gone = list(ids)
    for start in range(0, len(gone), _IDS_PER_QUERY):
        others = select(table.id).where(
            col(table.id).in_(gone[start : start + _IDS_PER_QUERY]), table.project_id != project_id
        )
        if session.exec(others.limit(1)).first() is not None:
            return True
    return False


def unanswered_fixed_questions(session: Session, project_id: str) -> dict[str, list[str]]:
    """Return the ids of the unanswered fixed questions by image id."""
    query = select(Questions.image_id, Questions.id).where(
        Questions.project_id == project_id, col(Questions.template_id).is_not(None),
        col(Questions.deleted_at).is_(None), ~col(Questions.answered),
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for image_id, question_id in session.exec(query.order_by(col(Questions.create_at), col(Questions.id))):
        found.setdefault(image_id, []).append(question_id)
    return found


def count(session: Session, project_id: str, language: str, num_questions: int) -> TargetCounts:
    """Return how many images each choice of images has."""
    alive = _in_project(project_id)

    def images(*where: ColumnElement[bool]) -> int:
        return session.exec(select(func.count()).select_from(Images).where(*alive, *where)).one()

    return TargetCounts(
        all=images(),
        without_questions=images(_without_questions(language)),
        failed=images(col(Images.id).in_(_failed_last(project_id))),
        below=images(_question_count(language) < num_questions),
        fixed=len(templates.of_project(session, project_id)),
    )


def _in_project(project_id: str) -> tuple[ColumnElement[bool], ...]:
    return col(Images.project_id) == project_id, in_library()


def _failed_last(project_id: str) -> Any:
    """Return a subquery of the images whose last item in a question task failed."""
    last = (
        select(func.max(TaskItems.id))
        .join(Tasks, col(Tasks.id) == TaskItems.task_id)
        .where(
            Tasks.project_id == project_id,
            Tasks.task_type == QUESTION_TASK_TYPE,
            col(TaskItems.state).in_(("done", "failed")),
        )
        .group_by(TaskItems.subject_id)
    )
    return select(TaskItems.subject_id).where(col(TaskItems.id).in_(last), TaskItems.state == "failed")


def _without_questions(language: str) -> ColumnElement[bool]:
    existing = select(1).where(*_of_this_image(language), col(Questions.template_id).is_(None))
    return ~existing.correlate(Images).exists() & ~select(1).where(*_by_entries(language)).correlate(Images).exists()


def _question_count(language: str) -> ColumnElement[int]:
    stored = select(func.count()).where(*_of_this_image(language)).correlate(Images).scalar_subquery()
    return stored + select(func.count()).where(*_by_entries(language)).correlate(Images).scalar_subquery()


def _by_entries(language: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of entries about the image whose questions have no row of their own."""
    about = col(ImageDatasets.image_id) == col(Images.id), has_one_image(ImageDatasets)
    return (*about, col(ImageDatasets.language) == language, *asks_itself(of_image=True))


def _of_this_image(language: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Questions.image_id) == col(Images.id),
        has_one_image(Questions),
        col(Questions.language) == language,
        col(Questions.deleted_at).is_(None),
    )
