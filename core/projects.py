"""Projects: create, rename, delete, restore, count, move."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.arguments import require_path, require_text, tidy_name
from core.db import (
    Database,
    IncomingProjects,
    Memberships,
    Projects,
    cached_until_write,
    require_database,
    utc_now,
)
from core.errors import InvalidInputError, NotFoundError
from core.lazy import lazy_import
from core.progress import ShowProgress, shown
from core.project_counts import ProjectCounts, ProjectSummary, count_contents, summarize
from core.tasks.item_queue import pause_all

__all__ = ["MAX_NAME_CHARS", "ProjectCounts", "ProjectService", "ProjectSummary", "numbered_name"]

MAX_NAME_CHARS = 200
_OWNER = "owner"  # the role of core.accounts, a room beside this one


class ProjectService:
    """Projects of one database."""

    def __init__(self, db_session: Database) -> None:
        self._db = require_database(db_session)

    def create_project(self, name: str, description: str = "", *, owner_id: str | None = None) -> Projects:
        """Create a project.

        Args:
            name: Its name, which no other project has.
            description: What it is about.
            owner_id: The account that becomes its owner; None where there are no accounts.

        Raises:
            InvalidInputError: *name* is empty, too long or taken.
        """
        with self._db.transaction() as session:
            settings = self._db.settings
            project = Projects(
                name=_unused_name(session, name),
                description=description.strip(),
                max_images=settings.project_max_images,
                max_image_bytes=settings.project_max_image_bytes,
            )
            session.add(project)
            if owner_id is not None:
                session.flush()
                session.add(Memberships(account_id=owner_id, project_id=project.id, role=_OWNER))
            audit.record(session, "project.create", project)
        return project

    @cached_until_write
    def get_project(self, project_id: str) -> Projects:
        """Return the project.

        Raises:
            NotFoundError: no such project.
        """
        with self._db.reading() as session:
            return _project(session, project_id)

    @cached_until_write
    def list_projects(self, visible: frozenset[str] | None = None) -> list[Projects]:
        """Return the projects of *visible*, None for all, the most recently changed first."""
        query = (
            select(Projects)
            .where(col(Projects.deleted_at).is_(None))
            .order_by(col(Projects.update_at).desc(), col(Projects.id))
        )
        with self._db.reading() as session:
            return [row for row in session.exec(query) if visible is None or row.id in visible]

    @cached_until_write
    def summaries(self, limit: int = 24, visible: frozenset[str] | None = None) -> list[ProjectSummary]:
        """Return the projects of *visible*, None for all, with size and first image, the last changed first."""
        projects = self.list_projects(visible)[:limit]
        with self._db.reading() as session:
            return summarize(session, projects)

    def rename_project(self, project_id: str, name: str, description: str | None = None) -> Projects:
        """Rename the project; a description replaces the present one.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: *name* is empty, too long or taken.
        """
        with self._db.transaction() as session:
            project = _project(session, project_id)
            before = project.name
            project.name = _unused_name(session, name, except_id=project_id)
            if description is not None:
                project.description = description.strip()
            audit.record(session, "project.change", project, name_before=before if before != project.name else "")
        return project

    def set_quota(self, project_id: str, *, max_images: int | None, max_image_bytes: int | None) -> Projects:
        """Limit how many images the library of a project may have, and how many bytes; None for no limit.

        What it has already stays. For those who run the server: pages and routes offer it to admins.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: a limit is negative.
        """
        for name, limit in (("max_images", max_images), ("max_image_bytes", max_image_bytes)):
            if limit is not None and limit < 0:
                raise InvalidInputError("A quota is a number from 0 on, or nothing for no limit.", field=name)
        with self._db.transaction() as session:
            project = _project(session, project_id)
            project.max_images, project.max_image_bytes = max_images, max_image_bytes
            audit.record(session, "project.change", project, max_images=max_images, max_image_bytes=max_image_bytes)
        return project

    def set_analyzers(self, project_id: str, names: Sequence[str]) -> Projects:
        """Let these analyzers run for every new image of the project; none when *names* is empty.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: there is no such analyzer, or it asks a model, which costs money.
        """
        offered = lazy_import("core.vision.analyzers")
        for name in names:
            if offered.analyzer(name).needs_model:
                raise InvalidInputError(
                    f"The analyzer {name} asks a model. Start it for chosen images instead.", field="analyzers"
                )
        with self._db.transaction() as session:
            project = _project(session, project_id)
            project.analyzers = ",".join(dict.fromkeys(names))
            audit.record(session, "project.change", project, analyzers=project.analyzers or "none")
        return project

    def delete_project(self, project_id: str) -> bool:
        """Soft-delete the project with everything in it and pause its tasks; return False when there is none."""
        with self._db.transaction() as session:
            project = session.get(Projects, project_id)
            if project is None or project.deleted_at is not None:
                return False
            project.deleted_at = utc_now()
            pause_all(session, project_id, "Paused because its project was deleted.")
            audit.record(session, "project.delete", project)
        return True

    def restore_project(self, project_id: str) -> Projects:
        """Restore a deleted project; when its name is taken, a number is appended.

        Raises:
            NotFoundError: no such project.
        """
        with self._db.transaction() as session:
            project = session.get(Projects, project_id)
            if project is None or session.get(IncomingProjects, project_id) is not None:
                raise NotFoundError("This project cannot be restored: it does not exist any more.")
            if project.deleted_at is not None:
                project.name = numbered_name(session, project.name)
                project.deleted_at = None
                audit.record(session, "project.restore", project)
        return project

    def export_project(self, project_id: str, path: str | Path, *, progress: ShowProgress = None) -> Path:
        """Write a project with everything in it to a ZIP archive and return its path.

        Args:
            path: of the archive; in a directory it is named after the project.
            progress: called with the finished share (0 to 1) and the current step in words; True shows a bar, as
                notebooks do.

        Raises:
            NotFoundError: no such project.
            ExportError: the archive could not be imported again.
            StorageError: the disk is full or broken; there is no archive then, not a part of one.
        """
        require_path(path, "path")
        with shown(progress, "Exporting the project") as show:
            archive: Path = self._mover().export_project(project_id, path, progress=show).path
        return archive

    def import_project(self, path: str | Path, *, progress: ShowProgress = None) -> Projects:
        """Add the project of an archive of :meth:`export_project`, and return it when all of it is there.

        Ids stay as they are unless this database has one of them: then the whole project gets new ones. The project
        gets a number behind its name when that is taken.

        Raises:
            InvalidInputError: it is not such an archive, it is damaged, or another version wrote it.
            StorageError: the disk is full or broken.
        """
        require_path(path, "path")
        with shown(progress, "Importing the project") as show:
            project: Projects = self._mover().import_project(path, progress=show).project
        return project

    def _mover(self) -> Any:
        # By name: that room stands on those that import this module.
        return lazy_import("core.moving.service").ProjectMover(self._db)

    @cached_until_write
    def counts(self, project_id: str) -> ProjectCounts:
        """Return how many images, questions and entries the project has."""
        with self._db.reading() as session:
            return count_contents(session, project_id)


def _project(session: Session, project_id: str) -> Projects:
    project = session.get(Projects, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("This project does not exist any more. Choose another one.")
    return project


def _unused_name(session: Session, name: str, *, except_id: str | None = None) -> str:
    name = tidy_name(require_text(name, "name"))
    if not name:
        raise InvalidInputError("Give the project a name.", field="name")
    if len(name) > MAX_NAME_CHARS:
        raise InvalidInputError(f"Shorten the name to at most {MAX_NAME_CHARS} characters.", field="name")
    if _is_taken(session, name, except_id):
        raise InvalidInputError(f"There is a project called {name} already. Choose another name.", field="name")
    return name


def numbered_name(session: Session, name: str) -> str:
    """Return *name*, with a number when another project has it."""
    candidate, number = name, 2
    while _is_taken(session, candidate, None):
        candidate, number = f"{name} ({number})", number + 1
    return candidate


def _is_taken(session: Session, name: str, except_id: str | None) -> bool:
    query = select(Projects.id).where(Projects.name == name, col(Projects.deleted_at).is_(None))
    if except_id is not None:
        query = query.where(Projects.id != except_id)
    return session.exec(query).first() is not None
