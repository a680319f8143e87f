"""The public API to export lists of entries from scripts."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.db import Database, ImageDatasets, Images
from core.errors import InvalidInputError
from core.export.bundle import BundleCounts, write_bundle
from core.export.entries import ExportImage, FurtherImage, ImageGroup, entry_of, file_name, image_of, safe_stem
from core.export.formats.recipes import parse_recipe
from core.export.job import ExportJob
from core.export.reporting.finalize import finalize_bundle
from core.export.reporting.report import Provenance
from core.export.selecting.query import by_images
from core.export.writing.images import image_source
from core.export.writing.target import DirectoryTarget, Target
from core.export.writing.workspace import build_directory, move_into_place

if TYPE_CHECKING:
    from core.images import ImageService

_ENTRIES_PER_QUERY = 1000


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

        The images are the originals, byte for byte.

        Args:
            copy_images: whether the images are copied; otherwise rows only name them.

        Raises:
            InvalidInputError: the format is unknown.
            ExportError: the result did not pass its checks.
        """
        return self._export_directory(entries, output_dir, format_style, copy_images, Path(output_dir).name)

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
                "image_form": "original", "metadata": include_metadata, "grouping": "turn",
            }
        )  # fmt: skip
        job = ExportJob(recipe, final.name)
        if recipe.rows != ending:
            raise InvalidInputError(f"{job.format.label} is not written as {ending}.", field="format_style")
        with build_directory(final) as directory:
            built = directory / "bundle"
            target = DirectoryTarget(built)
            counts = self._write(job, entries, target)
            target.close()
            move_into_place(built / job.layout.rows_file(job.layout.splits[0]), final)
        return counts.entries.total()

    def _export_directory(
        self, entries: Iterable[ImageDatasets], output_dir: str | Path, style: str, copy_images: bool, title: str
    ) -> dict[str, Any]:
        final = Path(output_dir)
        recipe = parse_recipe(
            {
                "format": style, "container": "directory", "images": "path" if copy_images else "none",
                "image_form": "original", "grouping": "turn", "title": title[:200],
            }
        )  # fmt: skip
        job = ExportJob(recipe, title)
        with build_directory(final) as directory:
            built = directory / "bundle"
            target = DirectoryTarget(built)
            counts = self._write(job, entries, target)
            report = finalize_bundle(job, built, target, counts, Provenance())
            move_into_place(built, final)
        return report | {"output_dir": str(final)}

    def _write(self, job: ExportJob, entries: Iterable[ImageDatasets], target: Target) -> BundleCounts:
        source = image_source(
            self._images, job.layout.image_form, job.layout.max_side_px, as_jpeg=job.format.writer.needs_jpeg
        )
        return write_bundle(job, self._groups(entries), target, source, name_of=_PlainNames())

    def _groups(self, entries: Iterable[ImageDatasets]) -> Iterator[ImageGroup]:
        """Yield consecutive entries of one first image as groups; entries without question or answer are skipped."""
        remaining = iter(entries)
        while chunk := list(islice(remaining, _ENTRIES_PER_QUERY)):
            usable = [e for e in chunk if (e.question or "").strip() and (e.answer or "").strip()]
            images = self._images_by_id({id_ for entry in usable for id_ in entry.image_ids})
            for _, found in groupby(usable, key=lambda entry: entry.image_id):
                for ids, same in by_images([entry_of(row) for row in found]):
                    if all(id_ in images for id_ in ids):
                        first, *others = (images[id_] for id_ in ids)
                        yield ImageGroup(first, tuple(same), further=tuple(FurtherImage(image) for image in others))

    def _images_by_id(self, image_ids: set[str]) -> dict[str, ExportImage]:
        with self._db.reading() as session:
            found = session.exec(select(Images).where(col(Images.id).in_(image_ids)))
            return {row.id: image_of(row) for row in found}


class _PlainNames:
    """Names image files as their images are named; a second image of the same name gets its content hash as well."""

    def __init__(self) -> None:
        self._image_ids: dict[str, str] = {}

    def __call__(self, image: ExportImage, extension: str) -> str:
        plain = f"{safe_stem(image.name)}{extension}"
        is_first = self._image_ids.setdefault(plain.lower(), image.id) == image.id
        return plain if is_first else file_name(image, extension)
