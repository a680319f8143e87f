"""Copying files with their sums, and originals between two stores."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from core.backup.layout import FileSum
from core.errors import MissingFileError
from core.images.storage import ImageStorage, Originals

Progress = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1, and what is being done."""

_CHUNK_BYTES = 1 << 20
_FILES_PER_BATCH = 64
_THREADS = 4
_ORIGINAL = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z]+")


@dataclass
class CopiedOriginals:
    """How many originals *destination* has now, and how many of them were copied."""

    files: int = 0
    size_bytes: int = 0
    new_files: int = 0
    new_bytes: int = 0
    missing: list[str] = field(default_factory=list)
    """Paths of those that are missing, or damaged and therefore not copied."""


def ignore_progress(_share: float, _step: str) -> None:
    pass


def copy_originals(
    source: Originals,
    destination: ImageStorage,
    originals: Iterable[tuple[str, int]],
    progress: Progress = ignore_progress,
) -> CopiedOriginals:
    """Copy the originals that *destination* lacks, each with a check of its sum; one that is damaged costs only itself.

    Args:
        originals: of each the path and the size in bytes.
    """
    counts, total = CopiedOriginals(), list(originals)
    with ThreadPoolExecutor(_THREADS) as pool, destination.staging() as staging:
        for batch in _batches(total):
            done = counts.files + len(counts.missing)
            progress(done / len(total), f"Copying images, {done:,} of {len(total):,}")
            lacking = [path for path, size in batch if not _has(destination, path, size)]
            sums = list(pool.map(lambda path: _copied_to(source, path, staging / path[3:]), lacking))
            good = {path: size for path, size in zip(lacking, sums, strict=True) if size is not None}
            destination.originals.place([(staging / path[3:], path) for path in good])
            counts.missing += [path for path in lacking if path not in good]
            here = {path: size for path, size in batch if path not in lacking or path in good}
            counts.files += len(here)
            counts.size_bytes += sum(here.values())
            counts.new_files += len(good)
            counts.new_bytes += sum(good.values())
    return counts


def _has(storage: ImageStorage, path: str, size_bytes: int) -> bool:
    original = storage.root / path
    try:
        if original.stat().st_size == size_bytes:
            return True
        original.unlink()  # a partial or foreign file; the right one takes its place
    except FileNotFoundError:
        pass
    return False


def _copied_to(source: Originals, path: str, destination: Path) -> int | None:
    """Copy an original and return its size in bytes, None when it is missing or has not the sum in its name."""
    if not _ORIGINAL.fullmatch(path):
        return None
    try:
        with source.opened(path) as original:
            copied = _copy(original, destination, path)
    except MissingFileError:
        return None
    return copied.size_bytes if copied.sha256 == path[3:67] else None


def copy_file(source: Path, destination: Path, path: str = "") -> FileSum:
    """Copy the bytes of a file and return their sum, as *path*; nothing is synced."""
    with source.open("rb") as reading:
        return _copy(reading, destination, path or destination.name)


def _copy(reading: BinaryIO, destination: Path, path: str) -> FileSum:
    digest, size_bytes = hashlib.sha256(), 0
    with open(destination, "wb", opener=_private) as writing:
        while chunk := reading.read(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += writing.write(chunk)
    return FileSum(path=path, sha256=digest.hexdigest(), size_bytes=size_bytes)


def sum_of(file: Path, path: str) -> FileSum:
    """Return the sum of a file, as *path*."""
    with file.open("rb") as reading:
        digest = hashlib.file_digest(reading, "sha256").hexdigest()
        return FileSum(path=path, sha256=digest, size_bytes=reading.tell())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _batches(originals: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    remaining = iter(originals)
    while batch := list(islice(remaining, _FILES_PER_BATCH)):
        yield batch
