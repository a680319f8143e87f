import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.db import Database, Projects, Tasks
from core.tasks import TaskRunner, TaskService
from tests import postgresql
from tests.core.tasks.counting import Counting, kinds

MakeTask = Callable[..., Tasks]


@pytest.fixture
def own() -> Iterator[postgresql.TestServer]:
    """Start a server that no other test uses."""
    shared = Path("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir())  # noqa: S108
    directory = Path(tempfile.mkdtemp(prefix="vitrine-pg-", dir=shared))
    started = postgresql.TestServer(directory, keeps_commits=True)
    yield started
    started.stop()
    started.halt()
    shutil.rmtree(directory)


@pytest.fixture
def kind(db: Database) -> Counting:
    return Counting(db)


@pytest.fixture
def tasks(db: Database, kind: Counting) -> TaskService:
    return TaskService(db, lambda: kinds(kind))


@pytest.fixture
def runner(db: Database, kind: Counting) -> TaskRunner:
    return TaskRunner(db, kinds(kind))


@pytest.fixture
def make_task(tasks: TaskService, project: Projects) -> MakeTask:
    def make(*items: str, cost_cap: float | None = None, **config: Any) -> Tasks:
        return tasks.create_task(project.id, "counting", {"items": items, **config}, cost_cap=cost_cap)

    return make
