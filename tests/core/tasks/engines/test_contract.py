"""What holds for every engine: it runs, continues, resumes and stops tasks, and stores each result once."""

import asyncio
import time

from core.background_loop import BackgroundLoop
from core.db import Database
from core.tasks import TaskService
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted
from tests.core.tasks.engines.conftest import MakeEngine, let_go, until, wait_for


def test_a_submitted_task_runs_to_its_end(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    task = make_task(*["ok"] * 5)
    make_engine().submit(task.id)
    wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2, 3, 4]


def test_submitting_twice_runs_once(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    task, engine = make_task(*["ok"] * 20), make_engine()
    for _ in range(5):
        engine.submit(task.id)
    wait_for(tasks, task.id, "completed")
    engine.submit(task.id)
    assert counted(db) == list(range(20))


def test_a_new_engine_continues_the_active_tasks_of_an_earlier_process(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    open_, paused = make_task("ok"), make_task("ok")
    tasks.pause(paused.id)
    make_engine()
    wait_for(tasks, open_.id, "completed")
    assert tasks.get_task(paused.id).status == "paused"


def test_a_task_resumed_while_its_last_item_is_in_flight_continues(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    task, engine = make_task("wait", "ok", "ok", concurrency=1), make_engine()
    engine.submit(task.id)
    until(lambda: kind.in_flight == 1)
    tasks.pause(task.id)
    tasks.resume(task.id)
    engine.submit(task.id)
    let_go(loop, kind)
    wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2]


def test_a_task_without_items_and_one_resumed_after_its_last_item_end(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    engine, empty, task = make_engine(), make_task(), make_task("wait")
    engine.submit(empty.id)
    wait_for(tasks, empty.id, "completed")
    engine.submit(task.id)
    until(lambda: kind.in_flight == 1)
    tasks.pause(task.id)
    let_go(loop, kind)
    until(lambda: not engine.works_on(task.id))
    assert (tasks.summary(task.id).done, tasks.get_task(task.id).status) == (1, "paused")
    tasks.resume(task.id)
    engine.submit(task.id)
    wait_for(tasks, task.id, "completed")


def test_stopping_waits_for_the_item_in_flight_and_stores_its_result(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    task, engine = make_task("wait", *["ok"] * 5, concurrency=1), make_engine()
    engine.submit(task.id)
    until(lambda: kind.in_flight == 1)
    stopping = loop.submit(asyncio.to_thread(engine.stop))
    time.sleep(0.3)
    assert not stopping.done()
    let_go(loop, kind)
    stopping.result(60)
    summary = tasks.summary(task.id)
    assert (summary.task.status, summary.done, summary.running, summary.queued) == ("running", 1, 0, 5)
    assert counted(db) == [0]
    make_engine()
    wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2, 3, 4, 5]


def test_items_of_a_stage_and_those_that_items_add_run_when_the_lower_stages_have_ended(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    task = make_task("add ok%1 ok%2", "ok", "fail", "ok@1")
    make_engine().submit(task.id)
    wait_for(tasks, task.id, "completed with failures")
    assert [(item.stage, item.state) for item in tasks.items(task.id)] == [
        (0, "done"), (0, "done"), (0, "failed"), (1, "done"), (1, "done"), (2, "done"),
    ]  # fmt: skip
    assert counted(db) == [0, 1, 3, 100, 101]


def test_a_paused_task_finishes_what_is_in_flight_and_starts_no_more(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    task, engine = make_task(*["wait"] * 8, concurrency=2), make_engine()
    engine.submit(task.id)
    until(lambda: kind.in_flight == 2)
    tasks.pause(task.id)
    time.sleep(0.6)  # a pause is noticed within half a second
    assert engine.works_on(task.id)
    let_go(loop, kind)
    until(lambda: not engine.works_on(task.id))
    summary = tasks.summary(task.id)
    assert (summary.task.status, summary.done, summary.queued) == ("paused", 2, 6)


def test_a_cost_cap_pauses_the_task(tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine) -> None:
    task, engine = make_task(*["pay"] * 10, cost_cap=0.05), make_engine()
    engine.submit(task.id)
    wait_for(tasks, task.id, "paused")
    assert tasks.summary(task.id).spent <= 0.05
    assert "cost cap" in tasks.get_task(task.id).note
