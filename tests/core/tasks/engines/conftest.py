import time
from collections.abc import Callable, Iterator

import pytest

from core.background_loop import BackgroundLoop
from core.db import Database
from core.tasks import EmbeddedEngine, TaskEngine, TaskService
from tests.core.tasks.counting import Counting, kinds

MakeEngine = Callable[[], TaskEngine]


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    made = BackgroundLoop()
    yield made
    made.close()


@pytest.fixture
def make_engine(db: Database, kind: Counting, loop: BackgroundLoop) -> Iterator[MakeEngine]:
    engines: list[TaskEngine] = []

    def make() -> TaskEngine:
        engine = EmbeddedEngine(db, kinds(kind), loop)
        engines.append(engine)
        engine.start()
        return engine

    yield make
    for engine in engines:
        engine.stop()


def wait_for(tasks: TaskService, task_id: str, status: str, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while (now := tasks.get_task(task_id).status) != status:
        assert time.monotonic() < deadline, f"still {now}"
        time.sleep(0.01)


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def let_go(loop: BackgroundLoop, kind: Counting) -> None:
    async def set_() -> None:
        kind.go_on.set()

    loop.run(set_(), 5)
