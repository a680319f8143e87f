"""Exporting lists of entries, for scripts: the promised methods."""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.db import Database, ImageDatasets, Images
from core.errors import InvalidInputError
from core.export import bundle
from core.export.entries import ExportImage, ImageGroup, entry_of, file_name, image_of, safe_stem
from core.export.formats import format_named
from core.export.recipe import ExportRecipe
from core.export.reporting.finalize import finish, rows_file
from core.export.writing.images import image_source
from core.export.writing.target import DirectoryTarget, Target

if TYPE_CHECKING:
    from core.images import ImageService

_ENTRIES_AT_ONCE = 1000


class ListExporter:
    """Writes any entries it is given to any place; nothing is kept of it in the database."""

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
        """Write *entries* as one JSON array and return how many; those without question or answer are left out."""
        return self._rows_file(entries, output_path, "json", use_base64, format_style, include_metadata)

    def export_jsonl(
        self,
        entries: Iterable[ImageDatasets],
        output_path: str | Path,
        use_base64: bool = False,
        format_style: str = "default",
        include_metadata: bool = True,
    ) -> int:
        """Write *entries* as one JSON object a line and return how many, like :meth:`export_json`."""
        return self._rows_file(entries, output_path, "jsonl", use_base64, format_style, include_metadata)

    def export_with_images(
        self,
        entries: Iterable[ImageDatasets],
        output_dir: str | Path,
        format_style: str = "default",
        copy_images: bool = True,
    ) -> dict[str, Any]:
        """Write *entries* and their images into *output_dir*, checked, and return the report.

        The images are the originals, byte for byte.
        """
        return self._directory(entries, Path(output_dir), format_style, copy_images, title=Path(output_dir).name)

    def export_huggingface_format(
        self,
        entries: Iterable[ImageDatasets],
        output_dir: str | Path,
        dataset_name: str = "image_dataset",
        copy_images: bool = True,
    ) -> dict[str, Any]:
        """Write *entries* so that ``load_dataset("imagefolder", data_dir=output_dir)`` loads them."""
        return self._directory(entries, Path(output_dir), "imagefolder", copy_images, title=dataset_name)

    def _rows_file(
        self, entries: Iterable[ImageDatasets], output_path: str | Path, rows: str, use_base64: bool, style: str,
        include_metadata: bool,
    ) -> int:  # fmt: skip
        final = Path(output_path)
        recipe = ExportRecipe.parse(
            {
                "format": style, "container": "file", "rows": rows, "images": "base64" if use_base64 else "none",
                "image_form": "original", "metadata": include_metadata, "grouping": "turn",
            }
        )  # fmt: skip
        if recipe.rows != rows:
            raise InvalidInputError(f"{format_named(style).label} is not written as {rows}.", field="format_style")
        with bundle.room_to_build(final) as room:
            target = DirectoryTarget(room / "bundle")
            written = self._write(entries, recipe, target)
            target.close()
            built = rows_file(room / "bundle")
            bundle.publish(built, final)
        return sum(written.entries.values())

    def _directory(
        self, entries: Iterable[ImageDatasets], final: Path, style: str, copy_images: bool, title: str
    ) -> dict[str, Any]:
        format_ = format_named(style)
        recipe = ExportRecipe.parse(
            {
                "format": style, "container": "directory", "images": "path" if copy_images else "none",
                "image_form": "original", "grouping": "turn", "title": title[:200],
            }
        )  # fmt: skip
        with bundle.room_to_build(final) as room:
            built = room / "bundle"
            target = DirectoryTarget(built)
            written = self._write(entries, recipe, target)
            report = finish(built, target, recipe, format_, written, title)
            bundle.publish(built, final)
        return report | {"output_dir": str(final)}

    def _write(self, entries: Iterable[ImageDatasets], recipe: ExportRecipe, target: Target) -> bundle.Written:
        source = image_source(
            self._images, recipe.image_form, recipe.max_side_px, as_jpeg=format_named(recipe.format).as_jpeg
        )
        return bundle.write_bundle(
            self._groups(entries), recipe, format_named(recipe.format), target, source, name_of=_PlainNames()
        )

    def _groups(self, entries: Iterable[ImageDatasets]) -> Iterator[ImageGroup]:
        """Yield entries with their images, neighbours of one image together, a thousand entries at a time."""
        rest = iter(entries)
        while chunk := list(islice(rest, _ENTRIES_AT_ONCE)):
            usable = [e for e in chunk if (e.question or "").strip() and (e.answer or "").strip()]
            images = self._images_by_id({entry.image_id for entry in usable})
            for image_id, found in groupby(usable, key=lambda entry: entry.image_id):
                if image_id in images:
                    yield ImageGroup(images[image_id], tuple(entry_of(row) for row in found))

    def _images_by_id(self, image_ids: set[str]) -> dict[str, ExportImage]:
        with self._db.reading() as session:
            found = session.exec(select(Images).where(col(Images.id).in_(image_ids)))
            return {row.id: image_of(row) for row in found}


class _PlainNames:
    """Image names as their owner knows them; a second image of the same name gets its content's hash as well."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}

    def __call__(self, image: ExportImage, extension: str) -> str:
        plain = f"{safe_stem(image.name)}{extension}"
        return plain if self._owner.setdefault(plain.lower(), image.id) == image.id else file_name(image, extension)
