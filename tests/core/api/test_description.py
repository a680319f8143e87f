"""The OpenAPI description as generators of clients read it, and a generated client that does the main job."""

import importlib
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Projects
from core.api import build_routes
from core.api.description import EXAMPLES
from core.services import Services
from tests.core.dataset.conftest import add_image
from tests.pictures import png
from tests.serving import served

GENERATOR = "openapi-python-client@0.29.1"


def test_uploads_are_binary_and_under_one_name(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    binary = {"type": "string", "format": "binary"}
    assert schemas["Body_upload_images"]["properties"]["files"]["items"] == binary
    assert schemas["Body_find_similar_to_example"]["properties"]["file"].items() >= binary.items()
    assert sorted(schemas["Body_analyze_style_images"]["properties"]) == ["dataset_id", "files", "model"]
    assert "contentMediaType" not in json.dumps(document)


def test_a_token_may_be_sent_with_every_request(document: dict[str, Any]) -> None:
    assert document["security"] == [{"token": []}, {}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_names_that_generators_make_do_not_collide(document: dict[str, Any]) -> None:
    operations = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    schemas = list(document["components"]["schemas"])
    assert [name for name in schemas if "__" in name] == []  # two classes of one name
    for names in (operations, schemas):
        plain = ["".join(filter(str.isalnum, name)).lower() for name in names]
        assert len(set(plain)) == len(plain)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_fit_their_schemas(document: dict[str, Any], name: str) -> None:
    schema = document["components"]["schemas"][name]
    assert schema["examples"] == [EXAMPLES[name]]
    Draft202012Validator(schema | {"components": document["components"]}).validate(EXAMPLES[name])


def test_the_example_of_asking_is_small_has_answers_and_costs_nothing() -> None:
    example = EXAMPLES["AskQuestions"]
    assert (example["num_questions"], example["with_answers"], example["llm_config"]) == (
        3, True, {"model": "offline/measure"},
    )  # fmt: skip


@pytest.mark.prove
def test_a_generated_client_does_the_main_job(
    document: dict[str, Any], services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    # In an environment of its own: it does not take the version of typer that the command vitrine has.
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "tool", "run", GENERATOR, "generate", "--path", "openapi.json", "--meta", "none"]
    command += ["--output-path", "shelf_client", "--config", "config.yaml"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300)
    assert "WARNING" not in made.stdout + made.stderr, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    with served(Starlette(routes=build_routes(lambda: services))) as port:
        _main_job(f"http://127.0.0.1:{port}")


def _main_job(url: str) -> None:
    api, models = "shelf_client.api", importlib.import_module("shelf_client.models")
    client = importlib.import_module("shelf_client").Client(base_url=url, raise_on_unexpected_status=True)
    file_class = importlib.import_module("shelf_client.types").File

    def call(name: str, *ids: str, **arguments: Any) -> Any:
        answered = importlib.import_module(f"{api}.{name}").sync_detailed(*ids, client=client, **arguments)
        assert answered.status_code < 300, answered
        return answered.parsed

    def wait(task: Any) -> Any:
        deadline = time.monotonic() + 60
        while (task := call("tasks.get_task", task.id)).ended_at is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert task.status == "completed"
        return task

    project = call("projects.create_project", body=models.NewProject(name="Shelf"))
    body = models.BodyUploadImages(files=[file_class(payload=io.BytesIO(png("red")), file_name="red.png")])
    (uploaded,) = call("images.upload_images", project.id, body=body).results
    assert uploaded.outcome == "added"
    assert call("images.get_image_data", uploaded.image.id).payload.read() == png("red")

    offline = models.ModelChoice(model="offline/measure")
    ask = models.AskQuestions(num_questions=2, with_answers=True, llm_config=offline)
    wait(call("questions.generate_questions", project.id, body=ask))
    entries = call("entries.list_entries", project.id).items
    assert len(entries) == 2
    decision = models.EntryDecision(decision=models.EntryDecisionDecision("confirm"), version=entries[0].version)
    assert call("entries.decide_entry", entries[0].id, body=decision).entry.confirmed

    file_format = models.NewExportFileFormat("json")
    export = models.NewExport(format_style="llava", file_format=file_format, confirmed=True)
    task = wait(call("exports.export_entries", project.id, body=export))
    (row,) = httpx.get(url + task.download_url).json()
    assert row["conversations"][0]["value"].endswith(entries[0].question)


def test_the_examples_of_a_change_and_a_decision_are_for_a_new_entry(services: Services, project: Projects) -> None:
    image = add_image(services.db, project.id, "a.jpg")
    client = TestClient(Starlette(routes=build_routes(lambda: services)), base_url="http://localhost:8501")
    for method, path, example in (("PUT", "", "EntryChange"), ("POST", "/decide", "EntryDecision")):
        body = EXAMPLES["NewEntry"] | {"image_id": image.id, "question": f"{example}?"}
        entry = client.post(f"/api/projects/{project.id}/image-datasets", json=body).json()
        answer = client.request(method, f"/api/image-datasets/{entry['id']}{path}", json=EXAMPLES[example])
        assert answer.status_code == 200, answer.text
