"""Exporting: by recipe for the page and the API, by list of entries for scripts."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from core.db import Exports, Projects, cached_until_write, new_id
from core.errors import InvalidInputError, NotFoundError
from core.export import bundle
from core.export.entries import ImageGroup, RowOptions, file_name
from core.export.entry_exporter import ListExporter
from core.export.formats import Format, format_named
from core.export.publish import Destination, send
from core.export.recipe import ExportRecipe
from core.export.reporting.comparison import Index
from core.export.reporting.contributors import people
from core.export.reporting.finalize import Report, finish, rows_file
from core.export.restore.restore import Returned, bring_back, is_vitrine_bundle
from core.export.selecting.query import SelectionCounts, count_entries, facet, stream
from core.export.selecting.snapshot import Spool, group_of
from core.export.writing.images import image_source
from core.export.writing.target import Target

EXPORTS_DIRECTORY = "exports"
# Preference formats find something to say about few images; a preview looks no further than this.
_PREVIEWED_IMAGES = 300


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


class ImageDatasetExporter(ListExporter):
    """Takes entries out of the house, as files that prove they load."""

    # --- by recipe -------------------------------------------------------------------------------------------

    @cached_until_write
    def count(self, project_id: str, recipe: ExportRecipe) -> SelectionCounts:
        """Return how many entries *recipe* takes, and how many it leaves out and why."""
        with self._db.reading() as session:
            return count_entries(session, project_id, recipe.entries, format_named(recipe.format).keeps_rejected)

    @cached_until_write
    def facets(self, project_id: str) -> dict[str, list[str]]:
        """Return the values one can choose entries by."""
        with self._db.reading() as session:
            return {name: facet(session, project_id, name) for name in ("answer_type", "kind", "language", "model")}

    @cached_until_write
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
                share = min(entries / max(spool.entries, 1), 1)
                report(share * 0.7, f"Writing entries, {entries:,} of {spool.entries:,}")

            built = room / f"bundle{_ending(recipe)}"
            target = bundle.target_for(built, recipe)
            index = Index()
            written = self._write_entries(spool, index, target, recipe, format_, progress, room)
            _refuse_empty(spool, written, format_)
            changes = self._changes(project_id, recipe, index)
            finished = finish(
                built, target, recipe, format_, written, title, report, spool.leaks, changes, self._people(project_id)
            )
            if recipe.container == "file":
                built = rows_file(built)
            stop()
            report(0.95, "Putting it in place")
            size_bytes = _size_bytes(built)
            index.save(self._index_path(final.name.partition(".")[0]))
            bundle.publish(built, final)
        return FinishedExport(f"{EXPORTS_DIRECTORY}/{final.name}", size_bytes, finished)

    def _write_entries(
        self, spool: Spool, index: Index, target: Target, recipe: ExportRecipe, format_: Format,
        progress: Callable[[int], None], room: Path,
    ) -> bundle.Written:  # fmt: skip
        source = image_source(self._images, recipe.image_form, recipe.max_side_px, as_jpeg=format_.as_jpeg)
        write = partial(
            bundle.write_bundle, recipe=recipe, format_=format_, target=target, source=source,
            progress=_seldom(progress),
        )  # fmt: skip
        if recipe.images == "none":
            with self._db.reading() as session:
                written = write(index.watching(spool.direct(session)))
        else:
            written = write(index.watching(spool.frozen(self._db, room / "entries")))
        written.left_out.update(spool.left_out)
        return written

    def _changes(self, project_id: str, recipe: ExportRecipe, index: Index) -> dict[str, int] | None:
        """Return what changed since the last export by this recipe that held something else; None without one.

        Exports of the very same entries are passed over: running a recipe twice gives the same bytes twice.
        """
        for export in self.list_exports(project_id):
            path = self._index_path(export.id)
            if export.recipe == recipe.as_dict() and path.is_file() and index.differs_from(path):
                return index.changes_since(path)
        return None

    def _people(self, project_id: str) -> list[Counter[str]]:
        with self._db.reading() as session:
            return people(session, project_id)

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

    # --- to somewhere else -----------------------------------------------------------------------------------

    def send(
        self,
        export_id: str,
        to: Destination,
        *,
        report: Report = lambda share, doing: None,
        stop: Callable[[], None] = lambda: None,
    ) -> str:
        """Send a finished export to the Hugging Face Hub or an object storage; return the address it has there.

        Raises:
            ExportError: the other side refused, could not be reached, or holds something else in that place.
        """
        export = self.get_export(export_id)
        path = self.export_path(export)
        name = f"{export.report['directory']}{path.suffix}"
        if not to.repository or path.is_dir():
            return send(path, name, to, report, stop)
        # The Hub shows files, not archives.
        with bundle.room_to_build(path.with_name(f"{export_id}-sent")) as room:
            shutil.unpack_archive(path, room, "zip") if path.suffix == ".zip" else shutil.copy(path, room / name)
            return send(room, name, to, report, stop)

    # --- and back --------------------------------------------------------------------------------------------

    def is_own(self, path: str) -> bool:
        """Return whether the *path* of an import leads to an export in Vitrine's own format, a ZIP or a directory.

        Raises:
            InvalidInputError: nothing may be imported from there.
        """
        return is_vitrine_bundle(self._images.intake.import_context.resolve(path))

    def bring_back(self, project_id: str, path: str | Path, *, report: Report = lambda share, doing: None) -> Returned:
        """Put the entries of an export in Vitrine's own format into a project, with their images and history.

        An entry that the project has already stays as it is.

        Raises:
            InvalidInputError: it is no such export, or is damaged.
        """
        return bring_back(self._db, self._images, project_id, path, report)

    # --- what was exported -----------------------------------------------------------------------------------

    @cached_until_write
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


def _refuse_empty(spool: Spool, written: bundle.Written, format_: Format) -> None:
    if not spool.entries:
        raise InvalidInputError(
            "No entry fits this choice. Confirm some entries on Curate, or choose more of them.", field="entries"
        )
    if not written.rows.total():
        reason = max(written.left_out, key=lambda name: written.left_out[name])
        raise InvalidInputError(
            f"Nothing is left to export as {format_.label}: {reason}. Choose other entries or another format."
        )


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
