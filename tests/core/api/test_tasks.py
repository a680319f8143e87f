import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from core import Images, Projects
from core.accounts.actor import Actor
from core.api.guard import ACTOR
from core.api.routers import tasks
from core.db import Tasks, utc_now
from core.listings import ListingService
from core.llm import session_keys
from core.services import Services
from tests.pictures import png


@pytest.fixture
def image(services: Services, project: Projects) -> Images:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    return outcome.image


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_starting_a_task_returns_it_with_its_location(client: TestClient, image: Images) -> None:
    started = client.post(f"/api/projects/{image.project_id}/image-questions", json={"image_ids": [image.id]})
    assert started.status_code == 202
    task = started.json()
    assert started.headers["Location"] == task["url"] == f"/api/tasks/{task['id']}"
    assert task["config"]["image_ids"] == [image.id]


def test_server_sent_events_follow_a_task_to_its_end(client: TestClient, image: Images) -> None:
    task = client.post(f"/api/projects/{image.project_id}/image-questions", json={"num_questions": 1}).json()
    answer = client.get(f"{task['url']}/events")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    name, last = _events(answer.text)[-1]
    assert (name, last["status"], last["processed_count"]) == ("end", "completed", 1)
    assert "config" not in last
    assert client.get("/api/tasks/aaaaaaaaaaaaaaaaaaaaa/events").status_code == 404


def test_an_api_key_in_a_request_is_kept_in_memory_for_its_task_and_never_stored(
    client: TestClient, services: Services, image: Images
) -> None:
    canary = "sk-canary-0123456789"
    body = {"llm_config": {"provider": "offline", "model": "measure", "api_key": canary}}
    started = client.post(f"/api/projects/{image.project_id}/image-questions", json=body)
    assert canary not in started.text
    client.get(f"{started.json()['url']}/events")
    assert session_keys.find(started.json()["id"]) == canary
    files_with_key = [
        path.name for path in services.db.data_dir.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()
    ]
    assert files_with_key == []


def test_a_task_can_be_cancelled_once(client: TestClient, services: Services, project: Projects) -> None:
    task = services.tasks.create_task(project.id)
    assert client.post(f"/api/tasks/{task.id}/cancel").json()["status"] == "cancelled"
    again = client.post(f"/api/tasks/{task.id}/cancel")
    assert (again.status_code, again.json()["code"]) == (422, "invalid")


def test_tasks_of_a_project_are_listed_newest_first(client: TestClient, services: Services, project: Projects) -> None:
    older, newer = (services.tasks.create_task(project.id).id for _ in range(2))
    page = client.get(f"/api/projects/{project.id}/tasks", params={"limit": 1}).json()
    assert ([task["id"] for task in page["items"]], page["total"]) == ([newer], 2)
    following = client.get(f"/api/projects/{project.id}/tasks", params={"cursor": page["next_cursor"]}).json()
    assert ([task["id"] for task in following["items"]], following["next_cursor"]) == ([older], None)


def test_a_summary_counts_items_and_costs(client: TestClient, image: Images) -> None:
    task = client.post(f"/api/projects/{image.project_id}/image-questions", json={"num_questions": 1}).json()
    client.get(f"{task['url']}/events")
    summary = client.get(f"{task['url']}/summary").json()
    assert {name: summary[name] for name in ("done", "failed", "status_text", "spent")} == {
        "done": 1, "failed": 0, "status_text": "completed", "spent": 0.0,
    }  # fmt: skip


async def test_events_of_an_idle_task_are_pings_until_it_ends(
    services: Services, image: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "POLL_INTERVAL_S", 0.01)
    monkeypatch.setattr(tasks, "PING_INTERVAL_S", 0.02)
    task = services.tasks.create_task(image.project_id)
    services.tasks.pause(task.id)
    request = Request({"type": "http", "root_path": "", ACTOR: Actor()})
    events = tasks._events(services, request, task.id)
    first = await anext(events)
    assert first.startswith("event: progress\ndata: {")
    assert json.loads(first.partition("data: ")[2])["status"] == "paused"
    async with asyncio.timeout(60):  # without pings, the next event would never come
        assert [await anext(events), await anext(events)] == [": ping\n\n", ": ping\n\n"]
    services.tasks.cancel(task.id)
    rest = [event async for event in events if not event.startswith(":")]
    assert [event.partition("\n")[0] for event in rest] == ["event: end"]


def test_a_list_of_tasks_reads_all_its_exports_in_one_query(
    client: TestClient, services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    queried: list[list[str]] = []
    export_ids = ListingService.export_ids

    def counted(self: ListingService, task_ids: list[str]) -> dict[str, str]:
        queried.append(task_ids)
        return export_ids(self, task_ids)

    monkeypatch.setattr(ListingService, "export_ids", counted)
    made = [services.tasks.create_task(project.id, "dataset-export", {"recipe": {}}).id for _ in range(3)]
    with services.db.transaction() as session:
        for task_id in made:
            session.get_one(Tasks, task_id).ended_at = utc_now()
    listed = client.get(f"/api/projects/{project.id}/tasks").json()["items"]
    assert {task["id"] for task in listed} == set(made)
    assert [sorted(ids) for ids in queried] == [sorted(made)]


async def test_a_stream_without_a_change_has_a_comment_after_each_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    running, ended = {"ended_at": None, "note": "läuft"}, {"ended_at": "now", "note": ""}
    states = iter([running] * 6 + [ended])
    monkeypatch.setattr(tasks, "_state", lambda *_: next(states))
    monkeypatch.setattr(tasks, "POLL_INTERVAL_S", 0.01)
    monkeypatch.setattr(tasks, "PING_INTERVAL_S", 0.02)
    nothing: Any = None
    told = [event async for event in tasks._events(nothing, nothing, "id")]
    assert told == [
        'event: progress\ndata: {"ended_at": null, "note": "läuft"}\n\n', ": ping\n\n", ": ping\n\n",
        'event: end\ndata: {"ended_at": "now", "note": ""}\n\n',
    ]  # fmt: skip
