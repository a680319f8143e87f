"""Originals of a bucket that are kept on this disk: those used last, up to a number of bytes.

Any number of processes use it at once: a file appears under its name in one step, and a process reads none before it
has compared its bytes with the sha256 in its name.
"""

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import StorageError
from core.images.placing import place
from core.images.storage import translate_disk_errors

IN_USE_S = 180.0
"""A file stays this long after somebody was told its path: longer than an analyzer reads a group of images."""

_MAX_KNOWN = 50_000
_LOCKS = 64
_ATTEMPTS = 3
# Looking through the whole cache costs a stat of each file.
_SHARE_BETWEEN_REMOVALS = 0.05


class OriginalCache:
    """Files below *directory*, each named after the path of its original."""

    def __init__(self, directory: Path, max_bytes: int, in_use_s: float = IN_USE_S) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._in_use_s = in_use_s
        self._new_bytes = 0
        self._known: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._fetching = [threading.Lock() for _ in range(_LOCKS)]

    def file(self, path: str, fetch: Callable[[str], bytes]) -> Path:
        """Return the file of an original; *fetch* returns its bytes and is called by one thread at a time for each.

        Raises:
            StorageError: the disk is full or broken.
        """
        with translate_disk_errors():
            if (found := self.find(path)) is not None:
                return found
            with self._fetching[int(path[:2], 16) % _LOCKS]:
                # Another thread may have fetched it since the look above, also where the lock was free at once.
                return self.find(path) or self._stored(path, fetch(path))

    def _stored(self, path: str, data: bytes) -> Path:
        target = Path(self._directory, path)
        new = Path(f"{target}.{os.getpid()}-{threading.get_ident()}.new")
        for _ in range(_ATTEMPTS):
            try:
                with new.open("wb", buffering=0) as file:
                    file.write(data)
                    status = os.fstat(file.fileno())
                new.replace(target)
            except FileNotFoundError:  # the directory is not there yet, or was just removed
                target.parent.mkdir(parents=True, exist_ok=True)
            except OSError:
                new.unlink(missing_ok=True)
                raise
            else:
                self._remember(path, status.st_ino, status.st_size)
                self._count(status.st_size)
                return target
        raise StorageError("The cache of originals cannot be written. Check the data directory.")

    def find(self, path: str) -> Path | None:
        """Return the file of an original, unused for a while from now on; None when it is not here, or damaged."""
        file = Path(self._directory, path)
        try:
            status = file.stat()
            if not self._is_known(path, status.st_ino, status.st_size):
                if hashlib.sha256(file.read_bytes()).hexdigest() != path[3:67]:
                    file.unlink(missing_ok=True)
                    return None
                self._remember(path, status.st_ino, status.st_size)
            os.utime(file)
        except FileNotFoundError:
            return None
        return file

    def keep(self, path: str, file: Path) -> Path:
        """Move a file whose bytes are those of an original into the cache, and return its path there."""
        target = self._directory / path
        os.utime(file)  # staged files may be old, and this one is used now
        place(file, target)
        status = target.stat()
        self._remember(path, status.st_ino, status.st_size)
        self._count(status.st_size)
        return target

    def _count(self, new_bytes: int) -> None:
        """Remove old files after a part of the limit was added."""
        with self._lock:
            self._new_bytes += new_bytes
            is_due = self._new_bytes >= self._max_bytes * _SHARE_BETWEEN_REMOVALS
            if is_due:
                self._new_bytes = 0
        if is_due:
            self.remove_old()

    def remove(self, path: str) -> None:
        """Remove the file of an original."""
        (self._directory / path).unlink(missing_ok=True)

    def remove_old(self) -> int:
        """Remove the files used longest ago beyond the limit and return how many; one that is in use stays."""
        self._directory.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._directory / ".lock", timeout=0):
                return self._remove_old()
        except Timeout:
            return 0  # another process does it

    def _remove_old(self) -> int:
        files = []
        for file in self._directory.glob("**/*"):
            try:
                status = file.stat()
            except FileNotFoundError:
                continue
            if file.is_file() and file.name != ".lock":
                files.append((status.st_mtime, status.st_size, file))
        total_bytes, removed, now_s = sum(size for _, size, _ in files), 0, time.time()
        for used_s, size_bytes, file in sorted(files):
            if total_bytes <= self._max_bytes or now_s - used_s < self._in_use_s:
                break
            file.unlink(missing_ok=True)
            total_bytes, removed = total_bytes - size_bytes, removed + 1
        return removed

    def _is_known(self, path: str, inode: int, size_bytes: int) -> bool:
        with self._lock:
            return self._known.get(path) == (inode, size_bytes)

    def _remember(self, path: str, inode: int, size_bytes: int) -> None:
        with self._lock:
            self._known[path] = (inode, size_bytes)
            self._known.move_to_end(path)
            while len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
