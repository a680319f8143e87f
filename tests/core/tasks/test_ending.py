import asyncio

from sqlalchemy import update
from sqlmodel import col, select

from core.audit import AuditService
from core.db import Database, LlmCalls, TaskItems, Tasks, utc_now
from core.tasks import TaskRunner, TaskService
from core.tasks.ending import refuse
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


def test_a_task_that_cannot_be_run_is_cancelled_before_it_begins_and_paused_afterwards(
    db: Database, tasks: TaskService, make_task: MakeTask
) -> None:
    new, begun, ended = (make_task("ok") for _ in range(3))
    with db.transaction() as session:
        session.execute(update(Tasks).where(col(Tasks.id) == begun.id).values(status="running", started_at=utc_now()))
        session.execute(update(Tasks).where(col(Tasks.id) == ended.id).values(status="completed", note="done"))
    with db.transaction() as session:
        for task_id in (new.id, begun.id, ended.id, "nobody"):
            refuse(session, task_id, "No worker has the key.")
    found = [tasks.get_task(task.id) for task in (new, begun, ended)]
    assert [(task.status, task.note, task.ended_at is None) for task in found] == [
        ("cancelled", "No worker has the key.", False), ("paused", "No worker has the key.", True),
        ("completed", "done", True),
    ]  # fmt: skip
    acts = [(act.act, act.object_id) for act in AuditService(db).find().items[:2]]
    assert acts == [("task.pause", begun.id), ("task.cancel", new.id)]
