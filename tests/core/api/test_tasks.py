import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from core import Images, Projects
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


def test_long_work_answers_with_the_address_of_its_task(client: TestClient, image: Images) -> None:
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
    assert client.get("/api/tasks/aaaaaaaaaaaaaaaaaaaaa/events").status_code == 404


def test_a_key_typed_into_a_request_is_lent_to_its_task_and_never_stored(
    client: TestClient, services: Services, image: Images
) -> None:
    canary = "sk-canary-0123456789"
    body = {"llm_config": {"provider": "offline", "model": "measure", "api_key": canary}}
    started = client.post(f"/api/projects/{image.project_id}/image-questions", json=body)
    assert canary not in started.text
    client.get(f"{started.json()['url']}/events")
    assert session_keys.find(started.json()["id"]) == canary
    held = [
        path.name for path in services.db.data_dir.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()
    ]
    assert held == []


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
