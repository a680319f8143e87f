"""Working through the items of one task.

The promise: an item is done exactly once, a model call is repeated only when the process died or the reply was
unusable while that call was in flight, and every failure ends in a state with a cause.
"""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.db import Database, LlmCalls, TaskItems, Tasks, utc_now
from core.errors import LLMError, NotFoundError, VitrineError
from core.tasks.kinds import ItemContext, ItemResult, TaskKind
from core.tasks.service import ACTIVE, TaskStatus

log = logging.getLogger(__name__)
T = TypeVar("T")

# Large enough that fetching costs nothing per item, small enough that a pause takes effect at once.
_BATCH_PER_WORKER = 4


class TaskRunner:
    """Runs the items of a task in the event loop it is awaited on, a number of them at a time."""

    def __init__(self, db_session: Database, kinds: dict[str, TaskKind]) -> None:
        self._db = db_session
        self._kinds = kinds
        # One thread for writes: SQLite has one writer, and a queue here is cheaper than its lock.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vitrine-task-writer")
        self._stop = threading.Event()
        self.progress: dict[str, tuple[float, str]] = {}

    async def run(self, task_id: str, *, concurrency: int | None = None) -> Tasks:
        """Run the task until it is complete, paused or cancelled, and return it.

        Items that were running when a process died are run again.

        Raises:
            NotFoundError: no such task, or nothing here knows its kind of work.
        """
        task = await self._write(lambda session: self._begin(session, task_id))
        if task.status != TaskStatus.RUNNING:
            return task
        kind = self._kinds[task.task_type]
        limit = concurrency or int(task.config.get("concurrency") or self._db.settings.llm_concurrency)
        queue: asyncio.Queue[TaskItems] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(kind, task, queue)) for _ in range(limit)]
        try:
            await self._feed(task_id, queue, limit)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self.progress.pop(task_id, None)
        return await self._write(lambda session: self._end(session, task_id))

    def stop(self) -> None:
        """Take no further items; the tasks stay as they are and go on at the next start."""
        self._stop.set()

    def close(self) -> None:
        self._writer.shutdown(wait=True)

    # --- one task ------------------------------------------------------------------------------------------

    async def _feed(self, task_id: str, queue: "asyncio.Queue[TaskItems]", limit: int) -> None:
        """Keep the workers supplied until nothing is queued or the task should not go on."""
        while not self._stop.is_set():
            batch = await self._write(lambda session: self._claim(session, task_id, limit * _BATCH_PER_WORKER))
            if not batch:
                return
            for item in batch:
                queue.put_nowait(item)
            await queue.join()

    def _begin(self, session: Session, task_id: str) -> Tasks:
        task = session.get(Tasks, task_id)
        if task is None:
            raise NotFoundError("This task does not exist any more.")
        if task.task_type not in self._kinds:
            raise NotFoundError(f"Nothing here knows how to run a task of the kind {task.task_type}.")
        if task.status not in ACTIVE:
            return task
        task.status, task.note = TaskStatus.RUNNING, ""
        task.started_at = task.started_at or utc_now()
        _reset_interrupted(session, task_id)
        return task

    def _claim(self, session: Session, task_id: str, count: int) -> list[TaskItems]:
        task = session.get(Tasks, task_id)
        if task is None or task.status != TaskStatus.RUNNING:
            return []
        if task.cost_cap is not None and _spent(session, task_id) >= task.cost_cap:
            task.status = TaskStatus.PAUSED
            task.note = f"The cost cap of ${task.cost_cap:.2f} is reached. Raise it to go on."
            return []
        items = list(
            session.exec(
                select(TaskItems)
                .where(TaskItems.task_id == task_id, TaskItems.state == "queued")
                .order_by(col(TaskItems.position))
                .limit(count)
            )
        )
        for item in items:
            item.state = "running"
            item.attempts += 1
        return items

    def _end(self, session: Session, task_id: str) -> Tasks:
        task = session.get(Tasks, task_id)
        if task is None:
            raise NotFoundError("This task does not exist any more.")
        open_items = session.exec(
            select(func.count())
            .select_from(TaskItems)
            .where(TaskItems.task_id == task_id, col(TaskItems.state).in_(["queued", "running"]))
        ).one()
        if task.status == TaskStatus.RUNNING and not open_items:
            task.status = TaskStatus.COMPLETED_WITH_FAILURES if task.failed_count else TaskStatus.COMPLETED
            task.ended_at = utc_now()
        return task

    # --- one item ------------------------------------------------------------------------------------------

    async def _work(self, kind: TaskKind, task: Tasks, queue: "asyncio.Queue[TaskItems]") -> None:
        while True:
            item = await queue.get()
            try:
                await self._run_item(kind, task, item)
            finally:
                queue.task_done()

    async def _run_item(self, kind: TaskKind, task: Tasks, item: TaskItems) -> None:
        if not await self._write(lambda session: _still_wanted(session, task.id, item)):
            return
        try:
            result = await kind.run_item(self._context(task, item))
            await self._write(lambda session: _finish(session, item, result))
        except asyncio.CancelledError:
            raise
        except VitrineError as error:
            failure = error
            await self._write(lambda session: _fail(session, item, failure.code, str(failure)))
            if isinstance(error, LLMError) and error.stops_task:
                await self._write(lambda session: _pause(session, item, str(failure)))
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("item %s of task %s failed [%s]", item.id, task.id, error_id)
            message = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
            await self._write(lambda session: _fail(session, item, "bug", message))

    def _context(self, task: Tasks, item: TaskItems) -> ItemContext:
        def report(share: float, doing: str) -> None:
            self.progress[task.id] = (share, doing)

        def is_cancelled() -> bool:
            with self._db.reading() as session:
                status = session.exec(select(Tasks.status).where(Tasks.id == task.id)).one()
            return self._stop.is_set() or status != TaskStatus.RUNNING

        return ItemContext(
            task_id=task.id, item_id=item.id or 0, project_id=task.project_id, subject_id=item.subject_id,
            payload=item.payload, config=task.config, attempt=item.attempts, report=report,
            is_cancelled=is_cancelled,
        )  # fmt: skip

    async def _write(self, work: Callable[[Session], T]) -> T:
        def in_transaction() -> T:
            with self._db.transaction() as session:
                return work(session)

        return await asyncio.get_running_loop().run_in_executor(self._writer, in_transaction)


