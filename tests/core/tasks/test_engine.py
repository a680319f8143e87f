"""One engine runs the tasks of a data directory; it continues, resumes and stops them."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from core.background_loop import BackgroundLoop
from core.db import Database
from core.errors import ConflictError
from core.tasks import LocalEngine, TaskService
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted, kinds

MakeEngine = Callable[[], LocalEngine]


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    made = BackgroundLoop()
    yield made
    made.close()


@pytest.fixture
def make_engine(db: Database, kind: Counting, loop: BackgroundLoop) -> Iterator[MakeEngine]:
    engines: list[LocalEngine] = []

    def make() -> LocalEngine:
        engine = LocalEngine(db, kinds(kind), loop)
        engines.append(engine)
        engine.start()
        return engine

    yield make
    for engine in engines:
        engine.stop()


def _wait_for(tasks: TaskService, task_id: str, status: str, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while (now := tasks.get_task(task_id).status) != status:
        assert time.monotonic() < deadline, f"still {now}"
        time.sleep(0.01)


def _until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _let_go(loop: BackgroundLoop, kind: Counting) -> None:
    async def set_() -> None:
        kind.go_on.set()

    loop.run(set_(), 5)


def test_a_submitted_task_runs_to_its_end(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    task = make_task(*["ok"] * 5)
    make_engine().submit(task.id)
    _wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2, 3, 4]


def test_submitting_twice_runs_once(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    task, engine = make_task(*["ok"] * 20), make_engine()
    for _ in range(5):
        engine.submit(task.id)
    _wait_for(tasks, task.id, "completed")
    engine.submit(task.id)
    assert counted(db) == list(range(20))


def test_a_new_engine_continues_the_active_tasks_of_an_earlier_process(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    open_, paused = make_task("ok"), make_task("ok")
    tasks.pause(paused.id)
    make_engine()
    _wait_for(tasks, open_.id, "completed")
    assert tasks.get_task(paused.id).status == "paused"


def test_a_second_engine_of_the_same_data_directory_runs_no_tasks(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    first, second = make_engine(), make_engine()
    assert (first.health().runs_here, second.health().runs_here) == (True, False)
    with pytest.raises(ConflictError, match="Another Vitrine process runs the tasks"):
        second.submit(make_task("ok").id)
    first.stop()
    third = make_engine()
    assert third.health().runs_here


def test_a_waiting_engine_takes_over_when_the_first_one_ends(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.engine.TAKE_OVER_S", 0.01)
    first, second = make_engine(), make_engine()
    left = make_task("ok")
    first.stop()
    _wait_for(tasks, left.id, "completed")
    assert second.health().runs_here


def test_a_task_resumed_while_its_last_item_is_in_flight_continues(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    task, engine = make_task("wait", "ok", "ok", concurrency=1), make_engine()
    engine.submit(task.id)
    _until(lambda: kind.in_flight == 1)
    tasks.pause(task.id)
    tasks.resume(task.id)
    engine.submit(task.id)
    _let_go(loop, kind)
    _wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2]


def test_a_task_is_paused_with_an_error_id_when_its_runner_fails(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("core.tasks.runner.mark_done", broken)
    monkeypatch.setattr("core.tasks.runner.mark_failed", broken)
    task = make_task("ok", "ok")
    make_engine().submit(task.id)
    _wait_for(tasks, task.id, "paused")
    assert "The log has the details under" in tasks.get_task(task.id).note


def test_stopping_waits_for_the_item_in_flight_and_stores_its_result(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    task, engine = make_task("wait", *["ok"] * 5, concurrency=1), make_engine()
    engine.submit(task.id)
    _until(lambda: kind.in_flight == 1)
    stopping = loop.submit(asyncio.to_thread(engine.stop))
    time.sleep(0.3)
    assert not stopping.done()
    _let_go(loop, kind)
    stopping.result(10)
    summary = tasks.summary(task.id)
    assert (summary.task.status, summary.done, summary.running, summary.queued) == ("running", 1, 0, 5)
    assert counted(db) == [0]
    make_engine()
    _wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2, 3, 4, 5]
