"""Checking a backup: every byte is read again and compared with its sum."""

from collections.abc import Iterator
from pathlib import Path

from core.backup.copying import Progress, ignore_progress, sum_of
from core.backup.layout import Backup, FileSum, objects
from core.backup.needed import needed_originals
from core.errors import StorageError
from core.images.storage import translate_disk_errors


def verify_backup(target: Path, backup: Backup, *, progress: Progress = ignore_progress) -> list[str]:
    """Return what is wrong with a backup, one sentence each; empty when everything can be restored.

    Raises:
        StorageError: the disk cannot be read.
    """
    with translate_disk_errors():
        problems = [problem for file in backup.manifest.files if (problem := file_problem(backup.path, file))]
        if not problems:
            problems += _image_problems(target, backup, progress)
    known = [f"The image {path} was missing or damaged when the backup was made." for path in _missing(backup)]
    return problems + known


def file_problem(directory: Path, file: FileSum) -> str:
    """Return why a file is not the one that was backed up, or ""."""
    path = directory / file.path
    if not path.is_file():
        return f"{file.path} is missing in {directory.name}."
    return "" if sum_of(path, file.path) == file else f"{file.path} in {directory.name} is damaged."


def _image_problems(target: Path, backup: Backup, progress: Progress) -> Iterator[str]:
    store, known = objects(target), set(_missing(backup))
    try:
        for number, (path, _) in enumerate(needed_originals(backup.path)):
            progress(min(number / max(backup.manifest.images, 1), 1.0), f"Checking images, {number:,}")
            original = store.root / path
            if path in known:
                continue
            if not original.is_file():
                yield f"The image {path} is missing."
            elif sum_of(original, path).sha256 != original.stem:
                yield f"The image {path} is damaged."
    except StorageError as error:
        yield str(error)


def _missing(backup: Backup) -> list[str]:
    return backup.manifest.missing_images
