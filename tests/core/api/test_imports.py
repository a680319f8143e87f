"""Imports over HTTP: files, paths below the import roots, URLs, and the outcome of each file and row."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from core import Projects
from core.api.routers import imports
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.object_storage import open_bucket
from core.services import Services
from tests.core.images.pictures import drawn, encoded
from tests.fakes.object_storage import FakeObjectStorage

ROWS = [
    {"image": "images/a.jpg", "question": "What is it?", "answer": "A shelf."},
    {"image": "images/0007.jpg", "question": "And this?", "answer": "A cup."},
]


@pytest.fixture
def project(services: Services) -> Projects:
    return services.projects.create_project("Shelf")


def ended(client: TestClient, started: Any) -> dict[str, Any]:
    """Follow a started task to its end and return it."""
    assert started.status_code == 202, started.text
    assert started.headers["Location"] == started.json()["url"]
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        task: dict[str, Any] = client.get(started.json()["url"]).json()
        if task["ended_at"]:
            return task
        time.sleep(0.05)
    raise AssertionError("the import did not end")


def test_files_with_directories_in_their_names_are_imported_together(
    client: TestClient, services: Services, project: Projects
) -> None:
    files = [("files", ("images/a.jpg", encoded(drawn(1)))), ("files", ("rows.json", json.dumps(ROWS).encode()))]

    task = ended(client, client.post(f"/api/projects/{project.id}/imports", files=files))

    assert task["status"] == "completed"
    result = task["result"]
    assert (result["counts"], result["entries"], result["questions"], result["left_out"]) == (
        {"added": 1}, 1, 2, {"image": 1},
    )  # fmt: skip
    outcomes = client.get(task["outcomes_url"])
    assert outcomes.json() == {
        "rows": [
            {
                "name": "rows.json row 2", "outcome": "left-out",
                "reason": "It names an image that is not here: images/0007.jpg", "image_id": "", "sha256": "",
            }
        ]
    }  # fmt: skip
    assert [entry.answer for entry in services.dataset.list_dataset_entries(project.id)] == ["A shelf."]


def test_outcomes_are_a_table_that_no_spreadsheet_runs(
    client: TestClient, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "_ROWS_PER_PIECE", 1)
    files = [("files", ("=1+1.jpg", b"no image")), ("files", ("b.jpg", b"no image"))]
    task = ended(client, client.post(f"/api/projects/{project.id}/imports", files=files))

    table = client.get(task["outcomes_url"], params={"format": "csv"})

    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["name"], row["outcome"]) for row in rows] == [("'=1+1.jpg", "rejected"), ("b.jpg", "rejected")]
    assert all(row["reason"].startswith("The content is not a") for row in rows)


def test_a_path_must_be_below_the_import_roots_also_in_local_mode(
    client: TestClient, project: Projects, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded())

    refused = client.post(f"/api/projects/{project.id}/imports", json={"path": str(tmp_path)})

    assert (refused.status_code, refused.json()["field"]) == (422, "path")
    assert refused.json()["detail"].startswith("Nothing may be imported from there.")


def test_urls_are_imported_one_by_one(client: TestClient, project: Projects) -> None:
    task = ended(client, client.post(f"/api/projects/{project.id}/imports", json={"urls": ["http://127.0.0.1/a.png"]}))

    assert task["result"]["counts"] == {"rejected": 1}
    (row,) = client.get(task["outcomes_url"]).json()["rows"]
    assert row["name"] == "http://127.0.0.1/a.png"
    assert "not a public address" in row["reason"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, None),
        ({"path": "a", "urls": ["b"]}, 422, None),
        ({"urls": []}, 422, "urls"),
        ({"urls": "a"}, 422, "urls"),
        ({"paths": "a"}, 422, "paths"),
        ({"path": "a", "format": "magic"}, 422, "path"),
    ],
)
def test_a_body_that_names_nothing_is_refused(
    body: dict[str, Any], status: int, field: str | None, client: TestClient, project: Projects
) -> None:
    refused = client.post(f"/api/projects/{project.id}/imports", json=body)

    assert (refused.status_code, refused.json().get("field")) == (status, field)


def test_other_media_types_and_forms_without_files_are_refused(client: TestClient, project: Projects) -> None:
    url = f"/api/projects/{project.id}/imports"

    assert client.post(url, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.post(url, content=b"{", headers={"Content-Type": "application/json"}).status_code == 422
    twice = [("files", ("a.jpg", b"1")), ("files", ("a.jpg", b"2"))]
    assert client.post(url, files=twice).json()["detail"] == "Two files are called a.jpg. Rename one."
    nothing = client.post(url, files=[("format", (None, b"auto"))])
    assert (nothing.status_code, nothing.json()["field"]) == (422, "files")
    assert client.post("/api/projects/nowhere/imports", files=twice).status_code == 404


def test_files_whose_import_cannot_start_are_removed(client: TestClient, services: Services, project: Projects) -> None:
    files = [("files", ("rows.json", json.dumps(ROWS).encode()))]
    refused = client.post(f"/api/projects/{project.id}/imports", files=files, data={"format": "magic"})

    assert (refused.status_code, refused.json()["field"]) == (422, "format")
    assert list(services.intake.import_context.uploads.iterdir()) == []


@pytest.fixture
def allowed_bucket(bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two objects, and a setting that allows to import one of them; to be asked for before the services."""
    monkeypatch.setenv("VITRINE_ALLOWED_BUCKETS", "s3://pictures/theirs")
    for key in ("theirs/2026/a.jpg", "private/a.jpg"):
        open_bucket(load_settings(), BucketAddress("pictures")).put(key, encoded(drawn(1)))


@pytest.mark.usefixtures("allowed_bucket")
def test_only_buckets_that_the_settings_name_are_imported_from(client: TestClient, project: Projects) -> None:
    def started(path: str) -> Any:
        return client.post(f"/api/projects/{project.id}/imports", json={"path": path, "in_place": True})

    for path in ("s3://pictures/private", "s3://pictures/theirs-not", "s3://elsewhere/theirs"):
        answer = started(path)
        assert answer.status_code == 422
        assert "This bucket may not be used. Allowed by VITRINE_ALLOWED_BUCKETS: s3://pictures/theirs." in answer.text
    assert ended(client, started("s3://pictures/theirs/2026"))["result"]["counts"] == {"added": 1}


def test_what_an_import_would_do_is_shown_for_paths_below_the_roots_and_complete_uploads_only(
    client: TestClient, services: Services, project: Projects, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded())
    url = f"/api/projects/{project.id}/imports/preview"
    refused = client.post(url, json={"path": str(tmp_path)})
    assert (refused.status_code, refused.json()["field"]) == (422, "path")
    unfinished = services.uploads.create(project.id, "a.zip", 3)
    refused = client.post(url, json={"upload_id": unfinished.id})
    assert (refused.status_code, refused.json()["field"]) == (422, "upload_id")
