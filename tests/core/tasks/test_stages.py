"""Items in stages, and items that other items add: their order, and that each is there once."""

import asyncio

import pytest
from sqlmodel import col, select

from core.db import Database, Events, TaskItems
from core.tasks import TaskRunner, TaskService
from tests import postgresql
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted
from tests.core.tasks.running import run_in_a_process_of_its_own, until


async def test_a_stage_starts_when_all_items_of_the_lower_ones_have_ended_failed_ones_too(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("ok@1", "wait", "fail", "ok@2", "wait@1")
    running = asyncio.create_task(runner.run(task.id, concurrency=4))
    await until(lambda: kind.in_flight == 1 and tasks.summary(task.id).failed == 1)
    await asyncio.sleep(0.3)  # several claims would fit in
    assert counted(db) == []
    kind.go_on.set()
    ended = await running
    assert (ended.status, ended.processed_count, ended.failed_count) == ("completed with failures", 5, 1)
    assert [(item.stage, item.subject_id) for item in tasks.items(task.id)] == [
        (0, "1"), (0, "2"), (1, "0"), (1, "4"), (2, "3"),
    ]  # fmt: skip
    with db.reading() as session:
        done = [int(entity) for entity in session.exec(select(Events.entity_id).order_by(col(Events.id)))]
    assert (done[0], set(done[1:3]), done[3]) == (1, {0, 4}, 3)


async def test_an_item_adds_items_that_run_with_full_concurrency(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("add wait%1 wait%1 ok%0")
    running = asyncio.create_task(runner.run(task.id, concurrency=2))
    await until(lambda: kind.in_flight == 2)
    assert tasks.get_task(task.id).total_count == 4
    kind.go_on.set()
    ended = await running
    assert (ended.status, ended.total_count, ended.processed_count) == ("completed", 4, 4)
    assert [item.position for item in tasks.items(task.id)] == [0, 1, 100_000_000, 100_000_001]
    assert counted(db) == [0, 100, 101, 102]


async def test_an_item_added_to_a_low_stage_runs_before_the_higher_ones_that_wait(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    ended = await runner.run(make_task("add ok%0 ok%1", "ok@1", "ok@2").id)
    assert (ended.status, ended.total_count) == ("completed", 5)
    assert [(item.stage, item.subject_id) for item in tasks.items(ended.id)] == [
        (0, "0"), (0, "100"), (1, "1"), (1, "101"), (2, "2"),
    ]  # fmt: skip
    with db.reading() as session:
        done = [int(entity) for entity in session.exec(select(Events.entity_id).order_by(col(Events.id)))]
    assert (done[:2], set(done[2:4]), done[4]) == ([0, 100], {1, 101}, 2)


async def test_a_paused_task_keeps_the_order_of_its_stages_after_the_resume(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("add ok%1", "wait", "ok@1")
    running = asyncio.create_task(runner.run(task.id, concurrency=2))
    await until(lambda: kind.in_flight == 1 and tasks.get_task(task.id).total_count == 4)
    tasks.pause(task.id)
    kind.go_on.set()
    assert (await running).status == "paused"
    assert counted(db) == [0, 1]
    tasks.resume(task.id)
    assert (await runner.run(task.id)).status == "completed"
    assert counted(db) == [0, 1, 2, 100]


async def test_a_retried_item_of_a_low_stage_runs_again_and_ended_stages_do_not(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    task = await runner.run(make_task("fail", "ok@1").id)
    with db.transaction() as session:
        for item in session.exec(select(TaskItems).where(TaskItems.state == "failed")):
            item.payload = {"does": "add ok%1"}
    assert tasks.retry_failed(task.id) == 1
    ended = await runner.run(task.id)
    assert (ended.status, ended.total_count, ended.processed_count, ended.failed_count) == ("completed", 3, 3, 0)
    assert counted(db) == [0, 1, 100]


@pytest.mark.parametrize(
    ("items", "added"), [(["ok", "die adding", "ok", "ok@1"], 1), (["add ok%1 die%1 ok%1", "ok", "ok@1"], 3)]
)
def test_crash_contract_added_items_exist_once_after_a_kill(
    items: list[str], added: int, db: Database, tasks: TaskService, make_task: MakeTask
) -> None:
    task = make_task(*items)
    assert run_in_a_process_of_its_own(postgresql.target_of(db), task.id) == -9
    assert run_in_a_process_of_its_own(postgresql.target_of(db), task.id) == 0
    ended = tasks.get_task(task.id)
    count = len(items) + added
    assert (ended.status, ended.total_count, ended.processed_count) == ("completed", count, count)
    assert (len(counted(db)), len(set(counted(db)))) == (count, count)
