"""What an import or an export would do, over REST; importing an upload in chunks."""

import json
import time
import zlib

from starlette.testclient import TestClient

from core import Projects
from core.services import Services
from tests.pictures import png


def test_an_export_tells_what_it_would_hold_and_takes_search_splits_and_license(
    client: TestClient, services: Services, project: Projects
) -> None:
    (outcome,) = services.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    for question in ("A cat?", "A dog?"):
        services.dataset.create_dataset_entry(project.id, outcome.image.id, question, "Yes.")
    base = f"/api/projects/{project.id}/image-datasets/export"
    body = {"q": "dog", "license": "CC-BY-4.0", "splits": {"train": 0, "test": 100}, "format_style": "llava"}
    shown = client.post(f"{base}/preview", json=body, params={"rows": 1}).json()
    assert "code" not in shown, shown
    assert (shown["entries"], shown["images"], len(shown["rows"])) == (1, 1, 1)
    assert shown["rows"][0]["row"]["conversations"][0]["value"] == "<image>\nA dog?"
    assert client.get(f"{base}/choices").json()["language"] == ["en"]
    task = client.post(base, json=body).json()
    _wait(client, task["url"])
    (export,) = client.get(f"/api/projects/{project.id}/exports").json()["items"]
    report = client.get(f"/api/projects/{project.id}/exports/{export['id']}").json()["export"]["report"]
    assert (report["license"], report["entries"]) == ("CC-BY-4.0", 1)
    assert report["recipe"]["splits"]["test"] == 100
    other = services.projects.create_project("Other")
    assert client.get(f"/api/projects/{other.id}/exports/{export['id']}").status_code == 404
    assert client.post(base, json=body | {"splits": {"train": 50}}).status_code == 422


def test_an_upload_in_chunks_is_previewed_and_imported(client: TestClient, project: Projects) -> None:
    rows = json.dumps([{"image": "red.png", "question": "Which color?", "answer": "Red."}]).encode()
    made = client.post("/uploads/new", json={"project_id": project.id, "name": "rows.json", "size_bytes": len(rows)})
    upload_id = made.json()["id"]
    base = f"/api/projects/{project.id}"
    assert client.post(f"{base}/imports", json={"upload_id": upload_id}).json()["field"] == "upload_id"
    headers = {"Upload-Offset": "0", "Upload-Checksum": f"{zlib.crc32(rows):08x}"}
    client.put(f"/uploads/{upload_id}", content=rows, headers=headers)
    (waiting,) = client.get(f"{base}/uploads").json()["items"]
    assert (waiting["id"], waiting["is_complete"]) == (upload_id, True)

    shown = client.post(f"{base}/imports/preview", json={"upload_id": upload_id}).json()
    assert shown["annotations"] == ["rows.json"]
    assert shown["records"][0]["turns"] == [{"question": "Which color?", "answer": "Red."}]
    task = client.post(f"{base}/imports", json={"upload_id": upload_id})
    assert task.status_code == 202
    assert client.get(f"{base}/uploads").json()["items"] == []
    _wait(client, task.json()["url"])


def _wait(client: TestClient, url: str) -> None:
    deadline = time.monotonic() + 60
    while client.get(url).json()["ended_at"] is None and time.monotonic() < deadline:
        time.sleep(0.02)
