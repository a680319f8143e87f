"""One embedded engine runs the tasks of a data directory; another one waits for its end."""

import pytest

from core.errors import ConflictError
from core.tasks import TaskService
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.engines.conftest import MakeEngine, wait_for


@pytest.fixture
def engine_name() -> str:
    return "embedded"


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
    assert "The log has the details under" in tasks.get_task(task.id).note
