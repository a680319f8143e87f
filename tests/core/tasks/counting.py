"""A kind of task that stores a row for each item it ran, so that running one twice shows."""

import asyncio
import os
import signal
import time
from collections.abc import Iterable
from typing import Any, ClassVar

from sqlmodel import Session, select

from core.db import Database, Events, LlmCalls
from core.errors import AccessDeniedError, InvalidInputError, MissingKeyError, ProviderDownError
from core.tasks import ItemContext, ItemInterrupted, ItemPlan, ItemResult, TaskKind


class Counting:
    """Does what the payload of each item says: nothing, fail, deny, break, wait, leave when paused, or die.

    ``ok@1`` is an item of stage 1; ``add ok%1 fail%2`` adds two items when it has ended, ``die adding`` one.
    """

    task_type: ClassVar[str] = "counting"
    label: ClassVar[str] = "Count"

    def __init__(self, db: Database) -> None:
        self._db = db
        self.go_on = asyncio.Event()
        self.deny = asyncio.Event()
        self.started = asyncio.Event()
        self.in_flight = 0
        self.most_in_flight = 0

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        if "items" not in config:
            raise InvalidInputError("Name the items.", field="items")
        return [_plan(str(number), does) for number, does in enumerate(config["items"])]

    async def run_item(self, item: ItemContext) -> ItemResult:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._do(item, item.payload["does"])
        finally:
            self.in_flight -= 1

        def write(session: Session) -> dict[str, Any]:
            session.add(
                Events(batch_id=item.task_id, project_id=item.project_id, entity="item", entity_id=item.subject_id,
                       action="count", actor="test")
            )  # fmt: skip
            session.flush()
            if item.payload["does"] in ("die writing", "die adding") and item.attempt == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            return {"attempt": item.attempt}

        return ItemResult(write, _added(item))

    async def _do(self, item: ItemContext, does: str) -> None:
        if does == "fail":
            raise ProviderDownError("The provider is down. Try again later.")
        if does == "deny":
            raise AccessDeniedError("The provider refused the key. Choose another one.")
        if does == "need a key":
            raise _missing_key()
        if does == "break":
            raise ZeroDivisionError("a bug")
        if does == "wait":
            await self.go_on.wait()
        if does == "deny when told":
            await self.deny.wait()
            raise AccessDeniedError("The provider refused the key. Choose another one.")
        if does == "leave":
            self.started.set()
            await asyncio.to_thread(_leave_when_cancelled, item)
        if does == "leak a cancellation":
            raise asyncio.CancelledError
        if does == "pay":
            with self._db.transaction() as session:
                session.add(LlmCalls(task_id=item.task_id, model="m", request_hash="0", state="ok", cost=0.02))
        if does.startswith("call and "):
            call = LlmCalls(task_id=item.task_id, item_id=item.item_id, model="m", request_hash="0", state="started")
            with self._db.transaction() as session:
                session.add(call)
            await self._do(item, does.removeprefix("call and "))
        if does == "die" and item.attempt == 1:
            with self._db.transaction() as session:
                session.add(LlmCalls(task_id=item.task_id, model="m", request_hash="0", state="started"))
            os.kill(os.getpid(), signal.SIGKILL)


def _plan(subject_id: str, does: str) -> ItemPlan:
    does, _, stage = does.partition("@")
    return ItemPlan(subject_id, {"does": does}, int(stage or 0))


def _added(item: ItemContext) -> list[ItemPlan]:
    does = item.payload["does"].replace("%", "@")
    wanted = "ok@1" if does == "die adding" else does.removeprefix("add ") if does.startswith("add ") else ""
    first = (int(item.subject_id) + 1) * 100
    return [_plan(str(number), word) for number, word in enumerate(wanted.split(), first)]


def _leave_when_cancelled(item: ItemContext) -> None:
    while not item.is_cancelled():
        time.sleep(0.01)
    raise ItemInterrupted


def kinds(kind: Counting) -> dict[str, TaskKind]:
    return {kind.task_type: kind}


def counted(db: Database) -> list[int]:
    """Return the positions of the items whose result was stored, once for each time."""
    with db.reading() as session:
        return sorted(int(entity_id) for entity_id in session.exec(select(Events.entity_id)))


def _missing_key() -> MissingKeyError:
    error = MissingKeyError("There is no key for openai.")
    error.variable = "OPENAI_API_KEY"
    return error
