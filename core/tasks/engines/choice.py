"""Which engine runs the tasks of a database, by the setting ``VITRINE_TASK_ENGINE``."""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from core.background_loop import BackgroundLoop
from core.db import Database, Tasks
from core.errors import ConfigurationError
from core.tasks.engines.base import TaskEngine
from core.tasks.engines.embedded import EmbeddedEngine
from core.tasks.engines.routing import NamesOfLanes, wants
from core.tasks.kinds import TaskKind

if TYPE_CHECKING:
    from core.tasks.engines.worker import Worker


def make_engine(
    db: Database,
    kinds: dict[str, TaskKind],
    loop: BackgroundLoop,
    lanes_of: NamesOfLanes,
    ended: Callable[[Tasks], None] = lambda task: None,
    refusal: Callable[[Tasks], str] = lambda task: "",
) -> TaskEngine:
    """Return the engine for a process that starts tasks.

    Args:
        ended: Is called with each task whose run has ended.
        refusal: Says why workers cannot run a task that is submitted; "" when they can.

    Raises:
        ConfigurationError: the setting asks for workers, and the database or the installation has none.
    """
    if db.settings.task_engine == "embedded":
        return EmbeddedEngine(db, kinds, loop, ended)
    require_workers(db)
    from core.tasks.engines.dbos_library import DbosDispatcher
    from core.tasks.engines.workers_engine import WorkersEngine

    return WorkersEngine(db, kinds, loop, DbosDispatcher(db), lanes_of, ended, refusal)


def make_worker(
    db: Database,
    kinds: dict[str, TaskKind],
    loop: BackgroundLoop,
    lanes_of: NamesOfLanes,
    *,
    concurrency: int,
    wanted: Collection[str] = (),
    lanes: Collection[str] = (),
    tell: Callable[[str], None],
) -> "Worker":
    """Return a worker that is not started; a process has one.

    Args:
        concurrency: Items at a time.
        wanted: The kinds of task that it runs; empty for all.
        lanes: The lanes that it is bound to.
        tell: Is told what whoever started it should know, in sentences.

    Raises:
        ConfigurationError: the database or the installation has no workers.
    """
    require_workers(db)
    from core.tasks.engines.dbos_library import DbosDispatcher, DbosTaker
    from core.tasks.engines.worker import Worker

    def make_taker(executor: str, version: str) -> DbosTaker:
        return DbosTaker(db, executor, version, partial(wants, kinds=wanted, lanes=lanes))

    return Worker(
        db, kinds, loop, DbosDispatcher(db), make_taker, lanes_of,
        concurrency=concurrency, wanted=wanted, lanes=lanes, tell=tell,
    )  # fmt: skip


def require_workers(db: Database) -> None:
    """Check that tasks of this database can run on workers.

    Raises:
        ConfigurationError: they cannot.
    """
    if db.settings.task_engine != "dbos":
        raise ConfigurationError(
            "Workers need VITRINE_TASK_ENGINE=dbos, here and on the server; otherwise the server runs tasks."
        )
    if db.engine.dialect.name != "postgresql":
        raise ConfigurationError(
            "Workers need PostgreSQL: set VITRINE_DATABASE_URL to its address, or VITRINE_TASK_ENGINE to embedded."
        )
    try:
        import dbos  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "Workers need the extra workers. Install it by: pip install 'vitrine-vqa[workers]'"
        ) from None
