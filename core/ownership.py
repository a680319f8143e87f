"""Ownership checks: an id of a deleted project, or of another project, is answered as if it did not exist."""

import threading
from collections.abc import Collection
from typing import Any

from cachetools import LRUCache
from sqlmodel import col, select

from core.db import (
    Database,
    Exports,
    GeneratedImages,
    ImageDatasets,
    Images,
    IncomingProjects,
    Projects,
    Questions,
    QuestionTemplates,
    StyleDatasetImages,
    StyleDatasets,
    Tasks,
    Webhooks,
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
    "webhook_id": Webhooks,
}
"""Names of ids in paths and bodies, with the table each one belongs to."""

IN_BODIES: dict[str, Any] = OWNED | {
    "image_ids": Images,
    "entry_ids": ImageDatasets,
    "example_ids": ImageDatasets,
    "question_id": Questions,
    "question_ids": Questions,
    "version_id": Images,
    "since": Exports,
    "row_id": StyleDatasetImages,
    "row_ids": StyleDatasetImages,
}
"""The same, with further names in bodies and of parameters."""
_IDS_AT_A_TIME = 500
_MAX_KNOWN = 20_000


class _Owners:
    """The projects of rows that were asked about lately: a row never gets another one. Used by several threads."""

    def __init__(self, _database: Database) -> None:
        self._lock = threading.Lock()
        self._projects: LRUCache[str, str] = LRUCache(_MAX_KNOWN)

    def get(self, id_: str) -> str | None:
        with self._lock:
            return self._projects.get(id_)

    def add(self, id_: str, project_id: str) -> None:
        with self._lock:
            self._projects[id_] = project_id


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
        # In one statement: between two of them the import of a project may end, which shows it.
        incoming = select(1).where(IncomingProjects.project_id == Projects.id).exists()
        query = select(Projects.id, Projects.deleted_at, incoming).join(row, row.project_id == Projects.id)
        with self._db.reading() as session:
            owner = session.exec(query.where(row.id == str(id_))).first()
        if owner is None:
            return
        owner_id, deleted_at, is_incoming = owner
        if is_incoming and row is Tasks:
            deleted_at = None  # the project is hidden while it is imported; the task of its import is not
        if deleted_at is not None or project_id not in (None, owner_id):
            raise NotFoundError("This does not exist any more, or it belongs to another project.")

    def projects_of(self, name: str, ids: Collection[object]) -> set[str]:
        """Return the ids of the projects that rows belong to, deleted ones included; ids without a row have none.

        Args:
            name: What the ids stand for, a key of :data:`IN_BODIES`.
            ids: The ids.
        """
        row, found = IN_BODIES[name], set[str]()
        owners = self._db.shared(_Owners)
        if len(ids) == 1 and (known := owners.get(str(next(iter(ids))))) is not None:
            return {known}
        owner = StyleDatasets if row is StyleDatasetImages else row
        texts = [str(id_) for id_ in ids]
        with self._db.reading() as session:
            for first in range(0, len(texts), _IDS_AT_A_TIME):
                some = texts[first : first + _IDS_AT_A_TIME]
                query = select(owner.project_id).where(row.id.in_(some))
                query = query.where(row.dataset_id == owner.id) if owner is not row else query
                found |= set(session.exec(query.distinct()))
        if len(ids) == 1:
            for project_id in found:
                owners.add(texts[0], project_id)
        return found


def in_existing_project(row: Any) -> Any:
    """Return the SQL condition that the project of *row* is not deleted."""
    return row.project_id.in_(select(Projects.id).where(col(Projects.deleted_at).is_(None)))
