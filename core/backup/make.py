"""Making a backup: the database first, then the files that its rows need."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import Timeout

from core.backup.copying import Progress, copy_file, copy_originals, ignore_progress, sum_of
from core.backup.database_copy import copy_database, database_file
from core.backup.layout import (
    DATABASE,
    DUMP,
    FILES,
    MANIFEST,
    ORIGINALS,
    Backup,
    FileSum,
    Manifest,
    new_name,
    objects,
    opened_for_writing,
)
from core.backup.needed import needed_originals
from core.backup.prune import prune
from core.backup.server_copy import Dumped, dump_database
from core.config import Settings
from core.db.database import DATABASE_NAME
from core.errors import ConflictError, InvalidInputError
from core.images.opened_storage import opened_storage
from core.images.storage import sync_all, translate_disk_errors
from core.portable import sync_path
from core.secret_key import FILE_NAME as SECRET_KEY

# Everything else in the data directory is copied, so that nothing added later is forgotten.
_LEFT_OUT = {
    "uploads",  # the originals, which are copied by their sums
    "cache",  # made again from the originals
    "models",  # fetched again by 'vitrine models add'
    "imports",  # uploads that wait for their import
    "archives",  # made again from the database and the originals
    "backups",  # copies from before upgrades
}
_EARLIER_EXPORTS = "exports/.entries"
"""What each export contained; the exports themselves are made again from their recipes."""
_DATABASE_SUFFIXES = ("", "-journal", "-wal", "-shm")
_REMOVAL_TIMEOUT_S = 60.0


def make_backup(
    settings: Settings, target: Path, *, keep: int | None = None, progress: Progress = ignore_progress
) -> Backup:
    """Back up the data directory into *target*; others may write meanwhile.

    Incremental: an original that an earlier backup has is not copied again. The backup gets its name after everything
    was copied, checked and synced. The secret key is left out: whoever reads a backup cannot sign in with it.

    Args:
        keep: how many backups stay, this one included; all when None.

    Raises:
        ConfigurationError: the database is in memory, or on a server that no pg_dump here can dump.
        ConflictError: another backup is running.
        InvalidInputError: *target* is inside the data directory, or contains something else.
        StorageError: the database is damaged, or a disk is full or broken.
    """
    database = database_file(settings)
    if target.resolve().is_relative_to(settings.data_dir.resolve()):
        raise InvalidInputError(
            f"{target} is inside the data directory. Choose a directory on another disk.", field="target"
        )
    with opened_for_writing(target) as incoming:
        made_at = datetime.now(UTC)
        manifest = _copy_everything(settings, database, target, incoming, made_at, progress)
        with translate_disk_errors():
            (incoming / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
            sync_all((incoming, *incoming.rglob("*")))
            final = target / new_name(target, made_at)
            incoming.rename(final)
            sync_path(target)
        if keep is not None:
            progress(0.98, "Removing old backups")
            prune(target, keep)
    return Backup(final, manifest)


def _copy_everything(
    settings: Settings, database: Path | None, target: Path, incoming: Path, made_at: datetime, progress: Progress
) -> Manifest:
    images = opened_storage(settings)
    try:
        # From before the copy of the rows until the last file is copied, nobody removes an original that they need.
        with images.lock_against_removal(_REMOVAL_TIMEOUT_S):
            progress(0.0, "Copying the database")
            dumped = _copy_rows(settings, database, incoming, progress)
            copied = copy_originals(
                images.originals,
                objects(target),
                needed_originals(incoming),
                lambda share, step: progress(0.1 + 0.8 * share, step),
            )
    except Timeout:
        raise ConflictError("Another backup of this data directory is running. Wait until it is finished.") from None
    progress(0.9, "Copying other files and checking the database")
    names = [DATABASE] if database else [DUMP, ORIGINALS]
    # A server's data directory may have the SQLite file from which it was moved.
    beside = database or settings.data_dir / DATABASE_NAME
    files = [*(sum_of(incoming / name, name) for name in names), *_copy_files(settings.data_dir, beside, incoming)]
    return Manifest(
        made_at=made_at,
        schema_version=dumped.schema_version,
        files=files,
        images=copied.files,
        image_bytes=copied.size_bytes,
        new_images=copied.new_files,
        new_image_bytes=copied.new_bytes,
        missing_images=copied.missing,
        rows=dumped.rows,
    )


def _copy_rows(settings: Settings, database: Path | None, incoming: Path, progress: Progress) -> Dumped:
    if database is None:
        return dump_database(settings, incoming, lambda: progress(0.05, "Dumping the database"))
    return Dumped(copy_database(database, incoming / DATABASE), {})


def _copy_files(data_dir: Path, database: Path, incoming: Path) -> Iterator[FileSum]:
    for file in _other_files(data_dir, database):
        path = f"{FILES}/{file.relative_to(data_dir).as_posix()}"
        (incoming / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            yield copy_file(file, incoming / path, path)
        except FileNotFoundError:
            continue  # a temporary file of the server


def _other_files(data_dir: Path, database: Path) -> Iterator[Path]:
    """Yield the files of the data directory that are neither originals, nor made again, nor secret."""
    databases = {f"{database.name}{suffix}" for suffix in _DATABASE_SUFFIXES}
    for directory, folders, files in os.walk(data_dir):
        inside = Path(directory).relative_to(data_dir).as_posix()
        if inside == ".":
            folders[:] = [name for name in folders if name not in _LEFT_OUT and not name.startswith(".")]
            files = [name for name in files if name not in databases and not name.startswith((".", SECRET_KEY))]
        elif inside == "exports":
            folders[:], files = [name for name in folders if name == Path(_EARLIER_EXPORTS).name], []
        yield from (Path(directory, name) for name in files if not name.endswith(".lock"))
