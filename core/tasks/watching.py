"""Running a task to its end while its progress is shown."""

import asyncio
from typing import TYPE_CHECKING

from core.progress import ShowProgress, shown
from core.tasks.runner import TaskRunner
from core.tasks.service import TaskService

if TYPE_CHECKING:
    from core.db import Database, Tasks

_INTERVAL_S = 0.25


async def run_shown(
    db: "Database", runner: TaskRunner, task_id: str, label: str, progress: ShowProgress = None
) -> "Tasks":
    """Run the task as :meth:`TaskRunner.run` does, and tell its share of processed items; see :mod:`core.progress`."""
    tasks = TaskService(db)
    with shown(progress, label) as show:

        async def tell() -> None:
            task = await asyncio.to_thread(tasks.get_task, task_id)
            show(task.processed_count / max(task.total_count, 1), f"{task.processed_count:,} of {task.total_count:,}")

        running = asyncio.ensure_future(runner.run(task_id))
        try:
            while not (await asyncio.wait([running], timeout=_INTERVAL_S))[0]:
                await tell()
            ended = running.result()
            await tell()
            return ended
        finally:
            running.cancel()
