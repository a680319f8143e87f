"""Where image files are stored: originals once by their content, everything derived from them in a cache.

An original gets its final name only after all its bytes are durable, and its row is committed after that:
a crash leaves no row without a file and no partial file under a final name.
"""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from filelock import FileLock, Timeout

from core.db import new_id
from core.errors import MissingFileError, StorageError
from core.images.placing import place
from core.images.structure import EXTENSIONS
from core.portable import sync_path

RENDITION_VERSION = "3"
"""Changes when renditions get other pixels: those of other versions are removed, and browsers ask for the new ones."""

_COPY_BYTES = 1 << 20
# Of tiles and pixel files together; a 12 megapixel photograph takes about 50 MB.
_MAX_TILE_BYTES = 2_000_000_000
_SYNC_THREADS = 16


class Originals(Protocol):
    """The originals, each by its path: the first two digits of its sha256, a slash, the sha256 and the extension."""

    def file(self, path: str) -> Path:
        """Return a file with all bytes of an original, to be read soon.

        Raises:
            MissingFileError: there is no such original.
        """

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open an original that is read once and not kept nearby; raises like :meth:`file`, on entering."""

    def has(self, path: str) -> bool:
        """Return whether there is such an original."""

    def link(self, path: str) -> str | None:
        """Return an address from which a browser can fetch an original for a while; None when there is no such."""

    def place(self, placed: Iterable[tuple[Path, str]]) -> None:
        """Make files durable under their paths; one that is there already is kept, and is new for :meth:`listed`."""

    def remove(self, path: str) -> None:
        """Remove an original; one that is not there is no error."""

    def listed(self) -> Iterator[tuple[str, float]]:
        """Yield the path of every original that may be removed, and when it was stored (seconds since 1970)."""


class LocalOriginals:
    """Originals as files below a directory."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def file(self, path: str) -> Path:
        file = self._root / path
        with translate_disk_errors():
            file.stat()
        return file

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        with translate_disk_errors():
            file = (self._root / path).open("rb")
        with file:
            yield file

    def has(self, path: str) -> bool:
        return (self._root / path).is_file()

    def link(self, path: str) -> str | None:
        return None

    def place(self, placed: Iterable[tuple[Path, str]]) -> None:
        with translate_disk_errors():
            new = {path: file for file, path in placed if not self._refreshed(path)}
            sync_all(new.values())
            for path, file in new.items():
                (self._root / path).parent.mkdir(exist_ok=True)
                file.rename(self._root / path)
            sync_all({self._root, *((self._root / path).parent for path in new)})

    def remove(self, path: str) -> None:
        (self._root / path).unlink(missing_ok=True)

    def listed(self) -> Iterator[tuple[str, float]]:
        for directory in sorted(self._root.glob("[0-9a-f][0-9a-f]/")):
            for file in sorted(directory.iterdir()):
                yield f"{directory.name}/{file.name}", file.stat().st_mtime

    def _refreshed(self, path: str) -> bool:
        """Return whether an original is stored; a new mtime keeps it from being removed before its row is committed."""
        try:
            os.utime(self._root / path)
        except FileNotFoundError:
            return False
        return True


