"""Imports files as images: decode, measure, store, record."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from core.arguments import require_id
from core.caller import LOCAL
from core.db import Database, Projects
from core.disk import require_space
from core.errors import NotFoundError
from core.images import cleanup, lifecycle
from core.images.bucket_originals import BucketOriginals
from core.images.content import Content, named_files
from core.images.duplicates import record
from core.images.import_outcome import ImageOutcome
from core.images.originals_in_place import forget_unused
from core.images.storage import ImageStorage
from core.images.stored_file import MeasuredFile, NewFile, StoredFile, store_files, store_measured
from core.llm.sent_links import remove_old

if TYPE_CHECKING:
    from core.images.import_context import ImportContext

# Bounds the memory of a stream, and is enough to keep the workers of the sandbox busy.
_BATCH_FILES, _BATCH_BYTES = 64, 32_000_000


class ImageIntake:
    """Imports files as images."""

    def __init__(self, db_session: Database, storage: ImageStorage) -> None:
        self.db = self._db = db_session
        self._storage = storage

    def owns_bucket(self) -> bool:
        """Return whether the originals are in a bucket that this data directory used first."""
        originals = self._storage.originals
        return isinstance(originals, BucketOriginals) and originals.is_owner()

    def add_images(
        self,
        project_id: str,
        files: Sequence[tuple[str, Content] | Path],
        *,
        source: str = "upload",
        source_ref: str = "",
    ) -> list[ImageOutcome]:
        """Add files and return the outcome of each, in their order.

        Args:
            files: for each file its name and its bytes or path; or a path, whose name is taken.
            source: the ``source`` of the new images, such as ``upload``.

        Raises:
            InvalidInputError: an argument has the wrong type.
            NotFoundError: the project does not exist.
            StorageError: the disk is full or broken.
        """
        self._require_project(project_id)
        named = [NewFile(name, content, source_ref) for name, content in named_files(files)]
        return self._add(project_id, named, source)

    def add_stream(self, project_id: str, files: Iterable[NewFile], *, source: str) -> Iterator[ImageOutcome]:
        """Add any number of files, and yield the outcome of each, in their order; each batch is one transaction.

        Raises:
            NotFoundError: the project does not exist.
            StorageError: the disk is full or broken; earlier batches stay committed.
        """
        self._require_project(project_id)
        for batch in _batches(files):
            yield from self._add(project_id, batch, source)

    def add_measured(self, project_id: str, files: Sequence[MeasuredFile], *, source: str) -> list[ImageOutcome]:
        """Add files of this program, which were measured before, without decoding them; return the outcome of each.

        Raises:
            NotFoundError: the project does not exist.
            StorageError: the disk is full or broken.
        """
        self._require_project(project_id)
        require_space(self._db.settings)
        store_measured(files, self._storage, self._db.settings)
        return self._record(project_id, [file.stored for file in files], source)

    def store(self, files: Sequence[NewFile]) -> list[StoredFile]:
        """Decode, measure and store *files* without recording them; :func:`record` follows in a transaction.

        Raises:
            StorageError: the disk is full or broken.
        """
        return store_files(files, self._storage, self._db.settings)

    @property
    def import_context(self) -> "ImportContext":
        """The settings and the directories that sources may read from."""
        from core.images.import_context import ImportContext

        return ImportContext(self._db.settings)

    def workdir(self) -> AbstractContextManager[Path]:
        """Return a temporary directory for unpacked files; it is removed at the end of the ``with`` block."""
        return self._storage.staging()

    def remove_leftovers(self, now_s: float | None = None) -> int:
        """Remove what crashes and other versions left, and originals without a row; return how many there were.

        Args:
            now_s: seconds since 1970, by which ages are judged; the current time when None.
        """
        now_s = time.time() if now_s is None else now_s
        removed = self._storage.remove_abandoned_staging() + self._storage.remove_renditions_of_other_versions()
        with self._db.reading() as session:
            removed += cleanup.remove_orphans(session, self._storage, now_s)
        with self._db.transaction() as session:
            forget_unused(session)
        return removed + remove_old(self._db.settings, now_s)

    def _add(self, project_id: str, files: Sequence[NewFile], source: str) -> list[ImageOutcome]:
        require_space(self._db.settings)
        return self._record(project_id, self.store(files), source)

    def _record(self, project_id: str, stored: Sequence[StoredFile], source: str) -> list[ImageOutcome]:
        with self._db.transaction() as session:
            outcomes = record(session, project_id, stored, source)
            added = [outcome.image for outcome in outcomes if outcome.image is not None and outcome.is_new]
            lifecycle.record_act(session, "image.add", added, LOCAL, source=source)
            return outcomes

    def _require_project(self, project_id: str) -> None:
        require_id(project_id, "project_id")
        with self._db.reading() as session:
            project = session.get(Projects, project_id)
            if project is None or project.deleted_at is not None:
                raise NotFoundError("This project does not exist any more. Choose another one.")


def _batches(files: Iterable[NewFile]) -> Iterator[list[NewFile]]:
    batch: list[NewFile] = []
    size_bytes = 0
    for file in files:
        file_bytes = 0 if isinstance(file.content, Path) else len(file.content)
        if batch and (len(batch) == _BATCH_FILES or size_bytes + file_bytes > _BATCH_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(file)
        size_bytes += file_bytes
    if batch:
        yield batch
