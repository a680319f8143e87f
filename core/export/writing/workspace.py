"""Building a bundle aside and moving it to its final path: a bundle is there completely or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import ExportError, StorageError
from core.export.layout import REPORT_JSON
from core.portable import sync_below, sync_path

_TEMPORARY = ".making-"


@contextmanager
def build_directory(final: Path) -> Iterator[Path]:
    """Yield an empty directory beside *final* to build in; it is removed afterwards, also after an error.

    What a killed process left there is removed first; a file lock protects the directory of a running process.

    Raises:
        ExportError: another process builds the same export.
        StorageError: the disk is full or refuses to write.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(final.parent)
    directory = final.parent / f"{_TEMPORARY}{final.name}"
    lock = FileLock(f"{directory}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ExportError("This export is being made already. Wait until it is finished.") from error
    try:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        yield directory
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(
            f"The export could not be written ({error.strerror or error}). Free space on the disk and run it again."
        ) from error
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        lock.release()
        with suppress(OSError):
            Path(lock.lock_file).unlink()


def move_into_place(built: Path, final: Path) -> None:
    """Move a finished bundle to *final*, atomically and durably: complete or absent, also after a power failure."""
    sync_below(built)
    if final.is_dir() and built.is_dir() and any(final.iterdir()):
        _replace_directory(built, final)
    else:
        built.replace(final)
    # The new name is durable only when the directory that holds it is synced as well.
    sync_path(final.parent)


def _replace_directory(built: Path, final: Path) -> None:
    """Replace an earlier export at *final* by *built*; add the files to a directory that is no export."""
    if (final / REPORT_JSON).exists():
        old = built.with_name("replaced")
        final.replace(old)
        built.replace(final)
        return
    for path in sorted(built.rglob("*")):
        if path.is_file():
            destination = final / path.relative_to(built)
            destination.parent.mkdir(parents=True, exist_ok=True)
            path.replace(destination)


def _remove_abandoned(parent: Path) -> None:
    """Remove the build directories of processes that were killed: their locks are free."""
    for abandoned in parent.glob(f"{_TEMPORARY}*"):
        if abandoned.suffix == ".lock":
            continue
        lock = FileLock(f"{abandoned}.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
            shutil.rmtree(abandoned, ignore_errors=True)
            lock.release()
            with suppress(OSError):
                Path(lock.lock_file).unlink()
