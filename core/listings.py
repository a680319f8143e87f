"""Lists of a project's rows in the order they were created, a page at a time (keyset pagination)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import func, literal, tuple_
from sqlmodel import Session, col, select

from core.db import Database, Exports, GeneratedImages, Questions, StyleDatasets, Tasks, is_about
from core.db.base import UtcDateTime
from core.errors import InvalidInputError, NotFoundError
from core.ownership import in_existing_project

Row = TypeVar("Row")


@dataclass(frozen=True)
class ListPage(Generic[Row]):
    """A page of a list; *next_cursor* is None on the last page, *total* counts the whole list."""

    items: list[Row]
    next_cursor: str | None
    total: int


class ListingService:
    """The lists that the REST API offers. *cursor* is the ``next_cursor`` of the page before, None for the first.

    Every method raises InvalidInputError when *cursor* belongs to another list.
    """

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def tasks(self, project_id: str, limit: int, cursor: str | None) -> ListPage[Tasks]:
        """Return tasks, newest first."""
        return self._page(Tasks, [col(Tasks.project_id) == project_id], limit, cursor)

    def exports(self, project_id: str, limit: int, cursor: str | None) -> ListPage[Exports]:
        """Return finished exports, newest first."""
        return self._page(Exports, [col(Exports.project_id) == project_id], limit, cursor)

    def export_ids(self, task_ids: Collection[str]) -> dict[str, str]:
        """Return the ids of the exports that these tasks made, by task id."""
        if not task_ids:
            return {}
        query = select(Exports.task_id, Exports.id).where(col(Exports.task_id).in_(task_ids))
        with self._db.reading() as session:
            return {task_id: export_id for task_id, export_id in session.exec(query) if task_id is not None}

    def questions(self, project_id: str, image_id: str | None, limit: int, cursor: str | None) -> ListPage[Questions]:
        """Return the questions of a project or of one of its images, oldest first."""
        conditions = [col(Questions.project_id) == project_id, col(Questions.deleted_at).is_(None)]
        conditions += [is_about(Questions, [image_id])] if image_id else []
        return self._page(Questions, conditions, limit, cursor, newest_first=False)

    def check_question(self, project_id: str, question_id: str) -> None:
        """Check that a question belongs to a project.

        Raises:
            NotFoundError: it does not.
        """
        with self._db.reading() as session:
            question = session.get(Questions, question_id)
        if question is None or question.project_id != project_id:
            raise NotFoundError("This question is not in the project. Choose another one.")

    def style_datasets(
        self, project_id: str | None, limit: int, cursor: str | None, visible: Collection[str] | None = None
    ) -> ListPage[StyleDatasets]:
        """Return the style datasets of a project, or of those in *visible* (None: of all), newest first."""
        return self._page(StyleDatasets, _of_project(StyleDatasets, project_id, visible), limit, cursor)

    def generated_images(
        self,
        project_id: str | None,
        dataset_id: str | None,
        limit: int,
        cursor: str | None,
        offset: int = 0,
        visible: Collection[str] | None = None,
    ) -> ListPage[GeneratedImages]:
        """Return the generated images of a project, or of those in *visible* (None: of all), newest first."""
        conditions = _of_project(GeneratedImages, project_id, visible)
        conditions += [col(GeneratedImages.dataset_id) == dataset_id] if dataset_id else []
        return self._page(GeneratedImages, conditions, limit, cursor, offset=offset)

    def _page(
        self,
        row: type[Row],
        conditions: Sequence[Any],
        limit: int,
        cursor: str | None,
        *,
        newest_first: bool = True,
        offset: int = 0,
    ) -> ListPage[Row]:
        table: Any = row
        order = (getattr(table, "create_at", None) or table.created_at, table.id)
        query = select(table).where(*conditions)
        with self._db.reading() as session:
            total = session.exec(select(func.count()).select_from(table).where(*conditions)).one()
            if cursor is not None:
                after = tuple_(literal(_created_at(session, table, order[0], cursor), UtcDateTime()), literal(cursor))
                query = query.where(tuple_(*order) < after if newest_first else tuple_(*order) > after)
            query = query.order_by(*(column.desc() for column in order) if newest_first else order)
            rows = list(session.exec(query.offset(offset).limit(limit + 1)))
        return ListPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None, total)


def _created_at(session: Session, table: Any, created: Any, cursor: str) -> Any:
    """Return when the row of *cursor* was created; a soft-deleted row keeps its position."""
    at = session.exec(select(created).where(table.id == cursor)).first()
    if at is None:
        raise InvalidInputError("This cursor belongs to another list. Start without one.", field="cursor")
    return at


def _of_project(row: Any, project_id: str | None, visible: Collection[str] | None) -> list[Any]:
    """Return the conditions of rows that are not deleted, in one project or in any of *visible* that exists."""
    if project_id is not None:
        return [row.deleted_at.is_(None), row.project_id == project_id]
    of_visible = [row.project_id.in_(visible)] if visible is not None else []
    return [row.deleted_at.is_(None), in_existing_project(row), *of_visible]
