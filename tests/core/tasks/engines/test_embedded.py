"""One embedded engine runs the tasks of a database; another one hands it what it is told, and waits for its end."""

import asyncio
import re
import threading

import pytest
from sqlmodel import select

from core.background_loop import BackgroundLoop
from core.db import Database, TaskItems, Tasks
from core.errors import DatabaseAwayError, NotFoundError
from core.tasks import EmbeddedEngine, TaskService
from core.tasks.engines import embedded
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted, kinds
from tests.core.tasks.engines.conftest import MakeEngine, let_go, until, wait_for


@pytest.fixture
def engine_name() -> str:
    return "embedded"


def test_a_second_engine_of_the_same_database_runs_no_tasks(make_engine: MakeEngine) -> None:
    first, second = make_engine(), make_engine()
    assert (first.health().runs_here, second.health().runs_here) == (True, False)
    with pytest.raises(NotFoundError):
        second.submit("a" * 21)
    first.stop()
    third = make_engine()
    assert third.health().runs_here


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOOK_S", 0.01)


@pytest.mark.usefixtures("_soon")
def test_what_is_told_to_the_second_engine_happens_in_the_first_one_once(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, loop: BackgroundLoop, kind: Counting
) -> None:
    first, second = make_engine(), make_engine()
    task = make_task("wait", *["ok"] * 5, concurrency=1)
    for _ in range(2):  # a client repeats its call
        second.submit(task.id)
    until(lambda: kind.in_flight == 1)
    assert (first.works_on(task.id), second.works_on(task.id)) == (True, False)
    tasks.pause(task.id)
    let_go(loop, kind)
    until(lambda: not first.works_on(task.id))
    assert (tasks.get_task(task.id).status, counted(db)) == ("paused", [0])
    tasks.resume(task.id)
    second.submit(task.id)
    wait_for(tasks, task.id, "completed")
    assert counted(db) == [0, 1, 2, 3, 4, 5]


@pytest.mark.usefixtures("_soon")
def test_a_task_that_was_submitted_to_nobody_is_left_to_the_program_that_made_it(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    _first, second = make_engine(), make_engine()
    own, submitted = make_task("ok"), make_task("ok")
    second.submit(submitted.id)
    wait_for(tasks, submitted.id, "completed")
    assert tasks.get_task(own.id).status == "queued"


@pytest.mark.usefixtures("_soon")
def test_a_key_that_was_typed_on_another_server_is_missed_by_a_note_that_says_where(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    first, second = make_engine(), make_engine()
    task = make_task("need a key")
    for engine, note in (
        (second, "There is no key on the server that runs the tasks, which does not know one that was typed on a page"),
        (first, "There is no key for openai."),
    ):
        engine.submit(task.id)
        wait_for(tasks, task.id, "paused")
        assert tasks.get_task(task.id).note.startswith(note)
        until(lambda: not first.works_on(task.id))
        tasks.resume(task.id)


def test_a_waiting_engine_takes_over_when_the_first_one_ends(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.engines.embedded.TAKE_OVER_S", 0.01)
    first, second = make_engine(), make_engine()
    left = make_task("ok")
    first.stop()
    wait_for(tasks, left.id, "completed")
    assert second.health().runs_here


def test_a_task_is_paused_with_an_error_id_when_its_runner_fails(
    tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("core.tasks.runner.mark_done", broken)
    monkeypatch.setattr("core.tasks.runner.mark_failed", broken)
    task = make_task("ok", "ok")
    make_engine().submit(task.id)
    wait_for(tasks, task.id, "paused")
    assert re.search(r"The log has the details under [0-9a-f]{8}\.$", tasks.get_task(task.id).note)


def test_a_task_submitted_while_its_end_is_told_runs_again_and_is_in_flight_until_its_own_end(
    db: Database, tasks: TaskService, make_task: MakeTask, loop: BackgroundLoop, kind: Counting
) -> None:
    telling, may_go_on = threading.Event(), threading.Event()

    def ended(_task: Tasks) -> None:
        telling.set()
        may_go_on.wait(60)

    engine, task = EmbeddedEngine(db, kinds(kind), loop, ended), make_task("fail")
    engine.start()
    engine.submit(task.id)
    assert telling.wait(60)
    with db.transaction() as session:
        session.exec(select(TaskItems)).one().payload = {"does": "wait"}
    tasks.retry_failed(task.id)
    engine.submit(task.id)
    may_go_on.set()
    until(lambda: kind.in_flight == 1)
    loop.run(asyncio.sleep(0.05), 60)  # the run before it has ended
    assert engine.works_on(task.id)
    let_go(loop, kind)
    until(lambda: not engine.works_on(task.id))
    engine.stop()
    assert (tasks.get_task(task.id).status, counted(db)) == ("completed", [0])


def test_an_engine_that_was_stopped_takes_the_lease_no_more(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine
) -> None:
    stopped, task = make_engine(), make_task("ok")
    stopped.stop()
    stopped.submit(task.id)  # as a thread does that comes late
    assert not stopped.take_lock()
    make_engine()
    wait_for(tasks, task.id, "completed")
    assert counted(db) == [0]


def test_a_task_whose_database_went_away_goes_on_when_it_is_back(
    db: Database, tasks: TaskService, make_task: MakeTask, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "RUN_AGAIN_S", 0.01)
    engine = make_engine()
    run, is_away = engine._runner.run, [True, True, False]

    async def run_or_fail(task_id: str) -> Tasks:
        if is_away.pop(0):
            raise DatabaseAwayError("The database server does not answer.")
        return await run(task_id)

    monkeypatch.setattr(engine._runner, "run", run_or_fail)
    task = make_task("ok", "ok")
    engine.submit(task.id)
    wait_for(tasks, task.id, "completed")
    assert (tasks.get_task(task.id).note, counted(db)) == ("", [0, 1])