def _still_wanted(session: Session, task_id: str, item: TaskItems) -> bool:
    """Give the item back to the queue when its task was paused or cancelled meanwhile."""
    status = session.exec(select(Tasks.status).where(Tasks.id == task_id)).one()
    if status == TaskStatus.RUNNING:
        return True
    session.execute(
        update(TaskItems).where(col(TaskItems.id) == item.id).values(state="queued", attempts=TaskItems.attempts - 1)
    )
    return False


def _finish(session: Session, item: TaskItems, result: ItemResult) -> None:
    kept = result.write(session)
    _settle(session, item, state="done", result=kept)


def _fail(session: Session, item: TaskItems, code: str, message: str) -> None:
    _settle(session, item, state="failed", error_code=code, error=message)
    session.execute(update(Tasks).where(col(Tasks.id) == item.task_id).values(failed_count=Tasks.failed_count + 1))


def _settle(session: Session, item: TaskItems, **values: Any) -> None:
    session.execute(update(TaskItems).where(col(TaskItems.id) == item.id).values(ended_at=utc_now(), **values))
    session.execute(
        update(Tasks).where(col(Tasks.id) == item.task_id).values(processed_count=Tasks.processed_count + 1)
    )


def _pause(session: Session, item: TaskItems, note: str) -> None:
    session.execute(
        update(Tasks)
        .where(col(Tasks.id) == item.task_id, col(Tasks.status) == TaskStatus.RUNNING)
        .values(status=TaskStatus.PAUSED, note=note)
    )


def _reset_interrupted(session: Session, task_id: str) -> None:
    """Queue again what a dead process left behind, and mark its calls as possibly paid."""
    session.execute(
        update(TaskItems)
        .where(col(TaskItems.task_id) == task_id, col(TaskItems.state) == "running")
        .values(state="queued")
    )
    session.execute(
        update(LlmCalls)
        .where(col(LlmCalls.task_id) == task_id, col(LlmCalls.state) == "started")
        .values(state="unknown", error_code="interrupted", ended_at=utc_now())
    )


def _spent(session: Session, task_id: str) -> float:
    total = select(func.coalesce(func.sum(LlmCalls.cost), 0.0)).where(LlmCalls.task_id == task_id)
    return float(session.exec(total).one())
