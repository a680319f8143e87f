"""A process that runs tasks whose items each pay for one call: ``python -m ... embedded|dbos CONCURRENCY``."""

import asyncio
import signal
import sys
import threading
from collections.abc import Iterable
from typing import Any, ClassVar

from sqlalchemy import update
from sqlmodel import Session, col

from core import connect
from core.background_loop import BackgroundLoop
from core.db import Database, Events, LlmCalls
from core.tasks import EmbeddedEngine, ItemContext, ItemPlan, ItemResult, TaskKind
from core.tasks.engines import coordinator, embedded, membership, worker
from core.tasks.engines.dbos_library import DbosDispatcher, DbosTaker
from core.tasks.engines.worker import Worker

CALL_S = 0.2


class Paying:
    """Commits a call, waits as long as a model answers, and stores its result and a row that tells of the item."""

    task_type: ClassVar[str] = "paying"
    label: ClassVar[str] = "Pay"

    def __init__(self, db: Database) -> None:
        self._db = db

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        return [ItemPlan(str(number)) for number in range(config["items"])]

    async def run_item(self, item: ItemContext) -> ItemResult:
        call = LlmCalls(task_id=item.task_id, item_id=item.item_id, model="m", request_hash="0", state="started")
        await self._db.write(lambda session: session.add(call))
        await asyncio.sleep(CALL_S)

        def write(session: Session) -> dict[str, Any]:
            session.execute(update(LlmCalls).where(col(LlmCalls.id) == call.id).values(state="ok", cost=0.01))
            session.add(
                Events(batch_id=item.task_id, project_id=item.project_id, entity="item", entity_id=item.subject_id,
                       action="pay", actor="test")
            )  # fmt: skip
            return {}

        return ItemResult(write)


def paying_kinds(db: Database) -> dict[str, TaskKind]:
    kind = Paying(db)
    return {kind.task_type: kind}


def be_quick() -> None:
    """Let others notice within seconds that a process is gone."""
    membership.SILENT_S, worker.BEAT_S, coordinator.PASS_S, embedded.TAKE_OVER_S = 4.0, 0.5, 0.5, 0.5
    coordinator.SILENT_S = membership.SILENT_S


def main(engine: str, concurrency: int) -> None:
    be_quick()
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    with connect() as db:
        loop, kinds = BackgroundLoop(), paying_kinds(db)
        if engine == "embedded":
            running: EmbeddedEngine | Worker = EmbeddedEngine(db, kinds, loop)
        else:
            running = Worker(
                db, kinds, loop, DbosDispatcher(db),
                lambda executor, version: DbosTaker(db, executor, version, lambda _queue: True),
                lambda _config: (), concurrency=concurrency,
            )  # fmt: skip
        running.start()
        print("up", flush=True)
        ends.wait()
        running.stop(30)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
