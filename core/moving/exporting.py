"""Writing a project archive: the tables as of one moment, then the images, then the sums of all of it."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from filelock import FileLock, Timeout
from sqlmodel import col, select

from core.container import MAX_ARCHIVE_FILES
from core.db import Database, Images, Projects
from core.errors import (
    ConflictError,
    ExportError,
    InvalidInputError,
    ItemInterrupted,
    MissingFileError,
    NotFoundError,
)
from core.images.storage import ImageStorage, translate_disk_errors
from core.moving.checking import ImageLimits, check_archive
from core.moving.contents import TABLES
from core.moving.manifest import MANIFEST, ImageFiles, Manifest, TableSums, image_file, opened_archive, table_file
from core.moving.packing import ContinuedZip
from core.moving.rows import copy_rows, write_rows
from core.portable import sync_path

Progress = Callable[[float, str], None]
"""Called with the finished share (0 to 1) and the current step in words."""
CancelCheck = Callable[[], None]
"""Called between steps; raises when the work is cancelled."""

_IMAGES_PER_STEP = 100
# The shares of the work: tables, images, reading back.
_TABLES_SHARE, _IMAGES_SHARE = 0.2, 0.6


@dataclass(frozen=True)
class ArchiveReport:
    """What a finished archive contains."""

    path: Path
    size_bytes: int
    rows: dict[str, int]
    """By table."""
    images: int
    missing_images: int
    """Images without a usable file: it was gone from the disk, or its bytes had changed."""


class ArchiveWriter:
    """Writes the archive of one project; a run that was interrupted is continued by the next one."""

    def __init__(
        self, db: Database, storage: ImageStorage, progress: Progress, raise_if_cancelled: CancelCheck
    ) -> None:
        self._db, self._storage = db, storage
        self._progress, self._raise_if_cancelled = progress, raise_if_cancelled

    def write(self, project_id: str, final: Path) -> ArchiveReport:
        """Write the archive to the file *final*, which is complete or absent at any time.

        Raises:
            NotFoundError: no such project.
            ConflictError: another process writes the same file.
            ExportError: the archive could not be imported again.
            StorageError: the disk is full or broken.
        """
        with translate_disk_errors(), build_directory(final) as directory:
            sums, name = self._write_tables(project_id, directory)
            images = self._write_zip(project_id, name, directory, sums)
            self._read_back(directory / _ARCHIVE)
            (directory / _ARCHIVE).replace(final)
            sync_path(final.parent)
            rows = {table: sum_.rows for table, sum_ in sums.items()}
            return ArchiveReport(final, final.stat().st_size, rows, images.files, len(images.missing))

    def _write_tables(self, project_id: str, directory: Path) -> tuple[dict[str, TableSums], str]:
        """Copy the rows in one read transaction, write them, and return their sums and the name of the project."""
        with self._db.reading() as session:
            project = session.get(Projects, project_id)
            if project is None or project.deleted_at is not None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            for table in TABLES:
                copy_rows(session, table, project_id, directory / f"{table.name}.copied")
        sums = {}
        for number, table in enumerate(TABLES):
            self._raise_if_cancelled()
            self._progress(_TABLES_SHARE * number / len(TABLES), "Writing the tables")
            copied = directory / f"{table.name}.copied"
            sums[table.name] = write_rows(table, self._db.engine.dialect, copied, directory / f"{table.name}.jsonl")
            copied.unlink()
        return sums, project.name

    def _write_zip(self, project_id: str, name: str, directory: Path, sums: dict[str, TableSums]) -> ImageFiles:
        wanted = self._image_paths(project_id)
        archive_path = directory / _ARCHIVE
        with ContinuedZip(archive_path) as archive:
            if not archive.kept.keys() <= set(map(image_file, wanted)):
                raise ConflictError("The project changed while it was exported. Export it again.")
            images = self._add_images(archive, wanted)
            for table in sums:
                archive.add_file(table_file(table), directory / f"{table}.jsonl")
            manifest = Manifest(project_id=project_id, name=name, tables=sums, images=images)
            archive.add_bytes(MANIFEST, orjson.dumps(manifest.model_dump(), option=orjson.OPT_INDENT_2))
            archive.finish()
        return images

    def _image_paths(self, project_id: str) -> list[str]:
        with self._db.reading() as session:
            paths = sorted(set(session.exec(select(Images.path).where(col(Images.project_id) == project_id))))
        if len(paths) + len(TABLES) + 1 > MAX_ARCHIVE_FILES:
            raise InvalidInputError(
                f"The project has {len(paths):,} image files, and an archive may have {MAX_ARCHIVE_FILES:,}."
            )
        return paths

    def _add_images(self, archive: ContinuedZip, paths: list[str]) -> ImageFiles:
        missing, size_bytes = [], sum(archive.kept.values())
        for number, path in enumerate(paths):
            if number % _IMAGES_PER_STEP == 0:
                self._raise_if_cancelled()
                share = _TABLES_SHARE + _IMAGES_SHARE * number / len(paths)
                self._progress(share, f"Writing images, {number:,} of {len(paths):,}")
            if image_file(path) in archive.kept:
                continue
            data, sha256 = self._original(path), path[3:67]
            if hashlib.sha256(data).hexdigest() == sha256:
                archive.add_bytes(image_file(path), data)
                size_bytes += len(data)
            else:
                missing.append(sha256)
        return ImageFiles(files=len(paths) - len(missing), bytes=size_bytes, missing=missing)

    def _original(self, path: str) -> bytes:
        try:
            with self._storage.originals.opened(path) as original:
                return original.read()
        except MissingFileError:
            return b""

    def _read_back(self, path: Path) -> None:
        """Check the archive as an import does, without its images, whose sums were known when they were written.

        Raises:
            ExportError: it could not be imported.
        """
        self._progress(_TABLES_SHARE + _IMAGES_SHARE, "Reading the archive back")
        try:
            with opened_archive(path) as archive:
                check_archive(archive, ImageLimits(1 << 62, 1 << 62), lambda rows: self._raise_if_cancelled())
        except InvalidInputError as error:
            path.unlink()
            raise ExportError(f"The archive was discarded, because it could not be imported again. {error}") from error


_ARCHIVE = "archive.zip"


@contextmanager
def build_directory(final: Path) -> Iterator[Path]:
    """Yield the directory beside *final* to build in; what an interrupted run left there is continued.

    After an interruption or a crash it stays; otherwise it is removed.

    Raises:
        ConflictError: another process builds the same file.
    """
    directory = final.with_name(f".making-{final.name}")
    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{directory}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConflictError("This archive is being written already. Wait until it is finished.") from None
    try:
        directory.mkdir(exist_ok=True)
        yield directory
    except ItemInterrupted:
        raise
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    else:
        shutil.rmtree(directory, ignore_errors=True)
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)
