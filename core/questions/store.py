"""Storing questions and the entries that models make of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, union_all
from sqlmodel import Session, col, select

from core.db import (
    Database,
    Events,
    ImageDatasets,
    Images,
    Questions,
    TaskItems,
    asks_itself,
    has_one_image,
    in_library,
    insert_entries,
    insert_rows,
    new_id,
    question_key,
)
from core.db.base import new_values
from core.db.group_commit import do_together
from core.errors import InvalidInputError
from core.questions.answer_types import Options, checked_answer, checked_options
from core.questions.language import entry_language_mismatch
from core.questions.text import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, clean
from core.vision.boxes import BoxReading

# Read of a task's newest results: an image has one item for each model.
_ITEMS_PER_IMAGE = 4


@dataclass(frozen=True)
class GeneratedQuestion:
    """A question as a model wrote it, with its *answer* when both were requested in one call."""

    question: str
    kind: str = ""
    answer: str | None = None
    boxes: BoxReading | None = None
    """None when no boxes were asked for."""


@dataclass(frozen=True)
class Origin:
    """The model, language, task and call that generated a row."""

    model: str
    language: str
    task_id: str | None = None
    call_id: int | None = None


class GeneratedPair(NamedTuple):
    """A generated question with its answer; *answer* and *model* are "" for a question without an answer."""

    question: str
    answer: str
    model: str
    """The model that answered."""


@dataclass(frozen=True)
class ImageResult:
    """An image with the questions and answers that a task generated for it."""

    image: Images
    pairs: list[GeneratedPair]
    missing_questions: int = 0
    """How many questions were still missing after the second request."""


@dataclass(frozen=True)
class QuestionValues:
    """The columns of a question that an entry copies."""

    id: str
    question: str
    language: str
    kind: str
    model: str
    answer_type: str = "text"
    options: Options = None
    one_label: bool = False
    more_image_ids: str = ""


def newest_results(session: Session, task_id: str, limit: int) -> list[ImageResult]:
    """Return the images whose items ended last, newest first, with their new questions and answers."""
    finished = session.exec(
        select(Images, TaskItems.result)
        .join(TaskItems, col(TaskItems.subject_id) == Images.id)
        .where(TaskItems.task_id == task_id, TaskItems.state == "done")
        .order_by(col(TaskItems.ended_at).desc(), col(TaskItems.id).desc())
        .limit(limit * _ITEMS_PER_IMAGE)
    )
    newest: dict[str, tuple[Images, int]] = {}
    for image, result in finished:
        newest.setdefault(image.id, (image, int(result.get("short_by", 0))))
    return [
        ImageResult(image, _generated_pairs(session, task_id, image.id), missing_questions)
        for image, missing_questions in list(newest.values())[:limit]
    ]


def _generated_pairs(session: Session, task_id: str, image_id: str) -> list[GeneratedPair]:
    entries = session.exec(
        select(ImageDatasets)
        .where(ImageDatasets.image_id == image_id, ImageDatasets.task_id == task_id)
        .order_by(col(ImageDatasets.question_id), col(ImageDatasets.create_at))
    ).all()
    if entries:
        return [GeneratedPair(entry.question, entry.answer, entry.model) for entry in entries]
    questions = select(Questions.question).where(Questions.image_id == image_id, Questions.task_id == task_id)
    return [GeneratedPair(question, "", "") for question in session.exec(questions.order_by(col(Questions.create_at)))]


def questions_by_id(db: Database, ids: list[str]) -> list[Questions]:
    """Return the questions with these ids that still exist, in the order of *ids*."""
    query = select(Questions).where(col(Questions.id).in_(ids), col(Questions.deleted_at).is_(None))
    with db.reading() as session:
        found = {question.id: question for question in session.exec(query)}
    return [found[id_] for id_ in dict.fromkeys(ids) if id_ in found]


def images_with_questions(
    session: Session, image_ids: Sequence[str], language: str
) -> dict[str, tuple[Images, list[str]]]:
    """Return the existing images with their questions in *language*, oldest first."""
    query = select(Images).where(col(Images.id).in_(image_ids), in_library())
    found = {image.id: (image, list[str]()) for image in session.exec(query)}
    texts = (
        select(Questions.image_id, Questions.question)
        .where(
            col(Questions.image_id).in_(image_ids),
            Questions.language == language,
            has_one_image(Questions),
            col(Questions.deleted_at).is_(None),
        )
        .order_by(col(Questions.create_at), col(Questions.id))
    )
    of_entries = select(ImageDatasets.image_id, ImageDatasets.question).where(
        col(ImageDatasets.image_id).in_(image_ids), ImageDatasets.language == language,
        has_one_image(ImageDatasets), *asks_itself(of_image=True),
    )  # fmt: skip
    in_order = of_entries.order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))
    for image_id, text in (*session.exec(texts), *session.exec(in_order)):
        if image_id in found:
            found[image_id][1].append(text)
    return found


def question_texts(session: Session, image_ids: Sequence[str], language: str) -> list[str]:
    """Return the questions in *language* about exactly these images, oldest first."""
    first, *others = image_ids
    values = {"image_id": first, "more_image_ids": ",".join(others), "language": language}
    return list(session.connection().execute(_TEXTS, values).scalars())


def add_questions(
    session: Session,
    image: Images,
    generated: list[GeneratedQuestion],
    origin: Origin,
    further_ids: Sequence[str] = (),
) -> list[str]:
    """Store the questions that a model wrote, and its answers as entries; return those that are new to the images.

    *further_ids* are the second and further images of a set, of which *image* is the first.

    Inserts values instead of ORM objects, because every item of a task does so.
    """
    taken = {question_key(text) for text in question_texts(session, [image.id, *further_ids], origin.language)}
    questions, entries = list[dict[str, Any]](), list[dict[str, Any]]()
    for new in generated:
        key = question_key(new.question)
        if key in taken:
            continue
        taken.add(key)
        values = QuestionValues(
            new_id(), new.question, origin.language, new.kind, origin.model, more_image_ids=",".join(further_ids)
        )
        questions.append(
            new_values(
                Questions, **vars(values), project_id=image.project_id, image_id=image.id, question_key=key,
                task_id=origin.task_id,
            )
        )  # fmt: skip
        if new.answer is not None:
            entries.append(entry_values(image, values, new.answer, origin, new.boxes))
    insert_rows(session, Questions, questions)
    do_together(session, insert_entries, entries)
    return [row["question"] for row in questions]


def _texts_of(table: type[Questions | ImageDatasets], first: int, *of_these: Any) -> Any:
    """Return the query of the questions in a table, to be executed with the parameters of :func:`question_texts`."""
    return select(table.question, literal_column(str(first)).label("first"), table.create_at, table.id).where(
        table.image_id == bindparam("image_id"), table.language == bindparam("language"),
        table.more_image_ids == bindparam("more_image_ids"), *of_these,
    )  # fmt: skip


# Built once and one statement: every item of a task executes it.
_TEXTS = union_all(
    _texts_of(Questions, 0, col(Questions.deleted_at).is_(None)),
    _texts_of(ImageDatasets, 1, *asks_itself(of_image=True)),
).order_by("first", "create_at", "id")


def add_manual_question(
    session: Session,
    image: Images,
    question: str,
    *,
    language: str,
    answer_type: str = "text",
    options: Options = None,
    one_label: bool = False,
) -> Questions:
    """Store a question that a person wrote, or return the same one if the image has it already.

    Raises:
        InvalidInputError: the question is empty, or *options* do not fit *answer_type*.
    """
    question = clean(question, MAX_QUESTION_CHARS)
    key = question_key(question)
    if not key:
        raise InvalidInputError("Write a question.", field="question")
    same = select(Questions).where(
        Questions.image_id == image.id, Questions.language == language, Questions.question_key == key,
        has_one_image(Questions), col(Questions.deleted_at).is_(None),
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


def store_answer(
    session: Session,
    image: Images,
    question: Questions,
    answer: str,
    origin: Origin,
    boxes: BoxReading | None = None,
) -> bool:
    """Store a model's answer as an entry and return whether it was stored.

    It replaces the earlier answer of the same model, unless a person has confirmed, rejected, rated or edited
    that entry: then the new answer is dropped.
    """
    earlier = session.exec(
        select(ImageDatasets).where(
            ImageDatasets.question_id == question.id,
            ImageDatasets.model == origin.model,
            col(ImageDatasets.deleted_at).is_(None),
        )
    ).first()
    new = ImageDatasets(**entry_values(image, question, answer, origin, boxes))
    if earlier is None:
        session.add(new)
        return True
    if _is_reviewed(session, earlier):
        return False
    # Optimistic locking: a reviewer who sees the old answer gets a conflict instead of confirming the new one.
    earlier.version += 1
    earlier.answer, earlier.generated_answer = new.answer, new.generated_answer
    earlier.boxes = new.boxes
    earlier.needs_review, earlier.call_id, earlier.task_id = new.needs_review, new.call_id, new.task_id
    return True


def _is_reviewed(session: Session, entry: ImageDatasets) -> bool:
    """Return whether a person has changed the entry: that writes an event, a replacement by a model does not."""
    changes = select(Events.id).where(Events.entity_id == entry.id, Events.action != "create").limit(1)
    return entry.confirmed or entry.rejected or session.exec(changes).first() is not None


def entry_values(
    image: Images,
    question: Questions | QuestionValues,
    answer: str,
    origin: Origin,
    boxes: BoxReading | None = None,
) -> dict[str, Any]:
    """Return the columns of the entry for an answer of a model, with the reason for a review if there is one."""
    answer = clean(answer, MAX_ANSWER_CHARS)
    answer, problem = in_stored_form(answer, question)
    problem = problem or (boxes.problem if boxes else "")
    problem = problem or entry_language_mismatch(question.question, answer, question.language)
    return {
        "project_id": image.project_id, "image_id": image.id, "image_name": image.image_name,
        "more_image_ids": question.more_image_ids, "question_id": question.id, "question": question.question,
        "answer": answer, "answer_type": question.answer_type, "options": question.options,
        "model": origin.model, "kind": question.kind, "language": question.language, "needs_review": problem,
        "generated_question": question.question if question.model else None, "generated_answer": answer,
        "call_id": origin.call_id, "task_id": origin.task_id, "boxes": (boxes.boxes if boxes else None) or None,
    }  # fmt: skip


def in_stored_form(answer: str, question: Questions | QuestionValues) -> tuple[str, str]:
    """Return the answer as it is stored, and why it is invalid for its type ("" when it is valid)."""
    try:
        return checked_answer(answer, question.answer_type, question.options, one_label=question.one_label), ""
    except InvalidInputError as error:
        return answer, str(error)
