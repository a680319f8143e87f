import time
from collections.abc import Callable, Iterator

import pytest

from core.background_loop import BackgroundLoop
from core.db import Database
from core.tasks import EmbeddedEngine, TaskEngine, TaskKind, TaskService
from core.tasks.engines.dbos_library import DbosDispatcher, DbosTaker
from core.tasks.engines.worker import Worker
from core.tasks.engines.workers_engine import WorkersEngine
from tests import postgresql
from tests.core.tasks.counting import Counting, kinds

MakeEngine = Callable[[], TaskEngine]
ENGINES = ("embedded", "dbos") if postgresql.WANTED else ("embedded",)


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    made = BackgroundLoop()
    yield made
    made.close()


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_engine(db: Database, kind: Counting, loop: BackgroundLoop, engine_name: str) -> Iterator[MakeEngine]:
    """Return what makes an engine with all that runs its tasks, and starts both."""
    engines: list[TaskEngine] = []

    def make() -> TaskEngine:
        engine = (WithWorker if engine_name == "dbos" else EmbeddedEngine)(db, kinds(kind), loop)
        engines.append(engine)
        engine.start()
        return engine

    yield make
    for engine in engines:
        engine.stop()


class WithWorker(WorkersEngine):
    """An engine whose one worker runs in this process."""

    def __init__(self, db: Database, kinds_: dict[str, TaskKind], loop: BackgroundLoop) -> None:
        super().__init__(db, kinds_, loop, DbosDispatcher(db), lambda _config: ())
        self.worker = Worker(
            db, kinds_, loop, DbosDispatcher(db),
            lambda executor, version: DbosTaker(db, executor, version, lambda _queue: True),
            lambda _config: (), concurrency=4,
        )  # fmt: skip

    def start(self) -> None:
        super().start()
        self.worker.start()

    def stop(self, timeout_s: float = 8.0) -> None:
        super().stop(timeout_s)
        self.worker.stop(timeout_s)


def wait_for(tasks: TaskService, task_id: str, status: str, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while (now := tasks.get_task(task_id).status) != status:
        assert time.monotonic() < deadline, f"still {now}"
        time.sleep(0.01)


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def let_go(loop: BackgroundLoop, kind: Counting) -> None:
    async def set_() -> None:
        kind.go_on.set()

    loop.run(set_(), 60)
