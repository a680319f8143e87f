"""Starting and running tasks in batches, and what is stored of them."""

import asyncio
import json
from collections import Counter
from typing import Any

from sqlmodel import select

from core import Projects, Questions
from core.db import LlmCalls
from core.llm import session_keys
from core.services import Services
from core.tasks import TaskRunner
from tests.fakes.batches import FakeBatches

KEY = "key-of-the-tests"


def start(services: Services, project: Projects, config: dict[str, Any], **more: Any) -> str:
    recipe = {"models": [config], "num_questions": 1, "batch": True} | more
    cost_cap = recipe.pop("cost_cap", None)
    task = services.tasks.create_task(project.id, "image-question-generation", recipe, cost_cap=cost_cap)
    session_keys.register(task.id, KEY)
    return task.id


async def run(services: Services, task_id: str) -> TaskRunner:
    runner = TaskRunner(services.db, services.kinds)
    await asyncio.wait_for(runner.run(task_id), 60)
    return runner


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  it is a state in the database
            await asyncio.sleep(0.01)


def questions(services: Services) -> list[Questions]:
    with services.db.reading() as session:
        return list(session.exec(select(Questions)))


def calls(services: Services) -> list[LlmCalls]:
    with services.db.reading() as session:
        return list(session.exec(select(LlmCalls).order_by(LlmCalls.id)))


def times_accepted(server: FakeBatches) -> list[int]:
    """Return how often the provider accepted each request."""
    return list(Counter(json.dumps(body, sort_keys=True) for body in server.accepted).values())
