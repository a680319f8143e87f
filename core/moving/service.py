"""Moving whole projects: into an archive, and from there into this or another data directory."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlmodel import col, select

from core.db import Database, Projects, Tasks
from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.images.import_outcome import label_of
from core.images.opened_storage import opened_storage
from core.images.storage import translate_disk_errors
from core.moving import EXPORT_TASK
from core.moving.checking import ImageLimits, check_archive
from core.moving.contents import MovedTable
from core.moving.exporting import ArchiveReport, ArchiveWriter, CancelCheck, Progress
from core.moving.incoming import ImportedProject, IncomingProjectStore, Reveal, revealing
from core.moving.loading import Loader
from core.moving.manifest import OpenedArchive, opened_archive
from core.portable import usable_name
from core.tasks import TaskStatus

ARCHIVES_DIRECTORY = "archives"
# The share of an import that checking takes; storing takes the rest.
_CHECK_SHARE = 0.25


def ignore_progress(share: float, step: str) -> None:
    """Do nothing."""


def never_cancelled() -> None:
    """Do nothing."""


class ProjectMover:
    """Exports and imports whole projects."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._storage = opened_storage(db_session.settings, db=db_session)
        self._incoming = IncomingProjectStore(db_session)

    # --- export ----------------------------------------------------------------------------------------------

    def export_project(
        self,
        project_id: str,
        path: str | Path,
        *,
        progress: Progress = ignore_progress,
        raise_if_cancelled: CancelCheck = never_cancelled,
    ) -> ArchiveReport:
        """Write a project with everything in it to the archive *path*; in a directory it is named after the project.

        Raises:
            NotFoundError: no such project.
            InvalidInputError: nothing can be written at *path*.
            ExportError: the archive could not be imported again.
            StorageError: the disk is full or broken.
        """
        final = self._target(project_id, path)
        return ArchiveWriter(self._db, self._storage, progress, raise_if_cancelled).write(project_id, final)

    def archive_path(self, task_id: str) -> Path:
        """Return the archive that an export task has made.

        Raises:
            NotFoundError: it has not ended, or a later export replaced its archive.
        """
        found = sorted(self.archive_directory(task_id).glob("*.zip"))
        if not found:
            raise NotFoundError("This archive is not there any more. Export the project again.")
        return found[0]

    def archive_directory(self, task_id: str) -> Path:
        """Return the directory for the archive of a task."""
        return self._db.data_dir / ARCHIVES_DIRECTORY / task_id

    def remove_older_archives(self, project_id: str, task_id: str) -> None:
        """Remove the archives of earlier exports of a project: they may be large, and only the newest is offered."""
        query = select(Tasks.id).where(Tasks.project_id == project_id, Tasks.task_type == EXPORT_TASK)
        with self._db.reading() as session:
            others = [id_ for id_ in session.exec(query) if id_ != task_id]
        for id_ in others:
            self.remove_archive(id_)

    def remove_archive(self, task_id: str) -> None:
        """Remove the archive of a task, or what of it was written."""
        shutil.rmtree(self.archive_directory(task_id), ignore_errors=True)

    def _target(self, project_id: str, path: str | Path) -> Path:
        target = Path(path).expanduser()
        if "\0" in str(path):
            raise InvalidInputError("This is not a path that a file can have. Choose another one.", field="path")
        if target.is_dir():
            with self._db.reading() as session:
                project = session.get(Projects, project_id)
            return target / f"{file_stem(project.name if project else '')}.zip"
        target = target if target.suffix else target.with_suffix(".zip")
        with translate_disk_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
        return target

    # --- import ----------------------------------------------------------------------------------------------

    def begin_import(self, path: str | Path) -> str:
        """Add a hidden project for the archive at *path* and return its id; :meth:`store_project` fills it.

        Raises:
            InvalidInputError: it is not a project archive, or another version wrote it.
        """
        with opened_archive(Path(path)) as archive:
            return self._incoming.begin(archive)

    def store_project(
        self,
        project_id: str,
        path: str | Path,
        *,
        progress: Progress = ignore_progress,
        raise_if_cancelled: CancelCheck = never_cancelled,
    ) -> Reveal:
        """Store everything in an archive under a hidden project, and return what shows it in the last transaction.

        An import that was interrupted continues where it was.

        Raises:
            ConflictError: another process runs this import.
            NotFoundError: the project is not being imported.
            InvalidInputError: the archive is damaged or contradicts itself; nothing of it is kept.
            StorageError: the disk is full or broken; nothing of it is kept.
        """
        with self._incoming.lock(project_id):
            return self._store(project_id, path, progress, raise_if_cancelled)

    def import_project(self, path: str | Path, *, progress: Progress = ignore_progress) -> ImportedProject:
        """Import the project archive at *path*; the project appears when all of it is there.

        Raises:
            InvalidInputError: it is not a project archive, it is damaged, or another version wrote it.
            StorageError: the disk is full or broken.
        """
        project_id = self.begin_import(path)
        self._incoming.discard_abandoned(except_id=project_id)
        with self._incoming.lock(project_id):
            show = self._store(project_id, path, progress, never_cancelled)
            with self._db.transaction() as session:
                return show(session)

    def _store(self, project_id: str, path: str | Path, progress: Progress, raise_if_cancelled: CancelCheck) -> Reveal:
        try:
            with opened_archive(Path(path)) as archive:
                incoming = self._incoming.reopen(project_id, archive)
                steps, collision = _Steps(archive, progress, raise_if_cancelled), _Collision(self._db)
                limits = ImageLimits(self._db.settings.max_image_bytes, self._db.settings.max_image_pixels)
                checked = check_archive(archive, limits, steps.checked, collision.look_up)
                if incoming.has_new_ids is None:
                    incoming = self._incoming.decide_ids(project_id, has_new_ids=collision.found)
                Loader(self._db, self._storage, checked, incoming, steps.stored).run()
                return revealing(checked, project_id)
        except VitrineError:
            self._incoming.discard(project_id)
            raise

    def discard(self, project_id: str) -> None:
        """Remove what an import has stored so far."""
        with self._incoming.lock(project_id):
            self._incoming.discard(project_id)

    def remove_leftovers(self) -> int:
        """Remove imports that died, and archives that no task will finish; return how many there were."""
        removed = self._incoming.discard_abandoned()
        kept = [status.value for status in TaskStatus if status != TaskStatus.CANCELLED]
        query = select(Tasks.id).where(Tasks.task_type == EXPORT_TASK, col(Tasks.status).in_(kept))
        with self._db.reading() as session:
            known = set(session.exec(query))
        for directory in (self._db.data_dir / ARCHIVES_DIRECTORY).glob("*/"):
            if directory.name not in known:
                self.remove_archive(directory.name)
                removed += 1
        return removed


