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
    stopping.result(10)
    summary = tasks.summary(task.id)
    assert (summary.task.status, summary.done, summary.running, summary.queued) == ("running", 1, 0, 5)
    assert counted(db) == [0]
    make_engine()
    wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2, 3, 4, 5]
