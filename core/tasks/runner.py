"""Working through the items of one task.

The promise: an item is done exactly once, a model call is repeated only when the process died or the reply was
unusable while that call was in flight, and every failure ends in a state with a cause.
"""

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from core.db import Database, LlmCalls, TaskItems, Tasks, utc_now
from core.errors import LLMError, NotFoundError, VitrineError
from core.tasks.item_queue import Claimed, ItemQueue, pause
from core.tasks.kinds import ItemContext, ItemResult, PreparesItems, TaskKind
from core.tasks.service import ACTIVE, TaskStatus

log = logging.getLogger(__name__)


class TaskRunner:
    """Runs the items of a task in the event loop it is awaited on, a number of them at a time."""

    def __init__(self, db_session: Database, kinds: dict[str, TaskKind]) -> None:
        self._db = db_session
        self._kinds = kinds
        self._stop = threading.Event()
        self.progress: dict[str, tuple[float, str]] = {}

    async def run(self, task_id: str, *, concurrency: int | None = None) -> Tasks:
        """Run the task until it is complete, paused or cancelled, and return it.

        Items that were running when a process died are run again.

        Raises:
            NotFoundError: no such task, or nothing here knows its kind of work.
        """
        task = await self._db.write(lambda session: self._begin(session, task_id))
        if task.status != TaskStatus.RUNNING:
            return task
        kind = self._kinds[task.task_type]
        limit = concurrency or int(task.config.get("concurrency") or self._db.settings.llm_concurrency)
        supply = ItemQueue(self._db, task_id, limit, self._stop, self._prepare(kind, task))
        workers = [asyncio.create_task(self._work(kind, task, supply)) for _ in range(limit)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self.progress.pop(task_id, None)
        return await self._db.write(lambda session: _end(session, task_id))

    def stop(self) -> None:
        """Take no further items; the tasks stay as they are and go on at the next start."""
        self._stop.set()

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

    async def _work(self, kind: TaskKind, task: Tasks, supply: ItemQueue) -> None:
        """Do one item after the other.

        While a result goes to the disk the next item gets ready. Writes are done in their order, so when that
        item's call is written down, and then sent, the result before it is safe: what is in flight or not yet
        stored is never more than one call of each worker.
        """
        storing: asyncio.Task[None] | None = None
        while (claimed := await supply.next()) is not None:
            item = claimed.item
            result = await self._result_of(kind, task, claimed, supply)
            if storing is not None:
                await storing
            storing = self._store(task, item, result) if result else None
        if storing is not None:
            await storing

    async def _result_of(self, kind: TaskKind, task: Tasks, claimed: Claimed, supply: ItemQueue) -> ItemResult | None:
        """Do the item; None when it failed, which is written down, or stays open."""
        item = claimed.item
        try:
            return await kind.run_item(self._context(task, item, claimed.prepared))
        except asyncio.CancelledError:
            # An item that found its task paused leaves this way; it stays open and is done at the next run.
            if (own := asyncio.current_task()) is not None and own.cancelling():
                raise
        except LLMError as error:
            code, words = error.code, str(error)
            if error.stops_task:
                # It would fail again until a person did something, and then it should not.
                supply.close()
                await self._db.write(lambda session: _rest(session, item, words))
            else:
                await self._db.write(lambda session: _fail(session, item, code, words))
        except VitrineError as error:
            code, words = error.code, str(error)
            await self._db.write(lambda session: _fail(session, item, code, words))
        except Exception as error:  # noqa: BLE001  the task goes on without this item
            await self._write_down_a_bug(task, item, error)
        return None

    def _store(self, task: Tasks, item: TaskItems, result: ItemResult) -> asyncio.Task[None]:
        """Queue the result at once, and see later that it is stored."""
        writing = self._db.submit(lambda session: _finish(session, item, result))

        async def see() -> None:
            try:
                await asyncio.wrap_future(writing)
            except VitrineError as error:
                code, words = error.code, str(error)
                await self._db.write(lambda session: _fail(session, item, code, words))
            except Exception as error:  # noqa: BLE001  as above
                await self._write_down_a_bug(task, item, error)

        return asyncio.create_task(see())

    async def _write_down_a_bug(self, task: Tasks, item: TaskItems, error: Exception) -> None:
        error_id = secrets.token_hex(4)
        log.error("item %s of task %s failed [%s]", item.id, task.id, error_id, exc_info=error)
        words = f"Something went wrong inside Vitrine. The log has the details under {error_id}."
        await self._db.write(lambda session: _fail(session, item, "bug", words))

    def _prepare(self, kind: TaskKind, task: Tasks) -> Callable[[list[TaskItems]], Sequence[Any]]:
        def prepare(items: list[TaskItems]) -> Sequence[Any]:
            unprepared = [None] * len(items)
            if not isinstance(kind, PreparesItems):
                return unprepared
            try:
                return kind.prepare([self._context(task, item) for item in items])
            except VitrineError:
                return unprepared  # each item meets it again, and says so by itself
            except Exception:
                log.exception("items of task %s could not be made ready together; each is now on its own", task.id)
                return unprepared

        return prepare

    def _context(self, task: Tasks, item: TaskItems, prepared: Any = None) -> ItemContext:
        def report(share: float, doing: str) -> None:
            self.progress[task.id] = (share, doing)

        def is_cancelled() -> bool:
            with self._db.reading() as session:
                status = session.exec(select(Tasks.status).where(Tasks.id == task.id)).one()
            return self._stop.is_set() or status != TaskStatus.RUNNING

        return ItemContext(
            task_id=task.id, item_id=item.id or 0, project_id=task.project_id, position=item.position,
            subject_id=item.subject_id, payload=item.payload, config=task.config,
            attempt=item.attempts + 1, report=report, is_cancelled=is_cancelled, prepared=prepared,
        )  # fmt: skip


def _end(session: Session, task_id: str) -> Tasks:
    """Give back what was claimed but not started, and complete the task when nothing is left."""
    task = session.get(Tasks, task_id)
    if task is None:
        raise NotFoundError("This task does not exist any more.")
    session.execute(
        update(TaskItems)
        .where(col(TaskItems.task_id) == task_id, col(TaskItems.state) == "running")
        .values(state="queued")
    )
    left = select(TaskItems.id).where(TaskItems.task_id == task_id, TaskItems.state == "queued").limit(1)
    if task.status == TaskStatus.RUNNING and session.exec(left).first() is None:
        task.status = TaskStatus.COMPLETED_WITH_FAILURES if task.failed_count else TaskStatus.COMPLETED
        task.ended_at = utc_now()
    return task


def _finish(session: Session, item: TaskItems, result: ItemResult) -> None:
    kept = result.write(session)
    _settle(session, item, state="done", result=kept, error="", error_code="")


def _fail(session: Session, item: TaskItems, code: str, words: str) -> None:
    _settle(session, item, state="failed", error_code=code, error=words)
    session.execute(update(Tasks).where(col(Tasks.id) == item.task_id).values(failed_count=Tasks.failed_count + 1))


def _rest(session: Session, item: TaskItems, words: str) -> None:
    session.execute(update(TaskItems).where(col(TaskItems.id) == item.id).values(state="queued"))
    pause(session, item.task_id, words)


def _settle(session: Session, item: TaskItems, **values: Any) -> None:
    connection = session.connection()
    connection.execute(_SETTLE, {"item": item.id, "ended_at": utc_now(), **values})
    connection.execute(_COUNT, {"task": item.task_id})


# Every item pays for these: they are built once, and go past the session, which has nothing to learn of them.
_ITEMS, _TASKS = TaskItems.__table__, Tasks.__table__  # type: ignore[attr-defined]
_SETTLE = update(_ITEMS).where(_ITEMS.c.id == bindparam("item")).values(attempts=_ITEMS.c.attempts + 1)
_COUNT = update(_TASKS).where(_TASKS.c.id == bindparam("task")).values(processed_count=_TASKS.c.processed_count + 1)


def _reset_interrupted(session: Session, task_id: str) -> None:
    """Queue again what a dead process left behind, and mark its calls as possibly paid."""
    session.execute(
        update(TaskItems)
        .where(col(TaskItems.task_id) == task_id, col(TaskItems.state) == "running")
        .values(state="queued", attempts=TaskItems.attempts + 1)
    )
    session.execute(
        update(LlmCalls)
        .where(col(LlmCalls.task_id) == task_id, col(LlmCalls.state) == "started")
        .values(state="unknown", error_code="interrupted", ended_at=utc_now())
    )
