"""Fixtures for all tests: each test has its own data directory, and its caches are cleared afterwards.

``VITRINE_PROVE=1`` (``make prove``) adds the tests marked ``prove`` and runs ten times the examples of each property.
"""

import functools
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import streamlit as st
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from core import Projects, ProjectService, connect
from core.api.lazy_api import LazyApi
from core.caller import Caller, acting
from core.db import Database, migrate
from core.images import sandbox
from core.llm import correction_loop, rate_limiter, redaction
from core.questions import prompts, schema_check
from core.runtime import runtime
from core.services import Services
from core.vision import local
from tests import described, postgresql

_TAKES_LONG = re.compile(r"^tests/(browser|security|docs|deploy)/|test_(kill|crash|stop|migrate|package|house)")

_LEARNED_OF_ADDRESSES: tuple[dict[Any, Any] | set[Any], ...] = (
    rate_limiter._limiters,
    correction_loop._learned_forms,
    correction_loop._models_without_temperature,
    redaction._known_keys,
)

PROVE = os.environ.get("VITRINE_PROVE") == "1"

hypothesis.settings.register_profile("quick", max_examples=50, deadline=None, database=None, derandomize=True)
hypothesis.settings.register_profile("prove", max_examples=500, deadline=None, database=None)
hypothesis.settings.load_profile("prove" if PROVE else "quick")

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest creates a directory of its own in it
_MIN_FREE_BYTES = 8 * 2**30


def pytest_configure() -> None:
    """Put the directories of tests into shared memory where there is enough: commits wait for the disk otherwise.

    SQLite's fsyncs take 30 % of the time of the tests of ``core/dataset`` on a virtual disk.
    """
    if _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).free >= _MIN_FREE_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_SHARED_MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what does not run here, so that it does not count as skipped."""
    runs_here = {"prove": PROVE, "sqlite": not postgresql.WANTED, "postgresql": postgresql.WANTED}
    left_out = [name for name, runs in runs_here.items() if not runs]
    deselected = [item for item in items if any(map(item.get_closest_marker, left_out))]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]
    # What takes long starts first, else one process is left with it at the end while the other has nothing to do.
    items.sort(key=lambda item: not _TAKES_LONG.search(item.nodeid))


@pytest.fixture(autouse=True)
def _isolated_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Point VITRINE_DATA_DIR into the test's directory, unset real API keys, and clear caller, caches and services."""
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with acting(Caller()):  # tests that run in this thread may set one for the rest of its life
        yield
    st.cache_resource.clear()
    st.cache_data.clear()
    runtime.close(keep_image_workers=True)  # workers have no state of a test, and starting them takes 0.5 s
    for learned in _LEARNED_OF_ADDRESSES:  # the next server may get the port of this one
        learned.clear()
    if postgresql.WANTED:
        postgresql.server(postgresql.directory_of(tmp_path_factory)).drop_all()


@pytest.fixture(scope="session", autouse=True)
def _stop_shared_processes() -> Iterator[None]:
    yield
    if (used := sys.modules.get("tests.browser.chromium")) is not None:
        used.close_shared()
    sandbox.close_shared()
    local.close_shared()
    schema_check.close()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of an empty migrated database; copying it takes 1 % of the time of the migrations."""
    file = tmp_path_factory.mktemp("empty") / "vitrine.db"
    with connect(file):
        pass
    return file


@pytest.fixture(scope="session", autouse=True)
def _on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run all tests on PostgreSQL where VITRINE_TEST_DATABASE names it."""
    if not postgresql.WANTED:
        yield
        return
    started = postgresql.server(postgresql.directory_of(tmp_path_factory))
    with postgresql.used_by_default(started):
        yield


@pytest.fixture(scope="session", autouse=True)
def _copied_instead_of_migrated(empty_database: Path, _on_postgresql: None) -> Iterator[None]:
    """Copy the empty database where a new one is opened: the migrations are 40 % of a test of routes or pages.

    The tests of the migrations run them, as do the servers that tests start as processes.
    """
    run_migrations = migrate.upgrade

    @functools.wraps(run_migrations)
    def upgrade(engine: Engine, *, backup_dir: Path | None = None) -> None:
        file = engine.url.database
        if engine.dialect.name == "sqlite" and file and not Path(file).exists():
            shutil.copy(empty_database, file)
        run_migrations(engine, backup_dir=backup_dir)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "upgrade", upgrade)
        yield


@pytest.fixture(scope="session", autouse=True)
def _routes_prepared_once() -> Iterator[None]:
    """Give all tests of a process one FastAPI application: it prepares its routes at its first request, in 0.3 s."""

    def build(self: LazyApi) -> ASGIApp:
        async def with_these_services(scope: Scope, receive: Receive, send: Send) -> None:
            described.api().state.services = self._services
            await described.api()(scope, receive, send)

        return with_these_services

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LazyApi, "_build", build)
        yield


@pytest.fixture
def db(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    (tmp_path / "data").mkdir()
    if not postgresql.WANTED:
        shutil.copy(empty_database, tmp_path / "data" / "vitrine.db")
    with connect(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def services(db: Database) -> Iterator[Services]:
    made = Services(db)
    yield made
    made.close(keep_image_workers=True)


@pytest.fixture
def project(db: Database) -> Projects:
    return ProjectService(db).create_project("Shelf")


@pytest.fixture
def toy_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Add a language as documented, with one folder of prompts and one line; yield its code."""
    variables = {
        "questions": "$count, $kinds, $existing",
        "questions_and_answers": "$count, $kinds, $existing",
        "answers": "$count, $questions",
        "examples": "$count, $examples",
        "several": "$count, $images",
        "several_questions": "$count, $images",
        "evidence": "$found",
        "verifiable": "$words, $chars",
        "verifiable_questions": "",
        "verifiable_again": "$questions",
        "grounding": "",
        "boxes": "$corners, $x_max, $y_max",
    }
    directory = tmp_path / "prompts"
    shutil.copytree(prompts.DIRECTORY, directory)
    (directory / "xx").mkdir()
    for name in prompts.NAMES:
        (directory / "xx" / f"{name}.txt").write_text(f"Toy {name}: {variables[name]}", encoding="utf-8")
    monkeypatch.setattr(prompts, "DIRECTORY", directory)
    monkeypatch.setitem(prompts.LANGUAGES, "xx", prompts.Language("Toyish", "Toyo"))
    yield "xx"
    prompts.load.cache_clear()
