"""Chunks: the queued items of a task in groups that are handed out to workers."""

from collections.abc import Collection

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from core.db import TaskChunks, TaskItems, Tasks
from core.tasks.adding import POSITIONS_PER_STAGE
from core.tasks.ending import complete_without_open_items, requeue_interrupted
from core.tasks.engines.dispatcher import Dispatcher
from core.tasks.engines.routing import Routing
from core.tasks.engines.signals import Signal, send
from core.tasks.part import Span
from core.tasks.service import ACTIVE, ENDED

CHUNK_ITEMS = 50
"""The items of a chunk. What the library does and keeps is for each chunk; a worker that dies holds back so many."""

MOST_OPEN = 128
"""Chunks of one task that are handed out at a time: many more than workers take."""


class ChunkPlanner:
    """Makes chunks of the queued items of a task, those of its lowest open stage."""

    def __init__(self, routing: Routing, dispatcher: Dispatcher, version: str) -> None:
        self._routing = routing
        self._dispatcher = dispatcher
        self.version = version

    def plan(self, session: Session, task: Tasks) -> None:
        """Hand out items that are queued and in no chunk yet, in the transaction of *session*.

        No chunk ends a task that has no items, or was paused while its last ones ran: it is completed here.
        """
        queue = self._routing.queue_of(task.task_type, task.config)
        if queue is not None and task.status in ACTIVE:
            self._plan(session, task, queue)
        if queue is not None and task.status in ENDED:
            send(session, task.id, Signal.ENDED)

    def _plan(self, session: Session, task: Tasks, queue: str) -> None:
        spans = _spans(session, task.id)
        if not spans:
            complete_without_open_items(session, task)
        if len(spans) > MOST_OPEN // 2:
            return
        for span in _new_spans(session, task.id, spans, MOST_OPEN - len(spans)):
            chunk = TaskChunks(
                task_id=task.id, first_position=span.first, last_position=span.last, queue=queue, version=self.version
            )
            session.add(chunk)
            session.flush()
            self._dispatcher.enqueue(session, chunk.id, queue, self.version)

    def is_needed(self, session: Session, task: Tasks) -> bool:
        """Return whether :meth:`plan` would hand out something, or complete a task whose items have all ended."""
        if self._routing.queue_of(task.task_type, task.config) is None:
            return False
        spans = _spans(session, task.id)
        if not spans and task.total_count:
            return True
        return len(spans) <= MOST_OPEN // 2 and bool(_new_spans(session, task.id, spans, 1))

    def begin(self, session: Session, chunk_id: str, worker_id: str) -> None:
        """Note who runs a chunk."""
        session.execute(update(TaskChunks).where(col(TaskChunks.id) == chunk_id).values(worker_id=worker_id))

    def end(self, session: Session, task: Tasks, chunk_id: str) -> None:
        """Remove a chunk that was run, and hand out what can be run next."""
        session.execute(delete(TaskChunks).where(col(TaskChunks.id) == chunk_id))
        self.plan(session, task)

    def take_back(self, session: Session, chunk_ids: Collection[str]) -> None:
        """Remove chunks that nobody will run; their items are queued."""
        for chunk in session.exec(select(TaskChunks).where(col(TaskChunks.id).in_(chunk_ids))).all():
            requeue_interrupted(session, chunk.task_id, Span(chunk.first_position, chunk.last_position))
            session.delete(chunk)
        session.flush()


def _spans(session: Session, task_id: str) -> list[Span]:
    columns = select(TaskChunks.first_position, TaskChunks.last_position).where(TaskChunks.task_id == task_id)
    return [Span(first, last) for first, last in session.exec(columns.order_by(col(TaskChunks.first_position)))]


def _new_spans(session: Session, task_id: str, taken: list[Span], most: int) -> list[Span]:
    """Return at most *most* spans with queued items that are in none of *taken*."""
    lowest = _lowest(session, task_id, 0, ("queued", "running"))
    if lowest is None:
        return []
    behind = (lowest // POSITIONS_PER_STAGE + 1) * POSITIONS_PER_STAGE
    ends = {span.first: span.last for span in taken}
    found: list[Span] = []
    position: int | None = lowest
    while len(found) < most:
        position = _lowest(session, task_id, position or 0, ("queued",))
        if position is None or position >= behind:
            break
        first = position // CHUNK_ITEMS * CHUNK_ITEMS
        last = ends.get(first)
        if last is None:
            last = first + CHUNK_ITEMS - 1
            found.append(Span(first, last))
        position = last + 1
    return found


def _lowest(session: Session, task_id: str, start: int, states: tuple[str, ...]) -> int | None:
    """Return the lowest position of an item in one of these states, from *start* on."""
    found = [
        session.exec(
            select(func.min(TaskItems.position)).where(
                TaskItems.task_id == task_id, TaskItems.state == state, TaskItems.position >= start
            )
        ).one()
        for state in states
    ]
    return min((position for position in found if position is not None), default=None)
