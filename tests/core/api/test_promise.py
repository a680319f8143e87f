"""End-to-end test of the promised REST interface: a client with the running app, from upload to export."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.browser.driving import AppServer
from tests.pictures import png, striped


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with AppServer.running(tmp_path_factory.mktemp("server")) as running:
        yield running
    assert "Traceback" not in running.log_text(), running.log_text()[-4000:]


@pytest.fixture(scope="module")
def http(server: AppServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def _ended(http: httpx.Client, started: httpx.Response) -> dict[str, Any]:
    """Poll a task until it has ended, and return it."""
    assert started.status_code == 202, started.text
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        task: dict[str, Any] = http.get(f"/api/tasks/{started.json()['id']}").json()
        if task["status"] not in ("queued", "running"):
            return task
        time.sleep(0.1)
    raise AssertionError(f"the task did not end: {task}")


def test_a_dataset_is_built_and_exported_over_http(http: httpx.Client) -> None:
    created = http.post("/api/projects", json={"name": "Shelf"})
    assert created.status_code == 201
    project_id = created.json()["id"]
    assert "Shelf" in [project["name"] for project in http.get("/api/projects").json()["items"]]

    red, wide = png((200, 30, 30), (320, 240)), png((20, 60, 200), (640, 200))
    uploaded = http.post(
        f"/api/projects/{project_id}/images",
        files=[
            ("files", ("red.png", red)), ("files", ("wide.png", wide)), ("files", ("again.png", red)),
            ("files", ("notes.txt", b"no image")),
        ],
    )  # fmt: skip
    assert uploaded.status_code == 201
    results = uploaded.json()["results"]
    assert [(result["image_name"], result["outcome"]) for result in results] == [
        ("red.png", "added"), ("wide.png", "added"), ("again.png", "duplicate"), ("notes.txt", "rejected"),
    ]  # fmt: skip
    assert results[3]["image"] is None
    assert results[3]["reason"]
    listed = http.get(f"/api/projects/{project_id}/images", params={"limit": 1}).json()
    assert listed["total"] == 2
    following = http.get(f"/api/projects/{project_id}/images", params={"limit": 1, "cursor": listed["next_cursor"]})
    assert following.json()["next_cursor"] is None
    image_ids = [result["image"]["id"] for result in results[:2]]
    assert http.get(f"/api/images/{image_ids[0]}").json()["width"] == 320
    assert http.get(f"/api/images/{image_ids[0]}/data").content == red

    offline = {"provider": "offline", "model": "measure"}
    asked = http.post(
        f"/api/projects/{project_id}/image-questions",
        json={
            "image_ids": image_ids, "num_questions": 2, "language": "en", "custom_prompt": None, "concurrency": 2,
            "llm_config": offline,
        },
    )  # fmt: skip
    assert _ended(http, asked)["status"] == "completed"
    questions = http.get(f"/api/projects/{project_id}/image-questions").json()
    assert questions["total"] == 4

    question = questions["items"][0]
    answered = http.post(
        f"/api/projects/{project_id}/image-datasets",
        json={"question_id": question["id"], "answer": "Red.", "model": "by hand"},
    )
    assert answered.status_code == 201
    entry = answered.json()
    assert (entry["question"], entry["image_id"]) == (question["question"], question["image_id"])
    own = http.post(
        f"/api/projects/{project_id}/image-datasets",
        json={
            "image_id": image_ids[1], "question": "Is it wide?", "answer": '["yes"]', "answer_type": "label",
            "tags": "shape", "score": 3.5,
        },
    ).json()  # fmt: skip
    changed = http.put(
        f"/api/image-datasets/{entry['id']}", json={"answer": "Red"}, headers={"If-Match": str(entry["version"])}
    )
    assert changed.json()["answer"] == "Red"
    late = http.put(f"/api/image-datasets/{entry['id']}", json={"answer": "Blue", "version": entry["version"]})
    assert late.status_code == 409
    assert late.json()["current"]["answer"] == "Red"
    assert late.json()["attempted"] == {"answer": "Blue"}
    assert http.post(f"/api/image-datasets/{entry['id']}/confirm", json={"confirmed": True}).json()["confirmed"]
    assert http.post(f"/api/image-datasets/{entry['id']}/rate", json={"score": 4.5}).json()["score"] == 4.5
    confirmed = http.get(f"/api/projects/{project_id}/image-datasets", params={"confirmed": True}).json()
    assert [item["id"] for item in confirmed["items"]] == [entry["id"]]
    rated = http.get(f"/api/projects/{project_id}/image-datasets", params={"min_score": 3.5, "tags": "shape"}).json()
    assert [item["id"] for item in rated["items"]] == [own["id"]]

    exported = http.post(
        f"/api/projects/{project_id}/image-datasets/export",
        json={"format_style": "llava", "file_format": "bundle", "use_base64": False, "confirmed": True},
    )
    task = _ended(http, exported)
    assert task["status"] == "completed", task
    bundle = http.get(task["download_url"])
    assert bundle.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        (rows_file,) = [
            name
            for name in archive.namelist()
            if name.endswith((".json", ".jsonl")) and name not in ("EXPORT_REPORT.json", "croissant.json")
        ]
        rows = json.loads(archive.read(rows_file))
        assert rows[0]["image"] in archive.namelist()
    said = [turn["value"] for turn in rows[0]["conversations"]]
    assert said == [f"<image>\n{question['question']}", "Red"]

    assert http.delete(f"/api/image-datasets/{own['id']}").status_code in (200, 204)
    assert http.get(f"/api/image-datasets/{own['id']}").status_code == 404
    assert http.delete(f"/api/images/{image_ids[1]}").status_code in (200, 204)
    assert http.get(f"/api/images/{image_ids[1]}").status_code == 404


@pytest.mark.parametrize("file_format", ["json", "jsonl", "huggingface"])
def test_each_promised_file_format_is_made(http: httpx.Client, file_format: str) -> None:
    project_id = http.post("/api/projects", json={"name": f"As {file_format}"}).json()["id"]
    upload = http.post(f"/api/projects/{project_id}/images", files=[("files", ("red.png", png("red")))])
    image_id = upload.json()["results"][0]["image"]["id"]
    entry = {"image_id": image_id, "question": "Color?", "answer": "Red."}
    http.post(f"/api/projects/{project_id}/image-datasets", json=entry)
    body = {"format_style": "vqa", "file_format": file_format, "use_base64": False}
    task = _ended(http, http.post(f"/api/projects/{project_id}/image-datasets/export", json=body))
    assert task["status"] == "completed", task
    assert "Color?" in http.get(task["download_url"]).text or file_format == "huggingface"


def test_new_images_are_made_in_the_style_of_the_old_ones_over_http(http: httpx.Client) -> None:
    project_id = http.post("/api/projects", json={"name": "Look"}).json()["id"]
    made = http.post("/ai/datasets", json={"name": "Warm", "master_prompt": "Soft light.", "project_id": project_id})
    assert made.status_code == 201
    dataset_id = made.json()["id"]
    assert dataset_id in [item["id"] for item in http.get("/ai/datasets").json()["items"]]

    files = [("files[]", (f"{n}.png", striped(n))) for n in range(3)]
    analyzed = http.post("/ai/dataset/analyze", data={"dataset_id": dataset_id}, files=files)
    assert analyzed.status_code == 200, analyzed.text
    results = analyzed.json()["results"]
    assert len(results) == 3
    assert {"id", "dataset_id", "image_url", "analysis_result", "created_at"} <= results[0].keys()
    assert {"description", "tags", "vibe", "lighting", "colors", "style"} <= results[0]["analysis_result"].keys()
    assert http.get(results[0]["image_url"]).headers["Content-Type"] == "image/png"
    assert http.get(f"/ai/dataset/{dataset_id}/images").json()["total"] == 3

    wish = {"prompt": "A lamp.", "dataset_id": dataset_id, "style": "minimal", "aspect_ratio": "16:9"}
    generated = http.post("/ai/generate", json=wish)
    assert generated.status_code == 200, generated.text
    image = generated.json()
    assert {
        "id", "image_url", "caption", "prompt_used", "dataset_id", "style", "aspect_ratio", "quality", "format",
        "resolution", "reference_images_count",
    } <= image.keys()  # fmt: skip
    assert (image["dataset_id"], image["style"], image["aspect_ratio"]) == (dataset_id, "minimal", "16:9")
    assert image["reference_images_count"] == 3
    assert image["prompt_used"].startswith("Style Guidelines: Soft light.")
    assert http.get(image["image_url"]).headers["Content-Type"].startswith("image/")
    history = http.get("/ai/generated-images", params={"limit": 10, "offset": 0, "dataset_id": dataset_id}).json()
    assert [item["id"] for item in history["items"]] == [image["id"]]
    assert http.get(f"/ai/generated-images/{image['id']}").json()["prompt"] == "A lamp."
