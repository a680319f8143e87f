"""The public API to export lists of entries from scripts."""

from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.arguments import require_many, require_path, require_row
from core.db import Database, ImageDatasets, require_database
from core.export.bundle import BundleCounts, write_bundle
from core.export.entries import ExportImage, file_name, safe_stem
from core.export.formats import format_named
from core.export.formats.recipes import parse_recipe
from core.export.job import ExportJob
from core.export.reporting.finalize import finalize_bundle
from core.export.reporting.report import Provenance
from core.export.selecting.listed import ListedEntries
from core.export.writing.images import image_source
from core.export.writing.target import DirectoryTarget, Target
from core.export.writing.workspace import build_directory, move_into_place
from core.pluralize import pluralize
from core.progress import ShowProgress, shown

if TYPE_CHECKING:
    from core.images import ImageService


class ImageDatasetExporter:
    """Writes any entries to any path; the database does not record it as an export."""

    def __init__(self, db_session: Database, image_service: "ImageService") -> None:
        self._db = require_database(db_session)
        self._images = image_service

    def export_json(
        self,
        entries: Iterable[ImageDatasets],
        output_path: str | Path,
        use_base64: bool = False,
        format_style: str = "default",
        include_metadata: bool = True,
        *,
        progress: ShowProgress = None,
    ) -> int:
        """Write *entries* as one JSON array and return how many; those without question or answer are left out.

        Args:
            use_base64: whether rows have their image as a data URL, instead of its name.
            format_style: name of an export format that is written as JSON.
            include_metadata: whether rows have kind, model, score, tags and times.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            InvalidInputError: the format is unknown or is not written as JSON.
        """
        return self._export_file(entries, output_path, "json", use_base64, format_style, include_metadata, progress)

    def export_jsonl(
        self,
        entries: Iterable[ImageDatasets],
        output_path: str | Path,
        use_base64: bool = False,
        format_style: str = "default",
        include_metadata: bool = True,
        *,
        progress: ShowProgress = None,
    ) -> int:
        """Write *entries* as one JSON object a line and return how many, like :meth:`export_json`."""
        return self._export_file(entries, output_path, "jsonl", use_base64, format_style, include_metadata, progress)

    def export_with_images(
        self,
        entries: Iterable[ImageDatasets],
        output_dir: str | Path,
        format_style: str = "default",
        copy_images: bool = True,
        *,
        progress: ShowProgress = None,
    ) -> dict[str, Any]:
        """Write *entries* and their images into *output_dir*, check them, and return the report.

        Entries may come in any order and number. Images are upright, as readers show them; in the Vitrine format they
        are the originals.

        Args:
            copy_images: whether the bundle has the images; otherwise rows only name them.

        Raises:
            InvalidInputError: the format is unknown, or its readers need the images in the bundle.
            ExportError: the result did not pass its checks.
        """
        title = Path(require_path(output_dir, "output_dir")).resolve().name
        return self._export_directory(entries, output_dir, format_style, copy_images, title, progress)

    def export_huggingface_format(
        self,
        entries: Iterable[ImageDatasets],
        output_dir: str | Path,
        dataset_name: str = "image_dataset",
        copy_images: bool = True,
        *,
        progress: ShowProgress = None,
    ) -> dict[str, Any]:
        """Write *entries* so that ``load_dataset("imagefolder", data_dir=output_dir)`` loads them.

        Like :meth:`export_with_images`; *dataset_name* is the title of the dataset card.
        """
        return self._export_directory(entries, output_dir, "imagefolder", copy_images, dataset_name, progress)

    def _export_file(
        self, entries: Iterable[ImageDatasets], output_path: str | Path, ending: str, use_base64: bool, style: str,
        include_metadata: bool, progress: ShowProgress,
    ) -> int:  # fmt: skip
        final = Path(require_path(output_path, "output_path"))
        recipe = parse_recipe(
            {
                "format": style, "container": "file", "rows": ending, "images": "base64" if use_base64 else "none",
                "metadata": include_metadata, "grouping": "turn",
            }
        )  # fmt: skip
        with shown(progress, "Exporting") as show, build_directory(final) as directory:
            job = ExportJob(recipe, final.name, show)
            built = directory / "bundle"
            target = DirectoryTarget(built)
            counts = self._write(job, entries, target, directory)
            target.close()
            move_into_place(built / job.layout.rows_file(job.layout.splits[0]), final)
            show(1.0, "Written")
        return counts.entries.total()

    def _export_directory(
        self, entries: Iterable[ImageDatasets], output_dir: str | Path, style: str, copy_images: bool, title: str,
        progress: ShowProgress,
    ) -> dict[str, Any]:  # fmt: skip
        final = Path(require_path(output_dir, "output_dir"))
        embeds_only = "path" not in format_named(style).image_modes
        recipe = parse_recipe(
            {
                "format": style, "container": "directory", "grouping": "turn", "title": title[:200],
                "images": "none" if not copy_images else None if embeds_only else "path",
            }
        )  # fmt: skip
        with shown(progress, "Exporting") as show, build_directory(final) as directory:
            job = ExportJob(recipe, title, show, directory_name=final.resolve().name)
            built = directory / "bundle"
            target = DirectoryTarget(built)
            counts = self._write(job, entries, target, directory)
            report = finalize_bundle(job, built, target, counts, Provenance())
            move_into_place(built, final)
            show(1.0, "Written and checked")
        return report | {"output_dir": str(final)}

    def _write(self, job: ExportJob, entries: Iterable[ImageDatasets], target: Target, directory: Path) -> BundleCounts:
        source = image_source(
            self._images, job.layout.image_form, job.layout.max_side_px, as_jpeg=job.format.writer.needs_jpeg
        )
        listed = ListedEntries(self._db, directory / "entries", with_history=job.format.is_lossless)
        groups = listed.groups(_rows(entries), job.recipe.splits)
        shows = _Shown(job, len(entries) if isinstance(entries, Sized) else None)
        counts = write_bundle(job, groups, target, source, name_of=_PlainNames(), count_entries=shows)
        counts.left_out.update(listed.left_out)
        return counts


def _rows(entries: Iterable[ImageDatasets]) -> Iterator[ImageDatasets]:
    """Yield the entries, after a look at each."""
    for entry in require_many(entries, "entries", "entries"):
        yield require_row(entry, ImageDatasets, "each entry", "ImageDatasetService.list_dataset_entries")


class _Shown:
    """Tells the progress of an export of *total* entries, a hundred times at most."""

    def __init__(self, job: ExportJob, total: int | None) -> None:
        self._job, self._total, self._percent = job, total, -1

    def __call__(self, written: int) -> None:
        percent = 100 * written // max(self._total or 0, written, 1) if self._total else 0
        if percent != self._percent:
            self._percent = percent
            self._job.progress(0.7 * percent / 100, pluralize(written, "entry"))


class _PlainNames:
    """Names image files as their images are named; a second image of the same name gets its content hash as well."""

    def __init__(self) -> None:
        self._image_ids: dict[str, str] = {}

    def __call__(self, image: ExportImage, extension: str) -> str:
        # Without the extension: captions and samples are named like their image, with another extension.
        stem = safe_stem(image.name)
        is_first = self._image_ids.setdefault(stem.lower(), image.id) == image.id
        return f"{stem}{extension}" if is_first else file_name(image, extension)