class _Steps:
    """Turns numbers of rows into progress."""

    def __init__(self, archive: OpenedArchive, progress: Progress, raise_if_cancelled: CancelCheck) -> None:
        self._total = max(sum(table.rows for table in archive.manifest.tables.values()), 1)
        self._progress, self._raise_if_cancelled = progress, raise_if_cancelled
        self._checked = self._stored = 0

    def checked(self, rows: int) -> None:
        self._raise_if_cancelled()
        self._checked += rows
        self._progress(_CHECK_SHARE * min(self._checked / self._total, 1), "Checking the archive")

    def stored(self, rows: int) -> None:
        self._raise_if_cancelled()
        self._stored += rows
        share = _CHECK_SHARE + (1 - _CHECK_SHARE) * min(self._stored / self._total, 1)
        self._progress(share, f"Storing rows, {self._stored:,} of {self._total:,}")


class _Collision:
    """Finds out whether the database has an id of an archive."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.found = False

    def look_up(self, table: MovedTable, ids: Sequence[str]) -> None:
        if self.found or not ids or table.row is Projects:
            return
        key = table.row.__table__.c[table.key]  # type: ignore[attr-defined]
        with self._db.reading() as session:
            self.found = session.execute(select(key).where(key.in_(ids)).limit(1)).first() is not None


def file_stem(name: str) -> str:
    """Return the name of a project as that of a file."""
    label = "".join("-" if char in '<>:"|?*' else char for char in label_of(name)).strip(" .")
    return usable_name(label.encode()[:150].decode("utf-8", "ignore").rstrip(" .") or "project", "project")
