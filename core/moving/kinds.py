"""Tasks of one item each: export a project, import one."""

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from core.db import Database, Tasks
from core.errors import ItemInterrupted
from core.moving import EXPORT_TASK, IMPORT_TASK
from core.moving.exporting import CancelCheck
from core.moving.incoming import ImportedProject
from core.moving.service import ProjectMover, file_stem
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, TaskStatus

if TYPE_CHECKING:
    from core.images.intake import ImageIntake
    from core.projects import ProjectService


class ProjectExportKind:
    """Writes the archive of its project into a directory of its own."""

    task_type: ClassVar[str] = EXPORT_TASK
    label: ClassVar[str] = "Export the project"

    def __init__(self, db: Database, mover: ProjectMover, projects: "ProjectService") -> None:
        self._db, self._mover, self._projects = db, mover, projects

    def why_on_server(self, config: Mapping[str, Any]) -> str:
        return "it writes a file of the server"

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        self._projects.get_project(project_id)
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        try:
            result = await asyncio.to_thread(self._export, item)
        except ItemInterrupted:
            if _is_cancelled(self._db, item.task_id):
                await asyncio.to_thread(self._mover.remove_archive, item.task_id)
            raise
        return ItemResult(write=lambda session: result)

    def _export(self, item: ItemContext) -> dict[str, Any]:
        directory = self._mover.archive_directory(item.task_id)
        directory.mkdir(parents=True, exist_ok=True)
        name = file_stem(self._projects.get_project(item.project_id).name)
        report = self._mover.export_project(
            item.project_id, directory / f"{name}.zip", progress=item.progress, raise_if_cancelled=_cancel_check(item)
        )
        self._mover.remove_older_archives(item.project_id, item.task_id)
        return {
            "download_url": f"/exports/projects/{item.task_id}", "size_bytes": report.size_bytes,
            "rows": report.rows, "images": report.images, "missing_images": report.missing_images,
        }  # fmt: skip


class ProjectImportKind:
    """Fills the hidden project that it belongs to from the archive at the ``path`` of its config, and shows it."""

    task_type: ClassVar[str] = IMPORT_TASK
    label: ClassVar[str] = "Import the project"

    def __init__(self, db: Database, mover: ProjectMover, intake: "ImageIntake") -> None:
        self._db, self._mover, self._intake = db, mover, intake

    def why_on_server(self, config: Mapping[str, Any]) -> str:
        """A lock on the disk of the server keeps two from filling one project, and tells what was left unfinished."""
        return "it reads files of the server"

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        self._path(config)
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        try:
            show = await asyncio.to_thread(
                self._mover.store_project,
                item.project_id,
                self._path(item.config),
                progress=item.progress,
                raise_if_cancelled=_cancel_check(item),
            )
        except ItemInterrupted:
            if _is_cancelled(self._db, item.task_id):
                await asyncio.to_thread(self._mover.discard, item.project_id)
            raise
        return ItemResult(write=lambda session: _shown(show(session)))

    def _path(self, config: dict[str, Any]) -> Path:
        return self._intake.import_context.resolve(str(config.get("path", "")))


def _shown(imported: ImportedProject) -> dict[str, Any]:
    project = imported.project
    return {
        "project_id": project.id, "name": project.name, "refused_profiles": list(imported.refused_profiles),
        "left_out_vectors": imported.left_out_vectors,
    }  # fmt: skip


def _cancel_check(item: ItemContext) -> CancelCheck:
    def raise_if_cancelled() -> None:
        if item.is_cancelled():
            raise ItemInterrupted

    return raise_if_cancelled


def _is_cancelled(db: Database, task_id: str) -> bool:
    """Return whether a task was cancelled, not just paused."""
    with db.reading() as session:
        task = session.get(Tasks, task_id)
    return task is None or task.status == TaskStatus.CANCELLED


def project_task_kinds(
    db: Database, mover: ProjectMover, projects: "ProjectService", intake: "ImageIntake"
) -> list[TaskKind]:
    """Return the task kinds of this package."""
    return [ProjectExportKind(db, mover, projects), ProjectImportKind(db, mover, intake)]
