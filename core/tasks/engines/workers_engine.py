"""The engine of a server whose tasks run on workers."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from sqlmodel import Session, col, select

from core.background_loop import BackgroundLoop
from core.db import Database, TaskChunks, Tasks, Workers
from core.db.lease import files_lease, workers_lease
from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.tasks.ending import refuse
from core.tasks.engines.base import EngineHealth
from core.tasks.engines.chunks import ChunkPlanner
from core.tasks.engines.coordinator import Coordinator
from core.tasks.engines.dispatcher import Dispatcher
from core.tasks.engines.embedded import EmbeddedEngine
from core.tasks.engines.membership import members
from core.tasks.engines.program_version import program_version
from core.tasks.engines.routing import NamesOfLanes, Routing, wants, who_takes
from core.tasks.engines.signals import Signal, send, taken
from core.tasks.kinds import TaskKind
from core.tasks.service import ACTIVE, TaskStatus

log = logging.getLogger(__name__)

LOOK_S = 1.0
LEFT_S = 10.0
"""A task that is queued for longer was submitted by nobody: its process died when it had written the row."""
RUN_ALONE = (
    "Another server runs the tasks of this database itself, without workers. Set VITRINE_TASK_ENGINE=dbos there and "
    "start it again, or stop it."
)
_ASK_AGAIN_S = 0.1


class WorkersEngine:
    """Hands tasks out to workers; those that only a server can run, run in one, as with the embedded engine."""

    def __init__(
        self,
        db_session: Database,
        kinds: dict[str, TaskKind],
        loop: BackgroundLoop,
        dispatcher: Dispatcher,
        lanes: NamesOfLanes,
        ended: Callable[[Tasks], None] = lambda task: None,
        refusal: Callable[[Tasks], str] = lambda task: "",
    ) -> None:
        """*ended* is called, in a worker thread of one server, with each task whose run has ended.

        *refusal* says why workers cannot run a task that is submitted; "" when they can.
        """
        self._db = db_session
        self._refusal = refusal
        self._loop = loop
        self._ended = ended
        self._dispatcher = dispatcher
        self._kinds = kinds
        self._routing = Routing(kinds, lanes)
        self._planner = ChunkPlanner(self._routing, dispatcher, program_version())
        self._together = workers_lease(db_session)
        self._together_lock = threading.Lock()
        self._is_stopped = False
        self._embedded = EmbeddedEngine(
            db_session, kinds, loop, self._ended_here, self._runs_here, files_lease(db_session), picks_up=False
        )
        self._coordinator = Coordinator(db_session, self._planner, dispatcher)
        self._watch: Future[None] | None = None
        self._queued_since_s: dict[str, float] = {}

    def start(self) -> None:
        """Hand out what is active, and run what only a server can run unless another one does."""
        self._dispatcher.prepare()
        if not self._is_together():
            log.warning(RUN_ALONE)
        self._embedded.start()
        self._coordinator.start()
        self._watch = self._loop.submit(self._look_regularly())

    def take_lock(self) -> bool:
        """Become the process that runs what only a server can run; return False when another one is."""
        self._dispatcher.prepare()
        return self._is_together() and self._embedded.take_lock()

    def submit(self, task_id: str) -> None:
        """Hand out the queued items of the task, or run them here; another server may be the one that runs them.

        Raises:
            InvalidInputError: workers cannot run it; the task is cancelled, or paused when it has begun.
            NotFoundError: there is no such task.
        """
        task = self._task(task_id)
        if not self._is_together():
            with self._db.transaction() as session:
                send(session, task_id, Signal.SUBMITTED)  # to the server that runs all tasks itself
        elif self._runs_here(task):
            self._embedded.submit(task_id)
        elif reason := self._refusal(task):
            with self._db.transaction() as session:
                refuse(session, task_id, reason)
            raise InvalidInputError(reason, field="api_key")
        else:
            self._hand_out(task_id)

    def wait(self, task_id: str, timeout_s: float) -> bool:
        """Wait until the run of the task has ended or paused, at most *timeout_s*; return whether that is so."""
        task = self._task(task_id)
        if self._runs_here(task) and not self._embedded.wait(task_id, timeout_s):
            return False
        task = self._task(task_id)
        if self._runs_here(task):
            return True
        deadline_s = time.monotonic() + timeout_s
        while task.status in ACTIVE or self.works_on(task_id):
            if time.monotonic() > deadline_s:
                return False
            time.sleep(_ASK_AGAIN_S)
            task = self._task(task_id)
        return True

    def works_on(self, task_id: str) -> bool:
        """Return whether items of the task are in flight; a paused or cancelled task may have some left."""
        taken = select(TaskChunks.id).where(TaskChunks.task_id == task_id, TaskChunks.worker_id != "").limit(1)
        if self._embedded.works_on(task_id):
            return True
        with self._db.reading() as session:
            return session.exec(taken).first() is not None

    def progress(self, task_id: str) -> tuple[float, str] | None:
        """Return the share (0 to 1) of a long item that is done and its step, or which worker is missing."""
        found = self._embedded.progress(task_id)
        if found is not None:
            return found
        with self._db.reading() as session:
            for doing in session.exec(select(Workers.doing)):
                if task_id in doing:
                    share, step = doing[task_id]
                    return float(share), str(step)
            missing = self._missing(session, task_id)
        return (0.0, f"no worker takes it: run {missing}") if missing else None

    def health(self) -> EngineHealth:
        """Return whether this process runs what only a server can, and how many tasks run."""
        here = self._embedded.health()
        taken = select(TaskChunks.task_id).where(TaskChunks.worker_id != "").distinct()
        with self._db.reading() as session:
            on_workers = len(session.exec(taken).all())
            workers = len(session.exec(select(Workers.id)).all())
        return EngineHealth(here.runs_here, here.running + on_workers, workers)

    def stop(self, timeout_s: float = 8.0) -> None:
        """Hand out no more; workers go on with what was handed out."""
        self._is_stopped = True
        if self._watch is not None:
            self._watch.cancel()
        self._coordinator.stop()
        self._embedded.stop(timeout_s)
        with self._together_lock:
            self._together.release()

    def _is_together(self) -> bool:
        """Return whether this process has the lease of those that run tasks together, after taking it if it is free.

        A thread that comes here late would take back what :meth:`stop` has released.
        """
        with self._together_lock:
            return self._together.is_held() or (not self._is_stopped and self._together.take())

    @contextmanager
    def _told(self, signal: Signal) -> Iterator[Sequence[Tasks]]:
        with taken(self._db, signal) as task_ids:
            if not task_ids:
                yield ()
                return
            with self._db.reading() as session:
                found = session.exec(select(Tasks).where(col(Tasks.id).in_(task_ids))).all()
            yield found

    def _hand_out(self, task_id: str) -> None:
        with self._db.transaction() as session:
            task = session.get(Tasks, task_id)
            if task is not None:
                self._planner.plan(session, task)

    def _ended_here(self, task: Tasks) -> None:
        """Hand out a task whose files were staged here, or tell that its run has ended."""
        if task.status in ACTIVE and not self._runs_here(task):
            self._hand_out(task.id)
        else:
            self._ended(task)

    def _runs_here(self, task: Tasks) -> bool:
        return self._routing.queue_of(task.task_type, task.config) is None

    def _missing(self, session: Session, task_id: str) -> str:
        """Return the command that starts a worker for a task that none takes, "" when one does or has to come soon."""
        queue = session.exec(select(TaskChunks.queue).where(TaskChunks.task_id == task_id).limit(1)).first()
        if queue is None or any(wants(queue, worker.kinds, worker.lanes) for worker in members(session)):
            return ""
        return who_takes(queue)

    def _task(self, task_id: str) -> Tasks:
        with self._db.reading() as session:
            task = session.get(Tasks, task_id)
        if task is None:
            raise NotFoundError("This task does not exist any more.")
        return task

    async def _look_regularly(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if self._embedded.health().runs_here:
                try:
                    await asyncio.to_thread(self._look)
                except VitrineError as error:
                    log.warning("the tasks on workers cannot be looked at now: %s", error)

    def _look(self) -> None:
        """Do what one server does for all: run what others submitted, tell of ends, hand out by its own version."""
        if not self._is_together():
            return
        with self._told(Signal.SUBMITTED) as submitted:
            for task in submitted:
                if self._runs_here(task):
                    self._embedded.submit_from_elsewhere(task.id)
                else:
                    self._hand_out(task.id)
        self._submit_left()
        with self._told(Signal.ENDED) as ended:
            for task in ended:
                self._ended(task)
        other = [col(TaskChunks.version) != self._planner.version, col(TaskChunks.worker_id) == ""]
        with self._db.reading() as session:
            outdated = session.exec(select(TaskChunks.id).where(*other)).all()
        if outdated:
            with self._db.transaction() as session:
                self._planner.take_back(session, outdated)
            self._dispatcher.forget(outdated)

    def _submit_left(self) -> None:
        """Run what only a server can run, or has to be staged first, and was submitted by nobody.

        The coordinator hands out the others. How long a task is queued is measured here: clocks of machines differ.
        """
        queued = select(Tasks.id).where(Tasks.status == TaskStatus.QUEUED, col(Tasks.task_type).in_(list(self._kinds)))
        with self._db.reading() as session:
            ids = session.exec(queued).all()
        now_s = time.monotonic()
        since_s = {id_: self._queued_since_s.get(id_, now_s) for id_ in ids if not self._embedded.works_on(id_)}
        left = [id_ for id_, first_s in since_s.items() if now_s - first_s >= LEFT_S]
        for task_id in self._of_here(left):
            self._embedded.submit_from_elsewhere(task_id)
        self._queued_since_s = {id_: first_s for id_, first_s in since_s.items() if id_ not in left}

    def _of_here(self, task_ids: Sequence[str]) -> list[str]:
        """Return those of the tasks that a server runs; their configs, which can be long, are read for this alone."""
        if not task_ids:
            return []
        query = select(Tasks.id, Tasks.task_type, Tasks.config).where(col(Tasks.id).in_(task_ids))
        with self._db.reading() as session:
            return [id_ for id_, type_, config in session.exec(query) if self._routing.queue_of(type_, config) is None]
