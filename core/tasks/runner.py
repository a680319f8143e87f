"""Running the items of one task.

Guarantees: the result of an item is stored exactly once, and an item that is done is never run again; a model call is
repeated only by the retry policy, when the user retries a failed item, or if the process stopped before the result was
committed; every failure is recorded with its cause.
"""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.caller import Caller, acting
from core.db import Database, TaskItems, Tasks, utc_now
from core.db.lease import Lease
from core.disk import require_space
from core.errors import (
    DatabaseAwayError,
    FullDiskError,
    ItemInterrupted,
    LLMError,
    MissingKeyError,
    NotFoundError,
    ObjectStorageError,
    VitrineError,
)
from core.tasks.ending import (
    TakenOverError,
    complete_without_open_items,
    end_left_calls,
    mark_done,
    mark_failed,
    requeue,
    requeue_and_pause,
    requeue_interrupted,
)
from core.tasks.item_queue import Claimed, ItemQueue, Round, pause_running
from core.tasks.kinds import ItemContext, ItemResult, PrefetchingTaskKind, TaskKind, WaitingTaskKind
from core.tasks.part import Part
from core.tasks.service import ACTIVE, TaskStatus
from core.tasks.staging import stage, staging_of

log = logging.getLogger(__name__)

_WRITE_AGAIN_S = 1.0


