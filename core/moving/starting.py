"""Starting the import of a project as a task: from an upload, or from a path on the server."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.db import Tasks
from core.errors import InvalidInputError, NotFoundError
from core.moving import IMPORT_TASK
from core.moving.service import ProjectMover
from core.tasks import TaskService

if TYPE_CHECKING:
    from core.images.intake import ImageIntake
    from core.importing.uploads import UploadService


class ProjectImports:
    """Creates the tasks of imports."""

    def __init__(
        self, mover: ProjectMover, tasks: TaskService, intake: "ImageIntake", uploads: "UploadService"
    ) -> None:
        self._mover, self._tasks, self._intake, self._uploads = mover, tasks, intake, uploads

    def from_path(self, path: str, *, in_roots: bool = False, started_by: str = "local") -> Tasks:
        """Create the task for an archive on the server; its ``project_id`` is the project that will appear.

        Args:
            in_roots: only below VITRINE_IMPORT_ROOTS.

        Raises:
            InvalidInputError: nothing may be imported from there, or it is not a project archive.
        """
        archive = self._intake.import_context.resolve(path, in_roots=in_roots)
        return self._create(archive, {"path": path, "name": archive.name}, started_by)

    def from_upload(self, upload_id: str, *, started_by: str = "local") -> Tasks:
        """Create the task for a complete upload.

        Raises:
            NotFoundError: there is no such upload, or it is one of files for a project.
            InvalidInputError: it is not complete, or it is not a project archive.
        """
        upload = self._uploads.get(upload_id)
        if upload.project_id:  # not everybody who may create projects may see what is uploaded into this one
            raise NotFoundError("This upload is no archive of a project. Choose the file again.")
        if not upload.is_complete:
            raise InvalidInputError(f"{upload.name} is not complete. Send the rest first.", field="upload_id")
        archive = self._intake.import_context.resolve(upload.path)
        task = self._create(archive, {"path": upload.path, "name": upload.name}, started_by)
        self._uploads.start(upload_id)
        return task

    def _create(self, archive: Path, config: dict[str, str], started_by: str) -> Tasks:
        project_id = self._mover.begin_import(archive)
        return self._tasks.create_task(project_id, IMPORT_TASK, config, started_by=started_by)
