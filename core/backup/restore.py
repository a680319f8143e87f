"""Restoring a backup into an empty directory: written beside it, checked, and then given its name.

The rows of a PostgreSQL database go into an empty one in one transaction, before the directory gets its name.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from core.backup.copying import CopiedOriginals, Progress, copy_file, copy_originals, ignore_progress
from core.backup.layout import DUMP, FILES, ORIGINALS, Backup
from core.backup.layout import objects as objects_of
from core.backup.needed import needed_originals
from core.backup.server_copy import require_empty, restore_dump
from core.backup.verify import file_problem
from core.config import Settings, load_settings
from core.db.migrate import known_versions
from core.errors import ConfigurationError, ConflictError, InvalidInputError, StorageError
from core.images.storage import ImageStorage, sync_all, translate_disk_errors
from core.portable import sync_path

_RUNNER_LOCK = "runner.lock"


@dataclass(frozen=True)
class RestoreReport:
    """What was restored."""

    backup: Backup
    images: int
    missing_images: list[str]
    """Paths of originals that are missing or damaged in the backup; their rows are there, their files are not."""
    set_aside: Path | None
    """Where the directory is that was there before."""


def restore_backup(
    target: Path,
    backup: Backup,
    data_dir: Path,
    *,
    to: str | None = None,
    replace: bool = False,
    progress: Progress = ignore_progress,
) -> RestoreReport:
    """Write a backup to *data_dir*, which appears only when it is complete.

    Args:
        to: the URL of an empty PostgreSQL database, for a backup of one; the configured one when None.
        replace: set a directory that is there aside, under another name; nothing of it is deleted.

    Raises:
        ConfigurationError: a newer version of Vitrine made the backup.
        ConflictError: a server uses *data_dir*, or it is being restored already.
        InvalidInputError: *data_dir* is not empty, is no directory, or cannot be replaced as a whole; or *to* has
            tables already, or is missing, or the backup is of SQLite.
        StorageError: the database of the backup is damaged, or a disk is full or broken.
    """
    _check_version(backup)
    settings = load_settings()
    url = _database_of(backup, to, settings)
    data_dir = data_dir.resolve()
    _check_place(data_dir)
    with _built_beside(data_dir) as building:
        _check_may_replace(data_dir, replace=replace)
        copied = _copy_back(target, backup, building, progress)
        _sync_tree(building)
        if url is not None:
            _restore_rows(settings, backup, url, progress)
        aside = _give_name(building, data_dir)
    return RestoreReport(backup, copied.files, copied.missing, aside)


def _check_version(backup: Backup) -> None:
    if backup.manifest.schema_version not in known_versions():
        raise ConfigurationError(
            f"The backup {backup.name} was made by a newer version of Vitrine. Update Vitrine, or restore an older one."
        )


def _database_of(backup: Backup, to: str | None, settings: Settings) -> str | None:
    """Return the URL of the database to restore into, None for a backup of SQLite."""
    if not backup.is_dump:
        if to is not None:
            raise InvalidInputError(
                f"The backup {backup.name} is of a SQLite database. Restore it without --to, then run vitrine move.",
                field="to",
            )
        return None
    url = to or settings.database_url or ""
    if not url.startswith("postgresql"):
        raise InvalidInputError(
            f"The backup {backup.name} is of a PostgreSQL database. Name an empty one with --to.", field="to"
        )
    require_empty(url)
    return url


def _restore_rows(settings: Settings, backup: Backup, url: str, progress: Progress) -> None:
    def tick() -> None:
        progress(0.97, "Restoring the database")

    restore_dump(settings, url, backup.path / DUMP, backup.manifest.rows, tick)


def _check_place(data_dir: Path) -> None:
    if data_dir.is_mount():
        raise InvalidInputError(
            f"{data_dir} is where a disk is mounted and cannot be replaced as a whole. Choose a directory in it.",
            field="data",
        )
    if data_dir.exists() and not data_dir.is_dir():
        raise InvalidInputError(f"{data_dir} is a file. Choose a directory that does not exist yet.", field="data")


def _check_may_replace(data_dir: Path, *, replace: bool) -> None:
    if not data_dir.is_dir() or not any(data_dir.iterdir()):
        return
    if not replace:
        raise InvalidInputError(
            f"{data_dir} is not empty. Choose another directory, or add --replace, which keeps what is there under "
            "another name.",
            field="data",
        )
    if (data_dir / _RUNNER_LOCK).exists():
        try:
            with FileLock(data_dir / _RUNNER_LOCK, timeout=0):
                pass
        except Timeout:
            raise ConflictError(f"A server uses {data_dir}. Stop it, and restore again.") from None


@contextmanager
def _built_beside(data_dir: Path) -> Iterator[Path]:
    """Yield an empty directory beside *data_dir*; it is removed unless it was renamed."""
    building = data_dir.with_name(f".{data_dir.name}.restoring")
    with translate_disk_errors():
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{building}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConflictError(f"{data_dir} is being restored already. Wait until it is finished.") from None
    try:
        with translate_disk_errors():
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(mode=0o700)
        yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _copy_back(target: Path, backup: Backup, building: Path, progress: Progress) -> CopiedOriginals:
    progress(0.0, "Copying the database")
    with translate_disk_errors():
        for file in backup.manifest.files:
            if file.path in (DUMP, ORIGINALS):
                if problem := file_problem(backup.path, file):
                    raise StorageError(f"{problem} Restore another backup.")
                continue
            destination = building / file.path.removeprefix(f"{FILES}/")
            destination.parent.mkdir(parents=True, exist_ok=True)
            if copy_file(backup.path / file.path, destination, file.path) != file:
                raise StorageError(f"{file.path} of the backup {backup.name} is damaged. Restore another one.")
    images = ImageStorage(building / "uploads" / "images", building / "cache" / "images")
    images.root.mkdir(parents=True)
    return copy_originals(
        objects_of(target).originals,
        images,
        needed_originals(backup.path),
        lambda share, step: progress(0.05 + 0.9 * share, step),
    )


def _sync_tree(building: Path) -> None:
    with translate_disk_errors():
        shutil.rmtree(building / "uploads" / "images" / ".incoming", ignore_errors=True)
        originals = building / "uploads" / "images"  # they are synced already
        sync_all(
            path for path in (building, *building.rglob("*")) if path == originals or not path.is_relative_to(originals)
        )


def _give_name(building: Path, data_dir: Path) -> Path | None:
    aside = None
    with translate_disk_errors():
        if data_dir.is_dir() and any(data_dir.iterdir()):
            at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
            aside = data_dir.rename(data_dir.with_name(f"{data_dir.name}.before-restore-{at}"))
        building.rename(data_dir)
        sync_path(data_dir.parent)
    return aside
