"""A reply that is far longer than what was asked for costs its own item a bounded time and others nothing."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core import ImageQuestionGenerationTask, Images, Projects, TaskService
from core.llm import ChatReply, ImagePart, LLMService
from core.questions import asking
from core.questions.recipe import question_recipe
from core.questions.store import GeneratedQuestion
from core.services import Services
from core.tasks import TaskRunner
from tests.fakes.provider import Call, FakeProvider, Reply

RECIPE = question_recipe({})
MANY = json.dumps({"questions": [f"What is number {number}?" for number in range(100_000)]})
FEW = json.dumps({"questions": ["What color is it?", "Is it plain?", "How wide is it?"]})


class _Provider(FakeProvider):
    """Replies at length to a prompt for a long reply; *asked* is set by the first call, and *may_reply* lets it go."""

    def __init__(self) -> None:
        super().__init__(self._script)
        self.asked, self.may_reply = threading.Event(), threading.Event()
        self.may_reply.set()

    def _script(self, call: Call) -> Reply:
        self.asked.set()
        self.may_reply.wait(60)
        return Reply(MANY if "long" in call.texts[-1] else FEW)


@pytest.fixture
def provider() -> Iterator[_Provider]:
    with _Provider() as running:
        yield running


@pytest.fixture
def kind(services: Services) -> ImageQuestionGenerationTask:
    return ImageQuestionGenerationTask(services.db, LLMService(), services.images)


def _config(provider: _Provider, prompt: str, **more: Any) -> dict[str, Any]:
    return {"custom_prompt": prompt, "num_questions": 3, "llm_config": provider.config().to_dict(), **more}


async def test_a_reply_of_100000_questions_ends_its_item_and_other_tasks_go_on(
    services: Services,
    kind: ImageQuestionGenerationTask,
    provider: _Provider,
    images: list[Images],
    project: Projects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-tests")
    kinds = {kind.task_type: kind}
    tasks = TaskService(services.db, lambda: kinds)
    long = tasks.create_task(project.id, config=_config(provider, "A long one", image_ids=[images[0].id]))
    other = tasks.create_task(project.id, config=_config(provider, "A short one", image_ids=[images[1].id]))
    runner = TaskRunner(services.db, kinds)

    async with asyncio.timeout(60):
        ended = await asyncio.gather(runner.run(long.id), runner.run(other.id))

    assert [task.status for task in ended] == ["completed", "completed"]
    stored = [row.question for row in kind.list_questions(project.id, images[0].id)]
    assert stored == ["What is number 0?", "What is number 1?", "What is number 2?"]
    assert len(kind.list_questions(project.id, images[1].id)) == 3
    assert len(provider.calls) == 2


async def test_a_task_with_long_replies_can_be_cancelled(
    services: Services,
    kind: ImageQuestionGenerationTask,
    provider: _Provider,
    images: list[Images],
    project: Projects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-tests")
    kinds = {kind.task_type: kind}
    tasks = TaskService(services.db, lambda: kinds)
    task = tasks.create_task(project.id, config=_config(provider, "A long one", concurrency=1))

    provider.may_reply.clear()
    async with asyncio.timeout(60):
        running = asyncio.create_task(TaskRunner(services.db, kinds).run(task.id))
        await asyncio.to_thread(provider.asked.wait, 60)
        await asyncio.to_thread(tasks.cancel, task.id)
        provider.may_reply.set()
        ended = await running

    assert ended.status == "cancelled"
    assert len(provider.calls) < len(images)


def test_only_a_few_times_the_requested_number_is_compared() -> None:
    repeats = [{"question": "What color is it?"}] * 500 + [{"question": "Is it plain?"}]
    parsed = asking.QuestionList.model_validate({"questions": repeats})
    reply = ChatReply("", parsed, "m", None, None, None, "stop")

    assert asking._new_questions(reply, ["What color is it?"], 3, ImagePart(b""), RECIPE) == ([], [])
    assert asking._new_questions(reply, [], 3, ImagePart(b""), RECIPE) == ([GeneratedQuestion("What color is it?")], [])


def test_questions_beyond_the_requested_number_make_up_for_repeats() -> None:
    texts = ["What color is it?", "what COLOR is it", "Is it plain?", "How wide is it?", "Is it new?"]
    parsed = asking.QuestionList.model_validate({"questions": [{"question": text} for text in texts]})
    reply = ChatReply("", parsed, "m", None, None, None, "stop")

    new, _ = asking._new_questions(reply, [], 3, ImagePart(b""), RECIPE)

    assert [generated.question for generated in new] == ["What color is it?", "Is it plain?", "How wide is it?"]
