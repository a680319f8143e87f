import asyncio

from sqlalchemy import update
from sqlmodel import select

from core.db import Database, LlmCalls, TaskItems
from core.tasks import TaskRunner, TaskService
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted
from tests.core.tasks.engines.conftest import until


async def test_a_call_for_an_item_that_another_process_has_ended_meanwhile_is_maybe_paid(
    db: Database, tasks: TaskService, make_task: MakeTask, runner: TaskRunner, kind: Counting
) -> None:
    task = make_task("call and wait")
    running = asyncio.create_task(runner.run(task.id))
    await asyncio.to_thread(until, lambda: kind.in_flight == 1)
    with db.transaction() as session:
        session.execute(update(TaskItems).values(state="done", attempts=TaskItems.attempts + 2))
    kind.go_on.set()
    await running
    with db.reading() as session:
        assert session.exec(select(LlmCalls.state)).all() == ["unknown"]
    assert (counted(db), tasks.summary(task.id).maybe_paid_twice) == ([], 1)