class ImageStorage:
    """The originals and the renditions of them, which are below *cache*; what is being written is below *root*."""

    def __init__(self, root: Path, cache: Path, originals: Originals | None = None) -> None:
        """*originals* are files below *root* when None."""
        self.root = root
        self.originals = originals or LocalOriginals(root)
        self._all_versions = cache
        self._cache = cache / RENDITION_VERSION
        self._incoming = root / ".incoming"

    def is_near(self, path: str) -> bool:
        """Return whether an original is a file of the data directory, so that nothing has to be fetched."""
        return (self.root / path).is_file()

    def cached(self, sha256: str, variant: str) -> Path:
        """Return the path of a rendition, whether it exists or not; *variant* ends in the file extension."""
        return self._cache / sha256[:2] / f"{sha256}-{variant}"

    def tiles(self, sha256: str) -> Path:
        """Return the directory of the tiles of an image, whether it exists or not."""
        return self._cache / "tiles" / sha256

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield an empty directory for files without a final name; it is removed at the end.

        The kernel releases its lock when the process dies, which distinguishes the directories left by a crash from
        those in use.
        """
        with translate_disk_errors():
            self._incoming.mkdir(parents=True, exist_ok=True)
            self.remove_abandoned_staging()
            directory = self._incoming / new_id()
            lock = FileLock(directory.with_suffix(".lock"))
            with lock:
                directory.mkdir()
                try:
                    yield directory
                finally:
                    shutil.rmtree(directory, ignore_errors=True)
                    directory.with_suffix(".lock").unlink(missing_ok=True)

    def remove_abandoned_staging(self) -> int:
        """Remove the staging directories of dead processes and return how many there were."""
        removed = 0
        for directory in self._incoming.glob("*/"):
            lock_path = directory.with_suffix(".lock")
            try:
                with FileLock(lock_path, timeout=0):
                    shutil.rmtree(directory, ignore_errors=True)
                    lock_path.unlink(missing_ok=True)
                    removed += 1
            except Timeout:
                continue
        return removed

    @staticmethod
    def path_of(sha256: str, format_: str) -> str:
        """Return the path of an original, whether it is stored or not."""
        return f"{sha256[:2]}/{sha256}{EXTENSIONS[format_][0]}"

    def store_originals(self, staged: Iterable[tuple[Path, str, str]]) -> list[str]:
        """Make staged originals durable under their final names, and return these paths.

        Args:
            staged: for each original its file, its sha256 and its format.
        """
        placed = [(file, self.path_of(sha256, format_)) for file, sha256, format_ in staged]
        self.originals.place(placed)
        return [path for _, path in placed]

    def lock_against_removal(self, timeout_s: float) -> AbstractContextManager[object]:
        """Return a lock, for all processes: whoever holds it removes originals, or needs them to stay.

        Raises:
            Timeout: on entering, when somebody else has held it for *timeout_s*.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / ".removal.lock", timeout=timeout_s)

    def store_rendition(self, file: Path, sha256: str, variant: str) -> Path:
        """Move a finished rendition into the cache and return its path."""
        return self._place(file, self.cached(sha256, variant))

    def store_tile(self, file: Path, sha256: str, name: str) -> Path:
        """Move a finished file to the tiles of an image and return its path."""
        return self._place(file, self.tiles(sha256) / name)

    def _place(self, file: Path, target: Path) -> Path:
        with translate_disk_errors():
            place(file, target)
        return target

    def remove_old_tiles(self, max_bytes: int = _MAX_TILE_BYTES) -> int:
        """Remove tiles beyond *max_bytes* and return of how many images; the image used last keeps its own."""
        directories = []
        for directory in self._cache.glob("tiles/*/"):
            with suppress(FileNotFoundError):
                size_bytes = sum(file.stat().st_size for file in directory.iterdir())
                directories.append((directory.stat().st_mtime, size_bytes, directory))
        removed = total_bytes = 0
        for position, (_, size_bytes, directory) in enumerate(sorted(directories, reverse=True)):
            total_bytes += size_bytes
            if position and total_bytes > max_bytes:
                shutil.rmtree(directory, ignore_errors=True)
                removed += 1
        return removed

    def remove_renditions(self, sha256: str) -> None:
        """Remove everything that was derived from an original."""
        for file in (self._cache / sha256[:2]).glob(f"{sha256}-*"):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.tiles(sha256), ignore_errors=True)

    def remove_renditions_of_other_versions(self) -> int:
        """Remove the renditions of other versions of this program and return how many directories there were."""
        others = [path for path in self._all_versions.glob("*/") if path != self._cache]
        for directory in others:
            shutil.rmtree(directory, ignore_errors=True)
        return len(others)

    def write(self, destination: Path, content: bytes | memoryview | Path) -> None:
        """Write *content* durably: return after the fsync."""
        with translate_disk_errors(), destination.open("wb") as file:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, _COPY_BYTES)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())


def thumbnail_variant(side_px: int) -> str:
    """Return the variant under which thumbnails of this size are cached."""
    return f"thumb{side_px}.jpg"


MISSING_FILE = (
    "The file of this image is missing in the data directory. If it is in a bucket, set VITRINE_STORAGE_URL as the "
    "server that added it; otherwise put it back from a backup, or delete the image and add it again."
)


@contextmanager
def translate_disk_errors() -> Iterator[None]:
    """Translate an OSError into a StorageError.

    Raises:
        StorageError: the disk is full, read-only or broken.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise MissingFileError(MISSING_FILE) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageError("The disk is full. Free some space and try again; stored images are safe.") from error
        raise StorageError(
            f"The disk cannot be written or read ({error.strerror or error}). Check the data directory."
        ) from error


def sync_all(paths: Iterable[Path]) -> None:
    """Return after the fsync of all files or directories.

    They are synced at the same time, because a file system writes them together: 57 directories on ext4 take 0.05 s
    instead of 0.37 s.
    """
    with ThreadPoolExecutor(_SYNC_THREADS) as pool:
        list(pool.map(sync_path, paths))
