"""What processes tell the one that runs the tasks of a database: rows that it removes when it has done so."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.db import Database, Tasks, TaskSignals
from core.errors import NotFoundError, StorageError


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


@contextmanager
def taken(db: Database, signal: Signal) -> Iterator[list[str]]:
    """Give the ids of the tasks of which this was told, each once; told again when the database or disk fails."""
    told = select(TaskSignals.id, TaskSignals.task_id).where(TaskSignals.signal == signal)
    with db.reading() as session:
        rows = session.exec(told.order_by(col(TaskSignals.id))).all()
    fails = False
    try:
        yield list(dict.fromkeys(task_id for _, task_id in rows))
    except StorageError:
        fails = True
        raise
    finally:
        if rows and not fails:
            with db.transaction() as session:
                session.execute(delete(TaskSignals).where(col(TaskSignals.id).in_([row_id for row_id, _ in rows])))
