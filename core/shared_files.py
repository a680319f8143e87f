"""Files that processes on several machines share: in the bucket of the originals, each with a copy on the own disk.

They are what a task reads that was only on the server (staged), what its items leave for each other, and what it makes
for a download. There is something to share only where workers run tasks and have a bucket; without a bucket they have
the data directory of the server, and every file is there already.
"""

import io
import math
import os
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from core.bucket_address import parse_address
from core.config import Settings
from core.disk import require_space
from core.errors import FullDiskError, InvalidInputError, MissingFileError
from core.object_storage import Bucket, StoredObject, open_bucket
from core.portable import sync_path

Sent = Callable[[int], None]
"""Is called with the number of bytes that were sent so far; what it raises ends the sending."""

_TAR = ".tar"
_MARKS = ".shared"
"""In the directory: for each copy the ETag of its object, so that one that was written halfway is fetched again."""
_PIECE_BYTES = 1 << 20
_MODES = {True: 0o700, False: 0o600}


def has_shared_files(settings: Settings) -> bool:
    """Return whether the tasks of these settings run on workers that share nothing but the bucket."""
    return settings.task_engine == "dbos" and bool(settings.storage_url)


class SharedFiles:
    """The files below *prefix* in the bucket, with copies in *directory*; each is a file, or a directory in one object.

    Where nothing is shared, :meth:`put` does nothing, and :meth:`path` is that of the file in *directory*.
    """

    def __init__(self, settings: Settings, prefix: str, directory: Path) -> None:
        self._settings = settings
        self._prefix = prefix
        self._directory = directory
        self.is_shared = has_shared_files(settings)

    @property
    def _bucket(self) -> Bucket:
        return open_bucket(self._settings, parse_address(self._settings.storage_url or ""))

    def put(self, name: str, file: Path | None = None, sent: Sent = lambda size_bytes: None) -> None:
        """Send the file or directory *name*; a name that was sent before means what was sent last.

        Args:
            file: Where it is, when it is not in the directory; then no copy is kept.
            sent: Is told how far it is.

        Raises:
            ObjectStorageError: the storage fails.
            InvalidInputError: what is sent changes meanwhile, or cannot be read.
        """
        if not self.is_shared:
            return
        source = file or self._directory / name
        key = self._key(name, is_directory=source.is_dir())
        size_bytes = _size_bytes(source)
        try:
            with self._bucket.writer(key, size_bytes) as out:
                _send(source, _Counting(out, sent))
        except _SourceError as error:
            raise InvalidInputError(
                f"{source.name} cannot be read ({error}), or changes meanwhile. Correct that and start it again.",
                field="path",
            ) from None
        if file is None and (stored := self._bucket.find(key)):
            self._mark(name, stored)

    def path(self, name: str) -> Path:
        """Return the path of a file or directory, fetched first unless the copy here is what was sent last.

        Raises:
            MissingFileError: it is neither in the bucket nor here.
            ObjectStorageError: the storage fails.
        """
        path = self._directory / name
        if not self.is_shared:
            return path
        from filelock import FileLock

        path.parent.mkdir(parents=True, exist_ok=True)
        (self._directory / _MARKS).mkdir(exist_ok=True)
        with FileLock(f"{self._mark_of(name)}.lock", thread_local=False):
            stored = self._find(name)
            if stored is None and not path.exists():
                raise MissingFileError(f"{name} is not in the object storage any more. Start this again.")
            if stored is not None and not (path.exists() and self._has_mark(name, stored)):
                self._fetch(name, stored)
        return path

    def path_here(self, name: str) -> Path:
        """Return the path of its copy in the directory, whether there is one or not."""
        return self._directory / name

    def final_path(self, name: str) -> Path:
        """Return the path of what appears in one piece and never changes: a copy that is here is not compared."""
        path = self._directory / name
        return path if path.exists() else self.path(name)

    def has(self, name: str) -> bool:
        """Return whether it is in the bucket."""
        return self.is_shared and self._find(name) is not None

    def names(self, below: str = "", *, older_than_s: float = 0.0) -> set[str]:
        """Return what is in the bucket, by one listing.

        Args:
            below: Only what is in this directory there.
            older_than_s: Only what was sent so many seconds ago.
        """
        if not self.is_shared:
            return set()
        before_s = time.time() - older_than_s if older_than_s else math.inf
        found = self._bucket.list("/".join(filter(None, (self._prefix, below))))
        old = (one.key for one in found if one.modified_s < before_s)
        return {key.removeprefix(f"{self._prefix}/").removesuffix(_TAR) for key in old}

    def remove(self, name: str) -> None:
        """Remove it from the bucket; what is not there is no error."""
        if self.is_shared:
            for is_directory in (False, True):
                self._bucket.delete(self._key(name, is_directory=is_directory))

    def remove_all(self) -> None:
        """Remove everything below the prefix from the bucket."""
        if self.is_shared:
            bucket = self._bucket
            for stored in list(bucket.list(self._prefix)):
                bucket.delete(stored.key)

    def _key(self, name: str, *, is_directory: bool) -> str:
        return f"{self._prefix}/{name}{_TAR if is_directory else ''}"

    def _find(self, name: str) -> StoredObject | None:
        bucket = self._bucket
        return bucket.find(self._key(name, is_directory=False)) or bucket.find(self._key(name, is_directory=True))

    def _fetch(self, name: str, stored: StoredObject) -> None:
        require_space(self._settings)
        path = self._directory / name
        partial = path.with_name(f".{path.name}.fetching")
        _remove(partial)
        try:
            pieces = self._bucket.pieces(stored.key)
            if stored.key == self._key(name, is_directory=True):
                partial.mkdir()
                with tarfile.open(fileobj=io.BufferedReader(_Pieces(pieces)), mode="r|") as tar:
                    tar.extractall(partial, filter="tar")
            else:
                with partial.open("wb") as file:
                    file.writelines(pieces)
            _remove(path)
            partial.replace(path)
        except OSError as error:
            raise FullDiskError(
                f"{path.name} could not be copied from the object storage ({error.strerror or error}). Free some space "
                "on the disk, then continue."
            ) from error
        finally:
            _remove(partial)
        sync_path(path.parent)
        self._mark(name, stored)

    def _mark_of(self, name: str) -> Path:
        return self._directory / _MARKS / name.replace("/", "--")

    def _mark(self, name: str, stored: StoredObject) -> None:
        mark = self._mark_of(name)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(stored.etag, encoding="utf-8")

    def _has_mark(self, name: str, stored: StoredObject) -> bool:
        mark = self._mark_of(name)
        return mark.exists() and mark.read_text(encoding="utf-8") == stored.etag


