"""Questions, and the entries that models make of them, in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, insert
from sqlmodel import Session, col, select

from core.db import Database, Events, ImageDatasets, Images, Questions, TaskItems, in_library
from core.db.base import new_values
from core.errors import InvalidInputError
from core.questions.answer_types import Options, checked_answer, checked_options
from core.questions.language import entry_language_mismatch
from core.questions.text import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, clean, question_key


@dataclass(frozen=True)
class Asked:
    """A question as a model wrote it; *answer* when it was asked for in the same call."""

    question: str
    kind: str = ""
    answer: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where generated rows come from."""

    model: str
    language: str
    task_id: str | None = None
    call_id: int | None = None


@dataclass(frozen=True)
class NewResult:
    """An image with what a task asked about it, and the answers where there are some."""

    image: Images
    made: list[tuple[str, str, str]]
    """Question, answer and the model that gave it; both empty for a question without an answer."""
    short_by: int = 0
    """Questions that the model still owed after it was asked once more."""


def newest_results(session: Session, task_id: str, limit: int) -> list[NewResult]:
    """Return the images that the task finished last, with their new questions and answers."""
    finished = session.exec(
        select(Images, TaskItems.result)
        .join(TaskItems, col(TaskItems.subject_id) == Images.id)
        .where(TaskItems.task_id == task_id, TaskItems.state == "done")
        .order_by(col(TaskItems.ended_at).desc(), col(TaskItems.id).desc())
        .limit(limit * 4)
    )
    # An image has an item for each model that answers.
    newest: dict[str, tuple[Images, int]] = {}
    for image, result in finished:
        newest.setdefault(image.id, (image, int(result.get("short_by", 0))))
    return [
        NewResult(image, _made(session, task_id, image.id), short_by)
        for image, short_by in list(newest.values())[:limit]
    ]


def _made(session: Session, task_id: str, image_id: str) -> list[tuple[str, str, str]]:
    entries = session.exec(
        select(ImageDatasets)
        .where(ImageDatasets.image_id == image_id, ImageDatasets.task_id == task_id)
        .order_by(col(ImageDatasets.question_id), col(ImageDatasets.create_at))
    ).all()
    if entries:
        return [(entry.question, entry.answer, entry.model) for entry in entries]
    asked = select(Questions.question).where(Questions.image_id == image_id, Questions.task_id == task_id)
    return [(question, "", "") for question in session.exec(asked.order_by(col(Questions.create_at)))]


def questions_by_id(db: Database, ids: list[str]) -> list[Questions]:
    """Return the questions with these ids that still exist, in the order of *ids*."""
    query = select(Questions).where(col(Questions.id).in_(ids), col(Questions.deleted_at).is_(None))
    with db.reading() as session:
        return sorted(session.exec(query), key=lambda question: ids.index(question.id))


def images_with_questions(
    session: Session, image_ids: Sequence[str], language: str
) -> dict[str, tuple[Images, list[str]]]:
    """Return those of the images that exist, each with the questions it has in *language*, oldest first."""
    query = select(Images).where(col(Images.id).in_(image_ids), in_library())
    found = {image.id: (image, list[str]()) for image in session.exec(query)}
    asked = (
        select(Questions.image_id, Questions.question)
        .where(
            col(Questions.image_id).in_(image_ids), Questions.language == language, col(Questions.deleted_at).is_(None)
        )
        .order_by(col(Questions.create_at), col(Questions.id))
    )
    for image_id, text in session.exec(asked):
        if image_id in found:
            found[image_id][1].append(text)
    return found


def question_texts(session: Session, image_id: str, language: str) -> list[str]:
    """Return the questions that the image has in *language*, oldest first."""
    return list(session.connection().execute(_TEXTS, {"image_id": image_id, "language": language}).scalars())


def add_questions(session: Session, image: Images, asked: list[Asked], origin: Origin) -> list[str]:
    """Store what a model asked, and its answers as entries; a question the image has already is left out.

    Goes past the session, which has nothing to learn of them: every result of a task pays for it.
    """
    taken = {question_key(text) for text in question_texts(session, image.id, origin.language)}
    questions, entries = list[dict[str, Any]](), list[dict[str, Any]]()
    for one in asked:
        key = question_key(one.question)
        if key in taken:
            continue
        taken.add(key)
        row = new_values(
            Questions, project_id=image.project_id, image_id=image.id, question=one.question, question_key=key,
            language=origin.language, kind=one.kind, model=origin.model, task_id=origin.task_id,
        )  # fmt: skip
        questions.append(row)
        if one.answer is not None:
            entries.append(_entry(image, SimpleNamespace(**row), one.answer, origin))
    if questions:
        session.connection().execute(_ADD_QUESTIONS, questions)
    if entries:
        session.connection().execute(_ADD_ENTRIES, entries)
    return [row["question"] for row in questions]


