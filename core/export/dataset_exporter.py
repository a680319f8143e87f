"""The public API to export the entries of a project from scripts: chosen by filters, handed to the entry exporter."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from core.arguments import require_id
from core.dataset import ImageDatasetService
from core.dataset.matching import EntryFilters
from core.db import Database
from core.errors import InvalidInputError
from core.export.entry_exporter import ImageDatasetExporter
from core.progress import ShowProgress

if TYPE_CHECKING:
    from core.images import ImageService

FileFormat = Literal["json", "jsonl", "bundle", "huggingface"]


class DatasetExporterService:
    """Exports a project's image entries; :class:`ImageDatasetExporter` does the writing."""

    def __init__(self, db_session: Database, image_service: "ImageService") -> None:
        self._entries = ImageDatasetService(db_session)
        self._exporter = ImageDatasetExporter(db_session, image_service)

    def export_dataset(
        self,
        project_id: str,
        output_path: str | Path,
        file_format: FileFormat = "json",
        format_style: str = "default",
        *,
        use_base64: bool = False,
        include_metadata: bool = True,
        copy_images: bool = True,
        progress: ShowProgress = None,
        **filters: Unpack[EntryFilters],
    ) -> dict[str, Any]:
        """Write the entries that match *filters* and return a report with at least ``entries``, their number.

        Entries that were rejected are left out, unless a filter chooses them.

        Args:
            output_path: A file for json and jsonl, else a directory.
            file_format: "json", "jsonl", "bundle" (rows with images) or "huggingface" (ImageFolder).
            format_style: Name of an export format; "huggingface" has its own.
            use_base64: For json and jsonl: whether rows have their image as a data URL.
            include_metadata: For json and jsonl: whether rows have kind, model, score, tags and times.
            copy_images: For directories: whether images are copied.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.
            filters: Those of :meth:`ImageDatasetService.list_dataset_entries`.

        Raises:
            InvalidInputError: A format or filter is unknown.
            ExportError: The result did not pass its checks.
        """
        if not ({"rejected", "search"} & filters.keys()):
            filters["rejected"] = False
        entries = self._entries.iter_dataset_entries(require_id(project_id, "project_id"), **filters)
        if file_format in ("json", "jsonl"):
            write = self._exporter.export_json if file_format == "json" else self._exporter.export_jsonl
            written = write(entries, output_path, use_base64, format_style, include_metadata, progress=progress)
            return {"entries": written, "output_path": str(output_path)}
        if file_format == "bundle":
            return self._exporter.export_with_images(entries, output_path, format_style, copy_images, progress=progress)
        if file_format == "huggingface":
            return self._exporter.export_huggingface_format(
                entries, output_path, copy_images=copy_images, progress=progress
            )
        raise InvalidInputError(
            f"There is no file format {file_format!r}. Use json, jsonl, bundle or huggingface.", field="file_format"
        )
