"""The engine that runs tasks inside this process."""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from sqlmodel import col, select

from core.background_loop import BackgroundLoop
from core.db import Database, Tasks
from core.db.lease import Lease, task_lease
from core.errors import DatabaseAwayError, StorageError, VitrineError
from core.tasks.engines.base import EngineHealth
from core.tasks.engines.signals import Signal, send, taken
from core.tasks.item_queue import pause_running
from core.tasks.kinds import TaskKind
from core.tasks.runner import TaskRunner
from core.tasks.service import ACTIVE

log = logging.getLogger(__name__)

TAKE_OVER_S = 5.0
LOOK_S = 0.5
RUN_AGAIN_S = 1.0
"""The pause of a task whose database went away."""
_NO_KEY_HERE = (
    "There is no key on the server that runs the tasks, which does not know one that was typed on a page of another "
    "server. Set {variable} in its environment and start it again, then resume the task."
)


class EmbeddedEngine:
    """Runs tasks on the process's background loop.

    The lease of the database keeps a second process from running the same tasks. It ends when its process dies, and
    another process that has the database open takes it over within ``TAKE_OVER_S``. A task that is submitted in a
    process without it begins where it is, within ``LOOK_S``. A pause or cancel needs no call: the runner reads the
    task's status from the database before it claims items.
    """

    def __init__(
        self,
        db_session: Database,
        kinds: dict[str, TaskKind],
        loop: BackgroundLoop,
        ended: Callable[[Tasks], None] = lambda task: None,
        runs: Callable[[Tasks], bool] = lambda task: True,
        lease: Lease | None = None,
        *,
        picks_up: bool = True,
    ) -> None:
        """*ended* is called, in a worker thread, with each task whose run has ended; *runs* says which run here.

        *lease* is the right to run these; by default that to run all tasks of the database. With *picks_up* it looks
        for tasks that other processes submitted.
        """
        self._db = db_session
        self._ended = ended
        self._runs = runs
        self._loop = loop
        self._lease = lease or task_lease(db_session)
        self._lease_lock = threading.Lock()
        self._picks_up = picks_up
        self._from_elsewhere: set[str] = set()
        self._runner = TaskRunner(db_session, kinds, self._lease, no_key=self._no_key)
        self._running: dict[str, Future[Any]] = {}
        self._resubmitted: set[str] = set()
        self._running_lock = threading.Lock()
        self._watches: list[Future[None]] = []

    def start(self) -> None:
        """Take the lease and continue the active tasks that an earlier process left; without it, wait for it."""
        if self.take_lock():
            self._continue_active()
        else:
            log.warning("another Vitrine process runs the tasks of this database")
        self._watches.append(self._loop.submit(self._keep_lease()))
        if self._picks_up:
            self._watches.append(self._loop.submit(self._look_regularly()))

    def _continue_active(self) -> None:
        with self._db.reading() as session:
            found = session.exec(select(Tasks).where(col(Tasks.status).in_(ACTIVE)))
            active = [task.id for task in found if self._runs(task)]
        for task_id in active:
            self.submit(task_id)

    def take_lock(self) -> bool:
        """Take the lease without continuing any task; return False when another process has it, or this one stops.

        A thread that comes here late would take back what :meth:`stop` has released.
        """
        with self._lease_lock:
            return not self._runner.is_stopping and self._lease.take()

    async def _keep_lease(self) -> None:
        """Take the lease once nobody else has it, also after a lost connection to the database."""
        while not self._runner.is_stopping:
            await asyncio.sleep(TAKE_OVER_S)
            try:
                if not self._lease.is_held() and await asyncio.to_thread(self.take_lock):
                    log.warning("this process runs the tasks of the database from now on")
                    await asyncio.to_thread(self._continue_active)
            except StorageError as error:
                log.warning("the task engine cannot reach the database: %s", error)

    def _no_key(self, task_id: str) -> str:
        return _NO_KEY_HERE if task_id in self._from_elsewhere else ""

    async def _look_regularly(self) -> None:
        while not self._runner.is_stopping and not self._db.is_closed:
            await asyncio.sleep(LOOK_S)
            try:
                await asyncio.to_thread(self._pick_up)
            except VitrineError as error:
                log.warning("tasks that other processes submitted cannot be looked for now: %s", error)

    def _pick_up(self) -> None:
        if self._lease.is_held():
            with taken(self._db, Signal.SUBMITTED) as task_ids:
                for task_id in task_ids:
                    self.submit_from_elsewhere(task_id)

    def submit_from_elsewhere(self, task_id: str) -> None:
        """Submit a task that another process created or resumed: keys that were typed there are not known here."""
        self._from_elsewhere.add(task_id)
        self._submit(task_id)

    def submit(self, task_id: str) -> None:
        """Run the queued items of the task; a task that is running already is not started twice.

        Raises:
            NotFoundError: another process runs the tasks of this database, and there is no such task.
        """
        self._from_elsewhere.discard(task_id)
        self._submit(task_id)

    def _submit(self, task_id: str) -> None:
        if not self._lease.is_held() and self.take_lock():  # the other process may have ended since
            self._continue_active()
        if not self._lease.is_held():
            with self._db.transaction() as session:
                send(session, task_id, Signal.SUBMITTED)
            return
        with self._running_lock:
            if task_id in self._running:
                self._resubmitted.add(task_id)  # it was resumed while its last items are still in flight
            else:
                self._running[task_id] = self._loop.submit(self._run(task_id))

    def health(self) -> EngineHealth:
        """Return whether this process runs tasks, and how many of them now."""
        return EngineHealth(runs_here=self._lease.is_held(), running=len(self._running))

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
        """Stop claiming items, wait at most *timeout_s* for those in flight, release the lease."""
        self._runner.stop()
        for watch in self._watches:
            watch.cancel()
        _, late = wait(list(self._running.values()), timeout_s)
        for running in late:
            running.cancel()
        with self._lease_lock:
            self._lease.release()

    async def _run(self, task_id: str) -> None:
        """Run the task, and again for each submission that came meanwhile, also while its end was told."""
        try:
            while True:
                await self._run_once(task_id)
                if not self._take_resubmission(task_id):
                    return
        except BaseException:
            with self._running_lock:
                self._running.pop(task_id, None)
            raise

    async def _run_once(self, task_id: str) -> None:
        try:
            while True:
                if await self._has_run(task_id):
                    return
                await asyncio.sleep(RUN_AGAIN_S)
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("task %s stopped [%s]", task_id, error_id)
            reason = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
            await self._db.write(lambda session: pause_running(session, task_id, reason))

    async def _has_run(self, task_id: str) -> bool:
        """Run the task and tell of its end; False when the database went away and it has to be run again."""
        try:
            task = await self._runner.run(task_id)
            if not self._runner.is_stopping and self._lease.is_held():
                await asyncio.to_thread(self._ended, task)
        except DatabaseAwayError as error:
            log.warning("task %s is run again: %s", task_id, error)
            return self._runner.is_stopping
        return True

    def _take_resubmission(self, task_id: str) -> bool:
        """Return whether the task was submitted again meanwhile; if not, the next submit starts a new run."""
        with self._running_lock:
            if task_id in self._resubmitted:
                self._resubmitted.discard(task_id)
                return True
            self._running.pop(task_id, None)
            return False
