"""Where everything is put together: services, routes, start-up, stop. The only file that knows all rooms.

It imports a room only when something of it is asked for: the server listens before SQLAlchemy is loaded, and loads
it while the browser fetches the page's scripts.
"""

import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core import logs, process
from core.warmup import WarmUp

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from core.access import TokenService
    from core.dataset import CollaborationService, EntryQueries, ImageDatasetService, ReviewService
    from core.db import Database
    from core.export import ExportService, ImageDatasetExporter
    from core.images import DuplicateFinder, ImageIntake, ImageLibrary, ImageService
    from core.llm import LLMService, ModelProfileService
    from core.projects import ProjectService
    from core.questions import GenerationPreview, ImageAnswerGenerationTask, ImageQuestionGenerationTask
    from core.style import StyleGenerationService
    from core.style.analysis_service import StyleAnalysisService
    from core.style.dataset_service import StyleDatasetService
    from core.style.generator import StyleGenerator
    from core.style.result_service import StyleResultService
    from core.tasks import LocalEngine, TaskKind, TaskService


@dataclass(frozen=True)
class Services:
    """Every service over one database; cheap to make, made anew for each page run and each request.

    A service is built when it is asked for, and its room imported the first time. Not cached: Python 3.11 holds a
    lock while it fills a ``cached_property``, and two threads that load rooms would wait for each other.
    """

    db: "Database"

    @property
    def projects(self) -> "ProjectService":
        process.load("core.projects")
        from core.projects import ProjectService

        return ProjectService(self.db)

    @property
    def images(self) -> "ImageService":
        process.load("core.images.service")
        from core.images import ImageService

        return ImageService(self.db)

    @property
    def library(self) -> "ImageLibrary":
        return self.images.library

    @property
    def intake(self) -> "ImageIntake":
        return self.images.intake

    @property
    def duplicates(self) -> "DuplicateFinder":
        return self.images.duplicates

    @property
    def llm(self) -> "LLMService":
        process.load("core.llm")
        from core.llm import LLMService

        return LLMService(settings=self.db.settings)

    @property
    def profiles(self) -> "ModelProfileService":
        process.load("core.llm")
        from core.llm import ModelProfileService

        return ModelProfileService(self.db)

    @property
    def questions(self) -> "ImageQuestionGenerationTask":
        process.load("core.questions")
        from core.questions import ImageQuestionGenerationTask

        return ImageQuestionGenerationTask(self.db, self.llm, self.images)

    @property
    def answers(self) -> "ImageAnswerGenerationTask":
        process.load("core.questions")
        from core.questions import ImageAnswerGenerationTask

        return ImageAnswerGenerationTask(self.db, self.llm, self.images)

    @property
    def preview(self) -> "GenerationPreview":
        process.load("core.questions")
        from core.questions import GenerationPreview

        return GenerationPreview(self.db, self.llm, self.images)

    @property
    def dataset(self) -> "ImageDatasetService":
        process.load("core.dataset")
        from core.dataset import ImageDatasetService

        return ImageDatasetService(self.db)

    @property
    def entries(self) -> "EntryQueries":
        process.load("core.dataset")
        from core.dataset import EntryQueries

        return EntryQueries(self.db)

    @property
    def review(self) -> "ReviewService":
        process.load("core.dataset")
        from core.dataset import ReviewService

        return ReviewService(self.db)

    @property
    def collaboration(self) -> "CollaborationService":
        process.load("core.dataset")
        from core.dataset import CollaborationService

        return CollaborationService(self.db)

    @property
    def style(self) -> "StyleGenerationService":
        process.load("core.style.service")
        from core.style import StyleGenerationService

        return StyleGenerationService(self.db, self.llm, self.images)

    @property
    def style_datasets(self) -> "StyleDatasetService":
        return self.style.datasets

    @property
    def style_analysis(self) -> "StyleAnalysisService":
        return self.style.analysis

    @property
    def style_generation(self) -> "StyleGenerator":
        return self.style.generator

    @property
    def style_results(self) -> "StyleResultService":
        return self.style.results

    @property
    def exporter(self) -> "ImageDatasetExporter":
        process.load("core.export")
        from core.export import ImageDatasetExporter

        return ImageDatasetExporter(self.db, self.images)

    @property
    def exports(self) -> "ExportService":
        process.load("core.export")
        from core.export import ExportService

        return ExportService(self.db, self.images)

    @property
    def tasks(self) -> "TaskService":
        process.load("core.tasks")
        from core.tasks import TaskService

        return TaskService(self.db, lambda: self.kinds)

    @property
    def tokens(self) -> "TokenService":
        process.load("core.access")
        from core.access import TokenService

        return TokenService(self.db)

    @property
    def engine(self) -> "LocalEngine":
        """What runs the tasks of this process."""
        return engine()

    @property
    def kinds(self) -> "dict[str, TaskKind]":
        """Every kind of long work by its ``task_type``; asking for them imports every room."""
        load_rooms()
        from core.export import export_task_kinds
        from core.images import image_task_kinds
        from core.questions import question_task_kinds
        from core.style import style_task_kinds

        kinds = [
            *image_task_kinds(self.intake),
            *question_task_kinds(self.questions, self.answers),
            *style_task_kinds(self.style),
            *export_task_kinds(self.exports, self.images),
        ]
        return {kind.task_type: kind for kind in kinds}


