"""Every item of a task ends in a state with a cause, and its result is stored once."""

import asyncio
import logging
import re
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from core.config import Settings
from core.db import Database, LlmCalls, Projects, TaskItems
from core.db.database import open_database
from core.errors import DatabaseAwayError, NotFoundError
from core.projects import ProjectService
from core.tasks import TaskRunner, TaskService, TaskStatus
from core.tasks import runner as runner_module
from core.tasks.engines.worker import NO_KEY_HERE
from tests import postgresql
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting, counted, kinds
from tests.core.tasks.running import run_in_a_process_of_its_own, until


async def test_a_task_whose_items_all_succeed_is_completed(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    ended = await runner.run(make_task(*["ok"] * 10).id)
    assert (ended.status, ended.total_count, ended.processed_count, ended.failed_count) == ("completed", 10, 10, 0)
    assert ended.started_at is not None
    assert ended.ended_at is not None
    assert ended.ended_at >= ended.started_at
    assert counted(db) == list(range(10))
    assert {item.result["attempt"] for item in tasks.items(ended.id)} == {1}


async def test_a_task_without_items_is_completed_at_once(runner: TaskRunner, make_task: MakeTask) -> None:
    assert (await runner.run(make_task().id)).status == "completed"


async def test_a_result_waits_for_a_database_that_went_away(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "_WRITE_AGAIN_S", 0.01)
    submit, failures = db.submit, [DatabaseAwayError("The database server does not answer.") for _ in range(2)]

    def submit_or_fail(work: Callable[[Session], Any]) -> Future[Any]:
        if "_store" not in work.__qualname__ or not failures:
            return submit(work)
        failed: Future[Any] = Future()
        failed.set_exception(failures.pop())
        return failed

    monkeypatch.setattr(db, "submit", submit_or_fail)
    ended = await runner.run(make_task("ok", concurrency=1).id)
    (item,) = tasks.items(ended.id)
    assert (ended.status, item.state, item.result["attempt"], counted(db), failures) == (
        "completed",
        "done",
        1,
        [0],
        [],
    )


async def test_failed_items_have_a_cause_and_the_others_continue(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    ended = await runner.run(make_task("ok", "fail", "ok", "fail").id)
    summary = tasks.summary(ended.id)
    assert (ended.status, ended.processed_count, ended.failed_count) == ("completed with failures", 4, 2)
    assert (summary.done, summary.failed, summary.queued, summary.running) == (2, 2, 0, 0)
    assert summary.status_text == "completed with 2 failures"
    assert [(group.error_code, group.count, group.example) for group in summary.failures] == [
        ("provider_down", 2, "The provider is down. Try again later.")
    ]
    assert counted(db) == [0, 2]


@pytest.mark.parametrize(
    ("no_key", "note"),
    [
        ("", "There is no key for openai."),
        (
            NO_KEY_HERE,
            "There is no key on the worker, which does not know one that was typed on a page. "
            "Set OPENAI_API_KEY in the environment of each worker and start it again, then resume the task.",
        ),
    ],
)
async def test_a_missing_key_pauses_the_task_and_a_worker_says_where_it_has_to_be(
    db: Database, kind: Counting, make_task: MakeTask, no_key: str, note: str
) -> None:
    runner = TaskRunner(db, kinds(kind), no_key=lambda _task_id: no_key)
    ended = await runner.run(make_task("need a key", "ok", concurrency=1).id)
    assert (ended.status, ended.note, ended.processed_count) == ("paused", note, 0)


async def test_a_bug_fails_its_item_with_an_id_that_the_log_has_too(
    tasks: TaskService, runner: TaskRunner, make_task: MakeTask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        ended = await runner.run(make_task("break", "ok").id)
    broken = tasks.items(ended.id, state="failed")[0]
    assert broken.error_code == "bug"
    found = re.fullmatch(
        r"Something went wrong inside Vitrine\. The log has the details under ([0-9a-f]{8})\.", broken.error
    )
    assert found is not None
    assert found[1] in caplog.text
    assert "ZeroDivisionError: a bug" in caplog.text
    assert "ZeroDivisionError" not in broken.error


async def test_a_refused_key_pauses_the_task_and_queues_its_item_again(
    tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    paused = await runner.run(make_task("deny", *["ok"] * 5).id, concurrency=1)
    assert (paused.status, paused.processed_count, paused.failed_count) == ("paused", 0, 0)
    assert paused.note == "The provider refused the key. Choose another one."
    assert paused.ended_at is None
    assert tasks.summary(paused.id).queued == 6


async def test_no_prefetched_item_starts_after_a_refused_key(
    tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("deny when told", *["wait"] * 3, *["ok"] * 8)
    running = asyncio.create_task(runner.run(task.id, concurrency=4))
    await until(lambda: kind.in_flight == 4)
    kind.deny.set()
    await until(lambda: kind.in_flight == 3)
    kind.go_on.set()

    assert (await running).status == "paused"
    assert tasks.summary(task.id).done == 3


async def test_the_cost_cap_pauses_the_task_and_a_higher_one_lets_it_continue(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    paused = await runner.run(make_task(*["pay"] * 10, cost_cap=0.05).id, concurrency=1)
    assert (paused.status, paused.processed_count) == ("paused", 2)
    assert paused.note == "The cost cap of $0.05 does not allow another call. Raise it to go on."
    assert tasks.summary(paused.id).spent == pytest.approx(0.04)
    tasks.set_cost_cap(paused.id, 1.0)
    tasks.resume(paused.id)
    assert (await runner.run(paused.id)).status == "completed"


async def test_a_cost_cap_has_no_effect_when_the_price_is_unknown(
    runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    running = asyncio.create_task(runner.run(make_task("ok", *["wait"] * 8, cost_cap=0.05).id, concurrency=4))
    await until(lambda: kind.in_flight == 4)
    kind.go_on.set()
    assert (await running).status == "completed"


async def test_with_a_cost_cap_no_second_call_starts_before_the_first_has_ended(
    runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    running = asyncio.create_task(runner.run(make_task(*["wait"] * 8, cost_cap=0.05).id, concurrency=4))
    await until(lambda: kind.in_flight == 1)
    await asyncio.sleep(0.4)  # several claims
    assert kind.most_in_flight == 1
    kind.go_on.set()
    assert (await running).status == "completed"


async def test_no_more_items_run_at_once_than_the_concurrency_allows(
    runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    running = asyncio.create_task(runner.run(make_task(*["wait"] * 3, *["ok"] * 20, concurrency=3).id))
    await until(lambda: kind.in_flight == 3)
    kind.go_on.set()
    assert (await running).processed_count == 23
    assert kind.most_in_flight == 3


async def test_a_config_without_concurrency_runs_as_many_items_as_the_setting_says(tmp_path: Path) -> None:
    with closing(open_database(Settings(data_dir=tmp_path / "other", llm_concurrency=6))) as db:
        kind = Counting(db)
        project = ProjectService(db).create_project("Shelf")
        task = TaskService(db, lambda: kinds(kind)).create_task(project.id, "counting", {"items": ["wait"] * 9})
        running = asyncio.create_task(TaskRunner(db, kinds(kind)).run(task.id))
        await until(lambda: kind.in_flight == 6)
        kind.go_on.set()
        assert (await running).processed_count == 9
    assert kind.most_in_flight == 6


async def test_a_pause_finishes_the_items_in_flight_and_a_resume_runs_the_others(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("wait", *["ok"] * 5)
    running = asyncio.create_task(runner.run(task.id, concurrency=1))
    await until(lambda: kind.in_flight == 1)
    tasks.pause(task.id)
    kind.go_on.set()
    paused = await running
    assert (paused.status, paused.note, paused.processed_count) == ("paused", "Paused by you.", 1)
    tasks.resume(task.id)
    assert (await runner.run(task.id)).status == "completed"
    assert counted(db) == [0, 1, 2, 3, 4, 5]
    assert {item.attempts for item in tasks.items(task.id)} == {1}


async def test_a_cancelled_task_keeps_its_results_and_never_starts_again(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("wait", *["ok"] * 5)
    running = asyncio.create_task(runner.run(task.id, concurrency=1))
    await until(lambda: kind.in_flight == 1)
    tasks.cancel(task.id)
    kind.go_on.set()
    cancelled = await running
    assert (cancelled.status, cancelled.note) == ("cancelled", "Cancelled by you.")
    assert counted(db) == [0]
    assert (await runner.run(task.id)).status == "cancelled"
    assert counted(db) == [0]


async def test_the_next_runner_continues_a_task_whose_runner_was_stopped(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task("wait", *["ok"] * 5)
    running = asyncio.create_task(runner.run(task.id, concurrency=1))
    await until(lambda: kind.in_flight == 1)
    runner.stop()
    kind.go_on.set()
    left = await running
    assert (left.status, left.processed_count) == (TaskStatus.RUNNING, 1)
    assert tasks.summary(task.id).queued == 5
    again = await TaskRunner(db, {"counting": kind}).run(task.id)
    assert (again.status, counted(db)) == ("completed", [0, 1, 2, 3, 4, 5])


async def test_an_unknown_task_and_an_unknown_kind_are_refused(
    db: Database, tasks: TaskService, runner: TaskRunner, project: Projects
) -> None:
    with pytest.raises(NotFoundError, match="does not exist any more"):
        await runner.run("nowhere")
    with pytest.raises(NotFoundError, match="Tasks of the type counting cannot be run here"):
        await TaskRunner(db, {}).run(tasks.create_task(project.id, "counting", {"items": []}).id)


@pytest.mark.parametrize(("ending", "code"), [("fail", "provider_down"), ("break", "bug"), ("deny", "interrupted")])
async def test_a_call_does_not_stay_started_when_its_item_stored_nothing(
    ending: str, code: str, db: Database, runner: TaskRunner, make_task: MakeTask
) -> None:
    await runner.run(make_task(f"call and {ending}", "ok").id)
    with db.reading() as session:
        calls = [(call.state, call.error_code) for call in session.exec(select(LlmCalls))]
    assert calls == [("unknown", code)]


@pytest.mark.parametrize("moment", ["die", "die writing"])
@pytest.mark.parametrize("place", [0, 7, 19])
def test_crash_contract_a_process_killed_in_any_item_repeats_that_item_only(
    moment: str, place: int, db: Database, tasks: TaskService, kind: Counting, make_task: MakeTask
) -> None:
    items = ["ok"] * 20
    items[place] = moment
    task = make_task(*items)
    assert run_in_a_process_of_its_own(postgresql.target_of(db), task.id) == -9
    assert tasks.get_task(task.id).status == "running"
    assert run_in_a_process_of_its_own(postgresql.target_of(db), task.id) == 0
    summary = tasks.summary(task.id)
    assert (summary.task.status, summary.task.processed_count, summary.done) == ("completed", 20, 20)
    assert counted(db) == list(range(20))
    assert tasks.items(task.id)[place].result == {"attempt": 2}
    with db.reading() as session:
        states = session.exec(select(LlmCalls.state)).all()
    assert (list(states), summary.maybe_paid_twice) == ((["unknown"], 1) if moment == "die" else ([], 0))


async def test_a_result_that_comes_after_another_process_took_the_item_over_is_not_stored(
    db: Database, kind: Counting, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    task = make_task("wait")
    late = asyncio.create_task(runner.run(task.id))
    await until(lambda: kind.in_flight == 1)
    with db.transaction() as session:  # as the runner of another process begins
        session.execute(update(TaskItems).values(state="running", attempts=TaskItems.attempts + 1))
    kind.go_on.set()
    await late
    assert (counted(db), tasks.get_task(task.id).processed_count) == ([], 0)


async def test_an_item_that_leaves_a_paused_task_from_a_thread_is_run_again_after_the_resume(
    db: Database, kind: Counting, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    task = make_task("leave")
    running = asyncio.create_task(runner.run(task.id))
    await kind.started.wait()

    tasks.pause(task.id)
    paused = await asyncio.wait_for(running, 60)

    assert (paused.status, paused.failed_count) == ("paused", 0)
    assert [(item.state, item.attempts) for item in tasks.items(task.id)] == [("queued", 0)]
    assert counted(db) == []

    with db.transaction() as session:
        for item in session.exec(select(TaskItems)):
            item.payload = {"does": "ok"}
    tasks.resume(task.id)
    assert (await runner.run(task.id)).status == "completed"
    assert counted(db) == [0]


async def test_cancelling_the_run_itself_raises_and_fails_no_item(
    db: Database, kind: Counting, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    task = make_task("wait", "wait")
    running = asyncio.create_task(runner.run(task.id, concurrency=2))
    await until(lambda: kind.in_flight == 2)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert kind.in_flight == 0
    assert [(item.state, item.error) for item in tasks.items(task.id)] == [("running", "")] * 2
    assert counted(db) == []


async def test_a_cancellation_that_leaks_out_of_an_item_fails_it_as_a_bug(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask
) -> None:
    ended = await runner.run(make_task("leak a cancellation", "ok").id)

    assert (ended.status, ended.failed_count) == ("completed with failures", 1)
    assert [item.error_code for item in tasks.items(ended.id)] == ["bug", ""]
    assert counted(db) == [1]


async def test_a_task_is_paused_before_the_disk_is_full_and_continues_afterwards(
    db: Database, tasks: TaskService, runner: TaskRunner, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_task(*["ok"] * 4)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
        paused = await runner.run(made.id)
    assert (paused.status, paused.failed_count, counted(db)) == ("paused", 0, [])
    assert paused.note.startswith("The disk has only 1 MB left. Free some space")
    tasks.resume(made.id)
    assert (await runner.run(made.id)).status == "completed"