class _SourceError(Exception):
    """What is sent cannot be read."""


class _Counting:
    """A file that tells how much was written to it."""

    def __init__(self, out: BinaryIO, sent: Sent) -> None:
        self._out, self._sent, self._count = out, sent, 0

    def write(self, data: bytes) -> int:
        self._out.write(data)
        self._count += len(data)
        self._sent(self._count)
        return len(data)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file that is read to its end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


class _Source:
    """A file that is sent: what cannot be read of it is told from what the storage refuses."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except OSError as error:
            raise _SourceError(error.strerror or str(error)) from error
        if len(data) < size:
            raise _SourceError("it is shorter than it was")
        return data


def _size_bytes(source: Path) -> int:
    """Return the bytes of a file, or of the files in a directory; a link counts as what it is."""
    found = [source] if not source.is_dir() else (Path(at, name) for at, _, names in os.walk(source) for name in names)
    total = 0
    for path in found:
        with suppress(OSError):
            total += path.lstat().st_size
    return total


def _send(source: Path, out: _Counting) -> None:
    if not source.is_dir():
        try:
            file = source.open("rb")
        except OSError as error:
            raise _SourceError(error.strerror or str(error)) from error
        with file:
            while piece := file.read(_PIECE_BYTES):
                out.write(piece)
        return
    with tarfile.open(fileobj=cast("IO[bytes]", out), mode="w|") as tar:
        for directory, folders, files in os.walk(source):
            folders.sort()
            for entry in (*folders, *sorted(files)):
                path = Path(directory, entry)
                with suppress(PermissionError):  # as for whoever reads the directory itself
                    _add(tar, path, path.relative_to(source))


def _add(tar: tarfile.TarFile, path: Path, name: Path) -> None:
    info = tar.gettarinfo(path, str(name))
    if info is None or info.isdev():
        return
    info.mode, info.uid, info.gid, info.uname, info.gname = _MODES[info.isdir()], 0, 0, "", ""
    if not info.isreg():
        tar.addfile(info)
        return
    with path.open("rb") as file:
        tar.addfile(info, cast("IO[bytes]", _Source(file)))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
