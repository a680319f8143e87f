"""Every test gets a data directory of its own and leaves nothing behind.

``VITRINE_PROVE=1`` (``make prove``) adds the tests marked ``prove`` and gives every property ten times the examples.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import streamlit as st

from core import Projects, ProjectService, connect
from core.db import Database
from core.images import sandbox
from core.questions import prompts
from core.runtime import runtime
from core.services import Services

PROVE = os.environ.get("VITRINE_PROVE") == "1"

hypothesis.settings.register_profile("quick", max_examples=50, deadline=None, database=None, derandomize=True)
hypothesis.settings.register_profile("prove", max_examples=500, deadline=None, database=None)
hypothesis.settings.load_profile("prove" if PROVE else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out unless they were asked for; they are not skipped, they belong to another command."""
    long_forms = [item for item in items if not PROVE and item.get_closest_marker("prove")]
    if long_forms:
        config.hook.pytest_deselected(items=long_forms)
        items[:] = [item for item in items if item not in long_forms]


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point VITRINE_DATA_DIR into the test's directory, hide real keys, and drop what the process keeps."""
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    st.cache_resource.clear()
    st.cache_data.clear()
    runtime.close(keep_image_workers=True)  # they hold nothing of a test, and start in half a second


@pytest.fixture(scope="session", autouse=True)
def _end_workers() -> Iterator[None]:
    yield
    sandbox.close_shared()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with every migration: copying it takes a hundredth of the time of migrating one."""
    directory = tmp_path_factory.mktemp("empty")
    with connect(directory):
        pass
    return directory / "vitrine.db"


@pytest.fixture
def db(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    (tmp_path / "data").mkdir()
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
    """Add a language in the documented way: one folder of prompts and one line; return its code."""
    variables = {
        "questions": "$count, $kinds, $existing",
        "questions_and_answers": "$count, $kinds, $existing",
        "answers": "$count, $questions",
        "examples": "$count, $examples",
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
