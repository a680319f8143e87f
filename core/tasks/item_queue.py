"""The queue that the workers of a task take items from: claimed in small batches and prefetched."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from core import audit
from core.db import Database, LlmCalls, TaskItems, Tasks
from core.tasks.part import Part, Span
from core.tasks.service import TaskStatus

# The longest time until a pause or a cancel is noticed.
_STATUS_CHECK_S = 0.5
# Small enough to be prefetched quickly, large enough to share the work.
_MAX_BATCH = 16
# How long to wait for the costs of the calls in flight when the cost cap allows no further call yet.
_BUDGET_RETRY_S = 0.1

Prepare = Callable[[list[TaskItems]], Sequence[Any]]


class Round(Enum):
    """Which items of a task are claimed."""

    ALL = "queued"
    """Those that are queued, as many as the cost cap allows."""
    DEFERRED = "queued, cost nothing yet"
    """Those that are queued: what they ask for is paid later, and the cost cap is kept there."""
    ANSWERED = "answered"
    """Those that can go on, also those of a cancelled task: what they ask for is paid."""

    @property
    def item_state(self) -> str:
        """The state of the items."""
        return "answered" if self is Round.ANSWERED else "queued"


@dataclass(frozen=True)
class Claimed:
    """An item that is marked as running, with what was prepared for it."""

    item: TaskItems
    prepared: Any


class ItemQueue:
    """Returns the queued items of a task one by one until none is left or the task has to stop."""

    def __init__(
        self,
        db: Database,
        task_id: str,
        concurrency: int,
        stop: threading.Event,
        prepare: Prepare,
        may_claim: Callable[[Session], bool] = lambda session: True,
        which: Round = Round.ALL,
        part: Part | None = None,
    ) -> None:
        self._which = which
        self._span = part.span if part else None
        self._slots = part.slots if part else None
        self._db = db
        self._may_claim = may_claim
        self._task_id = task_id
        self._concurrency = concurrency
        self._stop = stop
        self._prepare = prepare
        self._ready: deque[Claimed] = deque()
        self._claiming: asyncio.Task[None] | None = None
        self._claimed_at_s = 0.0
        self._preparing: set[asyncio.Task[None]] = set()
        self._ahead = 0  # how many items are ready or being prepared
        self._is_closed = False
        self._is_exhausted = False
        self._waits_for_budget = False
        self._in_flight = 0
        self._ended = asyncio.Event()

    def close(self) -> None:
        """Close the queue: :meth:`next` returns None from now on."""
        self._is_closed = True

    async def next(self) -> Claimed | None:
        """Return the next item; None when none is left or the task has to stop.

        Prefetches: batches are claimed and prepared while items of earlier ones run, several at the same time. Items in
        flight may add more items, or hold back a higher stage: as long as there are any, it waits.
        """
        has_slot = self._slots is None
        while not (self._is_closed or self._stop.is_set()):
            age_s = time.monotonic() - self._claimed_at_s
            # While nothing is ready there is nothing to hand out, and so no status to check.
            is_due = age_s > _STATUS_CHECK_S / 2 and bool(self._ready or not self._preparing)
            if self._claiming is None and (self._is_low() or is_due):
                self._claiming = asyncio.create_task(self._claim_batch())
            if self._ready and age_s <= _STATUS_CHECK_S:
                if not has_slot:
                    has_slot = await self._take_slot()
                    continue  # the task may have been paused meanwhile
                self._in_flight += 1
                self._ahead -= 1
                return self._ready.popleft()
            has_slot = has_slot and not self._give_slot()
            # Items that are ready wait for the status alone: preparing a batch may take longer than it is valid.
            awaited = [task for task in (self._claiming, *(() if self._ready else self._preparing)) if task]
            if awaited:
                done, _ = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            elif self._in_flight:
                self._ended.clear()
                await self._ended.wait()
            else:
                return None
        if has_slot:
            self._give_slot()
        return None

    def _is_low(self) -> bool:
        return self._ahead <= self._concurrency // 2 and not self._is_exhausted

    def item_ran(self) -> None:
        """Note that the item of :meth:`next` runs no more; its result may not be committed yet."""
        self._give_slot()

    async def _take_slot(self) -> bool:
        if self._slots is not None:
            await self._slots.acquire()
        return True

    def _give_slot(self) -> bool:
        """Let another part of this process run an item; return whether there was a slot to give."""
        if self._slots is not None:
            self._slots.release()
        return self._slots is not None

    def item_ended(self) -> None:
        """Note that the result or the failure of an item is committed; call it once for each item of :meth:`next`."""
        self._in_flight -= 1
        self._is_exhausted = False
        self._ended.set()

    async def _claim_batch(self) -> None:
        try:
            batch = await self._db.write(self._claim)
            self._claimed_at_s = time.monotonic()
            self._is_closed = self._is_closed or batch is None
            self._is_exhausted = not batch and not self._waits_for_budget
            if batch:
                self._ahead += len(batch)
                preparing = asyncio.create_task(self._prepare_batch(batch))
                self._preparing.add(preparing)
                preparing.add_done_callback(self._preparing.discard)
            elif self._waits_for_budget:
                await asyncio.sleep(_BUDGET_RETRY_S)
        finally:
            self._claiming = None

    async def _prepare_batch(self, batch: list[TaskItems]) -> None:
        prepared = await asyncio.to_thread(self._prepare, batch)
        self._ready.extend(map(Claimed, batch, prepared))

    def _claim(self, session: Session) -> list[TaskItems] | None:
        """Mark queued items as running and return them; None when the task has to stop."""
        columns = select(Tasks.status, Tasks.cost_cap, Tasks.processed_count).where(Tasks.id == self._task_id)
        status, cost_cap, processed = session.exec(columns).first() or (None, None, 0)
        is_paid = self._which is Round.ANSWERED and status == TaskStatus.CANCELLED
        if not (status == TaskStatus.RUNNING or is_paid) or not self._may_claim(session):
            return None
        wanted = min(self._concurrency - self._ahead, _MAX_BATCH)
        items = _next_queued(session, self._task_id, max(wanted, 1), self._which.item_state, self._span)
        allowed = len(items)
        # Items of later stages send nothing: they put together what was paid for.
        if items and cost_cap is not None and items[0].stage == 0 and self._which is Round.ALL:
            in_flight = _count_running(session, self._task_id)
            most = in_flight + len(items)
            affordable = _affordable_items(session, self._task_id, cost_cap, processed=processed, most=most)
            allowed = affordable - in_flight
            if allowed <= 0 and not in_flight:
                reason = f"The cost cap of ${cost_cap:.2f} does not allow another call. Raise it to go on."
                pause_running(session, self._task_id, reason)
                return None
        self._waits_for_budget = allowed <= 0 and bool(items)
        items = items[: max(allowed, 0)]
        ids = [item.id for item in items]
        session.execute(update(TaskItems).where(col(TaskItems.id).in_(ids)).values(state="running"))
        return items


def _next_queued(session: Session, task_id: str, limit: int, state: str, span: Span | None) -> list[TaskItems]:
    """Return queued items of one stage by position; none while an item of a lower stage runs.

    Positions are ordered by stage, so the first queued item has the lowest one.
    """
    queued = select(TaskItems).where(TaskItems.task_id == task_id, TaskItems.state == state)
    if span is not None:
        queued = queued.where(span.condition())
    items = list(session.exec(queued.order_by(col(TaskItems.position)).limit(limit)))
    stage = items[0].stage if items else 0
    if stage:
        running = select(TaskItems.id).where(TaskItems.task_id == task_id, TaskItems.state == "running")
        if session.exec(running.where(TaskItems.stage < stage).limit(1)).first() is not None:
            return []
    return [item for item in items if item.stage == stage]


def _count_running(session: Session, task_id: str) -> int:
    running = select(func.count()).where(TaskItems.task_id == task_id, TaskItems.state == "running")
    return session.exec(running).one()


def _affordable_items(session: Session, task_id: str, cost_cap: float, *, processed: int, most: int) -> int:
    """Return how many items the rest of the cap pays for, at most *most*, at the highest price of an item so far.

    An item may send several calls. Until the first one has ended only one is allowed, so that its price is known
    before others start. Once items have ended without a known price, the cap cannot be enforced and *most* are allowed.
    """
    if not processed:
        return 1
    item = func.coalesce(LlmCalls.item_id, -LlmCalls.id)  # type: ignore[operator]  # a call of no item stands alone
    of_item = func.sum(LlmCalls.cost).label("cost")
    prices = select(of_item).where(LlmCalls.task_id == task_id).group_by(item).subquery()
    spent, highest = session.exec(select(func.sum(prices.c.cost), func.max(prices.c.cost))).one()
    if not spent or not highest:
        return most
    # The tolerance is for rounding errors in the sum of the costs.
    return min(most, int((cost_cap - spent) / highest + 1e-6))


def pause_all(session: Session, project_id: str, reason: str) -> None:
    """Pause the queued and running tasks of a project; *reason* is shown to the user."""
    active = [col(Tasks.project_id) == project_id, col(Tasks.status).in_((TaskStatus.QUEUED, TaskStatus.RUNNING))]
    for task in session.exec(select(Tasks).where(*active)).all():
        task.status, task.note = TaskStatus.PAUSED, reason
        audit.record(session, "task.pause", task, reason=reason)


def pause_running(session: Session, task_id: str, reason: str) -> None:
    """Pause the task if it is running; *reason* is shown to the user."""
    paused = session.connection().execute(
        update(Tasks)
        .where(col(Tasks.id) == task_id, col(Tasks.status) == TaskStatus.RUNNING)
        .values(status=TaskStatus.PAUSED, note=reason)
    )
    if paused.rowcount:
        task = session.get(Tasks, task_id, populate_existing=True)
        audit.record(session, "task.pause", task, in_task=True, reason=reason)
