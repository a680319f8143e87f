"""Every test gets a data directory of its own and leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from core import Projects, ProjectService, connect
from core.app import Services, shut_down
from core.db import Database


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point VITRINE_DATA_DIR into the test's directory, hide real keys, and drop what the process keeps."""
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    st.cache_resource.clear()
    st.cache_data.clear()
    shut_down()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with connect(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def services(db: Database) -> Services:
    return Services(db)


@pytest.fixture
def project(db: Database) -> Projects:
    return ProjectService(db).create_project("Shelf")
