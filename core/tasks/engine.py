"""What runs tasks: a protocol of three names, and the one that is built in."""

import asyncio
import logging
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlmodel import col, select

from core.db import Database, Tasks
from core.errors import ConflictError
from core.process import BackgroundLoop
from core.tasks.kinds import TaskKind
from core.tasks.runner import TaskRunner
from core.tasks.service import ACTIVE

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineHealth:
    runs_here: bool
    """False when another process of the same data directory runs the tasks."""
    running: int


class TaskEngine(Protocol):
    """Runs tasks at least once; the rows make every item count exactly once."""

    def submit(self, task_id: str) -> None:
        """Run the task's open items; a task that runs already is left alone."""
        ...

    def cancel(self, task_id: str) -> None:
        """Stop working on the task as soon as its calls in flight are done."""
        ...

    def health(self) -> EngineHealth: ...


class LocalEngine:
    """Runs tasks on the process's background loop.

    A lock file in the data directory, released by the kernel when the process dies, keeps a second process
    from running the same tasks.
    """

    def __init__(self, db_session: Database, kinds: dict[str, TaskKind], loop: BackgroundLoop) -> None:
        self._db = db_session
        self._loop = loop
        self._runner = TaskRunner(db_session, kinds)
        self._running: dict[str, Future[Any]] = {}
        self._lock = FileLock(db_session.data_dir / "runner.lock", thread_local=False)

    def start(self) -> None:
        """Take the lock and go on with whatever an earlier process left open."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            log.warning("another Vitrine process runs the tasks of %s", self._db.data_dir)
            return
        with self._db.reading() as session:
            left_open = list(session.exec(select(Tasks.id).where(col(Tasks.status).in_(ACTIVE))))
        for task_id in left_open:
            self.submit(task_id)

    def submit(self, task_id: str) -> None:
        if not self._lock.is_locked:
            raise ConflictError(
                "Another Vitrine process runs the tasks of this data directory. Start the task there, or stop it."
            )
        current = self._running.get(task_id)
        if current is None or current.done():
            self._running[task_id] = self._loop.submit(self._run(task_id))

    def cancel(self, task_id: str) -> None:
        """Nothing to do here: the runner reads the task's status before each item."""

    def health(self) -> EngineHealth:
        return EngineHealth(runs_here=self._lock.is_locked, running=sum(not f.done() for f in self._running.values()))

    def progress(self, task_id: str) -> tuple[float, str] | None:
        """Return how far the current long item is and what it does, None when it has not said."""
        return self._runner.progress.get(task_id)

    def stop(self, timeout_s: float = 8.0) -> None:
        """Take no further items, wait for those in flight, release the lock."""
        self._runner.stop()
        for running in list(self._running.values()):
            try:
                running.result(timeout_s)
            except (TimeoutError, asyncio.CancelledError):
                running.cancel()
        self._lock.release()

    async def _run(self, task_id: str) -> None:
        try:
            await self._runner.run(task_id)
        except Exception:
            log.exception("task %s stopped", task_id)
            raise
