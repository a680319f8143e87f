"""``vitrine worker``: runs tasks without serving pages."""

import signal
import threading
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.database import opened
from core.cli.output import ExitCode, Json, result, say
from core.cli.running import command_tasks, described, ended_as, say_what_is_missing
from core.pluralize import pluralize

if TYPE_CHECKING:
    from core.db import Database
    from core.tasks.engines.worker import Worker
    from core.tasks.kinds import TaskKind

_TIDY_S = 3600.0
DRAIN_S = 120.0
"""The longest time of one model call, unless VITRINE_LLM_TIMEOUT_S says otherwise."""

Concurrency = Annotated[int | None, typer.Option(help="Items at a time; VITRINE_LLM_CONCURRENCY by default.", min=1)]
Kinds = Annotated[
    list[str] | None, typer.Option(help="Only tasks of this kind, such as image-analysis; may be repeated.")
]
Lanes = Annotated[
    list[str] | None,
    typer.Option("--lane", help="Only tasks that ask this model server, as host:port, or provider; may be repeated."),
]


def run(concurrency: Concurrency = None, kinds: Kinds = None, lane: Lanes = None, as_json: Json = False) -> None:
    """Run tasks without serving pages.

    With VITRINE_TASK_ENGINE=dbos it joins the workers of the database, on any machine, and runs what is there until
    SIGTERM or Ctrl+C: what is in flight is finished first. Otherwise it runs the open tasks of the data directory to
    their end; one process can do that at a time, and it has no options.

    Example: vitrine worker --concurrency 16 --lane localhost:8000
    """
    with opened() as db:
        if db.settings.task_engine == "dbos" or concurrency or kinds or lane:
            _join(db, concurrency or db.settings.llm_concurrency, kinds or [], lane or [])
            return
    _run_open_tasks(as_json)


def _run_open_tasks(as_json: bool) -> None:
    with command_tasks() as tasks:
        found = tasks.services.tasks.list_tasks(active_only=True, limit=1_000)
        ended = [tasks.run(task.id) for task in reversed(found) if task.status != "paused"]
        paused = sum(task.status == "paused" for task in found)
        text = f"{pluralize(len(ended), 'task')} ended. {pluralize(paused, 'paused task')} left alone."
        result(as_json, [described(summary) for summary in ended], text)
        for summary in ended:
            say_what_is_missing(tasks.services, summary)
        raise typer.Exit(max(map(ended_as, ended), default=ExitCode.OK))


def _join(db: "Database", concurrency: int, kinds: list[str], lanes: list[str]) -> None:
    """Be a worker until a signal ends it."""
    from core.housekeeping import Housekeeping
    from core.llm import require_lane
    from core.services import Services, lanes_of_task
    from core.tasks import make_worker

    services = Services(db)
    housekeeping = Housekeeping(services.uploads.remove_abandoned, _TIDY_S)  # copies that imports had fetched
    try:
        for name in kinds:
            require_kind(name, services.kinds)
        for name in lanes:
            require_lane(name)
        services.look_for_originals()
        worker = make_worker(
            db, services.kinds, services.loop, lanes_of_task,
            concurrency=concurrency, wanted=kinds, lanes=lanes, tell=say,
        )  # fmt: skip
        ends = _ends_by_signal()
        worker.start()
        housekeeping.start()
        say(_described(db, concurrency, kinds, lanes))
        ends.wait()
        _drain(worker, max(DRAIN_S, db.settings.llm_timeout_s))
    finally:
        housekeeping.stop()
        services.close()


def require_kind(name: str, kinds: "Mapping[str, TaskKind]") -> None:
    """Check that workers run tasks of the kind *name*.

    Raises:
        InvalidInputError: there is no such kind, or only the server runs it.
    """
    from core.errors import InvalidInputError
    from core.tasks.kinds import why_on_server

    on_workers = {key for key, kind in kinds.items() if not why_on_server(kind, {})}
    if name not in on_workers:
        why = f"The server itself runs {name}." if name in kinds else f"There is no kind of task called {name}."
        raise InvalidInputError(f"{why} Use {', '.join(sorted(on_workers))}.", field="kinds")


def _ends_by_signal() -> threading.Event:
    """Return what is set by SIGTERM or Ctrl+C; a second one ends the process at once."""
    ends = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        ends.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return ends


def _drain(worker: "Worker", timeout_s: float) -> None:
    if worker.running:
        say("Stopping: what is in flight is finished. Again ends at once; a call in flight may be paid for again.")
    worker.stop(timeout_s)
    say("Stopped.")


def _described(db: "Database", concurrency: int, kinds: list[str], lanes: list[str]) -> str:
    what = ", ".join(kinds) if kinds else "all kinds of task but those of the server"
    where = f" for {', '.join(lanes)}" if lanes else ""
    return (
        f"This worker runs {what}{where}, {pluralize(concurrency, 'item')} at a time. "
        f"Images are read from {db.settings.storage_url or db.settings.images_dir}."
    )
