"""Imported annotations become questions and entries."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from core.db import ImageDatasets, Images, Questions, has_one_image, question_key
from core.importing.sources.base import ImportedAnnotation


def add_entries(session: Session, image: Images | None, annotations: Sequence[ImportedAnnotation], task_id: str) -> int:
    """Add the entries of an image and return how many; those that the image already has are skipped."""
    if image is None or not annotations:
        return 0
    existing = select(ImageDatasets.question, ImageDatasets.answer).where(
        ImageDatasets.image_id == image.id, col(ImageDatasets.deleted_at).is_(None)
    )
    known = set(session.exec(existing).all())
    question_ids = _question_ids(session, image, annotations, task_id)
    added = 0
    for annotation in annotations:
        if (annotation.question, annotation.answer) in known:
            continue
        known.add((annotation.question, annotation.answer))
        session.add(
            ImageDatasets(
                project_id=image.project_id, image_id=image.id, image_name=image.image_name, task_id=task_id,
                question_id=question_ids[annotation.language, question_key(annotation.question)],
                question=annotation.question, answer=annotation.answer, answer_type=annotation.answer_type,
                language=annotation.language, model=annotation.model, confirmed=annotation.confirmed,
                score=annotation.score, tags=annotation.tags, note=annotation.note,
            )
        )  # fmt: skip
        added += 1
    return added


def _question_ids(
    session: Session, image: Images, annotations: Sequence[ImportedAnnotation], task_id: str
) -> dict[tuple[str, str], str]:
    """Return the ids of the questions by language and key, adding the new ones.

    Without question rows, an image with imported answers would count as one without questions.
    """
    existing = select(Questions).where(
        Questions.image_id == image.id, has_one_image(Questions), col(Questions.deleted_at).is_(None)
    )
    ids = {(question.language, question.question_key): question.id for question in session.exec(existing)}
    for annotation in annotations:
        key = annotation.language, question_key(annotation.question)
        if key not in ids:
            question = Questions(
                project_id=image.project_id, image_id=image.id, question=annotation.question, question_key=key[1],
                language=annotation.language, answer_type=annotation.answer_type,
                model=annotation.model, task_id=task_id,
            )  # fmt: skip
            session.add(question)
            ids[key] = question.id
    session.flush()
    return ids
