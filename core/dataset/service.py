"""The dataset's service: making entries, deciding on them, and the way back."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col

from core.dataset import bulk, changes, review, values
from core.dataset.changes import LOCAL, Act
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter
from core.dataset.reading import EntryReading
from core.dataset.review import BulkResult, Decided, UndoResult
from core.db import ImageDatasets, Images, Questions, new_id
from core.errors import ConflictError, InvalidInputError, NotFoundError


class ImageDatasetService(EntryReading):
    """Entries of image question-answer datasets; every change is one event, and can be undone."""

    # Making entries

    def create_dataset_entry(
        self,
        project_id: str,
        image_id: str,
        question: str,
        answer: str,
        model: str = "",
        answer_type: str = "text",
        *,
        question_id: str | None = None,
        score: float = 0.0,
        tags: str | Sequence[str] = "",
        note: str = "",
        confirmed: bool = False,
        kind: str = "",
        language: str = "en",
        options: list[str] | dict[str, Any] | None = None,
        actor: str = LOCAL,
    ) -> ImageDatasets:
        """Add an entry; *model* is who answered, empty for a person.

        Raises:
            NotFoundError: the image is not in the project.
            InvalidInputError: the answer breaks the rules of its type, or another value is out of range.
        """
        given = {
            "question": question, "answer": answer, "model": model, "answer_type": answer_type, "score": score,
            "tags": tags, "note": note, "confirmed": confirmed, "kind": kind, "language": language,
            "options": options,
        }  # fmt: skip
        with self._db.transaction() as session:
            image = _image(session, image_id, project_id)
            return changes.create(session, image, given, Act("create", actor), question_id=question_id)

    def create_from_question(
        self,
        question_id: str,
        answer: str,
        model: str = "",
        answer_type: str = "text",
        *,
        actor: str = LOCAL,
        **more: Any,
    ) -> ImageDatasets:
        """Add an entry that answers a stored question; *more* are score, tags, note, confirmed.

        Raises:
            NotFoundError: the question or its image is gone.
        """
        return self.batch_create_from_questions([question_id], [answer], model, answer_type, actor=actor, **more)[0]

    def batch_create_from_questions(
        self,
        question_ids: Sequence[str],
        answers: Sequence[str],
        model: str = "",
        answer_type: str = "text",
        *,
        actor: str = LOCAL,
        **more: Any,
    ) -> list[ImageDatasets]:
        """Add one entry for each question, all of them or none.

        Raises:
            InvalidInputError: there are not as many answers as questions, or a value breaks its rules.
        """
        if len(question_ids) != len(answers):
            raise InvalidInputError(
                f"There are {len(question_ids)} questions and {len(answers)} answers. Give one for each.",
                field="answers",
            )
        act = Act("create", actor)
        with self._db.transaction() as session:
            return [
                _create_answer(
                    session, question_id, {"answer": answer, "model": model, "answer_type": answer_type} | more, act
                )
                for question_id, answer in zip(question_ids, answers, strict=True)
            ]

    # Changing

    def update_dataset_entry(
        self,
        entry_id: str,
        *,
        version: int | None = None,
        actor: str = LOCAL,
        batch_id: str | None = None,
        **updates: Any,
    ) -> ImageDatasets:
        """Change fields of the entry; with *version*, only if nobody changed it since.

        Raises:
            NotFoundError: no such entry.
            InvalidInputError: a field cannot be changed, or a value breaks its rules.
            ConflictError: *version* is out of date; it carries the entry as it is now.
        """
        return self._change(entry_id, "edit", updates, version=version, actor=actor, batch_id=batch_id)

    def confirm_entry(self, entry_id: str, confirmed: bool = True, *, actor: str = LOCAL) -> ImageDatasets:
        """Confirm the entry, or open it again."""
        made = {"confirmed": True} if confirmed else {"confirmed": False, "rejected": False}
        return self._change(entry_id, "confirm" if confirmed else "reopen", made, actor=actor)

    def rate_entry(self, entry_id: str, score: float, *, actor: str = LOCAL) -> ImageDatasets:
        """Rate the entry with 0 (not rated) to 5, halves allowed."""
        return self._change(entry_id, "rate", {"score": score}, actor=actor)

    def add_tags(self, entry_id: str, new_tags: str | Sequence[str], *, actor: str = LOCAL) -> ImageDatasets:
        """Add tags to those the entry has."""
        added = values.normal_tags(new_tags)
        with self._db.transaction() as session:
            entry = changes.entry_by_id(session, entry_id)
            return changes.change(session, entry, {"tags": f"{entry.tags},{added}"}, Act("tag", actor))

    def delete_dataset_entry(self, entry_id: str, *, actor: str = LOCAL) -> bool:
        """Delete the entry and return whether it was there; undo brings it back."""
        with self._db.transaction() as session:
            try:
                entry = changes.entry_by_id(session, entry_id)
            except NotFoundError:
                return False
            changes.write(session, entry, {"deleted": True}, Act("delete", actor))
            return True

    def decide(
        self,
        entry_id: str,
        version: int,
        decision: str,
        *,
        changes: dict[str, Any] | None = None,
        actor: str = LOCAL,
        batch_id: str | None = None,
    ) -> Decided:
        """Store a reviewer's decision on the entry as it was seen.

        *batch_id* is the reviewer's own id of this act: sent twice, it is stored once.

        Raises:
            ConflictError: the entry is not at *version* any more; it carries both versions.
        """
        with self._db.transaction() as session:
            act = Act(decision, actor, batch_id or new_id())
            return review.decide(session, entry_id, version, decision, changes or {}, act)

    def bulk(
        self, project_id: str, entry_filter: EntryFilter, action: str, value: Any = None, *, actor: str = LOCAL
    ) -> BulkResult:
        """Do one act to every entry of the filter: confirm, reject, reopen, rate, tag, untag or delete."""
        with self._db.transaction() as session:
            where = conditions(project_id, entry_filter)
            return bulk.bulk_change(session, where, action, value, Act(action, actor))

    def bulk_ids(
        self, project_id: str, entry_ids: Sequence[str], action: str, value: Any = None, *, actor: str = LOCAL
    ) -> BulkResult:
        """Do one act to the entries with these ids."""
        with self._db.transaction() as session:
            where = [*conditions(project_id, EntryFilter()), col(ImageDatasets.id).in_(entry_ids)]
            return bulk.bulk_change(session, where, action, value, Act(action, actor))

    # The way back

    def undo(
        self, project_id: str, *, batch_id: str | None = None, actor: str = LOCAL, undo_id: str | None = None
    ) -> UndoResult | None:
        """Take an act back: the one named, or what *actor* did last; None when nothing is left.

        Raises:
            ConflictError: someone changed the same since.
        """
        with self._db.transaction() as session:
            act = Act("undo", actor, undo_id or new_id())
            batch_id = batch_id or review.last_act(session, project_id, actor)
            standing = review.standing_events(session, batch_id, 2) if batch_id else []
            if not standing or standing[0].project_id != project_id or changes.is_done(session, act.batch_id):
                return None
            if len(standing) == 1:
                return review.undo_one(session, standing[0], act)
            result = bulk.undo_bulk(session, standing[0].batch_id, act)
            if not result.undone:
                raise ConflictError("Every one of these entries was changed since, so nothing was taken back.")
            return result

    def _change(
        self,
        entry_id: str,
        action: str,
        updates: dict[str, Any],
        *,
        version: int | None = None,
        actor: str = LOCAL,
        batch_id: str | None = None,
    ) -> ImageDatasets:
        with self._db.transaction() as session:
            entry = changes.entry_by_id(session, entry_id)
            return changes.change(session, entry, updates, Act(action, actor, batch_id or new_id()), version=version)


def _image(session: Session, image_id: str, project_id: str | None = None) -> Images:
    image = session.get(Images, image_id)
    if image is None or not image.is_in_library or project_id not in (None, image.project_id):
        raise NotFoundError("This image is not in the project. Choose another one.")
    return image


def _create_answer(session: Session, question_id: str, given: dict[str, Any], act: Act) -> ImageDatasets:
    question = session.get(Questions, question_id)
    if question is None or question.deleted_at is not None:
        raise NotFoundError("This question does not exist any more. Choose another one.")
    whole = {
        "question": question.question, "kind": question.kind, "language": question.language,
        "options": question.options,
    } | given  # fmt: skip
    return changes.create(session, _image(session, question.image_id), whole, act, question_id=question_id)
