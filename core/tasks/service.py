"""Creating tasks, reading their state, and changing it: pause, resume, cancel, retry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, select

from core import audit
from core.arguments import require_config
from core.db import Database, LlmCalls, Projects, TaskItems, Tasks, cached_until_write, require_database, utc_now
from core.errors import BadReplyError, InvalidInputError, NotFoundError
from core.pluralize import pluralize
from core.tasks.adding import insert_items
from core.tasks.batch_progress import BatchProgress, batch_progress
from core.tasks.engines.membership import Membership, members
from core.tasks.kinds import TaskKind, kind_of

STAYED_BEHIND = "stayed_behind"
"""Set in the config of a task that was imported without the files that it reads; it is history and never runs."""


class TaskStatus(StrEnum):
    """The states of a task, as they are stored and shown."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    COMPLETED_WITH_FAILURES = "completed with failures"
    CANCELLED = "cancelled"


ACTIVE = (TaskStatus.QUEUED, TaskStatus.RUNNING)
WAITING = ("waiting", "answered")
"""The states of items that wait for something outside, and of those that can go on."""
ENDED = (TaskStatus.COMPLETED, TaskStatus.COMPLETED_WITH_FAILURES, TaskStatus.CANCELLED)


@dataclass(frozen=True)
class FailureGroup:
    """The failed items of a task that share an error code, with one of their messages."""

    error_code: str
    count: int
    example: str


@dataclass(frozen=True)
class TaskSummary:
    """A task with the counts of its items by state, and the costs of its calls."""

    task: Tasks
    queued: int
    running: int
    done: int
    failed: int
    spent: float
    """US dollars, for the calls whose price is known."""
    unpriced_calls: int
    """Calls with a reply, usable or not, whose price is unknown; if there are any, *spent* is a lower bound."""
    maybe_paid_twice: int
    """Calls without a known outcome, in flight when the process died or timed out: the provider may have charged for
    them, and the repeated call is charged too."""
    failures: tuple[FailureGroup, ...]
    waiting: int = 0
    """Items whose requests are with a provider, in batches."""
    batches: BatchProgress | None = None
    """How far these batches are."""

    @property
    def status_text(self) -> str:
        """The status in words, with the number of failures."""
        if self.task.status == TaskStatus.COMPLETED_WITH_FAILURES:
            return f"completed with {pluralize(self.failed, 'failure')}"
        return self.task.status


_UNUSABLE = [BadReplyError.code, *(error.code for error in BadReplyError.__subclasses__())]
HAS_A_REPLY = or_(
    col(LlmCalls.state) == "ok",
    (col(LlmCalls.state) == "failed") & (col(LlmCalls.error_code).in_(_UNUSABLE) | (col(LlmCalls.prompt_tokens) > 0)),
)
"""The condition of calls that were paid for, whether their reply could be used or not.

A call that the provider rejected stated no tokens.
"""


