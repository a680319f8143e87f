"""Batches on Azure's paths: deployments, ``api-version`` and ``api-key``, in both forms of its interface."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from core import Images, Projects
from core.llm import session_keys
from core.llm.batches import model_batches, task_batches
from core.services import Services
from core.tasks import TaskRunner
from tests.fakes.batches import FakeBatches
from tests.fakes.http_server import Answer, Received

KEY = "key-of-the-tests"
VERSION = "2024-10-21"


class FakeAzure(FakeBatches):
    """Answers below ``/openai`` with a version and a deployment in each line, and below ``/openai/v1`` as OpenAI does.

    As in the reference of its REST interface of 2024-10-21; of the newer one no version is asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.posted: set[str] = set()

    def _respond(self, received: Received) -> Answer:
        path, query = received.path, received.query
        is_v1 = path.startswith("/openai/v1/")
        headers = received.headers
        if (headers.get("authorization") != f"Bearer {KEY}") if is_v1 else (headers.get("api-key") != KEY):
            return Answer(401, body=b'{"error": {"message": "Access denied due to invalid subscription key"}}')
        if not is_v1 and query.get("api-version") != VERSION:
            return Answer(404, body=b'{"error": {"message": "Resource not found"}}')
        if received.method == "POST":
            self.posted.add(path)
        below = path.removeprefix("/openai/v1" if is_v1 else "/openai")
        answered = super()._respond(Received(received.method, f"/v1{below}", received.headers, received.body, 0.0))
        if received.method == "POST" and below == "/batches":
            url = "/v1/chat/completions" if is_v1 else "/chat/completions"
            rows = [json.loads(line) for content in self.files.values() for line in content.splitlines()]
            assert {row["url"] for row in rows} == {url}
            assert {row["body"]["model"] for row in rows} == {"my-batch-deployment"}
        return answered


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAzure]:
    monkeypatch.setattr(model_batches, "PACE", model_batches.Pace(first_s=0.01, longest_s=0.05))
    monkeypatch.setattr(task_batches, "_LOOK_S", 0.01)
    with FakeAzure() as running:
        yield running


@pytest.mark.parametrize(("version", "path"), [(VERSION, "/openai"), ("v1", "/openai/v1")])
async def test_a_deployment_of_azure_answers_a_batch(
    services: Services, project: Projects, images: list[Images], azure: FakeAzure, version: str, path: str
) -> None:
    model = {"model": "azure/my-batch-deployment", "api_base": azure.url, "extra": {"api_version": version}}
    recipe = {"models": [model], "num_questions": 1, "batch": True}
    task = services.tasks.create_task(project.id, "image-question-generation", recipe)
    session_keys.register(task.id, KEY)

    await asyncio.wait_for(TaskRunner(services.db, services.kinds).run(task.id), 60)

    summary = services.tasks.summary(task.id)
    assert (summary.status_text, summary.done, summary.failed) == ("completed", 3, 0)
    assert azure.posted == {f"{path}/files", f"{path}/batches"}
