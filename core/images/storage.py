"""Where image files lie: originals once by their content, everything derived from them in a cache.

An original gets its real name only when all of its bytes are on the disk, and its row is committed after that:
a crash leaves no row without a file and no half file under a real name.
"""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from core.db import new_id
from core.errors import StorageError
from core.images.structure import EXTENSIONS

_COPY_BYTES = 1 << 20


class ImageStorage:
    """The originals below *root* and the cache beside them; paths handed out are relative to *root*."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self._cache = cache
        self._incoming = root / ".incoming"

    def original(self, path: str) -> Path:
        return self.root / path

    def cached(self, sha256: str, variant: str) -> Path:
        """Return where a derivative lies, whether it exists or not; *variant* ends in the file's extension."""
        return self._cache / sha256[:2] / f"{sha256}-{variant}"

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield an empty directory for files that have no name yet; it is gone afterwards.

        A lock that the kernel drops with the process tells directories in use from those of a crash.
        """
        with disk_errors_in_words():
            self._incoming.mkdir(parents=True, exist_ok=True)
            self.sweep_incoming()
            directory = self._incoming / new_id()
            lock = FileLock(directory.with_suffix(".lock"))
            with lock:
                directory.mkdir()
                try:
                    yield directory
                finally:
                    shutil.rmtree(directory, ignore_errors=True)
                    directory.with_suffix(".lock").unlink(missing_ok=True)

    def sweep_incoming(self) -> int:
        """Remove what dead processes left half written, and return how many directories that were."""
        swept = 0
        for directory in self._incoming.glob("*/"):
            lock_path = directory.with_suffix(".lock")
            try:
                with FileLock(lock_path, timeout=0):
                    shutil.rmtree(directory, ignore_errors=True)
                    lock_path.unlink(missing_ok=True)
                    swept += 1
            except Timeout:
                continue
        return swept

    def keep(self, staged: Iterable[tuple[Path, str, str]]) -> list[str]:
        """Give staged, durable originals their real names: (file, sha256, format) each; return their paths."""
        paths: list[str] = []
        directories: set[Path] = {self.root}
        with disk_errors_in_words():
            for file, sha256, format_ in staged:
                path = f"{sha256[:2]}/{sha256}{EXTENSIONS[format_][0]}"
                target = self.root / path
                if target.exists():
                    # Young again, so that a sweep running now does not take it for a leftover.
                    os.utime(target)
                else:
                    target.parent.mkdir(exist_ok=True)
                    file.rename(target)
                    directories.add(target.parent)
                paths.append(path)
            for directory in directories:
                _sync_directory(directory)
        return paths

    def keep_cached(self, file: Path, sha256: str, variant: str) -> Path:
        """Move a finished derivative into the cache."""
        target = self.cached(sha256, variant)
        with disk_errors_in_words():
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        return target

    def write(self, destination: Path, content: bytes | memoryview | Path) -> None:
        """Write *content* and wait until the disk has it."""
        with disk_errors_in_words(), destination.open("wb") as file:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, _COPY_BYTES)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def stored_files(self) -> Iterator[tuple[str, float]]:
        """Yield the path and the time of change (seconds since 1970) of every original on the disk."""
        for directory in sorted(self.root.glob("[0-9a-f][0-9a-f]/")):
            for file in sorted(directory.iterdir()):
                yield f"{directory.name}/{file.name}", file.stat().st_mtime


@contextmanager
def disk_errors_in_words() -> Iterator[None]:
    """Turn what the disk says into a sentence.

    Raises:
        StorageError: the disk is full, read-only or broken.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageError("The disk is full. Make space and try again; what is stored is safe.") from error
        raise StorageError(
            f"The disk cannot be written or read ({error.strerror or error}). Check the data directory."
        ) from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
