"""Styles over REST: changing style datasets, versions, the brand, and what is done with generated images."""

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.pictures import png

OFFLINE = {"llm_config": {"model": "offline/measure"}}


@pytest.fixture
def style(client: TestClient, services: Services, project: Projects) -> str:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "orange")])
    ids = [outcome.image.id for outcome in added if outcome.image is not None]
    body = {"project_id": project.id, "name": "Warm", "image_ids": ids}
    return str(client.post("/ai/datasets/from-project", json=body).json()["id"])


def test_a_style_dataset_is_changed_and_goes_back_to_a_version(client: TestClient, style: str) -> None:
    url = f"/ai/datasets/{style}"
    assert client.get(url).json()["images"] == 2
    client.put(url, json={"master_prompt": "Soft light."})
    rows = [row["id"] for row in client.get(f"/ai/dataset/{style}/images").json()["items"]]
    edited = client.put(f"{url}/analysis", json={"row_id": rows[0], "edits": {"vibe": "calm"}}).json()
    assert edited["analysis_result"]["vibe"] == "calm"
    assert client.post(f"{url}/images/remove", json={"row_ids": rows[:1]}).json() == {"removed": 1}
    versions = client.get(f"{url}/versions").json()["items"]
    assert [version["version"] for version in versions] == list(range(len(versions), 0, -1))
    before = next(version["version"] for version in versions if version["master_prompt"] == "Soft light.") - 1
    assert client.post(f"{url}/versions", json={"version": before}).json()["version"] == len(versions) + 1
    assert client.get(url).json()["images"] == 2


def test_a_style_dataset_is_deleted_restored_and_copied(client: TestClient, project: Projects, style: str) -> None:
    assert client.delete(f"/ai/datasets/{style}").status_code == 204
    assert client.get("/ai/datasets").json()["total"] == 0
    assert client.post(f"/ai/datasets/{style}/restore").json()["name"] == "Warm"
    copy = {"dataset_id": style, "project_id": project.id, "name": "Warmer"}
    assert client.post("/ai/datasets/copy", json=copy).json()["name"] == "Warmer"
    assert client.get("/ai/datasets").json()["total"] == 2


def test_the_brand_begins_the_prompt_that_a_preview_shows(client: TestClient, project: Projects, style: str) -> None:
    url = f"/api/projects/{project.id}/business-profile"
    assert client.get(url).json() == {"business_name": "", "vibes": "", "theme": ""}
    brand = {"business_name": "Lamp & Co", "vibes": "calm", "theme": "oak"}
    assert client.put(url, json=brand).json() == brand
    shown = client.post("/ai/generate/preview", json={"prompt": "A lamp.", "dataset_id": style}).json()
    assert shown["full_prompt"].startswith("Brand: Lamp & Co. Vibe: calm. Theme: oak.")
    assert len(shown["reference_ids"]) == 2


def test_a_generated_image_is_rated_kept_reused_and_discarded(
    client: TestClient, project: Projects, style: str
) -> None:
    made = client.post("/ai/generate", json={"prompt": "A lamp.", "dataset_id": style}).json()
    url = f"/ai/generated-images/{made['id']}"
    assert client.post(f"{url}/rate", json={"rating": 1}).status_code == 200
    assert [one["sent"] for one in client.get(f"{url}/references").json()["items"]] == [True, True]
    assert client.post(f"{url}/use-as-reference", json={"dataset_id": style}).status_code == 204
    assert client.get(f"/ai/datasets/{style}").json()["images"] == 3
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/restore").json()["id"] == made["id"]
    assert client.post(f"{url}/unkeep").status_code == 200
    before = client.get(f"/api/projects/{project.id}/images").json()["total"]
    assert client.post(f"{url}/keep").json()["id"] == made["image_id"]
    assert client.get(f"/api/projects/{project.id}/images").json()["total"] == before + 1


def test_several_images_are_made_by_a_task(client: TestClient, project: Projects, style: str) -> None:
    body = {"prompts": ["A lamp.", "A chair."], "variants": 2, "dataset_id": style, **OFFLINE}
    task = client.post(f"/api/projects/{project.id}/generated-images", json=body)
    assert (task.status_code, task.json()["total_count"]) == (202, 4)
    client.post(f"{task.json()['url']}/cancel")


def test_images_are_added_to_a_style_by_their_ids_and_only_those_are_returned(
    client: TestClient, services: Services, project: Projects, style: str
) -> None:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("blue", "gray")])
    ids = [outcome.image.id for outcome in added if outcome.image is not None]
    answer = client.post(f"/ai/datasets/{style}/images", json={"image_ids": ids})
    assert answer.status_code == 201, answer.text
    assert [row["image_id"] for row in answer.json()["results"]] == ids
    assert client.get(f"/ai/dataset/{style}/images").json()["total"] == 4
    other = services.projects.create_project("Other")
    (outcome,) = services.intake.add_images(other.id, [("green.png", png("green"))])
    assert outcome.image is not None
    refused = client.post(f"/ai/datasets/{style}/images", json={"image_ids": [outcome.image.id]})
    assert (refused.status_code, refused.json()["field"]) == (422, "image_ids")


def test_files_are_added_to_a_style_analyzed_and_those_without_an_image_named(
    client: TestClient, services: Services, style: str
) -> None:
    files = [("files", ("blue.png", png("blue"))), ("files[]", ("text.png", b"no image"))]
    answer = client.post("/ai/dataset/analyze", data={"dataset_id": style}, files=files).json()
    (found,) = answer["results"]
    assert found["analysis_result"]
    assert services.images.get_image(found["image_id"]).image_name == "blue.png"
    assert [one["image_name"] for one in answer["rejected"]] == ["text.png"]
    nothing = client.post("/ai/dataset/analyze", data={"dataset_id": style}, files=[("other", ("a", b"b"))])
    assert (nothing.status_code, nothing.json()["field"]) == (422, "files")
