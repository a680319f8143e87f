"""Whose is it: nothing is answered by its id once its project is deleted, nor under the name of another project."""

from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.db import Exports, GeneratedImages, ImageDatasets, Images, Projects, QuestionTemplates, StyleDatasets, Tasks
from core.errors import NotFoundError

if TYPE_CHECKING:
    from core.db import Database

OWNED: dict[str, Any] = {
    "image_id": Images,
    "entry_id": ImageDatasets,
    "task_id": Tasks,
    "export_id": Exports,
    "dataset_id": StyleDatasets,
    "generated_id": GeneratedImages,
    "template_id": QuestionTemplates,
}
"""What the names of ids in addresses and bodies stand for."""


def check(db: "Database", name: str, id_: object, project_id: object = None) -> None:
    """Refuse an id whose project is deleted, or another one than *project_id*; ids of nothing are let through.

    Raises:
        NotFoundError: as if it did not exist.
    """
    row = OWNED[name]
    query = select(Projects.id, Projects.deleted_at).join(row, row.project_id == Projects.id).where(row.id == str(id_))
    with db.reading() as session:
        owner = session.exec(query).first()
    if owner is None:
        return  # whoever reads the row says so, in words of its own
    if owner[1] is not None or project_id not in (None, owner[0]):
        raise NotFoundError("This is not there any more, or in another project.")


def in_projects_that_exist(row: Any) -> Any:
    """Return the condition that the project of *row* is not deleted."""
    return row.project_id.in_(select(Projects.id).where(col(Projects.deleted_at).is_(None)))
