"""What precedes asking a model over REST, tasks and their items, profiles."""

import time

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.pictures import png

OFFLINE = {"model": "offline/measure"}


@pytest.fixture
def image_ids(services: Services, project: Projects) -> list[str]:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "blue")])
    return [outcome.image.id for outcome in added if outcome.image is not None]


def test_the_first_request_and_a_trial_store_nothing(
    client: TestClient, project: Projects, image_ids: list[str]
) -> None:
    base = f"/api/projects/{project.id}/image-questions"
    body = {"num_questions": 2, "with_answers": True, "llm_config": OFFLINE}
    shown = client.post(f"{base}/estimate", json=body).json()
    assert (shown["calls"], shown["pieces"], shown["image_ids"]) == (2, 2, image_ids[:1])
    assert shown["cost_high"] == 0
    tried = client.post(f"{base}/trial", json=body).json()
    assert [bool(one["answer"]) for one in tried["questions"]] == [True, True]
    assert client.get(base).json()["total"] == 0
    targets = client.get(f"{base}/targets", params={"num_questions": 1}).json()
    assert (targets["all"], targets["without_questions"]) == (2, 2)


def test_questions_of_a_person_are_counted_by_requests_to_answer_them(
    client: TestClient, project: Projects, image_ids: list[str]
) -> None:
    for image_id, text in ((image_ids[0], "Which color?"), (image_ids[0], "How many?"), (image_ids[1], "Where?")):
        assert client.post(f"/api/images/{image_id}/questions", json={"question": text}).status_code == 201
    url = f"/api/projects/{project.id}/image-answers/estimate"
    shown = client.post(url, json={"llm_config": OFFLINE, "more_models": [OFFLINE]}).json()
    assert (shown["calls"], shown["pieces"]) == (4, 2)  # two images, two models


def test_a_fixed_question_is_changed(client: TestClient, project: Projects) -> None:
    url = f"/api/projects/{project.id}/question-templates"
    made = client.post(url, json={"question": "Where?", "language": "tr"}).json()
    body = {"question": "In or out?", "answer_type": "label", "options": ["in", "out"], "one_label": True}
    changed = client.put(f"{url}/{made['id']}", json=body).json()
    assert {name: changed[name] for name in body} == body
    assert (changed["id"], changed["language"]) == (made["id"], "tr")


def test_items_and_the_cost_cap_of_a_task(client: TestClient, project: Projects, image_ids: list[str]) -> None:
    body = {"num_questions": 1, "llm_config": OFFLINE, "cost_cap": 1.5}
    task = client.post(f"/api/projects/{project.id}/image-questions", json=body).json()
    deadline = time.monotonic() + 60
    while client.get(task["url"]).json()["ended_at"] is None and time.monotonic() < deadline:
        time.sleep(0.02)
    first = client.get(f"{task['url']}/items", params={"limit": 1, "state": "done"}).json()
    assert [item["subject_id"] for item in first["items"]] == image_ids[:1]
    rest = client.get(f"{task['url']}/items", params={"after": first["next_after"]}).json()
    assert ([item["subject_id"] for item in rest["items"]], rest["next_after"]) == (image_ids[1:], None)
    assert client.put(f"{task['url']}/cost-cap", json={"cost_cap": None}).json()["cost_cap"] is None


def test_profiles_are_stored_without_their_key(client: TestClient) -> None:
    body = {"llm_config": {"model": "openai/gpt-4o", "api_key": "sk-secret-secret-secret", "temperature": 0.2}}
    saved = client.put("/api/profiles/Cheap one", json=body).json()
    assert saved["config"] == {"model": "openai/gpt-4o", "temperature": 0.2}
    assert [item["name"] for item in client.get("/api/profiles").json()["items"]] == ["Cheap one"]
    assert client.delete("/api/profiles/Cheap one").status_code == 204
    assert client.delete("/api/profiles/Cheap one").status_code == 404


def test_a_trial_of_answering_returns_answers_and_stores_none(
    client: TestClient, project: Projects, image_ids: list[str]
) -> None:
    client.post(f"/api/images/{image_ids[0]}/questions", json={"question": "Which color?"})
    tried = client.post(f"/api/projects/{project.id}/image-answers/trial", json={"llm_config": OFFLINE}).json()
    assert [(one["question"], bool(one["answer"])) for one in tried["questions"]] == [("Which color?", True)]
    assert client.get(f"/api/projects/{project.id}/image-datasets").json()["total"] == 0
