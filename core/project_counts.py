"""The numbers of a project: what it has, and in which state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, distinct, func
from sqlmodel import Session, col, select

from core.db import (
    GeneratedImages,
    ImageDatasets,
    Images,
    Projects,
    Questions,
    asks_itself,
    further_images,
    in_library,
)


@dataclass(frozen=True)
class ProjectCounts:
    """How many images, questions and entries a project has, and in which state."""

    images: int
    images_without_questions: int
    questions: int
    questions_without_answer: int
    images_with_open_questions: int
    entries: int
    confirmed: int
    rejected: int
    generated: int
    """Generated images, hidden or in the library, without discarded ones."""

    @property
    def open(self) -> int:
        return self.entries - self.confirmed - self.rejected


@dataclass(frozen=True)
class ProjectSummary:
    """A project with the numbers and the cover image that a list shows."""

    project: Projects
    cover: Images | None
    images: int
    entries: int
    confirmed: int


def count_contents(session: Session, project_id: str) -> ProjectCounts:
    """Return how many images, questions and entries a project has."""
    answered = (
        select(1).where(ImageDatasets.question_id == Questions.id, col(ImageDatasets.deleted_at).is_(None)).exists()
    )

    def numbers(table: Any, *values: Any, where: Any = True) -> tuple[int, ...]:
        own = (table.project_id == project_id, _shown(table))
        row = session.exec(select(func.count(), *values).select_from(table).where(*own, where)).one()
        return tuple(int(value or 0) for value in (row if values else (row,)))

    (images,), (generated,) = numbers(Images), numbers(GeneratedImages)
    questions, images_with = numbers(Questions, func.count(distinct(col(Questions.image_id))))
    images_with += _only_further_images(session, project_id)
    asked, images_asked = _without_rows_of_questions(session, project_id)
    unanswered, images_open = numbers(Questions, func.count(distinct(col(Questions.image_id))), where=~answered)
    entries, confirmed, rejected = numbers(
        ImageDatasets, _count_where(col(ImageDatasets.confirmed)), _count_where(col(ImageDatasets.rejected))
    )
    return ProjectCounts(
        images=images,
        images_without_questions=images - images_with - images_asked,
        questions=questions + asked,
        questions_without_answer=unanswered,
        images_with_open_questions=images_open,
        entries=entries,
        confirmed=confirmed,
        rejected=rejected,
        generated=generated,
    )


def summarize(session: Session, projects: Sequence[Projects]) -> list[ProjectSummary]:
    """Return *projects* with size and first image, in their order."""
    ids = [project.id for project in projects]
    images = dict(session.exec(_by_project(Images, func.count(), ids)).all())
    entries = dict(session.exec(_by_project(ImageDatasets, func.count(), ids)).all())
    done = dict(session.exec(_by_project(ImageDatasets, _count_where(col(ImageDatasets.confirmed)), ids)).all())
    covers = {project_id: _first_image(session, project_id) for project_id in images}
    return [
        ProjectSummary(
            project=project,
            cover=covers.get(project.id),
            images=images.get(project.id, 0),
            entries=entries.get(project.id, 0),
            confirmed=done.get(project.id, 0),
        )
        for project in projects
    ]


def _only_further_images(session: Session, project_id: str) -> int:
    """Return how many images are the second or a further one of a question and the first of none."""
    first = select(1).where(Questions.image_id == Images.id, col(Questions.deleted_at).is_(None)).exists()
    further = col(Images.id).in_(further_images(Questions, project_id))
    return session.exec(select(func.count()).select_from(Images).where(further, in_library(), ~first)).one()


def _without_rows_of_questions(session: Session, project_id: str) -> tuple[int, int]:
    """Return how many questions are only in entries, and how many images have no others."""
    own = col(ImageDatasets.project_id) == project_id, *asks_itself()
    first = select(1).where(
        Questions.image_id == ImageDatasets.image_id, col(Questions.deleted_at).is_(None)
    )  # fmt: skip
    alone = case((~first.exists(), col(ImageDatasets.image_id)))
    further = col(ImageDatasets.image_id).not_in(further_images(Questions, project_id))
    each = col(ImageDatasets.image_id) + " " + col(ImageDatasets.question)
    asked = session.exec(select(func.count(distinct(each))).where(*own)).one()
    if not asked:
        return 0, 0
    images = session.exec(select(func.count(distinct(alone))).select_from(ImageDatasets).where(*own, further)).one()
    return asked, images


def _count_where(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _by_project(table: Any, value: Any, project_ids: list[str]) -> Any:
    return (
        select(table.project_id, value)
        .where(table.project_id.in_(project_ids), _shown(table))
        .group_by(table.project_id)
    )


def _shown(table: Any) -> Any:
    return in_library() if table is Images else table.deleted_at.is_(None)


def _first_image(session: Session, project_id: str) -> Images | None:
    query = select(Images).where(Images.project_id == project_id, in_library())
    return session.exec(query.order_by(col(Images.create_at), col(Images.id)).limit(1)).first()
