"""An export as a task: one item that makes the whole bundle."""

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

from sqlmodel import Session

from core.db import Exports, new_id
from core.export.exporter import FinishedExport, ImageDatasetExporter
from core.export.recipe import ExportRecipe
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind


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

        def stop() -> None:
            if item.is_cancelled():
                # The runner keeps the item open: it goes on when the task does, and ends with it when it was cancelled.
                raise asyncio.CancelledError

        finished = await asyncio.to_thread(
            self._exporter.export, item.project_id, recipe, export_id, report=item.report, stop=stop
        )
        return ItemResult(write=lambda session: _store(session, item, recipe, export_id, finished))


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


def export_task_kinds(exporter: ImageDatasetExporter) -> list[TaskKind]:
    return [DatasetExportKind(exporter)]
