"""Ownership checks: an id of a deleted project, or of another project, is answered as if it did not exist."""

from typing import Any

from sqlmodel import col, select

from core.db import (
    Database,
    Exports,
    GeneratedImages,
    ImageDatasets,
    Images,
    IncomingProjects,
    Projects,
    QuestionTemplates,
    StyleDatasets,
    Tasks,
)
from core.errors import NotFoundError

OWNED: dict[str, Any] = {
    "image_id": Images,
    "entry_id": ImageDatasets,
    "task_id": Tasks,
    "export_id": Exports,
    "dataset_id": StyleDatasets,
    "generated_id": GeneratedImages,
    "template_id": QuestionTemplates,
}
"""Names of ids in paths and bodies, with the table each one belongs to."""


class OwnershipService:
    """Checks that an id belongs to a project that exists."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def check(self, name: str, id_: object, project_id: object = None) -> None:
        """Check one id; an id without a row passes, because the service that reads the row says so itself.

        Args:
            name: What the id stands for, a key of :data:`OWNED`.
            id_: The id.
            project_id: The project it has to belong to; None for any that exists.

        Raises:
            NotFoundError: its project is deleted, or is not *project_id*.
        """
        row = OWNED[name]
        query = select(Projects.id, Projects.deleted_at).join(row, row.project_id == Projects.id)
        with self._db.reading() as session:
            owner = session.exec(query.where(row.id == str(id_))).first()
        if owner is None:
            return
        owner_id, deleted_at = owner
        if deleted_at is not None and row is Tasks and self._is_incoming(owner_id):
            deleted_at = None
        if deleted_at is not None or project_id not in (None, owner_id):
            raise NotFoundError("This does not exist any more, or it belongs to another project.")

    def _is_incoming(self, project_id: str) -> bool:
        """Return whether the project is hidden because it is being imported: the task of its import is not."""
        with self._db.reading() as session:
            return session.get(IncomingProjects, project_id) is not None


def in_existing_project(row: Any) -> Any:
    """Return the SQL condition that the project of *row* is not deleted."""
    return row.project_id.in_(select(Projects.id).where(col(Projects.deleted_at).is_(None)))