class TaskService:
    """Creates the tasks of projects, reads their state and changes it. An engine or runner runs them."""

    def __init__(self, db_session: Database, kinds: Callable[[], Mapping[str, TaskKind]] = dict) -> None:
        """*kinds* returns the kinds of task by their ``task_type``.

        It is a function because importing every kind is slow: it is called when a task is created.
        """
        self._db = require_database(db_session)
        self._kinds = kinds

    def create_task(
        self,
        project_id: str,
        task_type: str = "image-question-generation",
        config: dict[str, Any] | None = None,
        *,
        cost_cap: float | None = None,
        started_by: str = "local",
    ) -> Tasks:
        """Create a task with its items; it runs when its id is submitted to an engine or ``process_task`` is awaited.

        A service that knows the names of the kinds only (``TASK_TYPES``) adds no items: ``process_task`` does.

        Args:
            config: What the kind of task needs; an ``api_key`` in it is removed before it is stored.
            cost_cap: US dollars; the task pauses before a call that would exceed them.
            started_by: The name of the user or token.

        Raises:
            NotFoundError: there is no such project.
            InvalidInputError: there is no such kind of task, or *config* has an invalid value.
        """
        config = without_secrets(dict(require_config(config or {}, "config", '{"image_ids": [...]}')))
        kind = kind_of(task_type, self._kinds())
        plan = list(kind.plan(project_id, config)) if kind else []
        with self._db.transaction() as session:
            if session.get(Projects, project_id) is None:
                raise NotFoundError("This project does not exist any more. Choose another one.")
            task = Tasks(
                project_id=project_id, task_type=task_type, config=config, total_count=len(plan),
                cost_cap=cost_cap, started_by=started_by,
            )  # fmt: skip
            session.add(task)
            session.flush()
            insert_items(session, task.id, plan)
            audit.record(session, "task.start", task, actor=started_by, items=len(plan), cost_cap=cost_cap)
        return task

    def plan_items(self, task_id: str, kind: TaskKind, config: dict[str, Any]) -> Tasks:
        """Set the config of a task that has no items yet, and add the items that *kind* plans for it.

        Raises:
            NotFoundError: there is no such task.
            InvalidInputError: *config* has an invalid value.
        """
        config = without_secrets(config)
        plan = list(kind.plan(self.get_task(task_id).project_id, config))
        with self._db.transaction() as session:
            task = _task(session, task_id)
            if task.total_count == 0:
                task.config, task.total_count = config, len(plan)
                insert_items(session, task_id, plan)
        return task

    def get_task(self, task_id: str) -> Tasks:
        """Return the task.

        Raises:
            NotFoundError: there is no such task.
        """
        with self._db.reading() as session:
            return _task(session, task_id)

    @cached_until_write
    def list_tasks(self, project_id: str | None = None, *, limit: int = 50, active_only: bool = False) -> list[Tasks]:
        """Return tasks, newest first; with *active_only* those that are queued, running or paused."""
        query = select(Tasks).order_by(col(Tasks.create_at).desc(), col(Tasks.id)).limit(limit)
        if project_id is not None:
            query = query.where(Tasks.project_id == project_id)
        if active_only:
            query = query.where(col(Tasks.status).in_([*ACTIVE, TaskStatus.PAUSED]))
        with self._db.reading() as session:
            return list(session.exec(query))

    @cached_until_write
    def summary(self, task_id: str) -> TaskSummary:
        """Return the task with its item counts, its costs, and its failures grouped by error code."""
        with self._db.reading() as session:
            task = _task(session, task_id)
            states = dict(
                session.exec(
                    select(TaskItems.state, func.count()).where(TaskItems.task_id == task_id).group_by(TaskItems.state)
                ).all()
            )
            calls = select(func.coalesce(func.sum(LlmCalls.cost), 0.0)).where(LlmCalls.task_id == task_id)
            spent = session.exec(calls).one()
            unpriced = session.exec(
                select(func.count())
                .select_from(LlmCalls)
                .where(LlmCalls.task_id == task_id, col(LlmCalls.cost).is_(None), HAS_A_REPLY)
            ).one()
            unknown = session.exec(
                select(func.count())
                .select_from(LlmCalls)
                .where(LlmCalls.task_id == task_id, LlmCalls.state == "unknown")
            ).one()
            failures = session.exec(
                select(TaskItems.error_code, func.count(), func.min(TaskItems.error))
                .where(TaskItems.task_id == task_id, TaskItems.state == "failed")
                .group_by(TaskItems.error_code)
                .order_by(func.count().desc())
            ).all()
            batches = batch_progress(session, task_id) if states.get("waiting") else None
        return TaskSummary(
            task=task,
            queued=states.get("queued", 0) + states.get("answered", 0),
            running=states.get("running", 0),
            done=states.get("done", 0),
            failed=states.get("failed", 0),
            spent=float(spent or 0.0),
            unpriced_calls=unpriced,
            maybe_paid_twice=unknown,
            failures=tuple(FailureGroup(code, count, example) for code, count, example in failures),
            waiting=states.get("waiting", 0),
            batches=batches,
        )

    def items(self, task_id: str, *, state: str | None = None, after: int = -1, limit: int = 100) -> list[TaskItems]:
        """Return items ordered by position, those after position *after* (keyset pagination)."""
        query = select(TaskItems).where(TaskItems.task_id == task_id, TaskItems.position > after)
        if state is not None:
            query = query.where(TaskItems.state == state)
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(TaskItems.position)).limit(limit)))

    def list_workers(self) -> list[Membership]:
        """Return the workers that were heard of, in the order in which they started; see docs/WORKERS.md."""
        with self._db.reading() as session:
            return members(session)

    def pause(self, task_id: str, reason: str = "Paused by you.") -> Tasks:
        """Pause the task: no further item starts, calls in flight are finished and their results stored.

        Raises:
            NotFoundError: there is no such task.
            InvalidInputError: the task is neither queued nor running.
        """
        return self._change_status(task_id, ACTIVE, TaskStatus.PAUSED, reason)

    def resume(self, task_id: str) -> Tasks:
        """Queue a paused task again; it runs once its id is submitted to an engine.

        Raises:
            NotFoundError: there is no such task.
            InvalidInputError: the task is not paused, or the files that it reads stayed behind.
        """
        return self._change_status(task_id, (TaskStatus.PAUSED,), TaskStatus.QUEUED, "")

    def set_cost_cap(self, task_id: str, cost_cap: float | None) -> Tasks:
        """Set how many US dollars the task may spend in all; None removes the cap.

        Raises:
            InvalidInputError: *cost_cap* is not greater than zero.
        """
        if cost_cap is not None and cost_cap <= 0:
            raise InvalidInputError("A cost cap must be greater than zero. Leave it empty for none.", field="cost_cap")
        with self._db.transaction() as session:
            task = _task(session, task_id)
            task.cost_cap = cost_cap
            audit.record(session, "task.cap", task, cost_cap=cost_cap or "none")
        return task

    def cancel(self, task_id: str) -> Tasks:
        """End the task; its results so far stay.

        Raises:
            NotFoundError: there is no such task.
            InvalidInputError: the task has ended already.
        """
        allowed = (*ACTIVE, TaskStatus.PAUSED)
        return self._change_status(task_id, allowed, TaskStatus.CANCELLED, "Cancelled by you.")

    def retry_failed(self, task_id: str, error_code: str | None = None) -> int:
        """Queue the failed items again (with *error_code* only those that failed with it) and return how many.

        Raises:
            NotFoundError: there is no such task.
            InvalidInputError: the task is queued or running, or the files that it reads stayed behind.
        """
        with self._db.transaction() as session:
            task = _task(session, task_id)
            if task.status in ACTIVE:
                raise InvalidInputError("This task is still running. Pause it first, then retry the failed items.")
            _require_files(task)
            failed = update(TaskItems).where(col(TaskItems.task_id) == task_id, col(TaskItems.state) == "failed")
            if error_code is not None:
                failed = failed.where(col(TaskItems.error_code) == error_code)
            requeue = failed.values(state="queued", attempts=0, error="", error_code="")
            count = session.connection().execute(requeue).rowcount
            if count:
                task.failed_count -= count
                task.processed_count -= count
                task.status, task.note, task.ended_at = TaskStatus.QUEUED, "", None
                audit.record(session, "task.retry", task, items=count)
        return int(count)

    def _change_status(self, task_id: str, allowed: tuple[TaskStatus, ...], status: TaskStatus, reason: str) -> Tasks:
        with self._db.transaction() as session:
            task = _task(session, task_id)
            if task.status not in allowed:
                raise InvalidInputError(f"This task is {task.status} and cannot become {status}.")
            if status == TaskStatus.QUEUED:
                _require_files(task)
            task.status, task.note = status, reason
            if status in ENDED:
                task.ended_at = utc_now()
            audit.record(session, _ACT_OF_STATUS[status], task, reason=reason)
        return task


_ACT_OF_STATUS = {"paused": "task.pause", "queued": "task.resume", "cancelled": "task.cancel"}
_SECRET_KEYS = frozenset({"api_key", "authorization", "token", "password"})


def without_secrets(value: Any) -> Any:
    """Return *value* without the mapping keys that name a secret (``api_key``, ``token``, ...), at every depth."""
    if isinstance(value, dict):
        return {key: without_secrets(inner) for key, inner in value.items() if key.lower() not in _SECRET_KEYS}
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    return value


def _require_files(task: Tasks) -> None:
    if task.config.get(STAYED_BEHIND):
        raise InvalidInputError("This task was imported with its project, without the files it reads. Start a new one.")


def _task(session: Session, task_id: str) -> Tasks:
    task = session.get(Tasks, task_id)
    if task is None:
        raise NotFoundError("This task does not exist any more.")
    return task
