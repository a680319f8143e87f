"""The engine that runs tasks inside this process."""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

from filelock import FileLock, Timeout
from sqlmodel import col, select

from core.background_loop import BackgroundLoop
from core.db import Database, Tasks
from core.errors import ConflictError
from core.tasks.item_queue import pause_running
from core.tasks.kinds import TaskKind
from core.tasks.runner import TaskRunner
from core.tasks.service import ACTIVE

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineHealth:
    """Whether this process runs tasks, and how many of them now."""

    runs_here: bool
    """False when another process of the same data directory runs the tasks."""
    running: int


class LocalEngine:
    """Runs tasks on the process's background loop.

    A lock file in the data directory keeps a second process from running the same tasks; the operating system
    releases it when the process dies. A pause or cancel needs no call: the runner reads the task's status from the
    database before it claims items.
    """

    def __init__(
        self,
        db_session: Database,
        kinds: dict[str, TaskKind],
        loop: BackgroundLoop,
        ended: Callable[[Tasks], None] = lambda task: None,
    ) -> None:
        """*ended* is called, in a worker thread, with each task whose run has ended."""
        self._db = db_session
        self._ended = ended
        self._loop = loop
        self._runner = TaskRunner(db_session, kinds)
        self._running: dict[str, Future[Any]] = {}
        self._resubmitted: set[str] = set()
        self._running_lock = threading.Lock()
        self._process_lock = FileLock(db_session.data_dir / "runner.lock", thread_local=False)

    def start(self) -> None:
        """Take the process lock and continue the active tasks that an earlier process left."""
        if not self.take_lock():
            log.warning("another Vitrine process runs the tasks of %s", self._db.data_dir)
            return
        with self._db.reading() as session:
            active = list(session.exec(select(Tasks.id).where(col(Tasks.status).in_(ACTIVE))))
        for task_id in active:
            self.submit(task_id)

    def take_lock(self) -> bool:
        """Take the process lock without continuing any task; return False when another process has it."""
        if not self._process_lock.is_locked:
            try:
                self._process_lock.acquire(timeout=0)
            except Timeout:
                return False
        return True

    def submit(self, task_id: str) -> None:
        """Run the queued items of the task; a task that is running already is not started twice.

        Raises:
            ConflictError: another process runs the tasks of this data directory.
        """
        if not self._process_lock.is_locked:
            self.start()  # the other process may have ended since
        if not self._process_lock.is_locked:
            raise ConflictError(
                "Another Vitrine process runs the tasks of this data directory. Start the task there, or stop it."
            )
        with self._running_lock:
            if task_id in self._running:
                self._resubmitted.add(task_id)  # it was resumed while its last items are still in flight
            else:
                self._running[task_id] = self._loop.submit(self._run(task_id))

    def health(self) -> EngineHealth:
        """Return whether this process runs tasks, and how many of them now."""
        return EngineHealth(runs_here=self._process_lock.is_locked, running=len(self._running))

    def wait(self, task_id: str, timeout_s: float) -> bool:
        """Wait until no item of the task is in flight here, at most *timeout_s*; return whether that is so."""
        with self._running_lock:
            running = self._running.get(task_id)
        return running is None or not wait([running], timeout_s).not_done

    def works_on(self, task_id: str) -> bool:
        """Return whether items of the task are in flight here; a paused or cancelled task may have some left."""
        return task_id in self._running

    def progress(self, task_id: str) -> tuple[float, str] | None:
        """Return the share (0 to 1) of the current long item that is done and its step; None when unknown."""
        return self._runner.progress.get(task_id)

    def stop(self, timeout_s: float = 8.0) -> None:
        """Stop claiming items, wait at most *timeout_s* for those in flight, release the process lock."""
        self._runner.stop()
        _, late = wait(list(self._running.values()), timeout_s)
        for running in late:
            running.cancel()
        self._process_lock.release()

    async def _run(self, task_id: str) -> None:
        try:
            task = await self._runner.run(task_id)
            while self._take_resubmission(task_id):
                task = await self._runner.run(task_id)
            if not self._runner.is_stopping:
                await asyncio.to_thread(self._ended, task)
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("task %s stopped [%s]", task_id, error_id)
            reason = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
            await self._db.write(lambda session: pause_running(session, task_id, reason))
        finally:
            with self._running_lock:
                self._running.pop(task_id, None)

    def _take_resubmission(self, task_id: str) -> bool:
        """Return whether the task was submitted again meanwhile; if not, the next submit starts a new run."""
        with self._running_lock:
            if task_id in self._resubmitted:
                self._resubmitted.discard(task_id)
                return True
            self._running.pop(task_id, None)
            return False
