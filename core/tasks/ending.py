"""How the run of an item ends: its state, its task's counts and its calls, in the transaction of its result."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from core import audit
from core.db import LlmCalls, TaskItems, Tasks, utc_now
from core.db.group_commit import do_together
from core.errors import VitrineError
from core.tasks.adding import insert_items
from core.tasks.item_queue import pause_running
from core.tasks.kinds import ItemPlan, ItemResult
from core.tasks.part import Span
from core.tasks.service import ACTIVE, WAITING, TaskStatus


class TakenOverError(VitrineError):
    """The item was requeued by another process while it ran here; nothing of its result is stored."""


def mark_done(session: Session, item: TaskItems, result: ItemResult) -> None:
    """Store the result of an item and count it; an item that another process took over raises TakenOverError."""
    stored = result.write(session)
    if result.more:
        _add_items(session, item.task_id, result.more)
    _end_item(session, item, state="done", result=stored, error="", error_code="")


def _add_items(session: Session, task_id: str, more: Sequence[ItemPlan]) -> None:
    insert_items(session, task_id, more)
    session.execute(update(Tasks).where(col(Tasks.id) == task_id).values(total_count=Tasks.total_count + len(more)))


def complete_without_open_items(session: Session, task: Tasks) -> None:
    """Complete an active task whose items have all ended, or that has none."""
    open_items = col(TaskItems.state).in_(("queued", "running", *WAITING))
    left = select(TaskItems.id).where(TaskItems.task_id == task.id, open_items).limit(1)
    if task.status not in ACTIVE or session.exec(left).first() is not None:
        return
    task.status = TaskStatus.COMPLETED_WITH_FAILURES if task.failed_count else TaskStatus.COMPLETED
    task.note, task.ended_at = "", utc_now()
    audit.record(
        session, "task.end", task, in_task=True, status=task.status, items=task.total_count,
        failed=task.failed_count or None,
    )  # fmt: skip


def refuse(session: Session, task_id: str, reason: str) -> None:
    """Stop an active task that cannot be run: one that has not begun is cancelled, another one paused."""
    task = session.get(Tasks, task_id, populate_existing=True)
    if task is None or task.status not in ACTIVE:
        return
    is_new = task.started_at is None
    task.status, task.note = (TaskStatus.CANCELLED if is_new else TaskStatus.PAUSED), reason
    task.ended_at = utc_now() if is_new else None
    audit.record(session, "task.cancel" if is_new else "task.pause", task, reason=reason)


def mark_failed(session: Session, item: TaskItems, code: str, message: str) -> None:
    """Record why an item failed, and count it."""
    _end_calls(session, item, code)
    _end_item(session, item, state="failed", error_code=code, error=message)
    session.execute(update(Tasks).where(col(Tasks.id) == item.task_id).values(failed_count=Tasks.failed_count + 1))


def requeue(session: Session, item: TaskItems) -> bool:
    """Queue an item again, and return whether it is still this process that runs it."""
    own = update(TaskItems).where(col(TaskItems.id) == item.id, col(TaskItems.attempts) == item.attempts)
    is_own = bool(session.connection().execute(own.values(state="queued")).rowcount)
    if is_own:
        _end_calls(session, item, "interrupted")
    return is_own


def requeue_and_pause(session: Session, item: TaskItems, reason: str) -> None:
    """Queue an item again, and pause its task with *reason*."""
    if requeue(session, item):
        pause_running(session, item.task_id, reason)


def _end_calls(session: Session, item: TaskItems, code: str) -> None:
    """Mark calls whose reply came, but whose item stored nothing, as maybe paid."""
    session.execute(
        update(LlmCalls)
        .where(
            col(LlmCalls.task_id) == item.task_id, col(LlmCalls.state) == "started", col(LlmCalls.item_id) == item.id
        )
        .values(state="unknown", error_code=code, ended_at=utc_now())
    )


def end_left_calls(session: Session, task_id: str, *of_items: Any) -> None:
    """Mark as maybe paid what was sent for items that have ended meanwhile, by a process that was taken for dead."""
    ended = select(TaskItems.id).where(
        TaskItems.task_id == task_id, col(TaskItems.state).in_(("done", "failed")), *of_items
    )
    left = [col(LlmCalls.task_id) == task_id, col(LlmCalls.state) == "started", col(LlmCalls.item_id).in_(ended)]
    values = {"state": "unknown", "error_code": "interrupted", "ended_at": utc_now()}
    session.execute(update(LlmCalls).where(*left).values(values).execution_options(synchronize_session=False))


def _end_item(session: Session, item: TaskItems, **values: Any) -> None:
    connection = session.connection()
    ended = connection.execute(
        _UPDATE_ITEM, {"item": item.id, "attempts_before": item.attempts, "ended_at": utc_now(), **values}
    )
    if not ended.rowcount:
        raise TakenOverError("Another process runs this item now.")
    do_together(session, _count_items, [item.task_id])


def _count_items(session: Session, task_ids: list[str]) -> None:
    """Count items that have ended, one for each of *task_ids*; always in the same order, so that nobody waits twice."""
    for task_id, ended in sorted(Counter(task_ids).items()):
        session.connection().execute(_COUNT_ITEMS, {"task": task_id, "ended": ended})


# SQLAlchemy Core statements, built once, instead of ORM objects: every item executes them.
_ITEMS, _TASKS = TaskItems.__table__, Tasks.__table__  # type: ignore[attr-defined]
# Whoever takes a task over counts the attempts of its items up: a result that comes later is not stored again.
_UPDATE_ITEM = (
    update(_ITEMS)
    .where(_ITEMS.c.id == bindparam("item"), _ITEMS.c.attempts == bindparam("attempts_before"))
    .values(attempts=_ITEMS.c.attempts + 1)
)
_COUNT_ITEMS = (
    update(_TASKS)
    .where(_TASKS.c.id == bindparam("task"))
    .values(processed_count=_TASKS.c.processed_count + bindparam("ended"))
)


def requeue_interrupted(session: Session, task_id: str, span: Span | None = None) -> None:
    """Requeue items left in state running by a crashed process, and mark their calls as maybe paid."""
    left = [col(TaskItems.task_id) == task_id, col(TaskItems.state) == "running"]
    calls = [col(LlmCalls.task_id) == task_id, col(LlmCalls.state) == "started"]
    if span is not None:
        left.append(span.condition())
        calls.append(col(LlmCalls.item_id).in_(select(TaskItems.id).where(*left)))
    ended = {"state": "unknown", "error_code": "interrupted", "ended_at": utc_now()}
    session.execute(update(LlmCalls).where(*calls).values(ended).execution_options(synchronize_session=False))
    session.execute(update(TaskItems).where(*left).values(state="queued", attempts=TaskItems.attempts + 1))
