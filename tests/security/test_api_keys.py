"""API keys of requests are never stored, logged or returned, for any fault of the provider."""

import logging
import os
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from core.llm import LLMService, RetryPolicy
from core.services import Services
from tests.fakes.faults import CANARY, FAULTS, Fault
from tests.fakes.provider import FakeProvider, WireFormat
from tests.pictures import png

# Faults that last until the timeout take more than a second each.
TESTED_FAULTS = [fault for fault in FAULTS if os.environ.get("VITRINE_PROVE") or not fault.slow]
MODELS: dict[WireFormat, tuple[str, str]] = {
    "openai": ("openai", "gpt-4o"),
    "gemini": ("gemini", "gemini-2.5-flash"),
    "anthropic": ("anthropic", "claude-haiku-4-5"),
}


@pytest.fixture(autouse=True)
def _short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.03)
    monkeypatch.setattr("core.rooms.LLMService", partial(LLMService, policy))


def _use_key(client: TestClient, project_id: str, fault: Fault, wire: WireFormat) -> list[str]:
    """Send the key to every route that takes one; return headers and bodies of the responses."""
    with FakeProvider(fault.make) as provider:
        provider_name, model = MODELS[wire]
        base = provider.config(wire).api_base
        choice = {"provider": provider_name, "model": model, "api_key": CANARY, "api_base": base, "timeout_s": 1.0}
        task = client.post(f"/api/projects/{project_id}/image-questions", json={"llm_config": choice})
        responses = [
            task,
            _finished_task(client, task.json()["url"]),
            client.get(f"{task.json()['url']}/summary"),
            client.post("/api/models/test", json={"llm_config": choice}),
            client.post("/ai/generate", json={"prompt": "A lamp.", "project_id": project_id, "llm_config": choice}),
        ]
        assert any(CANARY in str(call.received.headers) for call in provider.calls), "the key was not used"
    assert all(answer.status_code < 500 or answer.status_code == 502 for answer in responses)
    return [f"{answer.headers} {answer.text}" for answer in responses]


def _finished_task(client: TestClient, url: str) -> Response:
    """Return the task once it has ended or was paused because of quota or key."""
    deadline = time.monotonic() + 120
    while (answer := client.get(url)).json()["status"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


def _export(client: TestClient, project_id: str, image_id: str) -> bytes:
    entry = {"image_id": image_id, "question": "Color?", "answer": "Red."}
    client.post(f"/api/projects/{project_id}/image-datasets", json=entry).raise_for_status()
    task = client.post(f"/api/projects/{project_id}/image-datasets/export", json={}).json()
    client.get(f"{task['url']}/events")
    return client.get(client.get(task["url"]).json()["download_url"]).content


def _content(path: Path) -> bytes:
    """Return the bytes of a file, and of the members if it is a ZIP."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as bundle:
            content += b"".join(bundle.read(name) for name in bundle.namelist())
    return content


def test_an_api_key_is_neither_stored_nor_logged_nor_returned(
    client: TestClient, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert len(TESTED_FAULTS) >= 25
    project_id = client.post("/api/projects", json={"name": "Shelf"}).json()["id"]
    files = [("files", ("red.png", png("red")))]
    uploaded = client.post(f"/api/projects/{project_id}/images", files=files).json()
    responses = []
    for number, fault in enumerate(TESTED_FAULTS):
        responses += _use_key(client, project_id, fault, fault.wires[number % len(fault.wires)])
    assert _export(client, project_id, uploaded["results"][0]["image"]["id"]).startswith(b"PK")

    secret = CANARY.removeprefix("sk-").encode()
    assert [text for text in responses if secret.decode() in text] == []
    assert secret.decode() not in caplog.text
    containing = [path.name for path in services.db.data_dir.rglob("*") if path.is_file() and secret in _content(path)]
    assert containing == []
