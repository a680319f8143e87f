"""Files that are put where workers can read them before these run a task, and items that wait for an answer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from core.db import Database, Tasks
from core.errors import NotFoundError, ProviderDownError
from core.tasks import STAGED, Staging, TaskRunner, TaskService
from core.tasks.kinds import TaskKind
from core.tasks.staging import stage
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted


class Source:
    """The files of a task, which say what happens when they are put into the bucket."""

    why_on_server = ""

    def __init__(self, put: Callable[[Callable[[], None]], Any]) -> None:
        self._put = put

    def staging(self, config: Mapping[str, Any]) -> Staging:
        return "done" if STAGED in config else "needed"

    def stage(self, task: Tasks, progress: Callable[[float, str], None], raise_if_cancelled: Callable[[], None]) -> Any:
        return self._put(raise_if_cancelled)


class Staged(Counting):
    """A kind whose tasks read files of the server."""

    def __init__(self, db: Database, put: Callable[[Callable[[], None]], Any]) -> None:
        super().__init__(db)
        self.source = Source(put)


class Waiting(Counting):
    """A kind whose tasks wait for *answers*, the results of each wait."""

    def __init__(self, db: Database, *answers: bool | Exception) -> None:
        super().__init__(db)
        self.answers: Iterator[bool | Exception] = iter(answers)
        self.was_stopping: list[bool] = []
        self.ended: list[str] = []

    def waits(self, config: Mapping[str, Any]) -> bool:
        return True

    async def wait(self, task: Tasks, is_stopping: Callable[[], bool]) -> bool:
        self.was_stopping.append(is_stopping())
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end_waiting(self, task_id: str) -> None:
        self.ended.append(task_id)


def _runner(db: Database, kind: TaskKind) -> TaskRunner:
    return TaskRunner(db, {"counting": kind})


async def test_what_was_staged_is_stored_in_the_config_and_no_item_runs_here(db: Database, make_task: MakeTask) -> None:
    runner = _runner(db, Staged(db, lambda _raise: {"objects": 2}))
    task = make_task("ok", other=1)
    for _ in range(2):
        ended = await runner.run(task.id)
        assert (ended.status, ended.config) == ("running", {"items": ["ok"], "other": 1, STAGED: {"objects": 2}})
    assert counted(db) == []


async def test_what_cannot_be_staged_pauses_the_task_with_the_reason(db: Database, make_task: MakeTask) -> None:
    def put(_raise: Callable[[], None]) -> Any:
        raise ProviderDownError("The bucket is full. Make room.")

    ended = await _runner(db, Staged(db, put)).run(make_task("ok").id)
    assert (ended.status, ended.note, STAGED in ended.config) == ("paused", "The bucket is full. Make room.", False)


async def test_a_task_that_is_paused_while_it_is_staged_stores_nothing(
    db: Database, tasks: TaskService, make_task: MakeTask
) -> None:
    task = make_task("ok")

    def put(raise_if_cancelled: Callable[[], None]) -> Any:
        raise_if_cancelled()
        tasks.pause(task.id)
        raise_if_cancelled()
        return {"objects": 1}

    ended = await _runner(db, Staged(db, put)).run(task.id)
    assert (ended.status, ended.config) == ("paused", {"items": ["ok"]})


async def test_who_may_not_run_the_task_any_more_stores_nothing(db: Database, make_task: MakeTask) -> None:
    task = make_task("ok")
    kind = Staged(db, lambda _raise: {"objects": 1})
    for may_run, found in ((False, {"items": ["ok"]}), (True, {"items": ["ok"], STAGED: {"objects": 1}})):
        staged = await stage(db, kind, task, lambda *_: None, lambda: False, lambda _session, may=may_run: may)
        assert staged.config == found


async def test_a_task_that_is_gone_when_its_files_are_there_is_not_found(db: Database, make_task: MakeTask) -> None:
    task = Tasks(project_id=make_task("ok").project_id, task_type="counting", config={})
    with pytest.raises(NotFoundError, match="This task does not exist any more"):
        await stage(db, Staged(db, lambda _raise: 1), task, lambda *_: None, lambda: False, lambda _session: True)


async def test_a_task_waits_until_nothing_is_left_to_wait_for(db: Database, make_task: MakeTask) -> None:
    kind, task = Waiting(db, True, True, False), make_task("ok")
    assert (await _runner(db, kind).run(task.id)).status == "completed"
    assert (kind.was_stopping, kind.ended, counted(db)) == ([False] * 3, [task.id], [0])


async def test_a_task_with_nothing_to_wait_for_is_paused_with_the_reason(db: Database, make_task: MakeTask) -> None:
    kind = Waiting(db, ProviderDownError("The batch is gone. Start it again."))
    ended = await _runner(db, kind).run(make_task("wait for ever", "ok").id)
    assert (ended.status, ended.note) == ("paused", "The batch is gone. Start it again.")


async def test_whoever_waits_hears_that_the_runner_stops(db: Database, make_task: MakeTask) -> None:
    kind = Waiting(db, False)
    runner = _runner(db, kind)
    runner.stop()
    await runner.run(make_task("ok").id)
    assert (kind.was_stopping, counted(db)) == ([True], [])
