"""Where the workers of a task get their items from: claimed a few at a time, and made ready ahead of need."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core.db import Database, LlmCalls, TaskItems, Tasks
from core.tasks.service import TaskStatus

# How soon a pause or a cancel is noticed.
_LOOK_AGAIN_S = 0.5
# Few enough to be ready soon, many enough to share what is done for all of them.
_MOST_AT_ONCE = 16
# How long to wait for what the calls in flight turn out to cost.
_WAIT_FOR_ROOM_S = 0.1

Prepare = Callable[[list[TaskItems]], Sequence[Any]]


@dataclass(frozen=True)
class Claimed:
    """An item that is marked as running, with what was made ready for it."""

    item: TaskItems
    prepared: Any


class ItemQueue:
    """Hands out the queued items of a task until none is left or it should stop."""

    def __init__(self, db: Database, task_id: str, concurrency: int, stop: threading.Event, prepare: Prepare) -> None:
        self._db = db
        self._task_id = task_id
        self._concurrency = concurrency
        self._stop = stop
        self._prepare = prepare
        self._ready: deque[Claimed] = deque()
        self._looking: asyncio.Task[None] | None = None
        self._looked_at_s = 0.0
        self._is_closed = False
        self._found_no_more = False
        self._waits_for_room = False

    def close(self) -> None:
        """Hand out no more."""
        self._is_closed = True

    async def next(self) -> Claimed | None:
        """Return the next item; None when the task is not to go on.

        Looks ahead of need, so that nobody waits for the disk.
        """
        while not (self._is_closed or self._stop.is_set()):
            since_s = time.monotonic() - self._looked_at_s
            is_low = len(self._ready) <= self._concurrency // 2 and not self._found_no_more
            if self._looking is None and (is_low or since_s > _LOOK_AGAIN_S / 2):
                self._looking = asyncio.create_task(self._look())
            if self._ready and since_s <= _LOOK_AGAIN_S:
                return self._ready.popleft()
            if self._looking is None:
                return None
            await asyncio.shield(self._looking)
        return None

    async def _look(self) -> None:
        try:
            more = await self._db.write(self._claim)
            self._looked_at_s = time.monotonic()
            self._is_closed = self._is_closed or more is None
            self._found_no_more = not more and not self._waits_for_room
            if more:
                prepared = await asyncio.to_thread(self._prepare, more)
                self._ready.extend(map(Claimed, more, prepared))
            elif self._waits_for_room:
                await asyncio.sleep(_WAIT_FOR_ROOM_S)
        finally:
            self._looking = None

    def _claim(self, session: Session) -> list[TaskItems] | None:
        """Mark queued items as running; None when the task is not to go on."""
        asked = select(Tasks.status, Tasks.cost_cap, Tasks.processed_count).where(Tasks.id == self._task_id)
        status, cost_cap, ended = session.exec(asked).first() or (None, None, 0)
        if status != TaskStatus.RUNNING:
            return None
        most = min(self._concurrency - len(self._ready), _MOST_AT_ONCE)
        queued = select(TaskItems).where(TaskItems.task_id == self._task_id, TaskItems.state == "queued")
        items = list(session.exec(queued.order_by(col(TaskItems.position)).limit(max(most, 1))))
        room = len(items)
        if items and cost_cap is not None:
            claimed = _claimed(session, self._task_id)
            room = _room(session, self._task_id, cost_cap, ended=ended, most=claimed + len(items)) - claimed
            if room <= 0 and not claimed:
                note = f"The cost cap of ${cost_cap:.2f} leaves no room for another call. Raise it to go on."
                pause(session, self._task_id, note)
                return None
        self._waits_for_room = room <= 0 and bool(items)
        items = items[: max(room, 0)]
        ids = [item.id for item in items]
        session.execute(update(TaskItems).where(col(TaskItems.id).in_(ids)).values(state="running"))
        return items


def _claimed(session: Session, task_id: str) -> int:
    """Return how many items have been claimed and not ended."""
    running = select(func.count()).where(TaskItems.task_id == task_id, TaskItems.state == "running")
    return session.exec(running).one()


def _room(session: Session, task_id: str, cost_cap: float, *, ended: int, most: int) -> int:
    """Return how many calls the rest of the cap pays for, at most *most*, judged by the dearest so far.

    Before an item has ended one goes alone. Where the price stays unknown no cap can hold.
    """
    calls = select(func.sum(LlmCalls.cost), func.max(LlmCalls.cost)).where(LlmCalls.task_id == task_id)
    spent, dearest = session.exec(calls).one()
    if not spent or not dearest:
        return most if ended else 1
    # A little is forgiven, as sums of costs are not exact.
    return min(most, int((cost_cap - spent) / dearest + 1e-6))


def pause(session: Session, task_id: str, note: str) -> None:
    """Let a running task rest until a person looks at it; *note* says why."""
    session.execute(
        update(Tasks)
        .where(col(Tasks.id) == task_id, col(Tasks.status) == TaskStatus.RUNNING)
        .values(status=TaskStatus.PAUSED, note=note)
    )
