"""Fixed questions of a project: added to every image, also to later ones, without a model."""

from typing import Any

from sqlalchemy import ColumnElement, insert, update
from sqlmodel import Session, col, select

from core import audit
from core.db import (
    Database,
    Images,
    Projects,
    Questions,
    QuestionTemplates,
    has_one_image,
    in_library,
    new_id,
    question_key,
    utc_now,
)  # fmt: skip
from core.errors import InvalidInputError, NotFoundError
from core.questions.answer_types import Options, checked_options
from core.questions.text import MAX_QUESTION_CHARS, clean

MAX_TEMPLATES = 20


class QuestionTemplateService:
    """Manages the fixed questions of projects; generation tasks add them to their images."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def add_template(
        self,
        project_id: str,
        question: str,
        *,
        language: str = "en",
        answer_type: str = "text",
        options: Options = None,
        one_label: bool = False,
    ) -> QuestionTemplates:
        """Add a fixed question.

        Args:
            options: The labels of a ``label`` question, or the JSON schema of a ``custom_format`` question.
            one_label: Whether the answer to a ``label`` question is exactly one label.

        Raises:
            NotFoundError: there is no such project.
            InvalidInputError: the question is empty or exists already, the project has ``MAX_TEMPLATES``, or
                *options* do not fit *answer_type*.
        """
        row = QuestionTemplates(project_id=project_id, language=language, question="")
        _set_values(row, question, answer_type, options, one_label=one_label)
        with self._db.transaction() as session:
            project = session.get(Projects, project_id)
            if project is None or project.deleted_at is not None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            known = of_project(session, project_id)
            _check_not_repeated(row, known)
            if len(known) >= MAX_TEMPLATES:
                message = f"There are {MAX_TEMPLATES} fixed questions already. Remove one first."
                raise InvalidInputError(message, field="question")
            session.add(row)
            audit.record(session, "template.add", row)
        return row

    def change_template(
        self,
        template_id: str,
        question: str,
        *,
        answer_type: str = "text",
        options: Options = None,
        one_label: bool = False,
    ) -> QuestionTemplates:
        """Change a fixed question; images where it is answered keep the old one, all others get the new one.

        Raises:
            NotFoundError: there is no such fixed question.
            InvalidInputError: as in :meth:`add_template`.
        """
        checked_options(answer_type, options)  # a schema may take seconds to check: not while others cannot write
        with self._db.transaction() as session:
            row = _template(session, template_id)
            _set_values(row, question, answer_type, options, one_label=one_label)
            _check_not_repeated(row, [other for other in of_project(session, row.project_id) if other.id != row.id])
            audit.record(session, "template.change", row, images=_delete_unanswered(session, template_id))
        return row

    def list_templates(self, project_id: str) -> list[QuestionTemplates]:
        """Return the fixed questions of a project, oldest first."""
        with self._db.reading() as session:
            return of_project(session, project_id)

    def remove_template(self, template_id: str) -> int:
        """Remove a fixed question, also from the images where it is unanswered; return the number of these images.

        Raises:
            NotFoundError: there is no such fixed question.
        """
        with self._db.transaction() as session:
            row = _template(session, template_id)
            row.deleted_at = utc_now()
            removed = _delete_unanswered(session, template_id)
            audit.record(session, "template.remove", row, images=removed)
            return removed

    def add_to_images(self, project_id: str, image_ids: list[str] | None = None) -> int:
        """Add the missing fixed questions to the images (None: all of the project) and return how many."""
        with self._db.reading() as session:  # without the write lock: mostly nothing is missing
            missing = _missing(session, project_id, image_ids)
        if not missing:
            return 0
        with self._db.transaction() as session:
            rows = _missing(session, project_id, image_ids)
            if rows:
                session.execute(insert(Questions), rows)
                audit.record(session, "question.add", project_id=project_id, questions=len(rows), why="fixed questions")
        return len(rows)


def _set_values(row: QuestionTemplates, question: str, answer_type: str, options: Options, *, one_label: bool) -> None:
    row.question = clean(question, MAX_QUESTION_CHARS)
    if not question_key(row.question):
        raise InvalidInputError("Write a question.", field="question")
    row.options = checked_options(answer_type, options)
    row.answer_type, row.one_label = answer_type, one_label and answer_type == "label"


def _check_not_repeated(row: QuestionTemplates, known: list[QuestionTemplates]) -> None:
    key = question_key(row.question)
    if any(question_key(other.question) == key and other.language == row.language for other in known):
        raise InvalidInputError("This fixed question exists already.", field="question")


def _template(session: Session, template_id: str) -> QuestionTemplates:
    template = session.get(QuestionTemplates, template_id)
    if template is None or template.deleted_at is not None:
        raise NotFoundError("This fixed question does not exist any more.")
    return template


def _delete_unanswered(session: Session, template_id: str) -> int:
    """Delete the fixed question from the images where it is unanswered; return how many."""
    own = update(Questions).where(
        col(Questions.template_id) == template_id, col(Questions.deleted_at).is_(None), ~col(Questions.answered)
    )
    return int(session.connection().execute(own.values(deleted_at=utc_now())).rowcount)


def of_project(session: Session, project_id: str) -> list[QuestionTemplates]:
    """Return the fixed questions of a project, oldest first."""
    query = select(QuestionTemplates).where(
        QuestionTemplates.project_id == project_id, col(QuestionTemplates.deleted_at).is_(None)
    )
    return list(session.exec(query.order_by(col(QuestionTemplates.create_at), col(QuestionTemplates.id))))


def is_missing(template: QuestionTemplates) -> ColumnElement[bool]:
    """Return the SQL condition that an image does not have this question, from any origin."""
    query = select(1).where(
        Questions.image_id == Images.id, Questions.language == template.language,
        Questions.question_key == question_key(template.question), has_one_image(Questions),
        col(Questions.deleted_at).is_(None),
    )  # fmt: skip
    return ~query.correlate(Images).exists()


def _missing(session: Session, project_id: str, image_ids: list[str] | None) -> list[dict[str, Any]]:
    chosen = None if image_ids is None else set(image_ids)
    rows = []
    for template in of_project(session, project_id):
        query = select(Images.id).where(Images.project_id == project_id, in_library())
        for image_id in session.exec(query.where(is_missing(template))):
            if chosen is None or image_id in chosen:
                rows.append(question_row(template, image_id))
    return rows


def question_row(template: QuestionTemplates, image_id: str) -> dict[str, Any]:
    """Return the column values of the question that *template* adds to an image."""
    now = utc_now()
    return {
        "id": new_id(), "project_id": template.project_id, "image_id": image_id, "question": template.question,
        "question_key": question_key(template.question), "language": template.language, "kind": "",
        "answer_type": template.answer_type, "options": template.options, "one_label": template.one_label,
        "template_id": template.id, "model": "", "create_at": now, "update_at": now,
    }  # fmt: skip
