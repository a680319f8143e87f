"""Making variants over REST."""

import time

from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.core.images.pictures import drawn, encoded


def test_variants_are_made_of_the_images_that_are_named(
    client: TestClient, services: Services, project: Projects
) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(2)])
    first, _ = [outcome.image for outcome in outcomes if outcome.image]
    body = {"image_ids": [first.id], "augmentation": {"variants": 2, "operations": ["flip", "noise"], "seed": 3}}

    started = client.post(f"/api/projects/{project.id}/variants", json=body)
    deadline = time.monotonic() + 60
    while client.get(started.json()["url"]).json()["status"] in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.02)

    images = client.get(f"/api/projects/{project.id}/images").json()["items"]
    variants = [image for image in images if image["variant_of"] is not None]
    assert started.status_code == 202
    assert [image["variant_of"] for image in variants] == [first.id] * 2
    assert {step["operation"] for image in variants for step in image["variant_steps"]} <= {"flip", "noise"}


def test_a_recipe_that_cannot_be_used_is_refused_with_the_reason(
    client: TestClient, services: Services, project: Projects
) -> None:
    services.intake.add_images(project.id, [("1.jpg", encoded(drawn(1)))])

    refused = client.post(f"/api/projects/{project.id}/variants", json={"preprocessing": {"crop": {"to": "ratio"}}})

    assert refused.status_code == 422
    assert "needs the ratio" in refused.text


def test_a_new_version_takes_the_place_of_an_image_until_it_is_undone(
    client: TestClient, services: Services, project: Projects
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("1.jpg", encoded(drawn(1)))])
    assert outcome.image is not None
    first = f"/api/images/{outcome.image.id}"

    saved = client.post(f"{first}/versions", json={"preprocessing": {"grayscale": True}})
    version = saved.json()["image"]
    assert (saved.status_code, version["variant_of"], client.get(first).status_code) == (201, outcome.image.id, 404)

    back = client.post(f"/api/images/{version['id']}/versions/undo")
    assert (back.json()["id"], client.get(first).status_code) == (outcome.image.id, 200)


def test_images_are_tagged_together_over_rest(client: TestClient, services: Services, project: Projects) -> None:
    outcomes = services.intake.add_images(project.id, [(f"{n}.jpg", encoded(drawn(n))) for n in range(2)])
    ids = [outcome.image.id for outcome in outcomes if outcome.image]

    done = client.post(f"/api/projects/{project.id}/tags", json={"image_ids": ids, "accept": ["front"]}).json()
    assert (done["images"], client.get(f"/api/images/{ids[1]}/tags").json()["accepted"]) == (2, ["front"])

    undone = client.post(f"/api/projects/{project.id}/tags/undo", json={"batch_id": done["batch_id"]})
    assert undone.json() == {"images": 2, "conflicts": 0}
