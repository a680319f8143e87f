"""Looks after workers: one process at a time gives back what silent ones had, and hands out what nobody has."""

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from core.db import Database, TaskChunks, Tasks, Workers
from core.db.lease import coordinator_lease
from core.errors import VitrineError
from core.tasks.engines.chunks import ChunkPlanner
from core.tasks.engines.dispatcher import Dispatcher
from core.tasks.engines.membership import SILENT_S, remove_silent
from core.tasks.service import ACTIVE

log = logging.getLogger(__name__)

PASS_S = 2.0
_TIDY_S = 60.0


class Coordinator:
    """A thread in each server and worker, of which one at a time acts; a pass may be repeated or left out."""

    def __init__(self, db: Database, planner: ChunkPlanner, dispatcher: Dispatcher) -> None:
        self._db = db
        self._planner = planner
        self._dispatcher = dispatcher
        self._lease = coordinator_lease(db)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vitrine-coordinator", daemon=True)
        self._acts_since_s: float | None = None
        self._tidied_at_s = time.monotonic()

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and leave the work to another process."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._lease.release()

    def _run(self) -> None:
        while not self._stopped.wait(PASS_S):
            try:
                if self._lease.is_held() or self._lease.take():
                    self._acts_since_s = self._acts_since_s or time.monotonic()
                    self.act()
                    continue
            except (VitrineError, SQLAlchemyError) as error:
                log.warning("the workers cannot be looked after now: %s", error)
            self._acts_since_s = None

    def act(self) -> None:
        """Do once what has to be done."""
        self._remove_silent()
        self._give_back()
        self._take_back()
        self._hand_out()
        if time.monotonic() - self._tidied_at_s > _TIDY_S:
            self._tidied_at_s = time.monotonic()
            self._dispatcher.tidy()

    def _remove_silent(self) -> None:
        """After a restart of the database every worker was silent: it counts from then on."""
        if self._acts_since_s is None or time.monotonic() - self._acts_since_s < SILENT_S:
            return
        with self._db.transaction() as session:
            names = remove_silent(session)
        for name in names:
            log.warning("the worker %s was silent for %.0f s; others take over what it ran", name, SILENT_S)

    def _give_back(self) -> None:
        """Hand out again what processes have taken that are no workers any more."""
        held = self._dispatcher.held()
        with self._db.reading() as session:
            alive = set(session.exec(select(Workers.executor)))
        left = [chunk_id for chunk_id, executor in held.items() if executor not in alive]
        if left:
            self._dispatcher.give_back(left)

    def _take_back(self) -> None:
        """Queue the items of chunks that are handed out no more, such as those of a database that was restored."""
        with self._db.reading() as session:
            ids = list(session.exec(select(TaskChunks.id)))
        lost = set(ids) - self._dispatcher.open_among(ids) if ids else set()
        if lost:
            with self._db.transaction() as session:
                self._planner.take_back(session, lost)

    def _hand_out(self) -> None:
        with self._db.reading() as session:
            active = session.exec(select(Tasks).where(col(Tasks.status).in_(ACTIVE))).all()
            ids = [task.id for task in active if self._planner.is_needed(session, task)]
        for task_id in ids:
            with self._db.transaction() as session:
                task = session.get(Tasks, task_id)
                if task is not None:
                    self._planner.plan(session, task)
