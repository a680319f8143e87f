"""Backups that the server makes by itself, every so many hours, in a thread of its own."""

import logging
import threading
from datetime import UTC, datetime

from core.backup.make import make_backup
from core.backup.status import backup_status
from core.config import Settings
from core.errors import VitrineError

log = logging.getLogger(__name__)

_RETRY_S = 3600.0
# A clock that is set forward must not leave the thread asleep, so it looks often.
_LOOK_AGAIN_S = 60.0


class BackupSchedule:
    """Makes a backup when the last one is ``VITRINE_BACKUP_EVERY_H`` old; several processes share the work."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.last_error = ""
        """Why the last attempt of this process failed, "" when it did not."""

    def start(self) -> None:
        """Start the thread, if there is a ``VITRINE_BACKUP_DIR``."""
        if self._settings.backup_dir is not None and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="vitrine-backup", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop without waiting: what a backup has written so far is removed by the next one."""
        self._stopped.set()

    def run_if_due(self) -> float:
        """Make a backup if one is due, and return after how many seconds to look again."""
        target, status = self._settings.backup_dir, backup_status(self._settings)
        if target is None or status is None:
            return _LOOK_AGAIN_S
        left_s = (status.next_at - datetime.now(UTC)).total_seconds()
        if left_s > 0:
            return min(left_s, _LOOK_AGAIN_S)
        try:
            made = make_backup(self._settings, target, keep=self._settings.backup_keep, progress=self._raise_if_stopped)
        except VitrineError as error:
            self.last_error = str(error)
            log.error("backup failed: %s", error)
            return _RETRY_S
        self.last_error = ""
        manifest = made.manifest
        log.info("backup %s: %d images, %d new", made.name, manifest.images, manifest.new_images)
        return _LOOK_AGAIN_S

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopped.wait(wait_s):
            try:
                wait_s = self.run_if_due()
            except _StoppedError:
                return

    def _raise_if_stopped(self, _share: float, _step: str) -> None:
        if self._stopped.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """Raised inside a backup when the server stops."""
