"""Tasks of one item each: make an export, publish one, restore one."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session

from core.config import Settings
from core.db import Exports, Tasks, new_id
from core.errors import InvalidInputError, NotFoundError
from core.export.formats.recipes import parse_recipe
from core.export.job import CancelCheck
from core.export.publish import Destination, parse_destination
from core.export.recipe import ExportRecipe
from core.export.reporting.report import MAX_NAMED
from core.export.service import ExportService, FinishedExport
from core.images.staged_source import StagedSource, why_on_server
from core.pluralize import pluralize
from core.shared_files import has_shared_files
from core.tasks import STAGED, ItemContext, ItemInterrupted, ItemPlan, ItemResult, Staging, TaskKind

if TYPE_CHECKING:
    from core.images import ImageService


class ExportedFiles:
    """What earlier exports had in them, of a task that reads it; a source of tasks (:class:`TaskSource`)."""

    def __init__(self, settings: Settings, share: Callable[[Tasks], None]) -> None:
        """*share* puts into the bucket what a task reads and only the server has."""
        self._settings = settings
        self._share = share

    @property
    def why_on_server(self) -> str:
        return why_on_server(self._settings)

    def staging(self, config: Mapping[str, Any]) -> Staging:
        if not has_shared_files(self._settings):
            return "none"
        return "done" if config.get(STAGED) else "needed"

    def stage(
        self, task: Tasks, progress: Callable[[float, str], None], raise_if_cancelled: Callable[[], None]
    ) -> bool:
        self._share(task)
        return True


class DatasetExportKind:
    """Makes an export; ``config`` has its ``recipe``."""

    task_type: ClassVar[str] = "dataset-export"
    label: ClassVar[str] = "Export entries"

    def __init__(self, exports: ExportService) -> None:
        self._exports = exports
        self.source = ExportedFiles(exports.settings, lambda task: exports.share_earlier(task.project_id))

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        parse_recipe(config.get("recipe", {}))
        # The id is an idempotency key: an item that runs again after a crash makes the same bundle, not a second.
        return [ItemPlan(payload={"export_id": new_id()})]

    async def run_item(self, item: ItemContext) -> ItemResult:
        recipe = parse_recipe(item.config.get("recipe", {}))
        export_id = item.payload["export_id"]

        finished = await asyncio.to_thread(
            self._exports.export,
            item.project_id,
            recipe,
            export_id,
            progress=item.progress,
            raise_if_cancelled=_cancel_check(item),
        )
        return ItemResult(write=lambda session: _store(session, item, recipe, export_id, finished))


def _cancel_check(item: ItemContext) -> CancelCheck:
    def raise_if_cancelled() -> None:
        if item.is_cancelled():
            raise ItemInterrupted

    return raise_if_cancelled


def _store(
    session: Session, item: ItemContext, recipe: ExportRecipe, export_id: str, finished: FinishedExport
) -> dict[str, Any]:
    session.add(
        Exports(
            id=export_id, project_id=item.project_id, task_id=item.task_id, format=recipe.format,
            recipe=recipe.as_dict(), report=_without_lists(finished.report), path=finished.path,
            size_bytes=finished.size_bytes,
        )
    )  # fmt: skip
    return {"export_id": export_id, "download_url": f"/exports/{export_id}", "entries": finished.report["entries"]}


def _without_lists(report: dict[str, Any]) -> dict[str, Any]:
    """Return the report without what only the bundle has: the sha256 of each file, and most of the removed entries."""
    kept = {key: value for key, value in report.items() if key != "files"} | {"file_count": len(report["files"])}
    if changes := report["changes"]:
        kept["changes"] = changes | {"removed_entries": changes["removed_entries"][:MAX_NAMED]}
    return kept


class DatasetPublishKind:
    """Publishes a finished export; ``config`` has ``export_id``, ``address`` and whether it may be ``public``."""

    task_type: ClassVar[str] = "dataset-send"
    label: ClassVar[str] = "Publish an export"

    def __init__(self, exports: ExportService) -> None:
        self._exports = exports
        self.source = ExportedFiles(exports.settings, lambda task: exports.share(task.config["export_id"]))

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        export = self._exports.get_export(str(config.get("export_id", "")))
        if export.project_id != project_id:
            raise NotFoundError("This project has no such export.")
        self._exports.export_path(export)
        self._exports.require_destination(_destination(config))
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        export_id = item.config["export_id"]
        address = await asyncio.to_thread(
            self._exports.publish,
            export_id,
            _destination(item.config),
            progress=item.progress,
            raise_if_cancelled=_cancel_check(item),
        )
        return ItemResult(write=lambda session: {"export_id": export_id, "address": address})


def _destination(config: dict[str, Any]) -> Destination:
    return parse_destination(str(config.get("address", "")), public=config.get("public") is True)


class DatasetRestoreKind:
    """Restores an export in the Vitrine format; ``config`` has the ``path`` of an import.

    The result has the keys of an import's result: ``counts``, ``rows``, ``entries``.
    """

    task_type: ClassVar[str] = "dataset-return"
    label: ClassVar[str] = "Restore an export"

    def __init__(self, exports: ExportService, images: "ImageService") -> None:
        self._exports = exports
        self._images = images
        self.source = StagedSource(images.intake.import_context)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        if not self._exports.is_vitrine_export(str(config.get("path", ""))):
            raise InvalidInputError(
                "This is not a complete export in the Vitrine format. Choose the ZIP or directory that Export made."
            )
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        path = await asyncio.to_thread(self.source.path, item.config, item.task_id)
        restored = await asyncio.to_thread(self._exports.restore, item.project_id, path, progress=item.progress)
        rows = [
            {"name": pluralize(count, "entry"), "outcome": outcome, "reason": reason}
            for count, outcome, reason in (
                (restored.known, "duplicate", "The project has them already; they were not changed."),
                (restored.rejected, "rejected", "Their image is missing in the export or cannot be read."),
            )
            if count
        ]
        result = {"counts": {"added": restored.images}, "rows": rows, "entries": restored.entries}
        return ItemResult(write=lambda session: result)


def export_task_kinds(exports: ExportService, images: "ImageService") -> list[TaskKind]:
    """Return the task kinds of this package."""
    return [DatasetExportKind(exports), DatasetPublishKind(exports), DatasetRestoreKind(exports, images)]
