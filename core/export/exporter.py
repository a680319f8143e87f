"""Exporting: by recipe for the page and the API, by list of entries for scripts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.db import Database, Exports, ImageDatasets, Images, Projects, new_id
from core.errors import InvalidInputError, NotFoundError
from core.export import bundle
from core.export.card import CARD, make_card
from core.export.changes import Index
from core.export.entries import ExportImage, ImageGroup, RowOptions, entry_of, file_name, image_of, safe_stem
from core.export.formats import Format, format_named
from core.export.image_bytes import image_source
from core.export.recipe import ExportRecipe
from core.export.report import make_report, report_files
from core.export.selection import SelectionCounts, count_entries, facet, stream
from core.export.spool import Spool, group_of
from core.export.target import DirectoryTarget, Target

if TYPE_CHECKING:
    from core.images import ImageService

EXPORTS_DIRECTORY = "exports"
_ENTRIES_AT_ONCE = 1000
# Preference formats find something to say about few images; a preview looks no further than this.
_PREVIEWED_IMAGES = 300

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class FinishedExport:
    """A bundle that is complete and checked; *path* is relative to the data directory."""

    path: str
    size_bytes: int
    report: dict[str, Any]


@dataclass(frozen=True)
class PreviewRow:
    """A row as the trainer will see it, with the image it shows."""

    image_id: str
    image_name: str
    sha256: str
    row: dict[str, Any]


class ImageDatasetExporter:
    """Takes entries out of the house, as files that prove they load."""

    def __init__(self, db_session: Database, image_service: "ImageService") -> None:
        self._db = db_session
        self._images = image_service

    # --- by recipe -------------------------------------------------------------------------------------------

    def count(self, project_id: str, recipe: ExportRecipe) -> SelectionCounts:
        """Return how many entries *recipe* takes, and how many it leaves out and why."""
        with self._db.reading() as session:
            return count_entries(session, project_id, recipe.entries, format_named(recipe.format).keeps_rejected)

    def facets(self, project_id: str) -> dict[str, list[str]]:
        """Return the values one can choose entries by."""
        with self._db.reading() as session:
            return {name: facet(session, project_id, name) for name in ("answer_type", "kind", "language", "model")}

    def preview(self, project_id: str, recipe: ExportRecipe, rows: int = 3) -> list[PreviewRow]:
        """Return the first rows of the export without writing anything."""
        format_ = format_named(recipe.format)
        options = RowOptions(recipe.grouping, recipe.metadata)
        shown: list[PreviewRow] = []
        with self._db.reading() as session:
            groups = stream(session, project_id, recipe.entries, format_)
            for image, entries in islice(groups, _PREVIEWED_IMAGES):
                group = group_of(image, recipe.splits.names[0], entries)
                name = file_name(group.image)
                ref = name if format_.embeds else f"images/{name}"
                ready = ImageGroup(group.image, group.entries, group.split, ref=ref)
                for row in format_.rows(ready, options):
                    shown.append(PreviewRow(group.image.id, group.image.name, group.image.sha256, row))
                    if len(shown) == rows:
                        return shown
        return shown

    def export(
        self,
        project_id: str,
        recipe: ExportRecipe,
        export_id: str | None = None,
        *,
        report: Report = lambda share, doing: None,
        stop: Callable[[], None] = lambda: None,
    ) -> FinishedExport:
        """Make the bundle of *recipe* below the data directory, checked and complete; *stop* may raise to end it.

        Raises:
            InvalidInputError: the recipe takes no entry.
            ExportError: the bundle did not pass its checks; nothing is left behind.
            StorageError: the disk refused.
        """
        format_ = format_named(recipe.format)
        title = recipe.title or self._project_name(project_id)
        final = self._db.data_dir / EXPORTS_DIRECTORY / (export_id or new_id())
        final = final.with_name(final.name + _ending(recipe))
        with bundle.room_to_build(final) as room:
            report(0.0, "Collecting entries")
            spool = Spool(project_id, recipe, format_)

            def progress(entries: int) -> None:
                stop()
                report(
                    min(entries / max(spool.entries, 1), 1) * 0.7, f"Writing entries, {entries:,} of {spool.entries:,}"
                )

            built = room / f"bundle{_ending(recipe)}"
            target = bundle.target_for(built, recipe)
            source = image_source(
                self._images, recipe.image_form, recipe.max_side_px, as_jpeg=format_named(recipe.format).as_jpeg
            )
            write = partial(
                bundle.write_bundle, recipe=recipe, format_=format_, target=target, source=source,
                progress=_seldom(progress),
            )  # fmt: skip
            index = Index()
            if recipe.images == "none":
                with self._db.reading() as session:
                    written = write(index.watching(spool.direct(session)))
            else:
                written = write(index.watching(spool.frozen(self._db, room / "entries")))
            written.left_out.update(spool.left_out)
            if not spool.entries:
                raise InvalidInputError(
                    "No entry fits this choice. Confirm some entries on Curate, or choose more of them.",
                    field="entries",
                )
            if not written.rows.total():
                reason = max(written.left_out, key=lambda name: written.left_out[name])
                raise InvalidInputError(
                    f"Nothing is left to export as {format_.label}: {reason}. Choose other entries or another format."
                )
            changes = self._changes(project_id, recipe, index)
            finished = self._finish(built, target, recipe, format_, written, title, report, spool.leaks, changes)
            if recipe.container == "file":
                built = next(path for path in built.iterdir() if path.suffix in _ROW_ENDINGS)
            stop()
            report(0.95, "Putting it in place")
            size_bytes = _size_bytes(built)
            index.save(self._index_path(final.name.partition(".")[0]))
            bundle.publish(built, final)
        return FinishedExport(f"{EXPORTS_DIRECTORY}/{final.name}", size_bytes, finished)

    def _finish(
        self,
        built: Path,
        target: Target,
        recipe: ExportRecipe,
        format_: Format,
        written: bundle.Written,
        title: str,
        report: Report = lambda share, doing: None,
        leaks: list[tuple[str, str, str]] | None = None,
        changes: dict[str, int] | None = None,
    ) -> dict[str, Any]:
        """Add the card, close the bundle, read it back, add the report."""
        alone = recipe.container == "file"
        if not alone:
            target.add_bytes(CARD, make_card(recipe, format_, written, title=title, changes=changes).encode())
        target.close()
        report(0.75, "Reading the bundle back")
        checks, hashes = bundle.check_bundle(built, recipe, format_, written)
        made = make_report(recipe, format_, written, checks, hashes, title=title, leaks=leaks, changes=changes)
        if not alone:
            again = bundle.target_for(built, recipe)
            for name, data in report_files(made).items():
                again.add_bytes(name, data)
            again.close()
        return made

    def _changes(self, project_id: str, recipe: ExportRecipe, index: Index) -> dict[str, int] | None:
        """Return what changed since the last export by this recipe that held something else; None without one.

        Exports of the very same entries are passed over: running a recipe twice gives the same bytes twice.
        """
        for export in self.list_exports(project_id):
            path = self._index_path(export.id)
            if export.recipe == recipe.as_dict() and path.is_file() and index.differs_from(path):
                return index.changes_since(path)
        return None

    def _index_path(self, export_id: str) -> Path:
        directory = self._db.data_dir / EXPORTS_DIRECTORY / ".entries"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / export_id

    def _project_name(self, project_id: str) -> str:
        with self._db.reading() as session:
            project = session.get(Projects, project_id)
        if project is None or project.deleted_at is not None:
            raise NotFoundError("This project does not exist any more. Choose another one.")
        return project.name

    # --- what was exported -----------------------------------------------------------------------------------

    def list_exports(self, project_id: str, limit: int = 50) -> list[Exports]:
        """Return the project's exports, newest first."""
        query = (
            select(Exports)
            .where(Exports.project_id == project_id)
            .order_by(col(Exports.create_at).desc(), col(Exports.id))
            .limit(limit)
        )
        with self._db.reading() as session:
            return list(session.exec(query))

    def get_export(self, export_id: str) -> Exports:
        """Return the export.

        Raises:
            NotFoundError: no such export.
        """
        with self._db.reading() as session:
            export = session.get(Exports, export_id)
        if export is None:
            raise NotFoundError("This export does not exist any more. Run it again.")
        return export

    def export_path(self, export: Exports) -> Path:
        """Return the bundle of an export: a ZIP, a file or a directory.

        Raises:
            NotFoundError: it was removed from the disk.
        """
        path = self._db.data_dir / export.path
        if not path.exists():
            raise NotFoundError("The files of this export are gone from the disk. Run it again.")
        return path

    # --- by list of entries ----------------------------------------------------------------------------------

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
            built = next(path for path in (room / "bundle").iterdir() if path.suffix in _ROW_ENDINGS)
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
            report = self._finish(built, target, recipe, format_, written, title)
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


_ROW_ENDINGS = (".json", ".jsonl", ".csv")


def _ending(recipe: ExportRecipe) -> str:
    if recipe.container == "file":
        return f".{recipe.rows or 'csv'}"
    return ".zip" if recipe.container == "zip" else ""


def _size_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


def _seldom(progress: bundle.Progress, every: int = 500) -> bundle.Progress:
    """Call *progress* about every so many entries only: it may ask the database."""
    last = 0

    def now_and_then(entries: int) -> None:
        nonlocal last
        if entries - last >= every:
            last = entries
            progress(entries)

    return now_and_then


class _PlainNames:
    """Image names as their owner knows them; a second image of the same name gets its content's hash as well."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}

    def __call__(self, image: ExportImage, extension: str) -> str:
        plain = f"{safe_stem(image.name)}{extension}"
        return plain if self._owner.setdefault(plain.lower(), image.id) == image.id else file_name(image, extension)
