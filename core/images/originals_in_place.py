"""Originals that stay where they are: objects of buckets that others own, read when they are needed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.bucket_address import split_address
from core.db import Database, Images, RegisteredOriginals
from core.errors import MissingFileError
from core.images.original_cache import OriginalCache
from core.images.storage import Originals
from core.images.stored_file import StoredFile
from core.object_storage import open_bucket

_GONE = "It was registered and not copied: put it back there, or delete the image and add it again."


class OriginalsInPlace:
    """The originals of *own*, and those that are registered; only the former are ever stored or removed."""

    def __init__(self, own: Originals, db: Database, cache: OriginalCache) -> None:
        self._own = own
        self._db = db
        self._cache = cache

    def file(self, path: str) -> Path:
        try:
            return self._own.file(path)
        except MissingFileError:
            registered = self._find(path)
            if registered is None:
                raise
            return self._cache.file(path, lambda _: self._read(registered))

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        try:
            with self._own.opened(path) as file:
                yield file
            return
        except MissingFileError:
            registered = self._find(path)
            if registered is None:
                raise
        yield BytesIO(self._read(registered))

    def has(self, path: str) -> bool:
        return self._own.has(path)

    def link(self, path: str) -> str | None:
        return None if self._find(path) is not None else self._own.link(path)

    def place(self, placed: Iterable[tuple[Path, str]]) -> None:
        self._own.place(placed)

    def remove(self, path: str) -> None:
        self._own.remove(path)

    def listed(self) -> Iterator[tuple[str, float]]:
        return self._own.listed()

    def _find(self, path: str) -> RegisteredOriginals | None:
        with self._db.reading() as session:
            return session.get(RegisteredOriginals, path[3:67])

    def _read(self, registered: RegisteredOriginals) -> bytes:
        """Return the bytes of a registered original.

        Raises:
            MissingFileError: the object is missing, or has changed since it was registered.
        """
        parent, name = split_address(registered.address)
        try:
            return open_bucket(self._db.settings, parent).read(name, etag=registered.etag)
        except MissingFileError as error:
            raise MissingFileError(f"{error} {_GONE}") from None


def register(session: Session, files: Sequence[StoredFile]) -> None:
    """Record where the originals of *files* are that stay in place; call it before the rows of images are added.

    An original that is stored too is no registered one: it is in backups, and its object may go.
    """
    of = {file.image.sha256: file for file in files if file.image is not None}
    known = set(session.exec(select(RegisteredOriginals.id).where(col(RegisteredOriginals.id).in_(of))))
    stored = set(session.exec(select(Images.sha256).where(col(Images.sha256).in_(of)))) - known
    for sha256, file in of.items():
        if file.registration is not None and file.image is not None and sha256 not in stored:
            address, etag = file.registration
            size = file.image.size_bytes
            session.merge(RegisteredOriginals(id=sha256, address=address, etag=etag, size=size))
    now_stored = known & {sha256 for sha256, file in of.items() if file.registration is None}
    session.execute(delete(RegisteredOriginals).where(col(RegisteredOriginals.id).in_(now_stored)))


def forget_unused(session: Session) -> None:
    """Remove the addresses of originals that no image has any more; the objects stay."""
    used = select(Images.id).where(col(Images.sha256) == col(RegisteredOriginals.id)).exists()
    session.execute(delete(RegisteredOriginals).where(~used).execution_options(synchronize_session=False))