class TaskRunner:
    """Runs the items of a task on the event loop it is awaited on, several at a time."""

    def __init__(
        self,
        db_session: Database,
        kinds: dict[str, TaskKind],
        lease: Lease | None = None,
        *,
        no_key: Callable[[str], str] = lambda task_id: "",
    ) -> None:
        """*kinds* maps each ``task_type`` that can be run to its kind.

        When *lease* is lost, no further items are claimed, and those in flight belong to whoever has it now.
        Keys that were typed on a page are in the memory of its server: *no_key* returns, by the id of a task, what to
        say where they are not known, with ``{variable}``; "" where they are.
        """
        self._no_key = no_key
        self._db = db_session
        self._lease = lease
        self._kinds = kinds
        self._stop = threading.Event()
        self.progress: dict[str, tuple[float, str]] = {}
        """By task id: the share (0 to 1) of its current long item that is done, and the current step in words."""

    async def run(self, task_id: str, *, concurrency: int | None = None, part: Part | None = None) -> Tasks:
        """Run the task until it is complete, paused or cancelled, and return it.

        Items that were running when a process died are run again.

        Args:
            concurrency: Items at a time; by default that of the task's config, or else the setting
                ``VITRINE_LLM_CONCURRENCY``.
            part: Which of its items are run here, when other processes run others; by default all.

        Raises:
            NotFoundError: there is no such task, or no kind for its ``task_type``.
        """
        task = await self._db.write(lambda session: self._start_run(session, task_id, part))
        staging = staging_of(self._kinds[task.task_type], task) if part is None else "none"
        if task.status != TaskStatus.RUNNING or staging == "done":
            return task
        if staging == "needed":
            return await self._stage(task)
        with acting(Caller(task.started_by, way="task")):
            return await self._run_items(task, concurrency, part)

    async def _stage(self, task: Tasks) -> Tasks:
        show, is_cancelled = partial(self._show, task.id), partial(self._is_cancelled, task)
        try:
            return await stage(self._db, self._kinds[task.task_type], task, show, is_cancelled, self._may_run)
        finally:
            self.progress.pop(task.id, None)

    async def _run_items(self, task: Tasks, concurrency: int | None, part: Part | None) -> Tasks:
        task_id, kind = task.id, self._kinds[task.task_type]
        own = int(task.config.get("concurrency") or 0)
        limit = concurrency or own or self._db.settings.llm_concurrency
        waiting = kind if isinstance(kind, WaitingTaskKind) and kind.waits(task.config) else None
        try:
            if part is not None:
                await self._run_round(kind, task, min(limit, own or limit), Round.ALL, part)
                return await self._db.write(lambda session: self._end_run(session, task_id, part))
            if waiting is not None:
                await self._run_round(kind, task, limit, Round.ANSWERED)
            await self._run_round(kind, task, limit, Round.ALL if waiting is None else Round.DEFERRED)
            while waiting is not None and await self._wait(waiting, task):
                await self._run_round(kind, task, limit, Round.ANSWERED)
                await self._run_round(kind, task, limit, Round.DEFERRED)
        finally:
            self.progress.pop(task_id, None)
            if waiting is not None:
                waiting.end_waiting(task_id)
        return await self._db.write(lambda session: self._end_run(session, task_id))

    async def _run_round(self, kind: TaskKind, task: Tasks, limit: int, which: Round, part: Part | None = None) -> None:
        """Run the items that can run now."""
        prepare = self._preparer(kind, task)
        queue = ItemQueue(self._db, task.id, limit, self._stop, prepare, self._may_run, which, part)
        workers = [asyncio.create_task(self._work(kind, task, queue)) for _ in range(limit)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _wait(self, kind: WaitingTaskKind, task: Tasks) -> bool:
        """Wait until items can go on; False: the run ends."""

        def is_stopping() -> bool:
            return self._stop.is_set() or not (self._lease is None or self._lease.is_held())

        try:
            return await kind.wait(task, is_stopping)
        except VitrineError as error:
            reason = str(error)
            await self._db.write(lambda session: pause_running(session, task.id, reason))
            return False

    def _may_run(self, session: Session) -> bool:
        return self._lease is None or self._lease.is_held_in(session)

    def _end_run(self, session: Session, task_id: str, part: Part | None = None) -> Tasks:
        """Requeue items that were claimed but not finished, and complete the task when nothing is queued."""
        task = session.get(Tasks, task_id)
        if task is None:
            raise NotFoundError("This task does not exist any more.")
        if not self._may_run(session):
            return task
        left = update(TaskItems).where(col(TaskItems.task_id) == task_id, col(TaskItems.state) == "running")
        session.execute((left if part is None else left.where(part.span.condition())).values(state="queued"))
        end_left_calls(session, task_id, *([] if part is None else [part.span.condition()]))
        complete_without_open_items(session, task)
        if part is not None:
            part.end(session, task)
        return task

    def stop(self) -> None:
        """Stop claiming items; running tasks keep the status "running" and continue at the next start."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stop.is_set()

    def _start_run(self, session: Session, task_id: str, part: Part | None) -> Tasks:
        task = session.get(Tasks, task_id)
        if task is None:
            raise NotFoundError("This task does not exist any more.")
        if task.task_type not in self._kinds:
            raise NotFoundError(f"Tasks of the type {task.task_type} cannot be run here.")
        if not self._may_run(session) or (task.status not in ACTIVE and part is None):
            return task
        if part is None and staging_of(self._kinds[task.task_type], task) == "done":
            return task  # workers run it
        requeue_interrupted(session, task_id, part.span if part else None)
        if part is not None and task.status not in ACTIVE:
            part.end(session, task)
            return task
        if part is not None:
            part.begin(session)
        task.status, task.note = TaskStatus.RUNNING, ""
        task.started_at = task.started_at or utc_now()
        return task

    async def _work(self, kind: TaskKind, task: Tasks, queue: ItemQueue) -> None:
        """Run items one after the other.

        Pipelined: the next item starts while the previous result is being committed. Writes keep their order: the
        ledger row of the next call is committed, and the call sent, only after the previous result. So each worker
        has at most one call that is in flight or not yet stored.
        """
        storing: asyncio.Task[None] | None = None
        while (claimed := await queue.next()) is not None:
            item = claimed.item
            result = await self._run_item(kind, task, claimed, queue)
            queue.item_ran()
            if storing is not None:
                await storing
            storing = self._store(task, item, result, queue) if result else None
            if storing is None:
                queue.item_ended()
        if storing is not None:
            await storing

    async def _run_item(self, kind: TaskKind, task: Tasks, claimed: Claimed, queue: ItemQueue) -> ItemResult | None:
        """Return the item's result; None when it was interrupted, or failed and the failure is recorded."""
        item = claimed.item
        try:
            require_space(self._db.settings)
            return await kind.run_item(self._context(task, item, claimed.prepared))
        except ItemInterrupted:
            return None  # it is requeued when the run ends
        except asyncio.CancelledError as error:
            if (worker := asyncio.current_task()) is not None and worker.cancelling():
                raise
            # This worker was not cancelled: the CancelledError comes from inside the item.
            await self._record_bug(task, item, error)
        except DatabaseAwayError as error:
            log.warning("an item of task %s is run again: %s", task.id, error)
            await self._db.write(lambda session: requeue(session, item))
        except (FullDiskError, ObjectStorageError) as error:
            message = str(error)
            queue.close()
            await self._db.write(lambda session: requeue_and_pause(session, item, message))
        except LLMError as error:
            code, message = error.code, self._reason(task, error)
            if error.stops_task:
                # Every further call would fail the same way: the item is retried once the user has fixed the cause.
                queue.close()
                await self._db.write(lambda session: requeue_and_pause(session, item, message))
            else:
                await self._write_failure(lambda session: mark_failed(session, item, code, message))
        except VitrineError as error:
            code, message = error.code, str(error)
            await self._write_failure(lambda session: mark_failed(session, item, code, message))
        except Exception as error:  # noqa: BLE001  the other items go on
            await self._record_bug(task, item, error)
        return None

    def _reason(self, task: Tasks, error: LLMError) -> str:
        if isinstance(error, MissingKeyError) and error.variable and (reason := self._no_key(task.id)):
            return reason.format(variable=error.variable)
        return str(error)

    def _store(self, task: Tasks, item: TaskItems, result: ItemResult, queue: ItemQueue) -> asyncio.Task[None]:
        """Queue the write of the result; the returned task ends when it is committed or its failure recorded."""

        def write(session: Session) -> None:
            mark_done(session, item, result)

        writing = self._db.submit(write)

        async def wait() -> None:
            try:
                await self._committed(writing, write)
            except TakenOverError:
                log.warning("item %s of task %s was taken over by another process", item.id, task.id)
                await self._db.write(lambda session: end_left_calls(session, task.id, col(TaskItems.id) == item.id))
            except DatabaseAwayError:
                log.warning("item %s of task %s is run again at the next start", item.id, task.id)
            except VitrineError as error:
                code, message = error.code, str(error)
                await self._write_failure(lambda session: mark_failed(session, item, code, message))
            except Exception as error:  # noqa: BLE001  the other items go on
                await self._record_bug(task, item, error)
            finally:
                self.progress.pop(task.id, None)  # it was about this item
                queue.item_ended()

        return asyncio.create_task(wait())

    async def _committed(self, writing: Future[None], write: Callable[[Session], None]) -> None:
        """Wait for *writing*; while the database is away *write* is tried again, as a result may have been paid for."""
        while True:
            try:
                return await asyncio.wrap_future(writing)
            except DatabaseAwayError as error:
                if self._stop.is_set():
                    raise
                log.warning("a result waits for the database: %s", error)
            await asyncio.sleep(_WRITE_AGAIN_S)
            writing = self._db.submit(write)

    async def _write_failure(self, write: Callable[[Session], None]) -> None:
        try:
            await self._db.write(write)
        except TakenOverError:
            log.warning("a failure is not recorded: another process runs the item now")

    async def _record_bug(self, task: Tasks, item: TaskItems, error: BaseException) -> None:
        error_id = secrets.token_hex(4)
        log.error("item %s of task %s failed [%s]", item.id, task.id, error_id, exc_info=error)
        message = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
        await self._write_failure(lambda session: mark_failed(session, item, "bug", message))

    def _preparer(self, kind: TaskKind, task: Tasks) -> Callable[[list[TaskItems]], Sequence[Any]]:
        def prepare(items: list[TaskItems]) -> Sequence[Any]:
            not_prefetched = [None] * len(items)
            if not isinstance(kind, PrefetchingTaskKind):
                return not_prefetched
            try:
                return kind.prepare([self._context(task, item) for item in items])
            except VitrineError:
                return not_prefetched  # each item raises the same error when it runs, and records it
            except Exception:
                log.exception("a batch of task %s could not be prefetched; its items load their own input", task.id)
                return not_prefetched

        return prepare

    def _show(self, task_id: str, share: float, step: str) -> None:
        self.progress[task_id] = (share, step)

    def _is_cancelled(self, task: Tasks) -> bool:
        with self._db.reading() as session:
            status = session.exec(select(Tasks.status).where(Tasks.id == task.id)).one()
        return self._stop.is_set() or status != TaskStatus.RUNNING

    def _context(self, task: Tasks, item: TaskItems, prepared: Any = None) -> ItemContext:
        return ItemContext(
            task_id=task.id, item_id=item.id or 0, project_id=task.project_id, position=item.position,
            subject_id=item.subject_id, payload=item.payload, config=task.config,
            attempt=item.attempts + 1, progress=partial(self._show, task.id),
            is_cancelled=partial(self._is_cancelled, task), prepared=prepared,
        )  # fmt: skip
