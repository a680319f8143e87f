"""Originals in a bucket of an object storage, with a cache of those used last on this machine."""

import hashlib
import re
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from core.bucket_address import parse_address
from core.config import Settings
from core.db import new_id
from core.errors import MissingFileError, StorageError
from core.images.original_cache import OriginalCache
from core.images.storage import LocalOriginals, translate_disk_errors
from core.object_storage import Bucket, open_bucket

OWNER_FILE = ".storage-owner"
"""In the data directory; backups leave it out, so that a copy of the data never removes originals of the other."""

_PATH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z]+")
_OWNER_KEY = "vitrine-owner"
_REQUESTS = 16
# An object that is stored again is written again when it is older: whoever removes originals lets young ones stay.
_FRESH_S = 1800.0
_ATTEMPTS = 3


class BucketOriginals:
    """Originals in the bucket that ``VITRINE_STORAGE_URL`` names, each under its path as key.

    Originals in the data directory, from before there was a bucket or from a backup, are read from there.
    """

    def __init__(self, settings: Settings, cache: OriginalCache) -> None:
        self._settings = settings
        self._local = LocalOriginals(settings.images_dir)
        self._cache = cache

    @cached_property
    def bucket(self) -> Bucket:
        """The bucket."""
        return open_bucket(self._settings, parse_address(self._settings.storage_url or ""))

    @cached_property
    def _has_local(self) -> bool:
        return next(self._settings.images_dir.glob("[0-9a-f][0-9a-f]/*"), None) is not None

    def file(self, path: str) -> Path:
        if self._has_local and self._local.has(path):
            return self._local.file(path)
        return self._cache.file(path, self._fetched)

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        if self._has_local and self._local.has(path):
            with self._local.opened(path) as file:
                yield file
            return
        with translate_disk_errors():
            found = self._cache.find(path)
        yield BytesIO(self._fetched(path) if found is None else found.read_bytes())

    def has(self, path: str) -> bool:
        return self._local.has(path) or self.bucket.find(path) is not None

    def link(self, path: str) -> str | None:
        """Return a signed address of an object, without asking the storage; None when the settings want none."""
        seconds = self._settings.storage_links_s
        return self.bucket.link(path, seconds) if seconds and not self._local.has(path) else None

    def place(self, placed: Iterable[tuple[Path, str]]) -> None:
        once = {path: file for file, path in placed}
        with ThreadPoolExecutor(_REQUESTS, thread_name_prefix="vitrine-bucket") as pool:
            list(pool.map(self._place, once.values(), once))

    def remove(self, path: str) -> None:
        self._local.remove(path)
        self._cache.remove(path)
        self.bucket.delete(path)

    def listed(self) -> Iterator[tuple[str, float]]:
        """Yield the originals; of the bucket only those of its owner: to others their rows are not known."""
        yield from self._local.listed()
        if self.is_owner():
            for stored in self.bucket.list():
                if _PATH.fullmatch(stored.key):
                    yield stored.key, stored.modified_s

    def is_owner(self) -> bool:
        """Return whether this data directory is the first one that used the bucket."""
        own = self._settings.data_dir / OWNER_FILE
        with translate_disk_errors():
            if not own.exists():
                own.write_text(new_id(), encoding="utf-8")
            name = own.read_bytes()
        return self.bucket.put_new(_OWNER_KEY, name) or self.bucket.read(_OWNER_KEY) == name

    def is_of_another(self) -> bool:
        """Return whether another data directory used the bucket first; asks the bucket and changes nothing."""
        own = self._settings.data_dir / OWNER_FILE
        try:
            owner = self.bucket.read(_OWNER_KEY)
        except MissingFileError:
            return False
        return not own.exists() or own.read_bytes() != owner

    def _place(self, file: Path, path: str) -> None:
        if not file.exists():
            return  # known to be stored
        if not self.bucket.put_new(path, file):
            stored = self.bucket.find(path)
            is_young = stored is not None and time.time() - stored.modified_s < _FRESH_S
            if stored is None or stored.size_bytes != file.stat().st_size or not is_young:
                self.bucket.put(path, file)
        with translate_disk_errors():
            self._cache.keep(path, file)

    def _fetched(self, path: str) -> bytes:
        """Return the bytes of an original after comparing them with its sum.

        Raises:
            MissingFileError: the object is missing.
            StorageError: it came damaged, several times.
        """
        for _ in range(_ATTEMPTS):
            data = self.bucket.read(path)
            if hashlib.sha256(data).hexdigest() == path[3:67]:
                return data
        raise StorageError(f"{path} is damaged in the object storage. Put it back from a backup, or add it again.")
