"""That a process is a worker: its row, which it refreshes, and which is removed when it was silent for too long."""

import os
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, text, update
from sqlmodel import Session, col, select

from core.db import Database, TaskChunks, Workers, new_id

BEAT_S = 2.0
SILENT_S = 20.0
"""A worker that was not heard of for so long is taken for dead: what it had in flight is asked for again, and paid."""


@dataclass(frozen=True)
class Membership:
    """The state of a worker, as others see it."""

    id: str
    name: str
    version: str
    kinds: tuple[str, ...]
    lanes: tuple[str, ...]
    concurrency: int
    is_draining: bool
    started_at: datetime
    beat_at: datetime
    chunks: int
    """How many chunks it runs now."""


class OwnMembership:
    """The row of this process; as a lease it says whether the process may claim items.

    The row is removed and items are claimed in writing transactions, which take turns: a worker that was taken for dead
    claims nothing, however late it learns of it.
    """

    def __init__(
        self, db: Database, *, version: str, kinds: Collection[str], lanes: Collection[str], concurrency: int
    ) -> None:
        self._db = db
        self.executor = new_id()
        self._values: dict[str, Any] = {
            "executor": self.executor, "version": version, "kinds": sorted(kinds), "lanes": sorted(lanes),
            "concurrency": concurrency, "name": f"{socket.gethostname()}:{os.getpid()}",
        }  # fmt: skip
        self.id = ""

    def take(self) -> bool:
        """Add the row; True."""
        row = Workers(**self._values)
        with self._db.transaction() as session:
            session.add(row)
        self.id = row.id
        return True

    def beat(self, doing: Mapping[str, tuple[float, str]], *, is_draining: bool) -> bool:
        """Refresh the row and return whether it is still there; takes no turn among the writers."""
        values = {"doing": dict(doing), "is_draining": is_draining, "beat_at": func.clock_timestamp()}
        with self._db.engine.begin() as connection:
            refreshed = connection.execute(update(Workers).where(col(Workers.id) == self.id).values(values))
            is_there = bool(refreshed.rowcount)
        if not is_there:
            self.id = ""
        return is_there

    def is_held(self) -> bool:
        """Return whether this process is a worker as far as it knows."""
        return bool(self.id)

    def is_held_in(self, session: Session) -> bool:
        """Return whether it is one at this moment of a writing transaction."""
        return session.exec(select(Workers.id).where(Workers.id == self.id)).first() is not None

    def release(self) -> None:
        """Remove the row."""
        with self._db.transaction() as session:
            session.execute(delete(Workers).where(col(Workers.id) == self.id))
        self.id = ""


def members(session: Session) -> list[Membership]:
    """Return the workers that were heard of, in the order in which they started."""
    chunks = dict(
        session.exec(
            select(TaskChunks.worker_id, func.count()).where(TaskChunks.worker_id != "").group_by(TaskChunks.worker_id)
        ).all()
    )
    return [
        Membership(
            row.id, row.name, row.version, tuple(row.kinds), tuple(row.lanes), row.concurrency, row.is_draining,
            row.create_at, row.beat_at, chunks.get(row.id, 0),
        )
        for row in session.exec(select(Workers).order_by(col(Workers.create_at), col(Workers.id)))
    ]  # fmt: skip


def remove_silent(session: Session) -> list[str]:
    """Remove the workers that were silent for too long, and return their names."""
    silent = col(Workers.beat_at) < text(f"clock_timestamp() - interval '{SILENT_S} seconds'")
    rows = session.exec(select(Workers).where(silent)).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return [row.name for row in rows]
