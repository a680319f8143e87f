"""Questions and answers that come with images: what others have written down becomes questions and entries."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from core.db import ImageDatasets, Images, Questions, question_key
from core.images.sources.base import Note


def add_entries(session: Session, image: Images | None, notes: Sequence[Note], task_id: str) -> int:
    """Make entries of the notes about an image and return how many; those it has already are left out."""
    if image is None or not notes:
        return 0
    there = select(ImageDatasets.question, ImageDatasets.answer).where(
        ImageDatasets.image_id == image.id, col(ImageDatasets.deleted_at).is_(None)
    )
    known = set(session.exec(there).all())
    asked = _questions(session, image, notes, task_id)
    added = 0
    for note in notes:
        if (note.question, note.answer) in known:
            continue
        known.add((note.question, note.answer))
        session.add(
            ImageDatasets(
                project_id=image.project_id, image_id=image.id, image_name=image.image_name, question=note.question,
                answer=note.answer, answer_type=note.answer_type, language=note.language, model=note.model,
                confirmed=note.confirmed, score=note.score, tags=note.tags, note=note.note, task_id=task_id,
                question_id=asked[note.language, question_key(note.question)],
            )
        )  # fmt: skip
        added += 1
    return added


def _questions(session: Session, image: Images, notes: Sequence[Note], task_id: str) -> dict[tuple[str, str], str]:
    """Return the ids of the questions behind the notes by language and key, asking those that are new.

    Without them an image full of imported answers would count as one that nobody has asked about.
    """
    there = select(Questions).where(Questions.image_id == image.id, col(Questions.deleted_at).is_(None))
    ids = {(question.language, question.question_key): question.id for question in session.exec(there)}
    for note in notes:
        key = note.language, question_key(note.question)
        if key not in ids:
            question = Questions(
                project_id=image.project_id, image_id=image.id, question=note.question, question_key=key[1],
                language=note.language, answer_type=note.answer_type, model=note.model, task_id=task_id,
            )  # fmt: skip
            session.add(question)
            ids[key] = question.id
    session.flush()
    return ids
