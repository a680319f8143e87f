"""A worker: a process that takes chunks of tasks and runs their items."""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from core.background_loop import BackgroundLoop
from core.db import Database, TaskChunks
from core.db.lease import workers_lease
from core.errors import ConflictError, DatabaseAwayError, NotFoundError, VitrineError
from core.tasks.engines.chunks import ChunkPlanner
from core.tasks.engines.coordinator import Coordinator
from core.tasks.engines.dispatcher import Dispatcher, Taker
from core.tasks.engines.membership import BEAT_S, OwnMembership
from core.tasks.engines.program_version import program_version
from core.tasks.engines.routing import NamesOfLanes, Routing
from core.tasks.engines.workers_engine import RUN_ALONE
from core.tasks.item_queue import pause_running
from core.tasks.kinds import TaskKind
from core.tasks.part import Part, Span
from core.tasks.runner import TaskRunner

log = logging.getLogger(__name__)

NO_KEY_HERE = (
    "There is no key on the worker, which does not know one that was typed on a page. Set {variable} in the "
    "environment of each worker and start it again, then resume the task."
)
_ASK_AGAIN_S = 0.2
MakeTaker = Callable[[str, str], Taker]
"""Makes what takes chunks, by the name of this process and the version of the program."""


class Worker:
    """Runs items of tasks, a number at a time, until it is stopped.

    Args:
        kinds: Every kind of task by its ``task_type``.
        wanted: The kinds of task that it runs; empty for all.
        lanes: The lanes that it is bound to; see :func:`core.tasks.engines.routing.wants`.
        tell: Is told what whoever started it should know, in sentences.
    """

    def __init__(
        self,
        db_session: Database,
        kinds: dict[str, TaskKind],
        loop: BackgroundLoop,
        dispatcher: Dispatcher,
        make_taker: MakeTaker,
        lanes_of: NamesOfLanes,
        *,
        concurrency: int,
        wanted: Collection[str] = (),
        lanes: Collection[str] = (),
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        self._db = db_session
        self._loop = loop
        self._tell = tell
        self._concurrency = concurrency
        self._dispatcher = dispatcher
        self._version = program_version()
        self._planner = ChunkPlanner(Routing(kinds, lanes_of), dispatcher, self._version)
        self._coordinator = Coordinator(db_session, self._planner, dispatcher)
        self._membership = OwnMembership(
            db_session, version=self._version, kinds=wanted, lanes=lanes, concurrency=concurrency
        )
        self._together = workers_lease(db_session)
        self._runner = TaskRunner(db_session, kinds, self._membership, no_key=lambda _task_id: NO_KEY_HERE)
        self._taker = make_taker(self._membership.executor, self._version)
        self._slots = asyncio.Semaphore(concurrency)
        self._active: set[str] = set()
        self._other_version = ""
        self._stopped = threading.Event()
        self._beats = threading.Thread(target=self._beat, name="vitrine-heartbeat", daemon=True)

    def start(self) -> None:
        """Join the workers of the database, and take chunks from now on.

        Raises:
            ConflictError: a server runs all tasks of the database itself.
        """
        if not self._together.take():
            raise ConflictError(RUN_ALONE)
        self._dispatcher.prepare()
        self._membership.take()
        self._beats.start()
        self._coordinator.start()
        self._taker.start(self._run_chunk)

    @property
    def running(self) -> int:
        """How many chunks run here now."""
        return len(self._active)

    def stop(self, timeout_s: float) -> None:
        """Take no more, wait at most *timeout_s* for the items in flight, and hand out again what is left."""
        self._runner.stop()
        self._coordinator.stop()
        self._taker.stop(timeout_s)
        self._stopped.set()
        self._beats.join()
        self._membership.release()
        self._together.release()

    def _run_chunk(self, chunk_id: str) -> None:
        while not (self._membership.is_held() or self._runner.is_stopping):
            time.sleep(_ASK_AGAIN_S)
        self._active.add(chunk_id)
        try:
            while not self._loop.run(self._has_ended(chunk_id)):
                time.sleep(_ASK_AGAIN_S)
        finally:
            self._active.discard(chunk_id)

    async def _has_ended(self, chunk_id: str) -> bool:
        """Run the chunk and return True; False when the database went away and it has to be begun again."""
        try:
            chunk = await asyncio.to_thread(self._chunk, chunk_id)
            if chunk is not None:
                await self._run_part(chunk)
        except DatabaseAwayError as error:
            log.warning("chunk %s is run again: %s", chunk_id, error)
            return self._runner.is_stopping
        except NotFoundError:
            await self._db.write(lambda session: _remove(session, chunk_id))
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("chunk %s stopped [%s]", chunk_id, error_id)
            reason = f"Something went wrong inside Vitrine. The log of a worker has the details under {error_id}."
            await self._db.write(lambda session: self._pause(session, chunk_id, reason))
        return True

    async def _run_part(self, chunk: TaskChunks) -> None:
        part = Part(
            Span(chunk.first_position, chunk.last_position),
            self._slots,
            lambda session: self._planner.begin(session, chunk.id, self._membership.id),
            lambda session, task: self._planner.end(session, task, chunk.id),
        )
        await self._runner.run(chunk.task_id, concurrency=self._concurrency, part=part)

    def _chunk(self, chunk_id: str) -> TaskChunks | None:
        with self._db.reading() as session:
            return session.get(TaskChunks, chunk_id)

    def _pause(self, session: Session, chunk_id: str, reason: str) -> None:
        chunk = session.get(TaskChunks, chunk_id)
        if chunk is not None:
            pause_running(session, chunk.task_id, reason)
            self._planner.take_back(session, [chunk_id])

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT_S):
            try:
                doing = dict(self._runner.progress)
                is_member = self._membership.is_held() and self._membership.beat(
                    doing, is_draining=self._runner.is_stopping
                )
                if not (self._together.is_held() or self._together.take()):
                    self._membership.release()
                    self._tell(RUN_ALONE)
                elif not (is_member or self._active or self._runner.is_stopping):
                    self._tell("This worker was silent for too long and was taken for dead. It joins again.")
                    self._membership.take()
                self._tell_of_other_versions()
            except (VitrineError, SQLAlchemyError) as error:
                log.warning("the database cannot be told that this worker is there: %s", error)

    def _tell_of_other_versions(self) -> None:
        waiting = select(TaskChunks.version).where(col(TaskChunks.version) != self._version, TaskChunks.worker_id == "")
        with self._db.reading() as session:
            other = session.exec(waiting.limit(1)).first() or ""
        if other and other != self._other_version:
            self._tell(
                f"This worker has version {self._version} and takes nothing of version {other}, which the server has. "
                f"Install that version here and start the worker again."
            )
        self._other_version = other


def _remove(session: Session, chunk_id: str) -> None:
    session.execute(delete(TaskChunks).where(col(TaskChunks.id) == chunk_id))
