"""What runs tasks: a protocol of three names, and the one that is built in."""

import logging
import secrets
import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlmodel import col, select

from core.db import Database, Tasks
from core.errors import ConflictError
from core.process import BackgroundLoop
from core.tasks.item_queue import pause
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
        self._asked_again: set[str] = set()
        self._guard = threading.Lock()
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
        with self._guard:
            if task_id in self._running:
                self._asked_again.add(task_id)  # resumed while its last items are still in flight
            else:
                self._running[task_id] = self._loop.submit(self._run(task_id))

    def cancel(self, task_id: str) -> None:
        """Nothing to do here: the runner reads the task's status before each item."""

    def health(self) -> EngineHealth:
        return EngineHealth(runs_here=self._lock.is_locked, running=len(self._running))

    def works_on(self, task_id: str) -> bool:
        """Whether items of the task are under way here; the last ones still are just after a pause or a cancel."""
        return task_id in self._running

    def progress(self, task_id: str) -> tuple[float, str] | None:
        """Return how far the current long item is and what it does, None when it has not said."""
        return self._runner.progress.get(task_id)

    def stop(self, timeout_s: float = 8.0) -> None:
        """Take no further items, wait for those in flight, release the lock."""
        self._runner.stop()
        _, late = wait(list(self._running.values()), timeout_s)
        for running in late:
            running.cancel()
        self._lock.release()

    async def _run(self, task_id: str) -> None:
        try:
            await self._runner.run(task_id)
            while self._is_asked_again(task_id):
                await self._runner.run(task_id)
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("task %s stopped [%s]", task_id, error_id)
            note = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
            await self._db.write(lambda session: pause(session, task_id, note))
        finally:
            with self._guard:
                self._running.pop(task_id, None)

    def _is_asked_again(self, task_id: str) -> bool:
        """Return whether the task was submitted once more; when not, the next submit starts it anew."""
        with self._guard:
            if task_id in self._asked_again:
                self._asked_again.discard(task_id)
                return True
            self._running.pop(task_id, None)
            return False
