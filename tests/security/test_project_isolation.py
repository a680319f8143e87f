"""Routes of one project never read or change rows of another project."""

from dataclasses import dataclass
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from core.db import Questions
from core.services import Services
from tests.pictures import png


@dataclass(frozen=True)
class ProjectIds:
    project_id: str
    image_id: str
    question_id: str
    entry_id: str
    dataset_id: str


@pytest.fixture
def ours(services: Services) -> ProjectIds:
    return _create_project(services, "Ours", "red")


@pytest.fixture
def theirs(services: Services) -> ProjectIds:
    return _create_project(services, "Theirs", "blue")


def _create_project(services: Services, name: str, color: str) -> ProjectIds:
    project_id = services.projects.create_project(name).id
    (outcome,) = services.intake.add_images(project_id, [(f"{color}.png", png(color))])
    assert outcome.image is not None
    question = Questions(project_id=project_id, image_id=outcome.image.id, question="Color?", question_key="color")
    with services.db.transaction() as session:
        session.add(question)
    entry = services.dataset.create_dataset_entry(project_id, outcome.image.id, "Color?", f"{color}.")
    dataset_id = services.style.create_style_dataset(project_id, name).id
    return ProjectIds(project_id, outcome.image.id, question.id, entry.id, dataset_id)


def test_an_entry_cannot_be_created_on_an_image_of_another_project(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    address = f"/api/projects/{ours.project_id}/image-datasets"
    body = {"image_id": theirs.image_id, "question": "Color?", "answer": "Blue."}
    assert client.post(address, json=body).status_code == 404
    for by_question in (
        {"question_id": theirs.question_id, "answer": "Blue."},
        {"question_id": theirs.question_id, "image_id": ours.image_id, "question": "Color?", "answer": "Red."},
    ):
        assert client.post(address, json=by_question).status_code == 404
    assert client.get(address).json()["total"] == 1


@pytest.mark.parametrize("route", ["image-questions", "image-answers"])
def test_a_task_does_not_process_images_of_another_project(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds, route: str
) -> None:
    address = f"/api/projects/{ours.project_id}/{route}"
    answer = client.post(address, json={"image_ids": [ours.image_id, theirs.image_id]})
    if answer.status_code == 202:
        client.get(f"{answer.json()['url']}/events")
    else:
        assert answer.status_code in (404, 422)
    listed = client.get(f"/api/projects/{theirs.project_id}/image-questions").json()
    assert [question["question"] for question in listed["items"]] == ["Color?"]


def test_questions_of_another_project_are_not_answered(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    address = f"/api/projects/{ours.project_id}/image-answers"
    assert client.post(address, json={"question_ids": [theirs.question_id]}).status_code == 422


@pytest.mark.parametrize("route", ["image-datasets", "image-questions"])
def test_a_list_filtered_by_an_image_of_another_project_is_empty(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds, route: str
) -> None:
    address = f"/api/projects/{ours.project_id}/{route}"
    assert client.get(address, params={"image_id": theirs.image_id}).json()["items"] == []


@pytest.mark.parametrize("route", ["images", "image-datasets", "image-questions", "tasks", "exports"])
def test_a_cursor_of_another_project_returns_no_row_of_it(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds, route: str
) -> None:
    address = f"/api/projects/{ours.project_id}/{route}"
    for cursor in (theirs.image_id, theirs.entry_id, theirs.question_id):
        answer = client.get(address, params={"cursor": cursor})
        items = answer.json().get("items", [])
        assert answer.status_code in (200, 422)
        assert {item["project_id"] for item in items} <= {ours.project_id}


def test_a_style_dataset_refuses_images_of_another_project(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    answer = client.post(f"/ai/datasets/{ours.dataset_id}/images", json={"image_ids": [theirs.image_id]})
    assert (answer.status_code, answer.json()["field"]) == (422, "image_ids")
    assert client.get(f"/ai/dataset/{ours.dataset_id}/images").json()["total"] == 0


def test_an_image_cannot_be_generated_with_a_style_dataset_of_another_project(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    body = {"prompt": "A lamp.", "project_id": ours.project_id, "dataset_id": theirs.dataset_id}
    answer = client.post("/ai/generate", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "dataset_id")
    assert client.get("/ai/generated-images").json()["total"] == 0


def test_an_export_contains_no_entry_of_another_project(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    body = {"format_style": "default", "file_format": "json", "image_ids": [theirs.image_id, ours.image_id]}
    task = client.post(f"/api/projects/{ours.project_id}/image-datasets/export", json=body).json()
    client.get(f"{task['url']}/events")
    url = client.get(task["url"]).json()["download_url"]
    exported = client.get(url).text
    assert ours.entry_id in exported or "red." in exported
    assert theirs.entry_id not in exported
    assert "blue." not in exported


def test_an_export_of_another_project_cannot_be_published(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_ours")
    task = client.post(f"/api/projects/{theirs.project_id}/image-datasets/export", json={}).json()
    client.get(f"{task['url']}/events")
    (export,) = client.get(f"/api/projects/{theirs.project_id}/exports").json()["items"]
    target = {"address": "hf://datasets/ours/shelf"}
    answer = client.post(f"/api/projects/{ours.project_id}/exports/{export['id']}/send", json=target)
    assert answer.status_code in (404, 422)
    assert client.get(f"/api/projects/{ours.project_id}/tasks").json()["total"] == 0


def test_a_fixed_question_of_another_project_cannot_be_deleted(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    their_questions = f"/api/projects/{theirs.project_id}/question-templates"
    template = client.post(their_questions, json={"question": "Which color?"}).json()
    address = f"/api/projects/{ours.project_id}/question-templates"
    assert client.delete(f"{address}/{template['id']}").status_code == 404
    assert [one["id"] for one in client.get(their_questions).json()["items"]] == [template["id"]]
    assert client.get(address).json()["items"] == []


def test_undo_does_not_revert_decisions_of_another_project(
    client: TestClient, ours: ProjectIds, theirs: ProjectIds
) -> None:
    act = {"entry_id": theirs.entry_id, "version": 1, "decision": "confirm", "act_id": "decision-1"}
    assert client.post("/desk/decide", json={"acts": [act]}).json()["results"][0]["ok"]
    undo = {"decision": "undo", "project_id": ours.project_id, "batch_id": "decision-1", "act_id": "undo-0001"}
    assert client.post("/desk/decide", json={"acts": [undo]}).json()["results"][0]["entry"] is None
    assert client.get(f"/api/image-datasets/{theirs.entry_id}").json()["confirmed"]


@pytest.mark.parametrize("project_id", ["a" * 21, "../" + "a" * 18, "%2e%2e%2f", "' OR 1=1 --", "a\nb", "\u202e" * 21])
def test_an_unknown_project_id_is_a_404_on_every_route(client: TestClient, project_id: str) -> None:
    for route in ("", "/images", "/image-questions", "/image-datasets", "/tasks", "/exports", "/counts"):
        answer = client.get(f"/api/projects/{quote(project_id)}{route}")
        assert answer.status_code == 404
        assert "<html" not in answer.text