def services() -> Services:
    """Return the services of this process's database."""
    return Services(database())


def load_rooms() -> None:
    """Import every room."""
    process.load("core.db", "core.tasks", "core.llm", "core.images.service", "core.images.tasks", "core.questions")
    process.load("core.dataset", "core.style.service", "core.style.kinds", "core.export")


def database() -> "Database":
    """Return the process's database, opening it the first time."""

    def open_() -> "Database":
        process.load("core.db")
        from core.config import load_settings
        from core.db.database import open_database

        return open_database(load_settings())

    return process.singleton("database", open_)


def engine() -> "LocalEngine":
    """Return what runs the tasks of this process, starting it the first time."""

    def start() -> "LocalEngine":
        from core.tasks import LocalEngine

        made = LocalEngine(database(), services().kinds, process.background_loop())
        made.start()
        return made

    return process.singleton("engine", start)


def refuse_open_door(address: str | None) -> None:
    """End the start in one sentence when *address*, None for every one, would let anyone in without a password."""
    if address in ("127.0.0.1", "localhost", "::1"):
        return  # the usual case, without loading anything
    from core.access import check_address
    from core.config import load_settings
    from core.errors import ConfigurationError

    try:
        check_address(address, load_settings())
    except ConfigurationError as error:
        sys.exit(str(error))


def routes(base_path: str = "", allowed_hosts: Sequence[str] = (), icon: "Path | None" = None) -> "Sequence[BaseRoute]":
    """Return the routes beside the pages: images, the desk, the REST API; below *base_path* when there is one.

    *allowed_hosts* are the names the server answers to; only those of this machine when empty. *icon* takes the
    place of Streamlit's in the browser's tab.
    """
    from starlette.responses import FileResponse
    from starlette.routing import Route

    from core.api.lazy import everything_below, everything_mounted

    answer = _Routes(allowed_hosts)
    made = [everything_below(place, answer) for place in ("img", "exports", "desk", "access", "api", "ai")]
    if icon is not None:
        made.append(Route("/favicon.png", lambda _request: FileResponse(icon)))
    prefix = base_path.strip("/")
    return [everything_mounted(prefix, made)] if prefix else made


class _Routes:
    """Answers for every route of ``core.api``, which is imported for the first request."""

    def __init__(self, allowed_hosts: Sequence[str]) -> None:
        self._allowed_hosts = allowed_hosts

    @cached_property
    def _router(self) -> "ASGIApp":
        from starlette.routing import Router

        from core.api import build_routes

        return Router(build_routes(services, allowed_hosts=self._allowed_hosts))

    def _load(self) -> None:
        with process.loading():
            process.load("core.db")
            _ = self._router

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if "_router" not in self.__dict__:
            await asyncio.to_thread(self._load)
        await self._router(scope, receive, send)


@contextlib.asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Start-up and stop of the server process."""
    _answer_without_delay()
    warm_up = process.singleton("warm-up", lambda: WarmUp(_open, _later))
    warming = asyncio.create_task(asyncio.to_thread(warm_up.run))
    try:
        yield {}
    finally:
        warm_up.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await warming
        await asyncio.to_thread(shut_down)


def _open() -> None:
    logs.set_up(json_lines=database().settings.log_json)
    first = services()
    first.projects.list_projects()
    first.tasks.list_tasks(active_only=True)


def _later() -> Iterator[Callable[[], object]]:
    yield engine
    yield services().llm.warm_up
    yield _import_heavy_libraries
    yield services().intake.remove_leftovers


def _import_heavy_libraries() -> None:
    import datasets  # noqa: F401
    import pandas  # noqa: F401


def page_was_shown() -> None:
    """Let the heavy imports begin, now that nobody waits for a first page any more."""
    warm_up = process.existing("warm-up")
    if warm_up is not None:
        warm_up.page_was_shown()


def shut_down() -> None:
    """Stop what this process started: tasks first, then the loop, the image workers and the database."""
    process.forget("warm-up")
    for name, close in (("engine", "stop"), ("sandbox", "close"), ("loop", "close"), ("database", "close")):
        running = process.forget(name)
        if running is not None:
            getattr(running, close)()


def _answer_without_delay() -> None:
    """Set TCP_NODELAY on the listening sockets, which accepted connections inherit.

    Streamlit binds them without it, and Linux then delays each small answer by about 44 ms.
    """
    for candidate in gc.get_objects():
        if isinstance(candidate, socket.socket) and candidate.fileno() != -1 and _listens(candidate):
            candidate.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _listens(candidate: socket.socket) -> bool:
    return (
        candidate.type == socket.SOCK_STREAM
        and candidate.family in (socket.AF_INET, socket.AF_INET6)
        and candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
    )
