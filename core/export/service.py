"""Exports of a project by recipe: preview, export, list, publish, restore."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.bucket_address import require_allowed
from core.dataset.guidelines.service import newest_text
from core.db import Database, Exports, Projects, cached_until_write, new_id
from core.errors import NotFoundError
from core.export.bundle import BundleCounts, write_bundle
from core.export.bundle_files import EXPORTS_DIRECTORY, BundleFiles, extension_of, size_bytes_of
from core.export.change_preview import ChangedImage, preview_changes
from core.export.earlier import EarlierExports
from core.export.empty import raise_if_empty
from core.export.entries import ImageGroup
from core.export.entry_index import EntryIndex
from core.export.formats import format_named
from core.export.job import CancelCheck, ExportJob, Progress, ignore_progress, never_cancelled
from core.export.preview_rows import PreviewRow, preview_rows
from core.export.publish import Destination, publish_files
from core.export.recipe import ExportRecipe
from core.export.reporting.contributors import contributors
from core.export.reporting.credentials import credentials
from core.export.reporting.dataset_report import report_maker
from core.export.reporting.decontamination import decontamination_line
from core.export.reporting.finalize import finalize_bundle
from core.export.reporting.model_scores import model_scores
from core.export.reporting.report import Provenance
from core.export.restore.restore import RestoreCounts, is_vitrine_bundle, restore_export
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.problem_counts import count_problems
from core.export.selecting.problems import ProblemCount
from core.export.selecting.query import SelectionCounts, count_entries, facet, stream
from core.export.selecting.removed import RemovedEntry, removed_entries
from core.export.selecting.snapshot import Snapshot, group_of
from core.export.selecting.splits import splits_of_bundle, splits_with_pins
from core.export.throttled_progress import ThrottledProgress
from core.export.writing.changing import ImageChanges, planned_source
from core.export.writing.images import PlannedSource, image_source
from core.export.writing.target import Target, open_target
from core.export.writing.workspace import build_directory, move_into_place
from core.object_storage import open_bucket
from core.transform.regions import FindRegions, no_regions
from core.vision.duplicates import DuplicateSearch

if TYPE_CHECKING:
    from core.images import ImageService

_FACETS = ("answer_type", "kind", "language", "model")
# Preference formats have rows for few images; a preview reads at most this many images.
_MAX_PREVIEW_IMAGES = 300


@dataclass(frozen=True)
class FinishedExport:
    """A bundle that is complete and checked; *path* is relative to the data directory."""

    path: str
    size_bytes: int
    report: dict[str, Any]


class ExportService:
    """Makes, lists, publishes and restores the exports of projects."""

    def __init__(
        self, db_session: Database, image_service: "ImageService", find_regions: FindRegions = no_regions
    ) -> None:
        """
        Args:
            find_regions: finds what analyzers found on images, for redacting and cropping.
        """
        self._db = db_session
        self._images = image_service
        self._find_regions = find_regions
        self.settings = db_session.settings
        self._bundles = BundleFiles(self.settings)
        self._earlier = EarlierExports(db_session, self._bundles.files)

    # --- before an export ------------------------------------------------------------------------------------

    @cached_until_write
    def count(self, project_id: str, recipe: ExportRecipe) -> SelectionCounts:
        """Return how many entries *recipe* selects, and how many it leaves out by reason."""
        if recipe.since:
            return self._snapshot(project_id, recipe).count(self._db)
        with self._db.reading() as session:
            return count_entries(session, _query(project_id, recipe))

    def _snapshot(self, project_id: str, recipe: ExportRecipe) -> Snapshot:
        earlier = self._earlier.entries_since(project_id, recipe)
        with self._db.reading() as session:
            splits = splits_with_pins(session, project_id, recipe.splits)
        near = DuplicateSearch(self._db).near_by_vectors(project_id) if len(splits) > 1 else ()
        return Snapshot(_query(project_id, recipe), recipe.splits, earlier, near, splits)

    @cached_until_write
    def problems(self, project_id: str, recipe: ExportRecipe) -> list[ProblemCount]:
        """Return the problems of the entries that *recipe* selects, also of those that it leaves out for them."""
        everything = recipe.entries.model_copy(update={"leave_out": ()})
        return self._problems(project_id, recipe.model_copy(update={"entries": everything}))

    def _problems(self, project_id: str, recipe: ExportRecipe) -> list[ProblemCount]:
        with self._db.reading() as session:
            return count_problems(session, _query(project_id, recipe), format_named(recipe.format).problems)

    @cached_until_write
    def facets(self, project_id: str) -> dict[str, list[str]]:
        """Return the values of the project's entries by column, for choosing entries."""
        with self._db.reading() as session:
            return {name: facet(session, project_id, name) for name in _FACETS}

    @cached_until_write
    def preview(self, project_id: str, recipe: ExportRecipe, rows: int = 3) -> list[PreviewRow]:
        """Return the first *rows* of an export by *recipe* without writing anything."""
        with self._db.reading() as session:
            grouped = islice(self._grouped(session, project_id, recipe), _MAX_PREVIEW_IMAGES)
            changed = ImageChanges(recipe, self._find_regions).apply(grouped) if recipe.changes_images else grouped
            return list(islice(preview_rows(changed, recipe), rows))

    @cached_until_write
    def preview_changes(self, project_id: str, recipe: ExportRecipe, images: int = 3) -> list[ChangedImage]:
        """Return the first *images* of an export as *recipe* changes them, with their variants."""
        with self._db.reading() as session:
            groups = list(islice(self._grouped(session, project_id, recipe), images))
        return preview_changes(groups, recipe, self._images, self._find_regions)

    def _grouped(self, session: Session, project_id: str, recipe: ExportRecipe) -> Iterator[ImageGroup]:
        """Yield the groups of an export; in the first split where nothing depends on it."""
        if recipe.since or recipe.changes_images:
            return self._snapshot(project_id, recipe).streamed(session)
        found = stream(session, _query(project_id, recipe))
        return (group_of(image, recipe.splits.names[0], entries) for image, entries in found)

    # --- making an export ------------------------------------------------------------------------------------

    def export(
        self,
        project_id: str,
        recipe: ExportRecipe,
        export_id: str | None = None,
        *,
        progress: Progress = ignore_progress,
        raise_if_cancelled: CancelCheck = never_cancelled,
    ) -> FinishedExport:
        """Make the bundle of *recipe* in the data directory.

        Atomic: the bundle appears only after it passed its checks.

        Args:
            export_id: names the bundle; a new id by default.
            raise_if_cancelled: called between steps; raises to end the export.

        Raises:
            InvalidInputError: the recipe selects no entry, or asks for one file where images are in several splits.
            ExportError: the bundle did not pass its checks.
            StorageError: the disk is full or refuses to write.
        """
        with self._db.reading() as session:
            splits = splits_of_bundle(session, project_id, recipe)
        title = recipe.title or self._project_name(project_id)
        job = ExportJob(recipe, title, progress, raise_if_cancelled, splits=splits)
        export_id = export_id or new_id()
        final = self._bundles.new_path(export_id, extension_of(recipe))
        with build_directory(final) as directory:
            progress(0.0, "Collecting entries")
            built, entry_index = directory / f"bundle{extension_of(recipe)}", EntryIndex()
            target = open_target(built, recipe.container)
            snapshot = self._snapshot(project_id, recipe)
            counts = self._write(job, snapshot, entry_index, target, directory)
            raise_if_empty(job, snapshot, counts)
            provenance = self._provenance(project_id, job, snapshot, entry_index, counts)
            report = finalize_bundle(
                job, built, target, counts, provenance, partial(report_maker(), self._db, project_id)
            )
            if recipe.container == "file":
                built = built / job.layout.rows_file(job.layout.splits[0])
            raise_if_cancelled()
            progress(0.95, "Moving the bundle into place")
            size_bytes = size_bytes_of(built)
            self._earlier.save(final.name, entry_index)
            move_into_place(built, final)
        self._bundles.send(final, progress)
        return FinishedExport(f"{EXPORTS_DIRECTORY}/{final.name}", size_bytes, report)

    def _write(
        self, job: ExportJob, snapshot: Snapshot, entry_index: EntryIndex, target: Target, directory: Path
    ) -> BundleCounts:
        layout = job.layout
        source = image_source(self._images, layout.image_form, layout.max_side_px, as_jpeg=job.format.writer.needs_jpeg)
        on_entries = ThrottledProgress(job, snapshot)
        changes = ImageChanges(job.recipe, self._find_regions) if job.recipe.changes_images else None
        changed = self._changed_images(job, directory) if changes else None
        if layout.images == "none":
            with self._db.reading() as session:
                groups = entry_index.record(snapshot.streamed(session))
                counts = write_bundle(job, groups, target, source, count_entries=on_entries)
        else:
            groups = entry_index.record(snapshot.copied_to(directory / "entries", self._db))
            counts = write_bundle(
                job, groups, target, source, changes=changes, changed=changed, count_entries=on_entries
            )
        counts.left_out.update(snapshot.left_out)
        return counts

    def _changed_images(self, job: ExportJob, directory: Path) -> PlannedSource:
        needs_jpeg = job.format.writer.needs_jpeg
        return planned_source(self._images, self._db.settings, job.recipe, directory / "changed", needs_jpeg=needs_jpeg)

    def _provenance(
        self, project_id: str, job: ExportJob, snapshot: Snapshot, entry_index: EntryIndex, counts: BundleCounts
    ) -> Provenance:
        entry_index.extend(snapshot.unchanged)
        changes = self._earlier.changes(project_id, job.recipe, entry_index)
        with self._db.reading() as session:
            people, signed = contributors(session, project_id), credentials(session, project_id)
            scores = model_scores(session, project_id)
            compared = decontamination_line(session, project_id, counts.entry_ids_json)
            guidelines = newest_text(session, project_id)
        problems = self._problems(project_id, job.recipe)
        relations = (problems, snapshot.joined, signed, snapshot.pinned, snapshot.moved)
        return Provenance(snapshot.leaks, changes, people, *relations, scores, compared, guidelines)

    def _project_name(self, project_id: str) -> str:
        with self._db.reading() as session:
            project = session.get(Projects, project_id)
        if project is None or project.deleted_at is not None:
            raise NotFoundError("This project does not exist any more. Choose another one.")
        return project.name

    # --- finished exports ------------------------------------------------------------------------------------

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

    def removed_entries(self, export: Exports) -> list[RemovedEntry]:
        """Return the first of the entries that the export before had and this one has not."""
        named = (export.report.get("changes") or {}).get("removed_entries", ())
        with self._db.reading() as session:
            return removed_entries(session, [entry["id"] for entry in named])

    def export_path(self, export: Exports) -> Path:
        """Return the bundle of an export: a ZIP, a file or a directory; one that a worker made is fetched first.

        Raises:
            NotFoundError: it was removed.
            ObjectStorageError: the storage fails.
        """
        return self._bundles.path(export)

    def share(self, export_id: str) -> None:
        """Send an export that is only here to where workers read it; errors as of :meth:`export_path`."""
        self._bundles.share(self.get_export(export_id))

    def share_earlier(self, project_id: str) -> None:
        """Send what earlier exports of a project had in them, and is only here, to where workers read it."""
        self._earlier.share(project_id)

    def require_destination(self, destination: Destination) -> None:
        """Raise when nothing may be sent there.

        Raises:
            ConfigurationError: the extra ``s3`` is not installed.
            InvalidInputError: the settings do not allow the bucket.
        """
        if destination.bucket is not None:
            require_allowed(self._db.settings, destination.bucket)
            open_bucket(self._db.settings, destination.bucket)

    def publish(
        self,
        export_id: str,
        destination: Destination,
        *,
        progress: Progress = ignore_progress,
        raise_if_cancelled: CancelCheck = never_cancelled,
    ) -> str:
        """Send a finished export to the Hugging Face Hub or to object storage and return its URL there.

        Raises:
            ExportError: the destination refused it, could not be reached, or has something else at this URL.
        """
        export = self.get_export(export_id)
        path = self.export_path(export)
        name = f"{export.report['directory']}{path.suffix}"
        if not destination.repository or path.is_dir():
            return publish_files(path, name, destination, self._db.settings, progress, raise_if_cancelled)
        # The Hub shows files, not archives.
        with build_directory(path.with_name(f"{export_id}-sent")) as directory:
            if path.suffix == ".zip":
                shutil.unpack_archive(path, directory, "zip")
            else:
                shutil.copy(path, directory / name)
            return publish_files(directory, name, destination, self._db.settings, progress, raise_if_cancelled)

    # --- restoring -------------------------------------------------------------------------------------------

    def is_vitrine_export(self, path: str) -> bool:
        """Return whether the import *path* is an export in the Vitrine format, a ZIP or a directory.

        Raises:
            InvalidInputError: imports from there are not allowed.
        """
        return is_vitrine_bundle(self._images.intake.import_context.resolve(path))

    def restore(self, project_id: str, path: str | Path, *, progress: Progress = ignore_progress) -> RestoreCounts:
        """Add the entries of an export in the Vitrine format to a project, with their images and history.

        Entries that the project has already are not changed.

        Raises:
            InvalidInputError: it is not such an export, or it is damaged.
        """
        return restore_export(self._db, self._images.intake, project_id, path, progress)


def _query(project_id: str, recipe: ExportRecipe) -> EntryQuery:
    format_ = format_named(recipe.format)
    includes_rejected = format_.includes_rejected and recipe.entries.rejected is not False
    return EntryQuery(project_id, recipe.entries, includes_rejected, format_.detail)
