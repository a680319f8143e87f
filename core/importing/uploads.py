"""Resumable uploads: a file arrives in chunks, each written to the disk, until it is complete and can be imported.

The state of an upload is a small file beside its data, so it outlives the process, the connection and the page.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from sqlmodel import col, select

from core.config import Settings
from core.db import Database, Tasks, new_id
from core.errors import ConflictError, InvalidInputError, NotFoundError, StorageError, VitrineError
from core.images.storage import translate_disk_errors
from core.importing.upload import ChunkWriter, Upload, stored_name

ABANDONED_S = 24 * 3600
"""An upload that got nothing for a day is abandoned."""
KEPT_S = 7 * 24 * 3600
"""For a week after its import an upload stays, so that items that failed can be tried again."""
# Database, thumbnails and exports need room on the same disk.
_FREE_BYTES = 500_000_000
_STATE, _LOCK = ".upload.json", ".upload.lock"


class UploadService:
    """Creates uploads, writes their chunks, and removes those that nothing needs any more."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._creation = threading.Lock()

    def create(self, project_id: str, name: str, size_bytes: int, modified_ms: int = 0) -> Upload:
        """Return a new upload, or the one that was begun for the same file, to be continued.

        Raises:
            InvalidInputError: the file is empty or larger than the settings allow.
            StorageError: the quota of uploads or the disk is full.
        """
        limit = self._settings.max_upload_bytes
        if not 0 < size_bytes <= limit:
            what = f"larger than {limit / 1e9:,.3g} GB, the limit of an upload" if size_bytes > 0 else "empty"
            raise InvalidInputError(
                f"This file is {what}. {'Import it by its path.' if size_bytes > 0 else 'Choose another one.'}",
                field="size_bytes",
            )
        wanted = Upload("", project_id, stored_name(name), size_bytes, modified_ms)
        with self._creation:
            for upload in self.list_uploads(project_id):
                if replace(upload, id="", received_bytes=0) == wanted:
                    return upload
            return self._add(wanted)

    def reserve(self, project_id: str, name: str, size_bytes: int) -> Upload:
        """Return a new upload for files that came in one request, with room for *size_bytes*.

        Its import starts at once, so no page offers it; :meth:`remove` it when the import cannot start.

        Raises:
            StorageError: the quota of uploads or the disk is full.
        """
        with self._creation:
            return self._add(Upload("", project_id, stored_name(name), size_bytes, 0, size_bytes, is_started=True))

    def remove(self, upload_id: str) -> None:
        """Remove the files of a started upload that no import needs; one that does not exist is no error."""
        if _is_id(upload_id):
            shutil.rmtree(self._directory(upload_id), ignore_errors=True)

    def _add(self, wanted: Upload) -> Upload:
        self.remove_abandoned()
        self._require_room(wanted.size_bytes)
        upload = replace(wanted, id=new_id())
        with translate_disk_errors():
            self._directory(upload.id).mkdir(parents=True)
        self._save(upload)
        return upload

    def get(self, upload_id: str) -> Upload:
        """Return the upload.

        Raises:
            NotFoundError: there is no such upload, or it was removed.
        """
        upload = self._read(self._directory(upload_id)) if _is_id(upload_id) else None
        if upload is None:
            raise NotFoundError("This upload does not exist any more. Choose the file again.")
        return upload

    def list_uploads(self, project_id: str) -> list[Upload]:
        """Return the uploads of a project whose import was not started, oldest first."""
        states = sorted(self._root.glob(f"*/{_STATE}"), key=lambda file: file.parent.stat().st_ctime)
        found = (self._read(state.parent) for state in states)
        return [upload for upload in found if upload and upload.project_id == project_id and not upload.is_started]

    def open_chunk(self, upload_id: str, offset: int) -> "ChunkWriter":
        """Return the writer of the chunk at *offset*; it has to be closed.

        Raises:
            NotFoundError: there is no such upload.
            ConflictError: *offset* is not where the upload ends, or another chunk is being written; ``current`` is
                the upload.
        """
        upload = self.get(upload_id)
        unlock = _lock(self._directory(upload_id) / _LOCK)
        if unlock is None:
            raise ConflictError("Another tab or connection is sending this file.", current=upload)
        try:
            upload = self.get(upload_id)
            if offset != upload.received_bytes:
                raise ConflictError(f"The upload continues at byte {upload.received_bytes}.", current=upload)
            return ChunkWriter(self._file(upload), upload, self._save, unlock)
        except VitrineError:
            unlock()
            raise

    def start(self, upload_id: str) -> Upload:
        """Mark a complete upload as imported, so that it is not offered again; return it.

        Raises:
            NotFoundError: there is no such upload.
            InvalidInputError: it is not complete.
        """
        upload = self.get(upload_id)
        if not upload.is_complete:
            raise InvalidInputError(f"{upload.name} is not complete. Send the rest first.")
        upload = replace(upload, is_started=True)
        self._save(upload)
        return upload

    def discard(self, upload_id: str) -> None:
        """Remove an upload whose import was not started; one that does not exist is no error."""
        upload = self._read(self._directory(upload_id)) if _is_id(upload_id) else None
        if upload is not None and not upload.is_started:
            shutil.rmtree(self._directory(upload_id), ignore_errors=True)

    def remove_abandoned(self, now_s: float | None = None) -> int:
        """Remove uploads that were abandoned or whose import has ended; return how many there were.

        Args:
            now_s: Seconds since 1970, by which ages are judged; the current time when None.
        """
        now_s = time.time() if now_s is None else now_s
        unfinished, finished = self._imported()
        removed = 0
        for entry in sorted(self._root.glob("*")):
            if entry.name in unfinished or not self._is_old(entry, now_s, is_imported=entry.name in finished):
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
            removed += 1
        return removed

    # --- files -----------------------------------------------------------------------------------------------

    @property
    def _settings(self) -> Settings:
        return self._db.settings

    @property
    def _root(self) -> Path:
        return self._settings.data_dir / "imports"

    def _directory(self, upload_id: str) -> Path:
        return self._root / upload_id

    def _file(self, upload: Upload) -> Path:
        return self._directory(upload.id) / upload.name

    def _read(self, directory: Path) -> Upload | None:
        try:
            return Upload(**json.loads((directory / _STATE).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def _save(self, upload: Upload) -> None:
        state = self._directory(upload.id) / _STATE
        with translate_disk_errors():
            partial = state.with_suffix(".new")
            partial.write_text(json.dumps(asdict(upload)), encoding="utf-8")
            partial.replace(state)

    def _require_room(self, size_bytes: int) -> None:
        quota = self._settings.upload_quota_bytes
        if self._used_bytes() + size_bytes > quota:
            raise StorageError(
                f"Uploads may take {quota / 1e9:,.3g} GB in all, and this one would exceed that. "
                "Import or discard the others first."
            )
        with translate_disk_errors():
            self._root.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._root).free
        if free < size_bytes + _FREE_BYTES:
            raise StorageError(
                f"The disk has {free / 1e9:,.1f} GB left, too little for this file. Free some space first."
            )

    def _used_bytes(self) -> int:
        """Return the bytes of all uploads, those that are still to come included."""
        found = (self._read(state.parent) for state in self._root.glob(f"*/{_STATE}"))
        return sum(upload.size_bytes for upload in found if upload is not None)

    def _imported(self) -> tuple[set[str], set[str]]:
        """Return the names in the directory that open imports need, and those whose imports have nothing left to do."""
        query = select(Tasks.id, Tasks.config, Tasks.status).where(
            col(Tasks.task_type).in_(["image-import", "dataset-return", "project-import", "overlap-search"])
        )
        open_, completed = set(), set()
        with self._db.reading() as session:
            for task_id, config, status in session.exec(query):
                # An import also keeps what it has read below its own id.
                names = {task_id, str(config.get("path") or "").partition("/")[0]}
                if status in ("queued", "running", "paused"):
                    open_ |= names
                elif status == "completed":
                    completed |= names
        return open_, completed

    def _is_old(self, entry: Path, now_s: float, *, is_imported: bool) -> bool:
        state = entry / _STATE
        try:
            age_s = now_s - (state if state.exists() else entry).stat().st_mtime
        except OSError:
            return False
        upload = self._read(entry)
        if upload is None:
            return is_imported or age_s >= KEPT_S
        if upload.is_started and is_imported:
            return True
        return age_s >= (KEPT_S if upload.is_complete else ABANDONED_S)


def _lock(path: Path) -> Callable[[], None] | None:
    """Lock the file *path* and return what unlocks it; None when another thread or process has locked it."""
    from filelock import FileLock, Timeout

    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock.release


def _is_id(upload_id: str) -> bool:
    return 0 < len(upload_id) <= 40 and upload_id.replace("-", "").replace("_", "").isalnum()