# Built once, as every result of a task pays for them.
_ADD_QUESTIONS, _ADD_ENTRIES = insert(Questions), insert(ImageDatasets)
_TEXTS = (
    select(Questions.question)
    .where(
        Questions.image_id == bindparam("image_id"), Questions.language == bindparam("language"),
        col(Questions.deleted_at).is_(None),
    )
    .order_by(col(Questions.create_at), col(Questions.id))
)  # fmt: skip


def write_question(
    session: Session,
    image: Images,
    question: str,
    *,
    language: str,
    answer_type: str = "text",
    options: Options = None,
    one_label: bool = False,
) -> Questions:
    """Store a question that a person wrote; when the image has it already, return that one."""
    question = clean(question, MAX_QUESTION_CHARS)
    key = question_key(question)
    if not key:
        raise InvalidInputError("Write a question.", field="question")
    same = select(Questions).where(
        Questions.image_id == image.id, Questions.language == language, Questions.question_key == key,
        col(Questions.deleted_at).is_(None),
    )  # fmt: skip
    row = session.exec(same).first()
    if row is None:
        row = Questions(
            project_id=image.project_id, image_id=image.id, question=question, question_key=key, language=language,
            answer_type=answer_type, options=checked_options(answer_type, options), one_label=one_label,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return row


def put_answer(session: Session, image: Images, question: Questions, answer: str, origin: Origin) -> bool:
    """Store a model's answer and return whether it was stored.

    The same model's earlier answer is replaced while nobody has touched it; an entry that a person confirmed,
    rejected, rated or edited stays, and the new answer is dropped.
    """
    earlier = session.exec(
        select(ImageDatasets).where(
            ImageDatasets.question_id == question.id,
            ImageDatasets.model == origin.model,
            col(ImageDatasets.deleted_at).is_(None),
        )
    ).first()
    fresh = ImageDatasets(**_entry(image, question, answer, origin))
    if earlier is None:
        session.add(fresh)
        return True
    if _touched_by_a_person(session, earlier):
        return False
    # Whoever has the old answer on the screen must not confirm the new one unseen.
    earlier.version += 1
    earlier.answer, earlier.generated_answer = fresh.answer, fresh.generated_answer
    earlier.needs_review, earlier.call_id, earlier.task_id = fresh.needs_review, fresh.call_id, fresh.task_id
    return True


def _touched_by_a_person(session: Session, entry: ImageDatasets) -> bool:
    """Every change by a person is an event; a model's own replacement is none."""
    changes = select(Events.id).where(Events.entity_id == entry.id, Events.action != "create").limit(1)
    return entry.confirmed or entry.rejected or session.exec(changes).first() is not None


def _entry(image: Images, question: Questions | SimpleNamespace, answer: str, origin: Origin) -> dict[str, Any]:
    answer = clean(answer, MAX_ANSWER_CHARS)
    answer, doubt = _in_stored_form(answer, question)
    doubt = doubt or entry_language_mismatch(question.question, answer, question.language)
    return new_values(
        ImageDatasets, project_id=image.project_id, image_id=image.id, image_name=image.image_name,
        question_id=question.id,
        question=question.question, answer=answer, answer_type=question.answer_type, options=question.options,
        model=origin.model, kind=question.kind, language=question.language, needs_review=doubt,
        generated_question=question.question if question.model else None, generated_answer=answer,
        call_id=origin.call_id, task_id=origin.task_id,
    )  # fmt: skip


def _in_stored_form(answer: str, question: Questions | SimpleNamespace) -> tuple[str, str]:
    """Return the answer and, when it breaks the rules of its type, why a person should look at it."""
    try:
        return checked_answer(answer, question.answer_type, question.options, one_label=question.one_label), ""
    except InvalidInputError as error:
        return answer, str(error)
