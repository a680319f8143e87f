"""The preview of an import: its first records with their images, before anything is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlmodel import col, select

from core.db import Database, Images, in_library
from core.errors import ImageRejectedError
from core.images.import_context import ImportContext
from core.images.import_outcome import label_of
from core.images.sandbox import sandbox
from core.images.service import ImageService
from core.importing import class_directories
from core.importing.matching import Match, ReferenceIndex, Written, match
from core.importing.records import Problem, Record, Turn
from core.importing.survey import Survey, survey_untrusted
from core.importing.table_files import TableImage

LIMIT = 10
"""Records of a preview."""
_SIDE_PX = 320
# Beside each other on the page; further ones are counted.
_IMAGES_PER_RECORD = 3
# A table in an archive is unpacked for its preview; a larger one is read by the import only.
_MAX_UNPACKED_BYTES = 200_000_000
_INSIDE = "inside:"


@dataclass(frozen=True)
class PreviewImage:
    """An image as a record names it, with what was found: an image of the project, or a thumbnail, or neither."""

    name: str
    stored_name: str = ""
    """The name that the image has, or gets, in the project; empty when there is neither."""
    image_id: str = ""
    sha256: str = ""
    thumbnail: bytes = b""
    """JPEG, of an image that comes with the import."""
    note: str = ""
    """Why there is neither."""


@dataclass(frozen=True)
class PreviewRecord:
    """A record of the preview; see :class:`core.importing.records.Record`."""

    where: str
    images: tuple[PreviewImage, ...]
    turns: tuple[Turn, ...]
    system: str = ""


@dataclass(frozen=True)
class ImportPreview:
    """What an import would bring in, by its first records."""

    records: tuple[PreviewRecord, ...]
    formats: dict[str, str]
    """The label of the reader by the name of the annotation file; "" when none read it."""
    problems: tuple[Problem, ...]
    """Of what was read so far."""
    has_images_inside: bool = False
    """Images come in rows, or in a table or archive of samples, beside those that are files."""


class ImportPreviewer:
    """Surveys what may be imported, and previews its records."""

    def __init__(self, db_session: Database, images: ImageService) -> None:
        self._db = db_session
        self._images = images

    def survey(self, path: str) -> Survey:
        """Return what is at the import *path*, by the names of its files.

        Raises:
            InvalidInputError: nothing may be imported from there, or it cannot be opened.
        """
        return survey_untrusted(self._context.resolve(path), self._db.settings)

    def preview(self, project_id: str, path: str, format: str = "auto") -> ImportPreview:
        """Return the first records of the import *path*, with the images that they mean.

        Raises:
            InvalidInputError: nothing may be imported from there, it cannot be opened, or there is no such *format*.
            ImageRejectedError: reading it took too long or too much memory.
        """
        root = self._context.resolve(path)
        found = survey_untrusted(root, self._db.settings)
        if found.annotations or format == class_directories.FORMAT:
            read = self._annotations(project_id, root, found, format)
            if read.records or not found.tables:
                return read
        if found.tables:
            return self._table(project_id, root, found, format)
        return ImportPreview((), {}, ())

    @property
    def _context(self) -> ImportContext:
        return ImportContext(self._db.settings)

    def _annotations(self, project_id: str, root: Path, found: Survey, format: str) -> ImportPreview:
        """Return the first records of the annotation files."""
        from core.importing import reading

        with self._images.intake.workdir() as workdir:
            read = sandbox(self._db.settings).run(reading.preview, root, workdir, LIMIT, format)
            known = self._known(workdir, read.embedded, read.records)
        records = self._with_images(project_id, root, found, read.records, known)
        has_images_inside = read.has_images_inside or bool(read.embedded)
        return ImportPreview(records, read.formats, read.problems, has_images_inside)

    def _known(self, workdir: Path, files: Sequence[TableImage], records: Sequence[Record]) -> dict[str, PreviewImage]:
        """Return the images that were written into *workdir* and that *records* show, by their reference."""
        from core.importing.thumbnails import thumbnail

        wanted = {reference for record in records for reference in record.images[:_IMAGES_PER_RECORD]}
        shown = [file for file in files if file.reference in wanted]
        jobs = [(workdir / file.file, workdir / f"{number}.jpg", _SIDE_PX) for number, file in enumerate(shown)]
        made = sandbox(self._db.settings).run_each(thumbnail, jobs)
        return {
            file.reference: PreviewImage(file.name, note=str(one))
            if isinstance(one, ImageRejectedError)
            else PreviewImage(file.name, thumbnail=one)
            for file, one in zip(shown, made, strict=True)
        }

    def _with_images(
        self, project_id: str, root: Path, found: Survey, records: Sequence[Record], known: dict[str, PreviewImage]
    ) -> tuple[PreviewRecord, ...]:
        """Return *records* with their images, which are *known* or looked for in *root* and in the project."""
        written = {
            (record.where, name): Written(name, _directory(record.where))
            for record in records
            for name in record.images[:_IMAGES_PER_RECORD]
            if name not in known
        }
        images = self._images_of(project_id, root, found, list(written.values()))

        def image(where: str, name: str) -> PreviewImage:
            looked_for = written.get((where, name))
            return images[looked_for] if looked_for else known.get(name) or PreviewImage(name)

        return tuple(
            PreviewRecord(
                record.where, tuple(image(record.where, name) for name in record.images), record.turns, record.system
            )
            for record in records
        )

    def _images_of(
        self, project_id: str, root: Path, found: Survey, written: Sequence[Written]
    ) -> dict[Written, PreviewImage]:
        """Return what each written name means among the images of *root* and of the project."""
        names = {_last_part(unquote(name.name)).casefold() for name in written}
        files = found.tried_as_images
        inside = {_INSIDE + path: path for path in files if _last_part(path).casefold() in names}
        stored = {image.id: image for image in self._images_named(project_id, [name.name for name in written])}
        # What comes with the import first, as the import itself does.
        places = match(written, ReferenceIndex((path, id_) for id_, path in inside.items()))
        missing = [name for name, place in places.items() if place is None]
        of_project = {
            (path, image.id) for image in stored.values() for path in (image.source_ref, image.image_name) if path
        }
        places |= match(missing, ReferenceIndex(of_project))
        meant = {inside[place.image_id] for place in places.values() if place and place.image_id in inside}
        thumbnails = self._thumbnails(root, sorted(meant))

        def shown(name: str, place: Match | None) -> PreviewImage:
            if place is None or not place.image_id:
                return PreviewImage(name, note=place.reason if place else _missing(name))
            if place.image_id in stored:
                image = stored[place.image_id]
                return PreviewImage(name, image.image_name, image.id, image.sha256)
            made = thumbnails.get(inside[place.image_id], b"")
            note = "" if made else "This image cannot be read."
            return PreviewImage(name, label_of(inside[place.image_id]), thumbnail=made, note=note)

        return {name: shown(name.name, place) for name, place in places.items()}

    def _images_named(self, project_id: str, names: Iterable[str]) -> list[Images]:
        """Return the images of the project that may be meant: of the same name, as written or percent-decoded."""
        wanted = {part for name in names for part in (_last_part(name), _last_part(unquote(name)))}
        query = select(Images).where(Images.project_id == project_id, in_library(), col(Images.image_name).in_(wanted))
        with self._db.reading() as session:
            return list(session.exec(query))

    def _thumbnails(self, root: Path, names: Sequence[str]) -> dict[str, bytes]:
        from core.importing.thumbnails import thumbnails

        if not names:
            return {}
        settings = self._db.settings
        with self._images.intake.workdir() as workdir:
            return sandbox(settings).run(thumbnails, root, names, workdir, settings.max_image_bytes, _SIDE_PX)

    # --- rows of tables -----------------------------------------------------------------------------------------

    def _table(self, project_id: str, root: Path, found: Survey, format: str) -> ImportPreview:
        """Return the first rows of the first table, most of which have their images inside."""
        from core.importing.reading import read_table_batch, table_summary
        from core.importing.thumbnails import unpacked

        settings, name = self._db.settings, found.tables[0]
        workers = sandbox(settings)
        with self._images.intake.workdir() as workdir:
            unpacked_to = workdir / f"table{Path(name).suffix}"
            table = workers.run(unpacked, root, name, unpacked_to, _MAX_UNPACKED_BYTES)
            summary = workers.run(table_summary, table, format)
            batch = workers.run(read_table_batch, table, 0, workdir, settings.max_image_bytes, name, format)
            records = batch.records[:LIMIT]
            known = self._known(workdir, batch.files, records)
        rows = self._with_images(project_id, root, found, records, known)
        return ImportPreview(rows, {name: summary.format}, batch.problems, summary.has_images)


def _directory(where: str) -> str:
    """Return the directory of the annotation file, from the place of a record in it."""
    return where.rpartition("/")[0]


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _missing(name: str) -> str:
    return "Fetched from the web by the import." if "://" in name else "Not among the images here."
