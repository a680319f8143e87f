"""Servers and workers on PostgreSQL: versions, workers that are gone, and what is told."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import delete, event, text, update
from sqlmodel import Session, select

from core.background_loop import BackgroundLoop
from core.db import Database, Projects, TaskChunks, TaskItems, Tasks, Workers, utc_now
from core.errors import ConfigurationError, ConflictError, InvalidInputError
from core.tasks import STAGED, EmbeddedEngine, Staging, TaskService, make_worker
from core.tasks.engines import chunks, membership, worker, workers_engine
from core.tasks.engines.dbos_library import DbosDispatcher
from core.tasks.engines.membership import OwnMembership
from core.tasks.engines.signals import Signal, send
from core.tasks.engines.workers_engine import WorkersEngine
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted, kinds
from tests.core.tasks.engines.conftest import WithWorker, until, wait_for

pytestmark = pytest.mark.postgresql


@pytest.fixture
def server(db: Database, kind: Counting, loop: BackgroundLoop) -> Iterator[WorkersEngine]:
    engine = WorkersEngine(db, kinds(kind), loop, DbosDispatcher(db), lambda _config: ["localhost:8000"])
    engine.take_lock()
    yield engine
    engine.stop()


def _chunks(db: Database) -> list[TaskChunks]:
    with db.reading() as session:
        return list(session.exec(select(TaskChunks)))


def _change(db: Database, change: Callable[[Session], object]) -> None:
    with db.transaction() as session:
        change(session)


def test_a_task_that_no_worker_takes_says_which_command_is_missing(make_task: MakeTask, server: WorkersEngine) -> None:
    task = make_task("ok")
    server.submit(task.id)
    assert server.progress(task.id) == (0.0, "no worker takes it: run vitrine worker --lane localhost:8000")
    assert (server.health().workers, server.works_on(task.id)) == (0, False)


def test_many_items_are_handed_out_in_chunks_as_many_as_workers_may_need(
    db: Database, make_task: MakeTask, server: WorkersEngine
) -> None:
    task = make_task(*["ok"] * 120, "ok@1")
    for _ in range(2):
        server.submit(task.id)
    spans = sorted((chunk.first_position, chunk.last_position) for chunk in _chunks(db))
    assert spans == [(0, 49), (50, 99), (100, 149)]


def test_more_chunks_are_handed_out_once_half_of_them_have_ended(
    db: Database, make_task: MakeTask, server: WorkersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ITEMS", 1)
    monkeypatch.setattr(chunks, "MOST_OPEN", 6)
    task = make_task(*["ok"] * 12)
    server.submit(task.id)
    planner, is_needed = server._planner, []
    for chunk in sorted(_chunks(db), key=lambda chunk: chunk.first_position):
        with db.transaction() as session:
            session.execute(delete(TaskChunks).where(TaskChunks.id == chunk.id))
            session.execute(update(TaskItems).where(TaskItems.position == chunk.first_position).values(state="done"))
        with db.reading() as session:
            is_needed.append(planner.is_needed(session, task))
    assert is_needed == [False, False, True, True, True, True]


def test_a_server_hands_out_anew_what_another_version_handed_out(
    db: Database, make_task: MakeTask, server: WorkersEngine
) -> None:
    task = make_task("ok")
    server.submit(task.id)
    (old,) = _chunks(db)
    _change(db, lambda session: session.execute(update(TaskChunks).values(version="0.0.1")))
    server._look()
    server.submit(task.id)
    (new,) = _chunks(db)
    assert (new.id != old.id, new.version) == (True, server._planner.version)
    assert server._dispatcher.open_among([old.id, new.id]) == {new.id}


def test_items_of_a_chunk_that_is_handed_out_no_more_are_queued(
    db: Database, make_task: MakeTask, server: WorkersEngine
) -> None:
    task = make_task("ok")
    server.submit(task.id)
    (lost,) = _chunks(db)
    _change(db, lambda session: session.execute(update(TaskItems).values(state="running")))
    server._dispatcher.forget([lost.id])  # as in a database that was restored
    server._coordinator.act()
    (again,) = _chunks(db)
    (item,) = TaskService(db).items(task.id)
    assert (again.id != lost.id, item.state, item.attempts) == (True, "queued", 1)


def test_a_worker_that_is_silent_may_claim_nothing_once_it_is_removed(db: Database, server: WorkersEngine) -> None:
    own = OwnMembership(db, version="1", kinds=[], lanes=[], concurrency=1)
    own.take()
    old = text(f"clock_timestamp() - interval '{membership.SILENT_S + 1} seconds'")
    _change(db, lambda session: session.execute(update(Workers).values(beat_at=old)))
    assert own.beat({}, is_draining=False)
    _change(db, membership.remove_silent)
    assert [found.name for found in TaskService(db).list_workers()] == [own._values["name"]]
    _change(db, lambda session: session.execute(update(Workers).values(beat_at=old)))
    _change(db, membership.remove_silent)
    with db.transaction() as session:
        assert (own.is_held(), own.is_held_in(session)) == (True, False)
    assert (own.beat({}, is_draining=False), own.is_held()) == (False, False)


def test_a_worker_of_another_version_takes_nothing_says_so_and_joins_again_when_it_was_removed(
    db: Database, kind: Counting, loop: BackgroundLoop, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BEAT_S", 0.05)
    told: list[str] = []
    engine = WithWorker(db, kinds(kind), loop)
    engine.worker._tell = told.append
    engine._planner.version = "9.9.9"
    engine.start()
    try:
        task = make_task("ok")
        engine.submit(task.id)
        until(lambda: bool(told))
        _change(db, lambda session: session.execute(text("DELETE FROM workers")))
        until(lambda: len(told) > 1)
        until(lambda: engine.health().workers == 1)
        assert counted(db) == []
        engine._planner.version = engine.worker._version
        wait_for(TaskService(db), task.id, "completed")
    finally:
        engine.stop()
    assert "takes nothing of version 9.9.9, which the server has. Install that version" in told[0]
    assert "was taken for dead. It joins again" in told[1]


def test_what_workers_cannot_run_is_cancelled_before_it_begins_and_paused_when_it_has_begun(
    db: Database, make_task: MakeTask, server: WorkersEngine
) -> None:
    server._refusal = lambda task: "Set the key on each worker."
    new, begun = make_task("ok"), make_task("ok", "ok")
    _change(db, lambda session: session.execute(update(Tasks).where(Tasks.id == begun.id).values(started_at=utc_now())))
    for task, status in ((new, "cancelled"), (begun, "paused")):
        with pytest.raises(InvalidInputError, match="Set the key on each worker"):
            server.submit(task.id)
        stopped = TaskService(db).get_task(task.id)
        assert (stopped.status, stopped.note) == (status, "Set the key on each worker.")
    assert _chunks(db) == []


class CountingOnServer(Counting):
    task_type = "counting-on-server"

    def why_on_server(self, config: Mapping[str, Any]) -> str:
        return "it reads files of the server"


def test_a_server_runs_what_another_one_was_told_and_hears_of_the_end_of_a_task_however_short(
    db: Database, kind: Counting, loop: BackgroundLoop, project: Projects
) -> None:
    both = kinds(kind) | kinds(CountingOnServer(db))
    ended: list[str] = []
    first = WithWorker(db, both, loop)
    first._ended = lambda task: ended.append(task.id)
    second = WorkersEngine(db, both, loop, DbosDispatcher(db), lambda _config: ())
    try:
        first.start()
        assert (first.health().runs_here, second.take_lock()) == (True, False)
        tasks = TaskService(db, lambda: both)
        on_worker, on_server = (tasks.create_task(project.id, name, {"items": ["ok"]}) for name in both)
        for task in (on_worker, on_server):
            second.submit(task.id)
            wait_for(tasks, task.id, "completed")
        until(lambda: on_worker.id in ended)
    finally:
        second.stop()
        first.stop()
    assert counted(db) == [0, 0]


class Copied:
    """A source that is staged at once."""

    why_on_server = ""

    def staging(self, config: Mapping[str, Any]) -> Staging:
        return "done" if config.get(STAGED) else "needed"

    def stage(self, task: Tasks, progress: object, raise_if_cancelled: object) -> str:
        return "copy"


class CountingCopied(Counting):
    task_type = "counting-copied"
    source = Copied()


@pytest.mark.parametrize("dies", ["before it submits", "after it has submitted"])
def test_what_waits_to_be_staged_is_staged_although_its_process_died(
    db: Database, loop: BackgroundLoop, project: Projects, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    known = kinds(CountingCopied(db))
    task = TaskService(db, lambda: known).create_task(project.id, "counting-copied", {"items": ["ok"]})
    server = WorkersEngine(db, known, loop, DbosDispatcher(db), lambda _config: ())
    assert server.take_lock()
    try:
        if dies == "after it has submitted":
            _change(db, lambda session: send(session, task.id, Signal.SUBMITTED))
            server._look()
        else:
            server._look()  # it may be about to be submitted
            assert TaskService(db).get_task(task.id).status == "queued"
            monkeypatch.setattr(workers_engine, "LEFT_S", 0.0)
            server._look()
        until(lambda: len(_chunks(db)) == 1)
    finally:
        server.stop()
    assert TaskService(db).get_task(task.id).config["staged"] == "copy"


def test_a_look_reads_no_config_of_a_task_that_was_queued_just_now(
    db: Database, server: WorkersEngine, make_task: MakeTask
) -> None:
    assert server.take_lock()
    make_task("ok")
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    server._look()
    of_tasks = [line for line in asked if "FROM tasks" in line]
    assert of_tasks
    assert not any("tasks.config" in line for line in of_tasks)


def test_a_server_that_was_stopped_takes_the_lease_no_more(
    db: Database, kind: Counting, loop: BackgroundLoop, make_task: MakeTask, server: WorkersEngine
) -> None:
    task, alone = make_task("ok"), EmbeddedEngine(db, kinds(kind), loop)
    server.stop()
    server._look()  # as a thread does that comes late
    server.submit(task.id)
    assert not server.take_lock()
    assert alone.take_lock()
    alone.stop()


def test_without_the_setting_there_are_no_workers(db: Database, loop: BackgroundLoop) -> None:
    with pytest.raises(ConfigurationError, match="Workers need VITRINE_TASK_ENGINE=dbos"):
        make_worker(db, {}, loop, lambda _config: (), concurrency=1, tell=print)


def test_a_server_that_runs_all_tasks_itself_and_workers_exclude_each_other(
    db: Database, kind: Counting, loop: BackgroundLoop, make_task: MakeTask, server: WorkersEngine
) -> None:
    task = make_task("ok")
    alone = EmbeddedEngine(db, kinds(kind), loop)
    assert not alone.take_lock()
    alone.submit(task.id)
    server._look()
    assert len(_chunks(db)) == 1
    server.stop()
    assert alone.take_lock()
    with_worker = WithWorker(db, kinds(kind), loop)
    with pytest.raises(ConflictError, match=r"without workers\. Set VITRINE_TASK_ENGINE=dbos there"):
        with_worker.worker.start()
    with_worker.submit(task.id)  # told to the one that runs alone
    alone.stop()
    with_worker.start()
    wait_for(TaskService(db), task.id, "completed")
    with_worker.stop()
