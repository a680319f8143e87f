"""Files of the server that a task reads: put into the bucket (staged) before workers on other machines run it."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from core.bucket_address import is_address
from core.config import Settings
from core.db import Database, Tasks, utc_now
from core.images.import_context import ImportContext
from core.shared_files import SharedFiles, has_shared_files
from core.tasks import STAGED, Staging, TaskStatus

FETCHED = "fetched"
"""In the directory of a task: the copy of what it reads."""
STAGING = "staging"
"""The prefix in the bucket, with a directory for each task."""

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9 ._-]{0,199}")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,20}")
_CHECK_S = 1.0
_KEPT_FOR = timedelta(days=7)


class StagedSource:
    """What is at the ``path`` in the config of a task."""

    def __init__(self, context: ImportContext) -> None:
        self._context = context

    @property
    def why_on_server(self) -> str:
        """Why no worker runs such a task; "" when workers do."""
        return why_on_server(self._context.settings)

    def staging(self, config: Mapping[str, Any]) -> Staging:
        """Return whether what is at ``path`` has to be staged; nothing that is in a bucket already has to."""
        path = str(config.get("path") or "")
        if not path or is_address(path) or not has_shared_files(self._context.settings):
            return "none"
        return "done" if config.get(STAGED) else "needed"

    def stage(self, task: Tasks, progress: Callable[[float, str], None], raise_if_cancelled: Callable[[], None]) -> str:
        """Stage what is at ``path``, and return the name that its copy has.

        Raises:
            InvalidInputError: nothing may be read there, or it cannot be read.
            ObjectStorageError: the storage fails.
        """
        root = self._context.resolve(str(task.config["path"]))
        name = root.name if _NAME.fullmatch(root.name) else f"source{_suffix(root)}"
        checked_at_s = time.monotonic()

        def sent(size_bytes: int) -> None:
            nonlocal checked_at_s
            if time.monotonic() - checked_at_s > _CHECK_S:
                checked_at_s = time.monotonic()
                raise_if_cancelled()
                progress(0.0, f"Copying {root.name} into the bucket, {size_bytes / 1e6:,.0f} MB")

        self.files(task.id).put(f"{FETCHED}/{name}", root, sent)
        return name

    def files(self, task_id: str) -> SharedFiles:
        """Return the files that the items of a task share."""
        return staged_files(self._context.settings, task_id)

    def path(self, config: Mapping[str, Any], task_id: str) -> Path:
        """Return the path of what a task reads, on this machine.

        Raises:
            InvalidInputError: nothing may be read there.
            MissingFileError: its copy is not in the bucket any more.
            ObjectStorageError: the storage fails.
        """
        if self.staging(config) == "done":
            return self.files(task_id).path(f"{FETCHED}/{config[STAGED]}")
        return self._context.resolve(str(config.get("path") or ""))


def why_on_server(settings: Settings) -> str:
    """Return why no worker runs a task that needs files of the server; "" when workers do."""
    return "" if has_shared_files(settings) else "it reads or writes files of the server, and there is no bucket"


def staged_files(settings: Settings, task_id: str) -> SharedFiles:
    """Return the files that the items of a task share."""
    return SharedFiles(settings, f"{STAGING}/{task_id}", settings.data_dir / "imports" / task_id)


def staged_task_ids(settings: Settings) -> Iterator[str]:
    """Yield the tasks that have files in the bucket."""
    names = SharedFiles(settings, STAGING, settings.data_dir / "imports").names()
    yield from sorted({name.partition("/")[0] for name in names})


def remove_staged(db: Database, ended: Tasks | None = None) -> int:
    """Remove from the bucket what no task will read any more, and return of how many tasks.

    What a task has read that failed in part stays for a week, so that its failed items can be tried again.

    Args:
        ended: Only that of this task, whose run has just ended; of all tasks when None.
    """
    if not has_shared_files(db.settings):
        return 0
    found = [ended.id] if ended is not None else list(staged_task_ids(db.settings))
    with db.reading() as session:
        rows = session.exec(select(Tasks.id, Tasks.status, Tasks.ended_at).where(col(Tasks.id).in_(found))).all()
    kept = {
        task_id
        for task_id, status, ended_at in rows
        if ended_at is None or (status == TaskStatus.COMPLETED_WITH_FAILURES and utc_now() - ended_at < _KEPT_FOR)
    }
    gone = [task_id for task_id in found if task_id not in kept]
    for task_id in gone:
        staged_files(db.settings, task_id).remove_all()
    return len(gone)


def _suffix(root: Path) -> str:
    return root.suffix if _SUFFIX.fullmatch(root.suffix) else ""
