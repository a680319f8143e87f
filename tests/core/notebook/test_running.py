"""Coroutines run from code that is not asynchronous, also where an event loop runs already."""

import asyncio
import threading

import pytest

import core
from core.db import Database
from core.errors import NotFoundError
from tests.pictures import png


def test_a_coroutine_runs_to_its_end_inside_a_running_loop(db: Database, project: core.Projects) -> None:
    images = core.ImageService(db)

    async def cell() -> str:
        return core.run(images.upload_image(project.id, "red.png", png("red"))).image_name

    assert asyncio.run(cell()) == "red.png"


def test_its_error_is_raised_as_it_is(db: Database) -> None:
    with pytest.raises(NotFoundError):
        core.run(core.ImageService(db).upload_image("nowhere", "red.png", png("red")))


def test_an_interrupt_cancels_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started, cancelled = threading.Event(), threading.Event()

    async def long_work() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupted(_future: object) -> None:
        assert started.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        core.run(long_work())
    assert cancelled.wait(60)
