"""What processes tell the one that runs the tasks of a database: rows that it takes and removes."""

from enum import StrEnum

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.db import Database, Tasks, TaskSignals
from core.errors import NotFoundError


class Signal(StrEnum):
    """What is told of a task, as it is stored."""

    SUBMITTED = "submitted"
    """Its queued items are to be run."""
    ENDED = "ended"
    """A worker has ended it."""


def send(session: Session, task_id: str, signal: Signal) -> None:
    """Tell it in the transaction of *session*; telling it twice changes nothing.

    Raises:
        NotFoundError: there is no such task.
    """
    if session.get(Tasks, task_id) is None:
        raise NotFoundError("This task does not exist any more.")
    session.add(TaskSignals(task_id=task_id, signal=signal))


def take(db: Database, signal: Signal) -> list[str]:
    """Return the ids of the tasks of which this was told since the last call, each once, and forget it."""
    told = select(TaskSignals.id, TaskSignals.task_id).where(TaskSignals.signal == signal)
    with db.reading() as session:
        rows = session.exec(told.order_by(col(TaskSignals.id))).all()
    if rows:
        with db.transaction() as session:
            session.execute(delete(TaskSignals).where(col(TaskSignals.id).in_([row_id for row_id, _ in rows])))
    return list(dict.fromkeys(task_id for _, task_id in rows))
