"""All batches of a task, with each of its models."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import func
from sqlmodel import select

from core.allowed_hosts import AllowedHosts
from core.db import Database, TaskItems, Tasks
from core.errors import QuotaExceededError
from core.llm import destination
from core.llm.batches import store
from core.llm.batches.calls import ItemCalls
from core.llm.batches.model_batches import ModelBatches, directory_of
from core.llm.types import ModelConfig

_LOOK_S = 0.5
# Providers stop within minutes; after that, what is answered is left there.
_LONGEST_CANCEL_S = 900.0


class TaskBatches:
    """Keeps, sends and reads the batches of one task while it runs in this process."""

    def __init__(
        self, db_session: Database, task_id: str, models: Sequence[ModelConfig], hosts: AllowedHosts | None
    ) -> None:
        """*hosts* are the servers beside public ones that may be reached; None: any.

        Raises:
            InvalidInputError: the provider of a model has no batches.
        """
        self._db = db_session
        self._task_id = task_id
        self._hosts = hosts
        self._by_model = [ModelBatches(db_session, task_id, index, model) for index, model in enumerate(models)]
        self._remove_leftovers(directory_of(db_session, task_id))

    def calls_of(self, item_id: int, model_index: int) -> ItemCalls:
        """Return the calls of an item, with what was answered."""
        return self._by_model[model_index].calls_of(item_id)

    async def send_if_full(self, model_index: int) -> None:
        """Send what is kept for a model when it makes a batch."""
        with destination.limited_to(self._hosts):
            await self._by_model[model_index].send_if_full()

    async def wait(self, is_stopping: Callable[[], bool]) -> bool:
        """Send what is kept, and wait until items can go on; False: none waits, or the task has to stop.

        When the task was cancelled, its batches are, too; what the provider has answered until then is taken.

        Raises:
            LLMError: the provider takes no batch; the task should be paused.
            QuotaExceededError: the cost cap allows none.
        """
        with destination.limited_to(self._hosts):
            if not is_stopping() and await asyncio.to_thread(self._status) == "running":
                for batches in self._by_model:
                    await batches.send()
            return await self._wait(is_stopping)

    async def _wait(self, is_stopping: Callable[[], bool]) -> bool:
        until_s: float | None = None
        while True:
            status = await asyncio.to_thread(self._status)
            if is_stopping() or status not in ("running", "cancelled"):
                self._drop()
                return False
            if status == "cancelled":
                self._drop()
                until_s = until_s or time.monotonic() + _LONGEST_CANCEL_S
                for batches in self._by_model:
                    batches.is_cancelling = True
            came = [await batches.step() for batches in self._by_model]
            if any(came):
                return True
            if not await asyncio.to_thread(self._has_open):
                return status == "running" and await asyncio.to_thread(self._has_queued)
            if until_s is not None and time.monotonic() > until_s:
                return False
            await asyncio.sleep(_LOOK_S)

    def _drop(self) -> None:
        for batches in self._by_model:
            batches.drop()

    def _status(self) -> str:
        """Return the status of the task, "" when it was deleted."""
        with self._db.reading() as session:
            return session.exec(select(Tasks.status).where(Tasks.id == self._task_id)).first() or ""

    def _has_open(self) -> bool:
        return any(batches.has_open for batches in self._by_model)

    def _has_queued(self) -> bool:
        """Return whether items are left, all batches being read.

        Raises:
            QuotaExceededError: there are, and the cost cap keeps them from being asked.
        """
        queued = select(func.count()).where(TaskItems.task_id == self._task_id, TaskItems.state == "queued")
        with self._db.reading() as session:
            count = session.exec(queued).one()
            cost_cap = session.exec(select(Tasks.cost_cap).where(Tasks.id == self._task_id)).one()
        if count and cost_cap is not None and any(batches.is_capped for batches in self._by_model):
            raise QuotaExceededError(
                f"The cost cap of ${cost_cap:.2f} does not allow another batch. Raise it to go on."
            )
        return bool(count)

    def _remove_leftovers(self, directory: Path) -> None:
        """Remove the files of requests that were kept and not sent when a process ended."""
        if not directory.is_dir():
            return
        with self._db.reading() as session:
            open_ids = {batch.id for batch in store.open_batches(session, self._task_id)}
        for file in directory.iterdir():
            if file.stem not in open_ids:
                file.unlink(missing_ok=True)
