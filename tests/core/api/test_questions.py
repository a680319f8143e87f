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


def test_fixed_questions_are_added_listed_and_removed(client: TestClient, project: Projects) -> None:
    base = f"/api/projects/{project.id}/question-templates"
    body = {"question": "Which color?", "answer_type": "label", "options": ["red", "blue"], "one_label": True}

    made = client.post(base, json=body)
    assert (made.status_code, {name: made.json()[name] for name in body}) == (201, body)
    assert client.post(base, json=body).status_code == 422
    assert [one["id"] for one in client.get(base).json()["items"]] == [made.json()["id"]]

    assert client.delete(f"{base}/{made.json()['id']}").status_code == 204
    assert client.delete(f"{base}/{made.json()['id']}").status_code == 404
    assert client.get(base).json()["total"] == 0


def test_each_of_several_models_uses_its_own_api_key(client: TestClient, services: Services, image: Images) -> None:
    services.questions.add_manual_question(image.id, "How bright is the image overall?")
    offline = {"provider": "offline", "model": "measure"}
    body = {"llm_config": offline, "more_models": [{**offline, "api_key": "sk-of-the-second-4711"}]}

    started = client.post(f"/api/projects/{image.project_id}/image-answers", json=body)
    client.get(f"{started.json()['url']}/events")

    assert (started.status_code, started.json()["total_count"]) == (202, 2)
    assert "sk-of-the-second" not in started.text
    assert session_keys.find(started.json()["id"], 1) == "sk-of-the-second-4711"
    assert session_keys.find(started.json()["id"], 0) is None


@pytest.mark.parametrize("kind", ["image-questions", "image-answers"])
def test_a_task_without_a_concurrency_uses_the_setting(
    client: TestClient, services: Services, image: Images, kind: str
) -> None:
    services.questions.add_manual_question(image.id, "How bright is the image overall?")
    url = f"/api/projects/{image.project_id}/{kind}"

    default, chosen = client.post(url, json={}).json(), client.post(url, json={"concurrency": 2}).json()

    assert "concurrency" not in default["config"]
    assert chosen["config"]["concurrency"] == 2


def test_half_an_emoji_in_a_body_is_replaced(client: TestClient, image: Images) -> None:
    url = f"/api/projects/{image.project_id}/image-questions"
    started = client.post(url, content=b'{"example_ids": ["a\\ud83d"]}', headers={"content-type": "application/json"})
    assert (started.status_code, started.json()["config"]["example_ids"]) == (202, ["a?"])


@pytest.mark.parametrize("kind", ["image-questions", "image-answers"])
def test_a_task_keeps_only_verifiable_answers_on_request(
    client: TestClient, services: Services, image: Images, kind: str
) -> None:
    services.questions.add_manual_question(image.id, "How bright is the image overall?")
    url = f"/api/projects/{image.project_id}/{kind}"

    default, chosen = client.post(url, json={}).json(), client.post(url, json={"verifiable": True}).json()

    assert (default["config"]["verifiable"], chosen["config"]["verifiable"]) == (False, True)


@pytest.mark.parametrize("kind", ["image-questions", "image-answers"])
def test_batches_are_for_models_that_have_them(
    client: TestClient, services: Services, image: Images, kind: str
) -> None:
    services.questions.add_manual_question(image.id, "How bright is the image overall?")
    url = f"/api/projects/{image.project_id}/{kind}"
    model = {"provider": "openai", "model": "gpt-4o"}

    refused = client.post(url, json={"batch": True})
    estimates = [client.post(f"{url}/estimate", json={"batch": batch, "llm_config": model}) for batch in (False, True)]

    assert (refused.status_code, refused.json()["field"]) == (422, "batch")
    at_once, later = (estimate.json()["cost_high"] for estimate in estimates)
    assert later == pytest.approx(at_once / 2)


def test_a_model_without_vision_is_refused_before_a_task_is_created(
    client: TestClient, services: Services, image: Images
) -> None:
    body = {"llm_config": {"provider": "openai", "model": "gpt-3.5-turbo"}}

    refused = client.post(f"/api/projects/{image.project_id}/image-questions", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "no_vision")
    assert services.tasks.list_tasks(image.project_id) == []


def test_sets_of_images_are_asked_about_and_the_offline_model_says_that_it_sees_one(
    client: TestClient, services: Services, image: Images
) -> None:
    services.intake.add_images(image.project_id, [("blue.png", png("blue"))])
    base = f"/api/projects/{image.project_id}/image-questions"
    assert client.post(base, json={"sets": "selection", "top_up": True}).status_code == 422
    assert client.post(base, json={"sets": "color"}).json()["field"].startswith("sets")
    assert "No two of these images" in client.post(base, json={"sets": "name"}).json()["detail"]

    started = client.post(base, json={"sets": "selection", "set_size": 2.0})
    client.get(f"{started.json()['url']}/events")

    (item,) = services.tasks.items(started.json()["id"])
    assert (started.json()["total_count"], len(item.payload["image_ids"])) == (1, 2)
    assert "looks at one image at a time" in item.error
