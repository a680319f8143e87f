"""Moving a project over HTTP: an archive is made, downloaded, sent back in chunks and imported."""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from core import Projects
from core.db import Images, IncomingProjects, new_id
from core.services import Services


@pytest.fixture
def project(services: Services) -> Projects:
    """Return a project with an entry; its image has no file, which needs no decoder."""
    made = services.projects.create_project("Shelf")
    with services.db.transaction() as session:
        image = Images(project_id=made.id, image_name="a.jpg", path=f"ab/{'ab' * 32}.jpg", size=3, sha256="ab" * 32,
                       format="JPEG", id=new_id())  # fmt: skip
        session.add(image)
    services.dataset.create_dataset_entry(made.id, image.id, "What is it?", "A cup.", model="person")
    return made


def ended(client: TestClient, started: httpx.Response) -> dict[str, Any]:
    assert started.status_code == 202, started.text
    assert started.headers["Location"] == started.json()["url"]
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        task: dict[str, Any] = client.get(started.json()["url"]).json()
        if task["ended_at"]:
            return task
        time.sleep(0.05)
    raise AssertionError("the task did not end")


def test_a_project_leaves_as_a_file_and_comes_back_from_an_upload(
    client: TestClient, services: Services, project: Projects
) -> None:
    exported = ended(client, client.post(f"/api/projects/{project.id}/archive"))
    assert (exported["status"], exported["download_url"]) == ("completed", f"/exports/projects/{exported['id']}")
    download = client.get(exported["download_url"])
    assert download.headers["content-disposition"] == 'attachment; filename="Shelf.zip"'
    data = download.content

    sent = client.post("/uploads/new", json={"name": "Shelf.zip", "size_bytes": len(data)}).json()
    headers = {"Upload-Offset": "0", "Upload-Checksum": f"{zlib.crc32(data):08x}"}
    assert client.put(f"/uploads/{sent['id']}", content=data, headers=headers).status_code == 200
    imported = ended(client, client.post("/api/projects/import", json={"upload_id": sent["id"]}))

    assert imported["status"] == "completed"
    copy = client.get(f"/api/projects/{imported['project_id']}").json()
    assert copy["name"] == "Shelf (2)"
    (entry,) = client.get(f"/api/projects/{copy['id']}/image-datasets").json()["items"]
    assert (entry["question"], entry["answer"]) == ("What is it?", "A cup.")
    # The upload has served its purpose: a second import needs another one.
    services.uploads.remove_abandoned()
    assert client.post("/api/projects/import", json={"upload_id": sent["id"]}).status_code == 404


def test_only_the_newest_archive_of_a_project_is_kept(client: TestClient, project: Projects) -> None:
    first = ended(client, client.post(f"/api/projects/{project.id}/archive"))
    second = ended(client, client.post(f"/api/projects/{project.id}/archive"))
    assert client.get(second["download_url"]).status_code == 200
    gone = client.get(first["download_url"])
    assert (gone.status_code, gone.json()["detail"]) == (
        404, "This archive is not there any more. Export the project again.",
    )  # fmt: skip


def test_an_archive_is_imported_from_a_path_below_the_import_roots_only(
    client: TestClient, services: Services, project: Projects, tmp_path: Path
) -> None:
    archive = services.projects.export_project(project.id, tmp_path / "a.zip")
    refused = client.post("/api/projects/import", json={"path": str(archive)})
    assert (refused.status_code, refused.json()["field"]) == (422, "path")
    assert len(services.projects.list_projects()) == 1


@pytest.mark.parametrize("body", [{}, {"path": "a.zip", "upload_id": "x"}, {"url": "https://example.org/a.zip"}])
def test_a_body_that_names_no_archive_or_two_is_refused(client: TestClient, body: dict[str, str]) -> None:
    assert client.post("/api/projects/import", json=body).status_code == 422


def test_a_file_that_is_no_project_archive_is_refused_at_once(client: TestClient, services: Services) -> None:
    sent = client.post("/uploads/new", json={"name": "a.zip", "size_bytes": 4}).json()
    headers = {"Upload-Offset": "0", "Upload-Checksum": f"{zlib.crc32(b'abcd'):08x}"}
    client.put(f"/uploads/{sent['id']}", content=b"abcd", headers=headers)
    refused = client.post("/api/projects/import", json={"upload_id": sent["id"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert "is not a ZIP archive" in refused.json()["detail"]


def test_the_task_of_an_import_is_found_at_the_moment_when_its_project_appears(
    services: Services, project: Projects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = services.project_imports.from_path(str(services.projects.export_project(project.id, tmp_path / "a.zip")))
    reading, has_appeared = services.db.reading, False

    @contextmanager
    def then_appears() -> Iterator[Session]:
        nonlocal has_appeared
        with reading() as session:
            yield session
        if not has_appeared:
            has_appeared = True
            with services.db.transaction() as session:
                session.get_one(Projects, task.project_id).deleted_at = None
                session.delete(session.get_one(IncomingProjects, task.project_id))

    monkeypatch.setattr(services.db, "reading", then_appears)
    services.ownership.check("task_id", task.id)
    assert has_appeared


def test_the_project_of_an_import_that_waits_is_hidden_and_its_task_is_not(
    client: TestClient, services: Services, project: Projects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = services.projects.export_project(project.id, tmp_path / "a.zip")
    task = services.project_imports.from_path(str(archive))

    assert task.project_id not in [row["id"] for row in client.get("/api/projects").json()["items"]]
    assert client.get(f"/api/projects/{task.project_id}").status_code == 404
    assert client.get(f"/api/tasks/{task.id}").json()["status"] == "queued"
    assert client.post(f"/api/tasks/{task.id}/cancel").json()["status"] == "cancelled"
    assert client.get(f"/api/tasks/{task.id}").json()["status"] == "cancelled"
