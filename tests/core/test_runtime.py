import time

import pytest

from core import ProjectService
from core.db import Database
from core.metrics import Metrics
from core.runtime import Runtime
from core.services import Services


def test_services_are_created_once_and_again_after_closing() -> None:
    runtime = Runtime()
    try:
        assert runtime.opened_database() is None
        services = runtime.services
        assert runtime.services is services
        assert services.db is runtime.database is runtime.opened_database()
        assert services.engine is services.engine
        assert services.loop is services.loop
        runtime.close(keep_image_workers=True)
        assert runtime.opened_database() is None
        assert runtime.services is not services
    finally:
        runtime.close(keep_image_workers=True)


def test_closing_releases_the_task_lock_for_other_services(db: Database) -> None:
    first, second = Services(db), Services(db)
    assert first.engine.health().runs_here
    first.close(keep_image_workers=True)
    assert second.engine.health().runs_here
    second.close(keep_image_workers=True)


def test_a_task_that_is_started_in_a_second_process_runs_in_the_first_one(db: Database) -> None:
    project = ProjectService(db).create_project("Shelf")
    first, second = Services(db), Services(db)
    assert first.engine.health().runs_here
    assert not second.engine.health().runs_here
    task = second.tasks.create_task(project.id, "dataset-check", {"check": "balance"})
    second.engine.submit(task.id)
    deadline_s = time.monotonic() + 60
    while second.tasks.get_task(task.id).ended_at is None:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    first.close(keep_image_workers=True)
    second.close(keep_image_workers=True)


def test_closing_services_closes_their_loop(db: Database) -> None:
    services = Services(db)
    loop = services.loop
    services.close(keep_image_workers=True)
    assert loop.loop.is_closed()


def test_metrics_are_served_where_a_port_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Runtime()._make_metrics() is None
    served: list[tuple[str, int]] = []
    monkeypatch.setattr(Metrics, "serve", lambda _metrics, address, port: served.append((address, port)))
    monkeypatch.setenv("VITRINE_METRICS_PORT", "9100")
    assert isinstance(Runtime()._make_metrics(), Metrics)
    assert [port for _, port in served] == [9100]
    monkeypatch.setenv("VITRINE_METRICS_PORT", "soon")
    assert Runtime()._make_metrics() is None  # each request is told the reason
