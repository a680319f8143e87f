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
