"""Fixed questions of a project: put to every image, also to those added later, without a model."""

from typing import Any

from sqlalchemy import ColumnElement, insert, update
from sqlmodel import Session, col, select

from core.db import Database, Images, Projects, Questions, QuestionTemplates, in_library, new_id, utc_now
from core.errors import InvalidInputError, NotFoundError
from core.questions.answer_types import Options, checked_options
from core.questions.text import MAX_QUESTION_CHARS, clean, question_key

MAX_TEMPLATES = 20


class QuestionTemplateService:
    """Keeps the fixed questions of projects; tasks that ask or answer put them to the images they are about."""

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

        *options* are the labels of a ``label`` question, of which *one_label* allows a single one, or the JSON
        schema of a ``custom_format`` question.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: the question is empty or there already, there are 20, or *options* do not fit.
        """
        row = QuestionTemplates(project_id=project_id, language=language, question="")
        _put_into(row, question, answer_type, options, one_label=one_label)
        with self._db.transaction() as session:
            project = session.get(Projects, project_id)
            if project is None or project.deleted_at is not None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            known = of_project(session, project_id)
            _refuse_a_repeat(row, known)
            if len(known) >= MAX_TEMPLATES:
                message = f"There are {MAX_TEMPLATES} fixed questions already. Remove one first."
                raise InvalidInputError(message, field="question")
            session.add(row)
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
        """Change a fixed question; images that answered it keep it as it was, all others are asked the new one.

        Raises:
            NotFoundError: there is no such fixed question.
            InvalidInputError: as :meth:`add_template`.
        """
        with self._db.transaction() as session:
            row = _template(session, template_id)
            _put_into(row, question, answer_type, options, one_label=one_label)
            _refuse_a_repeat(row, [one for one in of_project(session, row.project_id) if one.id != row.id])
            _take_back(session, template_id)
        return row

    def list_templates(self, project_id: str) -> list[QuestionTemplates]:
        """Return the fixed questions of a project, oldest first."""
        with self._db.reading() as session:
            return of_project(session, project_id)

    def remove_template(self, template_id: str) -> int:
        """Remove a fixed question, and from every image where it has no answer; return from how many.

        Raises:
            NotFoundError: there is no such fixed question.
        """
        with self._db.transaction() as session:
            _template(session, template_id).deleted_at = utc_now()
            return _take_back(session, template_id)

    def put_to_images(self, project_id: str, image_ids: list[str] | None = None) -> int:
        """Give the images (None: all of the project) the fixed questions they miss, and return how many."""
        with self._db.reading() as session:  # most often there is nothing to write
            missing = _missing(session, project_id, image_ids)
        if not missing:
            return 0
        with self._db.transaction() as session:
            rows = _missing(session, project_id, image_ids)
            if rows:
                session.execute(insert(Questions), rows)
        return len(rows)


def _put_into(row: QuestionTemplates, question: str, answer_type: str, options: Options, *, one_label: bool) -> None:
    row.question = clean(question, MAX_QUESTION_CHARS)
    if not question_key(row.question):
        raise InvalidInputError("Write a question.", field="question")
    row.options = checked_options(answer_type, options)
    row.answer_type, row.one_label = answer_type, one_label and answer_type == "label"


def _refuse_a_repeat(row: QuestionTemplates, known: list[QuestionTemplates]) -> None:
    key = question_key(row.question)
    if any(question_key(one.question) == key and one.language == row.language for one in known):
        raise InvalidInputError("This fixed question is there already.", field="question")


def _template(session: Session, template_id: str) -> QuestionTemplates:
    template = session.get(QuestionTemplates, template_id)
    if template is None or template.deleted_at is not None:
        raise NotFoundError("This fixed question does not exist any more.")
    return template


def _take_back(session: Session, template_id: str) -> int:
    """Take the fixed question from every image where it has no answer."""
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
    """Return the condition that an image has not got this question, whoever asked it."""
    query = select(1).where(
        Questions.image_id == Images.id, Questions.language == template.language,
        Questions.question_key == question_key(template.question), col(Questions.deleted_at).is_(None),
    )  # fmt: skip
    return ~query.correlate(Images).exists()


def _missing(session: Session, project_id: str, image_ids: list[str] | None) -> list[dict[str, Any]]:
    wanted = None if image_ids is None else set(image_ids)
    rows = []
    for template in of_project(session, project_id):
        query = select(Images.id).where(Images.project_id == project_id, in_library())
        for image_id in session.exec(query.where(is_missing(template))):
            if wanted is None or image_id in wanted:
                rows.append(question_row(template, image_id))
    return rows


def question_row(template: QuestionTemplates, image_id: str) -> dict[str, Any]:
    """Return the columns of the question that *template* puts to an image."""
    now = utc_now()
    return {
        "id": new_id(), "project_id": template.project_id, "image_id": image_id, "question": template.question,
        "question_key": question_key(template.question), "language": template.language, "kind": "",
        "answer_type": template.answer_type, "options": template.options, "one_label": template.one_label,
        "template_id": template.id, "model": "", "create_at": now, "update_at": now,
    }  # fmt: skip
