"""Open archives that the chunks of an import share.

Opening an archive of 200,000 files takes 1.9 s, about as long as importing 200 images; a chunk of an import has 64.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.container.archive import Archive
from core.container.base import Container
from core.container.folder import is_archive_at, open_container

# Long enough for the time between two chunks; then the memory is free again.
IDLE_S = 20.0


@dataclass
class _Shared:
    archive: Archive
    users: int = 0
    used_s: float = 0.0


_open: dict[tuple[object, ...], _Shared] = {}
_lock = threading.Lock()


@contextmanager
def shared_container(path: Path) -> Iterator[Container]:
    """Yield the container that *path* is, as :func:`open_container` returns it; an archive is a shared one.

    Raises:
        InvalidInputError: nothing is there, it is no file, or it cannot be read.
    """
    if path.is_dir() or not is_archive_at(path):
        yield open_container(path)
        return
    with shared_archive(path) as archive:
        yield archive


@contextmanager
def shared_archive(path: Path) -> Iterator[Archive]:
    """Yield the archive at *path*, which stays open for a while for the next use; do not close it.

    Raises:
        InvalidInputError: the file is not a ZIP archive.
    """
    with _lock:
        key = _key(path)
        shared = _open.get(key)
        if shared is None:
            if not _open:
                _close_later()
            shared = _open[key] = _Shared(Archive(path))
        shared.users += 1
    try:
        yield shared.archive
    finally:
        with _lock:
            shared.users -= 1
            shared.used_s = time.monotonic()


def _key(path: Path) -> tuple[object, ...]:
    try:
        status = path.stat()
    except OSError:
        return (path,)  # Archive says what is wrong
    return path, status.st_mtime_ns, status.st_size


def _close_later() -> None:
    timer = threading.Timer(IDLE_S, _close_idle)
    timer.daemon = True
    timer.start()


def _close_idle() -> None:
    with _lock:
        idle_before_s = time.monotonic() - IDLE_S + 0.1
        for key, shared in list(_open.items()):
            if not shared.users and shared.used_s <= idle_before_s:
                del _open[key]
                shared.archive.close()
        if _open:
            _close_later()
