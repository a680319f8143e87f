"""Creating tasks, changing their status, and keeping secrets out of their config."""

import pytest

from core.db import Database, LlmCalls, Projects
from core.errors import InvalidInputError, NotFoundError
from core.tasks import TaskRunner, TaskService
from core.tasks.service import without_secrets
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting


def test_a_task_is_made_with_its_items_in_their_order(tasks: TaskService, make_task: MakeTask) -> None:
    task = make_task("ok", "fail", "ok")
    assert (task.status, task.total_count, task.processed_count) == ("queued", 3, 0)
    assert [(item.position, item.subject_id, item.payload["does"]) for item in tasks.items(task.id)] == [
        (0, "0", "ok"),
        (1, "1", "fail"),
        (2, "2", "ok"),
    ]


def test_items_are_listed_after_a_position(tasks: TaskService, make_task: MakeTask) -> None:
    task = make_task(*["ok"] * 5)
    assert [item.position for item in tasks.items(task.id, after=1, limit=2)] == [2, 3]


def test_no_task_is_created_with_an_invalid_config(tasks: TaskService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Name the items"):
        tasks.create_task(project.id, "counting", {})
    assert tasks.list_tasks() == []


def test_a_task_of_an_unknown_project_is_refused(tasks: TaskService) -> None:
    with pytest.raises(NotFoundError, match="This project does not exist any more"):
        tasks.create_task("nowhere", "counting", {"items": []})


def test_a_kind_of_task_that_does_not_exist_is_refused_with_the_names_of_those_that_do(
    tasks: TaskService, db: Database, project: Projects
) -> None:
    with pytest.raises(InvalidInputError, match=r"no kind of task called knitting\. Use counting\.$") as refused:
        tasks.create_task(project.id, "knitting", {"items": []})
    assert refused.value.field == "task_type"
    with pytest.raises(InvalidInputError, match=r"no kind of task called counting\. Use asked-check, dataset-check, "):
        TaskService(db).create_task(project.id, "counting")
    assert tasks.list_tasks() == []


def test_keys_are_never_stored(tasks: TaskService, make_task: MakeTask) -> None:
    task = make_task("ok", llm_config={"model": "m", "api_key": "secret", "headers": [{"Authorization": "secret"}]})
    assert tasks.get_task(task.id).config == {"items": ["ok"], "llm_config": {"model": "m", "headers": [{}]}}
    assert without_secrets({"a": ({"Token": 1, "b": 2},)}) == {"a": [{"b": 2}]}


async def test_a_retry_runs_only_the_failed_items(tasks: TaskService, runner: TaskRunner, make_task: MakeTask) -> None:
    task = await runner.run(make_task("ok", "fail", "break").id)
    assert tasks.retry_failed(task.id, "provider_down") == 1
    queued = tasks.get_task(task.id)
    assert (queued.status, queued.processed_count, queued.failed_count, queued.ended_at) == ("queued", 2, 1, None)
    assert [(item.attempts, item.error) for item in tasks.items(task.id, state="queued")] == [(0, "")]
    again = await runner.run(task.id)
    assert (again.status, again.processed_count, again.failed_count) == ("completed with failures", 3, 2)
    assert tasks.retry_failed(task.id) == 2


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        ("cancel", "pause", "This task is cancelled and cannot become paused."),
        ("cancel", "resume", "This task is cancelled and cannot become queued."),
        ("cancel", "cancel", "This task is cancelled and cannot become cancelled."),
        ("pause", "pause", "This task is paused and cannot become paused."),
    ],
)
def test_an_invalid_change_of_status_is_refused_with_a_message(
    first: str, then: str, message: str, tasks: TaskService, make_task: MakeTask
) -> None:
    task = make_task("ok")
    getattr(tasks, first)(task.id)
    with pytest.raises(InvalidInputError) as refused:
        getattr(tasks, then)(task.id)
    assert str(refused.value) == message


def test_tasks_are_listed_newest_first_and_by_project(
    tasks: TaskService, make_task: MakeTask, project: Projects
) -> None:
    first, second = make_task("ok"), make_task("ok")
    tasks.cancel(first.id)
    assert [task.id for task in tasks.list_tasks(project.id)] == [second.id, first.id]
    assert [task.id for task in tasks.list_tasks(active_only=True)] == [second.id]
    assert tasks.list_tasks("another") == []


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        ({"state": "ok"}, True),
        ({"state": "ok", "cost": 0.0}, False),
        ({"state": "failed", "error_code": "refused", "prompt_tokens": 900}, True),
        ({"state": "failed", "error_code": "bad_reply"}, True),
        ({"state": "failed", "error_code": "request_refused", "prompt_tokens": 900}, True),
        ({"state": "failed", "error_code": "refused", "cost": 0.01}, False),
        ({"state": "failed", "error_code": "access_denied"}, False),
        ({"state": "started"}, False),
    ],
)
def test_a_reply_without_a_known_price_counts_also_when_it_could_not_be_used(
    db: Database, tasks: TaskService, make_task: MakeTask, call: dict[str, object], counts: bool
) -> None:
    task = make_task("ok")
    with db.transaction() as session:
        session.add(LlmCalls(task_id=task.id, model="m", request_hash="0", **call))
    assert tasks.summary(task.id).unpriced_calls == int(counts)


def test_a_task_without_items_gets_those_that_its_kind_plans_once(
    tasks: TaskService, make_task: MakeTask, kind: Counting
) -> None:
    task = make_task()
    planned = tasks.plan_items(task.id, kind, {"items": ["ok", "fail"], "api_key": "secret"})
    assert (planned.total_count, planned.config) == (2, {"items": ["ok", "fail"]})
    assert tasks.plan_items(task.id, kind, {"items": ["ok"]}).config == {"items": ["ok", "fail"]}
    assert [(item.state, item.attempts) for item in tasks.items(task.id)] == [("queued", 0)] * 2
