"""An error that every further call would meet pauses the whole task after one request, and loses nothing."""

import json

import pytest

from core import Projects
from core.services import Services
from core.tasks import TaskRunner
from tests.fakes.http_server import Answer
from tests.fakes.provider import MODELS, Call, FakeProvider, Reply, error_body
from tests.pictures import png

GOOD = Reply(json.dumps({"questions": [{"question": "What color is it?", "kind": "attribute"}]}))


def _task(services: Services, project: Projects, provider_url: str) -> str:
    files = [(f"{number}.png", png((number, 7, 7))) for number in range(20)]
    services.intake.add_images(project.id, files)
    model = {"model": MODELS["openai"], "api_base": f"{provider_url}/v1"}
    config = {"num_questions": 1, "concurrency": 8, "llm_config": model}
    return services.tasks.create_task(project.id, config=config).id


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [(429, "You exceeded your current quota", "insufficient_quota"), (401, "Incorrect key", "invalid_api_key")],
    ids=["quota", "key"],
)
async def test_one_request_is_sent_the_task_pauses_and_a_resume_runs_all_items(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch, status: int, message: str, code: str
) -> None:
    monkeypatch.setenv("VITRINE_KEY_127_0_0_1", f"key-of-this-test-{status}")

    def refused(call: Call) -> Answer:
        return Answer(status, body=error_body(call.wire, status, message, code), delay_s=0.2)

    with FakeProvider(refused) as provider:
        task_id = _task(services, project, provider.url)
        runner = TaskRunner(services.db, services.kinds)
        await runner.run(task_id)

        paused = services.tasks.summary(task_id)
        assert len(provider.calls) == 1
        assert (paused.status_text, paused.queued, paused.failed, paused.task.processed_count) == ("paused", 20, 0, 0)
        assert message in paused.task.note

        provider.default = GOOD
        services.tasks.resume(task_id)
        await runner.run(task_id)

        done = services.tasks.summary(task_id)
        assert (done.status_text, done.done, done.maybe_paid_twice) == ("completed", 20, 0)
        assert len(provider.calls) == 21
