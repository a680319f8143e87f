"""Which engine runs tasks, and what is said where there can be no workers."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from core.background_loop import BackgroundLoop
from core.config import Settings
from core.db import Database
from core.errors import ConfigurationError
from core.tasks.engines import examination
from core.tasks.engines.choice import make_engine, require_workers
from core.tasks.engines.embedded import EmbeddedEngine
from core.tasks.engines.examination import examine_engine

SERVER = "postgresql+psycopg://localhost/vitrine"


@pytest.mark.sqlite
def test_the_server_runs_tasks_unless_workers_are_asked_for(db: Database) -> None:
    loop = BackgroundLoop()
    try:
        engine = make_engine(db, {}, loop, lambda _config: [])
        assert isinstance(engine, EmbeddedEngine)
        db.settings = db.settings.model_copy(update={"task_engine": "dbos"})
        with pytest.raises(ConfigurationError, match="Workers need PostgreSQL"):
            make_engine(db, {}, loop, lambda _config: [])
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("task_engine", "dialect", "is_installed", "said"),
    [
        ("embedded", "postgresql", True, "Workers need VITRINE_TASK_ENGINE=dbos"),
        ("embedded", "sqlite", True, "Workers need VITRINE_TASK_ENGINE=dbos"),
        ("dbos", "sqlite", True, "Workers need PostgreSQL"),
        ("dbos", "postgresql", False, "Workers need the extra workers"),
        ("dbos", "postgresql", True, ""),
    ],
)
def test_workers_need_the_setting_the_database_and_the_library(
    monkeypatch: pytest.MonkeyPatch, task_engine: str, dialect: str, is_installed: bool, said: str
) -> None:
    monkeypatch.setitem(sys.modules, "dbos", SimpleNamespace() if is_installed else None)
    database: Any = SimpleNamespace(
        settings=SimpleNamespace(task_engine=task_engine),
        engine=SimpleNamespace(dialect=SimpleNamespace(name=dialect)),
    )
    if not said:
        require_workers(database)
        return
    with pytest.raises(ConfigurationError, match=said):
        require_workers(database)


@pytest.mark.parametrize(
    ("settings", "is_installed", "workers", "level", "said"),
    [
        ({}, True, 1, "ok", "run in the server"),
        ({"task_engine": "dbos"}, True, 1, "problem", "which needs PostgreSQL"),
        ({"task_engine": "dbos", "database_url": "sqlite:////a.db"}, True, 1, "problem", "which needs PostgreSQL"),
        ({"task_engine": "dbos", "database_url": SERVER}, False, 1, "problem", "the library is missing"),
        ({"task_engine": "dbos", "database_url": SERVER}, True, None, "warning", "could not be read"),
        ({"task_engine": "dbos", "database_url": SERVER}, True, 0, "warning", "none is there"),
        ({"task_engine": "dbos", "database_url": SERVER}, True, 1, "ok", "run on 1 worker"),
        ({"task_engine": "dbos", "database_url": SERVER}, True, 2, "ok", "run on 2 workers"),
    ],
)
def test_the_doctor_says_what_runs_tasks(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], is_installed: bool, workers: int | None, level: str,
    said: str,
) -> None:  # fmt: skip
    def count(url: str) -> int:
        assert url == SERVER
        if workers is None:
            raise OperationalError("SELECT", {}, Exception())
        return workers

    monkeypatch.setattr(examination, "_count", count)
    monkeypatch.setattr(examination, "find_spec", lambda _name: object() if is_installed else None)
    found = examine_engine(Settings().model_copy(update=settings))
    assert (found[0], found[1], said in found[2]) == (level, "Tasks", True)
