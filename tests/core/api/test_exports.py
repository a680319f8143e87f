"""What an export over REST takes, and how its download is named."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from core import ImageDatasetService, Projects
from core.services import Services
from tests.pictures import png

Export = Callable[[dict[str, Any]], httpx.Response]


@pytest.fixture
def export(client: TestClient, services: Services, project: Projects) -> Export:
    """Export a project with a confirmed and an open entry, and return the response with the file."""
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red", (640, 480)))])
    assert outcome.image is not None
    for question, confirmed in (("A cat?", True), ("A dog?", False)):
        ImageDatasetService(services.db).create_dataset_entry(
            project.id, outcome.image.id, question, "Yes.", confirmed=confirmed
        )

    def run(body: dict[str, Any]) -> httpx.Response:
        url = (
            client.post(f"/api/projects/{project.id}/image-datasets/export", json=body).raise_for_status().json()["url"]
        )
        deadline = time.monotonic() + 60
        while (task := client.get(url).json())["status"] in ("queued", "running") and time.monotonic() < deadline:
            time.sleep(0.02)
        assert task["status"] == "completed", task
        return client.get(task["download_url"])

    return run


def test_a_recipe_decides_about_everything(export: Export) -> None:
    recipe = {
        "format": "llava", "rows": "json", "max_side_px": 64, "license": "CC-BY-4.0", "title": "Shelf v1.1",
        "entries": {"search": "cat"},
    }  # fmt: skip
    bundle = zipfile.ZipFile(io.BytesIO(export({"recipe": recipe}).content))
    report = json.loads(bundle.read("EXPORT_REPORT.json"))
    assert (report["license"], report["title"], report["entries"]) == ("CC-BY-4.0", "Shelf v1.1", 1)
    assert report["recipe"]["max_side_px"] == 64


def test_a_search_line_chooses_the_entries(export: Export) -> None:
    rows = export({"file_format": "json", "search": "dog"}).json()
    assert [row["question"] for row in rows] == ["A dog?"]


def test_a_download_has_a_readable_name(export: Export) -> None:
    answer = export({"recipe": {"format": "default", "title": "Kitchen shelf", "entries": {"confirmed_only": False}}})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Kitchen-shelf.zip"'


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"recipe": {"format": "llava", "colour": "red"}}, "colour"),
        ({"recipe": {"splits": {"train": 80}}}, "splits"),
        ({"recipe": {"format": "llava"}, "confirmed": True}, "recipe"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused(
    client: TestClient, project: Projects, body: dict[str, Any], field: str
) -> None:
    answer = client.post(f"/api/projects/{project.id}/image-datasets/export", json=body)
    assert (answer.status_code, answer.json().get("field")) == (422, field)
