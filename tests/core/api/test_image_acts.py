"""Acts on images over REST: deleting and restoring several, history, values; merging and separating duplicates."""

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.core.images.pictures import drawn, encoded
from tests.pictures import png


@pytest.fixture
def image_ids(services: Services, project: Projects) -> list[str]:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "blue")])
    return [outcome.image.id for outcome in added if outcome.image is not None]


def test_images_are_counted_deleted_and_restored_with_their_entries(
    client: TestClient, services: Services, project: Projects, image_ids: list[str]
) -> None:
    services.dataset.create_dataset_entry(project.id, image_ids[0], "Which color?", "Red.")
    base = f"/api/projects/{project.id}/images"
    counts = {"images": 2, "questions": 0, "entries": 1, "confirmed": 0}
    found = client.get(f"{base}/ids").json()["image_ids"]
    assert sorted(found) == sorted(image_ids)
    assert client.post(f"{base}/delete", json={"image_ids": found, "dry_run": True}).json() == counts
    assert client.get(base).json()["total"] == 2
    assert client.post(f"{base}/delete", json={"image_ids": found}).json() == counts
    assert client.get(base).json()["total"] == 0

    restored = client.post(f"{base}/restore", json={"image_ids": image_ids[:1]}).json()["items"]
    assert [image["image_name"] for image in restored] == ["red.png"]
    assert client.get(f"/api/projects/{project.id}/image-datasets").json()["total"] == 1
    actions = [event["action"] for event in client.get(f"/api/images/{image_ids[0]}/history").json()["items"]]
    assert actions[:2] == ["restored", "deleted"]


@pytest.mark.parametrize("path", ["images/delete", "images/restore", "duplicates/merge", "duplicates/separate"])
def test_images_of_another_project_are_not_touched(
    client: TestClient, services: Services, image_ids: list[str], path: str
) -> None:
    other = services.projects.create_project("Other")
    refused = client.post(f"/api/projects/{other.id}/{path}", json={"image_ids": image_ids})
    assert (refused.status_code, refused.json()["field"]) == (404, "image_ids")
    assert len(services.library.get_images(image_ids)) == 2


def test_duplicates_are_merged_separated_and_that_is_undone(
    client: TestClient, services: Services, project: Projects
) -> None:
    same = drawn(1)
    files = [("a.png", encoded(same, "PNG")), ("b.jpg", encoded(same.resize((120, 90))))]
    added = services.intake.add_images(project.id, files)
    ids = [outcome.image.id for outcome in added if outcome.image is not None]
    base = f"/api/projects/{project.id}/duplicates"
    (group,) = client.get(f"{base}/groups").json()["items"]
    assert {image["id"] for image in group["images"]} == set(ids)
    kept = client.post(f"{base}/merge", json={"image_ids": ids}).json()
    assert (kept["id"], client.get(f"/api/images/{ids[1]}").status_code) == (ids[0], 404)
    assert client.post(f"{base}/undo", json={"image_ids": ids}).status_code == 204
    assert client.get(f"/api/images/{ids[1]}").status_code == 200
    assert client.post(f"{base}/separate", json={"image_ids": ids}).json() == {"separated": 1}
    assert client.get(f"{base}/groups").json()["total"] == 0


def test_fields_of_search_lines_have_values(client: TestClient, services: Services, project: Projects) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    services.library.tag_images([outcome.image.id], ["night"])
    services.dataset.create_dataset_entry(project.id, outcome.image.id, "Which color?", "Red.", tags="doubtful")
    url = f"/api/projects/{project.id}/values"
    assert client.get(url, params={"field": "tag"}).json()["values"] == ["doubtful", "none"]
    assert client.get(url, params={"field": "tag", "of": "images"}).json()["values"] == ["night", "none"]
