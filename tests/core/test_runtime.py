import pytest

from core.db import Database
from core.errors import ConflictError
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


def test_only_one_engine_runs_the_tasks_of_a_data_directory(db: Database) -> None:
    first, second = Services(db), Services(db)
    assert first.engine.health().runs_here
    assert not second.engine.health().runs_here
    with pytest.raises(ConflictError):
        second.engine.submit("a" * 21)
    first.close(keep_image_workers=True)
    second.close(keep_image_workers=True)


def test_closing_services_closes_their_loop(db: Database) -> None:
    services = Services(db)
    loop = services.loop
    services.close(keep_image_workers=True)
    assert loop.loop.is_closed()
