"""The public API to export lists of entries from scripts."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.db import Database, ImageDatasets
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

if TYPE_CHECKING:
    from core.images import ImageService


class ImageDatasetExporter:
    """Writes any entries to any path; the database does not record it as an export."""

    def __init__(self, db_session: Database, image_service: "ImageService") -> None:
        self._db = db_session
        self._images = image_service

    def export_json(
        self,
        entries: Iterable[ImageDatasets],
        output_path: str | Path,
        use_base64: bool = False,
        format_style: str = "default",
        include_metadata: bool = True,
    ) -> int:
        """Write *entries* as one JSON array and return how many; those without question or answer are left out.

        Args:
            use_base64: whether rows have their image as a data URL, instead of its name.
            format_style: name of an export format that is written as JSON.
            include_metadata: whether rows have kind, model, score, tags and times.

        Raises:
            InvalidInputError: the format is unknown or is not written as JSON.
        """
        return self._export_file(entries, output_path, "json", use_base64, format_style, include_metadata)

    def export_jsonl(
        self,
        entries: Iterable[ImageDatasets],
        output_path: str | Path,
        use_base64: bool = False,
        format_style: str = "default",
        include_metadata: bool = True,
    ) -> int:
        """Write *entries* as one JSON object a line and return how many, like :meth:`export_json`."""
        return self._export_file(entries, output_path, "jsonl", use_base64, format_style, include_metadata)

    def export_with_images(
        self,
        entries: Iterable[ImageDatasets],
        output_dir: str | Path,
        format_style: str = "default",
        copy_images: bool = True,
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
        return self._export_directory(entries, output_dir, format_style, copy_images, Path(output_dir).resolve().name)

    def export_huggingface_format(
        self,
        entries: Iterable[ImageDatasets],
        output_dir: str | Path,
        dataset_name: str = "image_dataset",
        copy_images: bool = True,
    ) -> dict[str, Any]:
        """Write *entries* so that ``load_dataset("imagefolder", data_dir=output_dir)`` loads them.

        Like :meth:`export_with_images`; *dataset_name* is the title of the dataset card.
        """
        return self._export_directory(entries, output_dir, "imagefolder", copy_images, dataset_name)

    def _export_file(
        self, entries: Iterable[ImageDatasets], output_path: str | Path, ending: str, use_base64: bool, style: str,
        include_metadata: bool,
    ) -> int:  # fmt: skip
        final = Path(output_path)
        recipe = parse_recipe(
            {
                "format": style, "container": "file", "rows": ending, "images": "base64" if use_base64 else "none",
                "metadata": include_metadata, "grouping": "turn",
            }
        )  # fmt: skip
        job = ExportJob(recipe, final.name)
        with build_directory(final) as directory:
            built = directory / "bundle"
            target = DirectoryTarget(built)
            counts = self._write(job, entries, target, directory)
            target.close()
            move_into_place(built / job.layout.rows_file(job.layout.splits[0]), final)
        return counts.entries.total()

    def _export_directory(
        self, entries: Iterable[ImageDatasets], output_dir: str | Path, style: str, copy_images: bool, title: str
    ) -> dict[str, Any]:
        final = Path(output_dir)
        embeds_only = "path" not in format_named(style).image_modes
        recipe = parse_recipe(
            {
                "format": style, "container": "directory", "grouping": "turn", "title": title[:200],
                "images": "none" if not copy_images else None if embeds_only else "path",
            }
        )  # fmt: skip
        job = ExportJob(recipe, title, directory_name=final.resolve().name)
        with build_directory(final) as directory:
            built = directory / "bundle"
            target = DirectoryTarget(built)
            counts = self._write(job, entries, target, directory)
            report = finalize_bundle(job, built, target, counts, Provenance())
            move_into_place(built, final)
        return report | {"output_dir": str(final)}

    def _write(self, job: ExportJob, entries: Iterable[ImageDatasets], target: Target, directory: Path) -> BundleCounts:
        source = image_source(
            self._images, job.layout.image_form, job.layout.max_side_px, as_jpeg=job.format.writer.needs_jpeg
        )
        listed = ListedEntries(self._db, directory / "entries", with_history=job.format.is_lossless)
        groups = listed.groups(entries, job.recipe.splits)
        counts = write_bundle(job, groups, target, source, name_of=_PlainNames())
        counts.left_out.update(listed.left_out)
        return counts


class _PlainNames:
    """Names image files as their images are named; a second image of the same name gets its content hash as well."""

    def __init__(self) -> None:
        self._image_ids: dict[str, str] = {}

    def __call__(self, image: ExportImage, extension: str) -> str:
        # Without the extension: captions and samples are named like their image, with another extension.
        stem = safe_stem(image.name)
        is_first = self._image_ids.setdefault(stem.lower(), image.id) == image.id
        return f"{stem}{extension}" if is_first else file_name(image, extension)
