"""Exports as tasks of one item each: making a bundle, sending it on, bringing one back."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session

from core.db import Exports, new_id
from core.errors import InvalidInputError, NotFoundError
from core.export.exporter import FinishedExport, ImageDatasetExporter
from core.export.publish import Destination, destination
from core.export.recipe import ExportRecipe
from core.pluralize import pluralize
from core.tasks import ItemContext, ItemLeftOpen, ItemPlan, ItemResult, TaskKind

if TYPE_CHECKING:
    from core.images import ImageService


class DatasetExportKind:
    task_type: ClassVar[str] = "dataset-export"
    label: ClassVar[str] = "Export entries"

    def __init__(self, exporter: ImageDatasetExporter) -> None:
        self._exporter = exporter

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        ExportRecipe.parse(config.get("recipe", {}))
        # The id is chosen here, so that an item that runs again after a crash makes the same bundle, not a second.
        return [ItemPlan(payload={"export_id": new_id()})]

    async def run_item(self, item: ItemContext) -> ItemResult:
        recipe = ExportRecipe.parse(item.config.get("recipe", {}))
        export_id = item.payload["export_id"]

        finished = await asyncio.to_thread(
            self._exporter.export, item.project_id, recipe, export_id, report=item.progress, stop=_stopper(item)
        )
        return ItemResult(write=lambda session: _store(session, item, recipe, export_id, finished))


def _stopper(item: ItemContext) -> Callable[[], None]:
    def stop() -> None:
        if item.is_cancelled():
            raise ItemLeftOpen

    return stop


def _store(
    session: Session, item: ItemContext, recipe: ExportRecipe, export_id: str, finished: FinishedExport
) -> dict[str, Any]:
    session.add(
        Exports(
            id=export_id, project_id=item.project_id, task_id=item.task_id, format=recipe.format,
            recipe=recipe.as_dict(), report=_without_files(finished.report), path=finished.path,
            size_bytes=finished.size_bytes,
        )
    )  # fmt: skip
    return {"export_id": export_id, "download_url": f"/exports/{export_id}", "entries": finished.report["entries"]}


def _without_files(report: dict[str, Any]) -> dict[str, Any]:
    """Return the report without its list of hashes, which stays in the bundle: it can have a line per image."""
    return {key: value for key, value in report.items() if key != "files"} | {"file_count": len(report["files"])}


class DatasetSendKind:
    """Sends a finished export on; ``config`` holds ``export_id``, ``address`` and whether it may be ``public``."""

    task_type: ClassVar[str] = "dataset-send"
    label: ClassVar[str] = "Send an export"

    def __init__(self, exporter: ImageDatasetExporter) -> None:
        self._exporter = exporter

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        export = self._exporter.get_export(str(config.get("export_id", "")))
        if export.project_id != project_id:
            raise NotFoundError("This export is not one of this project.")
        self._exporter.export_path(export)
        _destination(config)
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        export_id = item.config["export_id"]
        address = await asyncio.to_thread(
            self._exporter.send, export_id, _destination(item.config), report=item.progress, stop=_stopper(item)
        )
        return ItemResult(write=lambda session: {"export_id": export_id, "address": address})


def _destination(config: dict[str, Any]) -> Destination:
    return destination(str(config.get("address", "")), public=config.get("public") is True)


class DatasetReturnKind:
    """Brings an export in Vitrine's own format back; ``config`` holds the ``path`` of an import.

    The result has the shape of an import's: ``counts``, ``rows``, ``entries``.
    """

    task_type: ClassVar[str] = "dataset-return"
    label: ClassVar[str] = "Bring an export back"

    def __init__(self, exporter: ImageDatasetExporter, images: "ImageService") -> None:
        self._exporter = exporter
        self._images = images

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        if not self._exporter.is_own(str(config.get("path", ""))):
            raise InvalidInputError("This is no whole Vitrine export. Choose the ZIP or directory that Export made.")
        return [ItemPlan()]

    async def run_item(self, item: ItemContext) -> ItemResult:
        path = self._images.intake.import_context.resolve(str(item.config["path"]))
        returned = await asyncio.to_thread(self._exporter.bring_back, item.project_id, path, report=item.progress)
        rows = [
            {"name": pluralize(count, "entry"), "outcome": outcome, "reason": reason}
            for count, outcome, reason in (
                (returned.known, "duplicate", "The project has them already; they stay as they are."),
                (returned.refused, "rejected", "Their image is missing in the bundle or cannot be read."),
            )
            if count
        ]
        result = {"counts": {"added": returned.images}, "rows": rows, "entries": returned.entries}
        return ItemResult(write=lambda session: result)


def export_task_kinds(exporter: ImageDatasetExporter, images: "ImageService") -> list[TaskKind]:
    return [DatasetExportKind(exporter), DatasetSendKind(exporter), DatasetReturnKind(exporter, images)]
