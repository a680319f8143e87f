"""Running a task while its progress is shown."""

import asyncio

import pytest

from core.db import Database
from core.tasks import TaskRunner, watching
from tests.core.tasks.conftest import MakeTask
from tests.core.tasks.counting import Counting
from tests.core.tasks.running import until


async def test_the_share_of_processed_items_is_told_until_the_task_ends(
    db: Database, runner: TaskRunner, make_task: MakeTask, kind: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_INTERVAL_S", 0.01)
    told: list[tuple[float, str]] = []
    task = make_task("ok", "ok", "ok", "wait")
    running = asyncio.create_task(
        watching.run_shown(db, runner, task.id, "Counting", lambda share, step: told.append((share, step)))
    )
    await until(lambda: "3 of 4" in [step for _, step in told])
    assert told[-1] == (0.75, "3 of 4")
    kind.go_on.set()

    assert (await running).status == "completed"
    assert told[-1] == (1.0, "4 of 4")


async def test_a_task_without_items_is_done_at_once(db: Database, runner: TaskRunner, make_task: MakeTask) -> None:
    told: list[tuple[float, str]] = []

    await watching.run_shown(db, runner, make_task().id, "Counting", lambda share, step: told.append((share, step)))

    assert told[-1] == (0.0, "0 of 0")
