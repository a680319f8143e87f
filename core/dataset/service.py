"""The public API of entries: create, read, change, delete."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from sqlmodel import Session

from core.arguments import require_count, require_id, require_many
from core.dataset import edits, stats, tables, values
from core.dataset.edits import LOCAL, UserAction
from core.dataset.entry_images import images_by_ids
from core.dataset.filters import parse_search
from core.dataset.judge_trust import require_trusted_judge
from core.dataset.matching import EntryFilters, matching, pages, require_known
from core.db import Database, ImageDatasets, Page, Questions, cached_until_write, cut, require_database
from core.errors import InvalidInputError, NotFoundError
from core.images import ImageService
from core.pluralize import pluralize

if TYPE_CHECKING:
    import datasets
    import pandas


class ImageDatasetService:
    """Entries of image question-answer datasets; every change is stored as an event and can be undone."""

    def __init__(self, db_session: Database) -> None:
        self._db = require_database(db_session)

    # Create

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
        image_ids: Sequence[str] | None = None,
        conversation_id: str | None = None,
        turn: int = 0,
        system: str = "",
        boxes: Sequence[dict[str, Any]] | None = None,
        ratings: dict[str, int] | None = None,
        origin: str = "",
    ) -> ImageDatasets:
        """Add an entry.

        Args:
            model: the model that answered; empty for a person.
            answer_type: text, label (*answer* is a JSON array of labels) or custom_format (a JSON document).
            options: the labels to choose from, or the JSON schema of the answer.
            image_ids: all images of an entry about several, in their order; *image_id* is the first of them.
            conversation_id: any text; entries that share it are the turns of a conversation, in the order of *turn*.
            system: the system prompt that the question was asked with.
            boxes: ``{"label", "xyxy", "image"}`` each: left, top, right, bottom in px of the upright original, and
                the position of its image in *image_ids*, 0 when missing.
            ratings: 1 to 5 for relevance, image_correspondence, visual_dependency and formatting.
            origin: ``imported`` for an answer that came with other data, so that it does not count as a person's.

        Raises:
            NotFoundError: an image is not in the project.
            InvalidInputError: the answer breaks the rules of its type, or another value is out of range.
        """
        given = {
            "question": question, "answer": answer, "model": model, "answer_type": answer_type, "score": score,
            "tags": tags, "note": note, "confirmed": confirmed, "kind": kind, "language": language,
            "options": options, "conversation_id": conversation_id, "turn": turn, "system": system, "boxes": boxes,
            "ratings": ratings, "origin": origin,
        }  # fmt: skip
        require_id(project_id, "project_id")
        require_id(image_id, "image_id")
        ids = [image_id] if image_ids is None else list(require_many(image_ids, "image_ids", "ids"))
        if list(ids[:1]) != [image_id]:
            raise InvalidInputError("image_id is the first of image_ids. Make them agree.", field="image_ids")
        with self._db.transaction() as session:
            images = images_by_ids(session, project_id, ids)
            return edits.create(session, images, given, UserAction("create", actor), question_id=question_id)

    def create_from_question(
        self,
        question_id: str,
        answer: str,
        model: str = "",
        answer_type: str = "text",
        *,
        actor: str = LOCAL,
        **extra: Any,
    ) -> ImageDatasets:
        """Add an entry that answers a stored question; *extra* are score, tags, note and confirmed.

        Raises:
            NotFoundError: the question or its image was deleted.
            InvalidInputError: a value breaks its rules.
        """
        return self.batch_create_from_questions([question_id], [answer], model, answer_type, actor=actor, **extra)[0]

    def batch_create_from_questions(
        self,
        question_ids: Sequence[str],
        answers: Sequence[str],
        model: str = "",
        answer_type: str = "text",
        *,
        actor: str = LOCAL,
        **extra: Any,
    ) -> list[ImageDatasets]:
        """Add one entry for each question in one transaction, as :meth:`create_from_question` does.

        Raises:
            InvalidInputError: there are not as many answers as questions, or a value breaks its rules.
            NotFoundError: a question or its image was deleted.
        """
        require_many(question_ids, "question_ids", "ids")
        require_many(answers, "answers", "texts")
        if len(question_ids) != len(answers):
            raise InvalidInputError(
                f"{pluralize(len(question_ids), 'question')} and {pluralize(len(answers), 'answer')} were given. "
                "Give one answer for each question.",
                field="answers",
            )
        action = UserAction("create", actor)
        with self._db.transaction() as session:
            return [
                _create_answer(
                    session, question_id, {"answer": answer, "model": model, "answer_type": answer_type} | extra, action
                )
                for question_id, answer in zip(question_ids, answers, strict=True)
            ]

    # Read

    def get_dataset_entry(self, entry_id: str) -> ImageDatasets | None:
        """Return the entry; None when it does not exist, or was deleted."""
        with self._db.reading() as session:
            return edits.find_entry(session, entry_id)

    def list_dataset_entries(
        self,
        project_id: str,
        image_id: str | None = None,
        answer_type: str | None = None,
        confirmed: bool | None = None,
        min_score: float | None = None,
        tags: str | Sequence[str] | None = None,
        *,
        rejected: bool | None = None,
        model: str | None = None,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> Page[ImageDatasets]:
        """Return entries, oldest first, at most *limit*; ``total`` counts all, :meth:`iter_dataset_entries` yields all.

        Args:
            image_id: also finds entries that have it as their second or a further image.
            tags: every one of them is required.
            search: a search line, such as ``cat kind:count -tag:draft``.

        Raises:
            InvalidInputError: the search line cannot be read.
        """
        filters = EntryFilters(
            image_id=image_id, answer_type=answer_type, confirmed=confirmed, min_score=min_score, tags=tags,
            rejected=rejected, model=model, search=search,
        )  # fmt: skip
        limit, offset = require_count(limit, "limit"), require_count(offset, "offset")
        with self._db.reading() as session:
            require_trusted_judge(session, project_id, parse_search(search))
            return cut(session, matching(project_id, filters), limit, offset)

    def iter_dataset_entries(self, project_id: str, **filters: Unpack[EntryFilters]) -> Iterator[ImageDatasets]:
        """Yield all entries, oldest first, with the filters of :meth:`list_dataset_entries`.

        Read in pages: entries that are added meanwhile may follow, and no transaction stays open.

        Raises:
            InvalidInputError: the search line cannot be read.
        """
        require_known(filters)
        with self._db.reading() as session:
            require_trusted_judge(session, project_id, parse_search(filters.get("search", "")))
        return pages(self._db, matching(project_id, filters))

    def to_pandas(self, project_id: str, **filters: Unpack[EntryFilters]) -> "pandas.DataFrame":
        """Return a row for each entry, oldest first, with the filters of :meth:`list_dataset_entries`.

        Raises:
            InvalidInputError: the search line cannot be read.
        """
        return tables.to_pandas(self.iter_dataset_entries(project_id, **filters))

    def to_datasets(self, project_id: str, **filters: Unpack[EntryFilters]) -> "datasets.Dataset":
        """Return a dataset with the images: :func:`core.dataset.tables.to_datasets` names its columns.

        Takes the filters of :meth:`list_dataset_entries`; oldest first.

        Raises:
            InvalidInputError: the search line cannot be read.
        """
        entries = list(self.iter_dataset_entries(project_id, **filters))
        images = {image_id for entry in entries for image_id in entry.image_ids}
        return tables.to_datasets(entries, ImageService(self._db).file_paths(project_id, images))

    def get_dataset_stats(self, project_id: str) -> dict[str, Any]:
        """Return total_entries, confirmed_entries, average_score of the rated ones, by_answer_type, unique_images."""
        return self._stats(project_id).as_dict()

    @cached_until_write
    def _stats(self, project_id: str) -> stats.DatasetStats:
        with self._db.reading() as session:
            return stats.dataset_stats(session, project_id)

    # Change

    def update_dataset_entry(
        self, entry_id: str, *, version: int | None = None, actor: str = LOCAL, **updates: Any
    ) -> ImageDatasets | None:
        """Change fields of the entry; None when it does not exist, or was deleted.

        Args:
            version: write only if the entry still has this version.

        Raises:
            NotFoundError: one of ``image_ids`` is not in the project.
            InvalidInputError: a field cannot be changed, or a value breaks its rules.
            ConflictError: the entry is not at *version*; the error carries the stored entry and the changes.
        """
        return self._edit(entry_id, UserAction("edit", actor), updates, version)

    def confirm_entry(self, entry_id: str, confirmed: bool = True, *, actor: str = LOCAL) -> ImageDatasets | None:
        """Confirm the entry, or reopen it; None when it does not exist, or was deleted.

        Raises:
            InvalidInputError: *confirmed* is neither True nor False.
        """
        if not isinstance(confirmed, bool):
            raise InvalidInputError("Pass confirmed as True, or as False to reopen the entry.", field="confirmed")
        if confirmed:
            return self._edit(entry_id, UserAction("confirm", actor), {"confirmed": True})
        return self._edit(entry_id, UserAction("reopen", actor), {"confirmed": False, "rejected": False})

    def rate_entry(self, entry_id: str, score: float, *, actor: str = LOCAL) -> ImageDatasets | None:
        """Rate the entry with 0 (not rated) to 5; None when it does not exist, or was deleted.

        Raises:
            InvalidInputError: the score is something else.
        """
        return self._edit(entry_id, UserAction("rate", actor), {"score": score})

    def add_tags(self, entry_id: str, new_tags: str | Sequence[str], *, actor: str = LOCAL) -> ImageDatasets | None:
        """Add tags to those the entry has; None when it does not exist, or was deleted.

        Raises:
            InvalidInputError: a tag is too long.
        """
        added = values.normal_tags(new_tags)
        with self._db.transaction() as session:
            entry = edits.find_entry(session, entry_id)
            return entry and edits.edit(session, entry, {"tags": f"{entry.tags},{added}"}, UserAction("tag", actor))

    def delete_dataset_entry(self, entry_id: str, *, actor: str = LOCAL) -> bool:
        """Soft delete the entry, which undo reverts, and return whether it existed."""
        with self._db.transaction() as session:
            entry = edits.find_entry(session, entry_id)
            if entry is None:
                return False
            edits.write(session, entry, {"deleted": True}, UserAction("delete", actor))
            return True

    def _edit(
        self, entry_id: str, action: UserAction, changes: dict[str, Any], version: int | None = None
    ) -> ImageDatasets | None:
        with self._db.transaction() as session:
            entry = edits.find_entry(session, entry_id)
            return entry and edits.edit(session, entry, changes, action, version=version)


def _create_answer(session: Session, question_id: str, given: dict[str, Any], action: UserAction) -> ImageDatasets:
    question = session.get(Questions, question_id)
    if question is None or question.deleted_at is not None:
        raise NotFoundError("This question does not exist any more. Choose another one.")
    fields = {
        "question": question.question, "kind": question.kind, "language": question.language,
        "options": question.options,
    } | given  # fmt: skip
    images = images_by_ids(session, question.project_id, question.image_ids)
    return edits.create(session, images, fields, action, question_id=question_id)
