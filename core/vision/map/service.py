"""The map of a project: reading it, and when it is laid out."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Database, Images, ImageVectors, Tasks, cached_until_write, in_library
from core.errors import NotFoundError
from core.lazy import lazy_import
from core.tasks.service import ACTIVE, TaskStatus
from core.vision.map.kinds import kind_of_map
from core.vision.map.task import ImageMapTask

if TYPE_CHECKING:
    from core.vision.map.columns import Column, SplitOf
    from core.vision.map.points import MapPoints

_MAX_PLACED_SHARE = 0.1


@dataclass(frozen=True)
class MapState:
    """What a project has of a map."""

    made_at: datetime | None
    """None when none was laid out."""
    images: int
    """On the map."""
    placed: int
    """Of them, those that were added or changed since and stand beside their neighbors."""
    without_vector: int
    """Images that are not on the map, because nothing has analyzed them."""
    has_vectors: bool
    """Whether there is something to lay out."""
    open_task_id: str | None
    """The task that lays it out now."""
    was_stopped: bool
    """Whether the last attempt failed or was cancelled."""

    @property
    def wants_layout(self) -> bool:
        """Whether it should be laid out: it never was, or more than a tenth of it came later."""
        is_old = self.made_at is None or self.placed > _MAX_PLACED_SHARE * self.images
        return is_old and self.has_vectors and self.open_task_id is None


class ImageMap:
    """Reads the maps of projects; *split_of* returns the split of each image."""

    def __init__(self, db_session: Database, split_of: "SplitOf") -> None:
        self._db = db_session
        self._split_of = split_of

    def state(self, project_id: str) -> MapState:
        """Return what a project has of a map."""
        points = self.points(project_id)
        with self._db.reading() as session:
            has_vectors = points is not None or kind_of_map(session, project_id) is not None
            last = _last_task(session, project_id)
        is_open = last is not None and last.status in (*ACTIVE, TaskStatus.PAUSED)
        was_stopped = last is not None and not is_open and last.status != TaskStatus.COMPLETED
        task_id = last.id if last is not None and is_open else None
        if points is None:
            return MapState(None, 0, 0, self._count_without_vector(project_id), has_vectors, task_id, was_stopped)
        return MapState(
            points.made_at, len(points.ids), points.placed, points.without_vector, has_vectors, task_id, was_stopped
        )  # fmt: skip

    @cached_until_write
    def _count_without_vector(self, project_id: str) -> int:
        images = select(func.count()).select_from(Images).where(Images.project_id == project_id, in_library())
        with self._db.reading() as session:
            kind = kind_of_map(session, project_id)
            with_vector = select(ImageVectors.image_id).where(
                ImageVectors.project_id == project_id, ImageVectors.kind == (kind or "")
            )
            return session.exec(images.where(col(Images.id).not_in(with_vector))).one()

    @cached_until_write
    def points(self, project_id: str) -> "MapPoints | None":
        """Return where the images are; None when no map was laid out."""
        with self._db.reading() as session:
            # By name: numpy is not imported before somebody opens a map.
            found: MapPoints | None = lazy_import("core.vision.map.points").read(session, self._db.data_dir, project_id)
        return found

    @cached_until_write
    def column(self, project_id: str, field: str) -> "Column":
        """Return what the points are colored by, in the order of the points.

        Raises:
            NotFoundError: the project has no map.
            InvalidInputError: there is no such field.
        """
        points = self.points(project_id)
        if points is None:
            raise NotFoundError("This project has no map yet. Lay it out first.")
        with self._db.reading() as session:
            found: Column = lazy_import("core.vision.map.columns").column(
                session, project_id, points, field, self._split_of
            )
        return found


def _last_task(session: Session, project_id: str) -> Tasks | None:
    query = select(Tasks).where(Tasks.project_id == project_id, Tasks.task_type == ImageMapTask.task_type)
    return session.exec(query.order_by(col(Tasks.create_at).desc()).limit(1)).first()
