"""Images that are added to a project whose switch is on are analyzed by one open task."""

import asyncio

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core import Projects
from core.db import TaskItems, Tasks
from core.errors import InvalidInputError
from core.services import Services
from core.tasks import TaskRunner
from tests.core.vision.conftest import add_images, install
from tests.core.vision.toy import ToyAnalyzer


@pytest.fixture
def switched_on(services: Services, project: Projects, toy: ToyAnalyzer) -> Projects:
    return services.projects.set_analyzers(project.id, ["toy"])


def _open(services: Services, project: Projects) -> str | None:
    return services.new_images.open_task(project.id)


async def _run(services: Services, task_id: str | None) -> Tasks:
    assert task_id is not None
    return await TaskRunner(services.db, services.kinds).run(task_id)


async def test_new_images_are_analyzed_once(services: Services, switched_on: Projects, toy: ToyAnalyzer) -> None:
    add_images(services, switched_on.id, "2 cups.jpg", "1 pots.jpg", "3 cups.jpg")
    ended = await _run(services, _open(services, switched_on))
    assert (ended.status, ended.config) == ("completed", {"new": True, "analyzers": ["toy"]})
    assert sorted(toy.seen_names) == ["1 pots.jpg", "2 cups.jpg", "3 cups.jpg"]
    assert _open(services, switched_on) is None


def test_without_the_switch_or_without_images_there_is_no_task(
    services: Services, project: Projects, toy: ToyAnalyzer
) -> None:
    add_images(services, project.id, "2 cups.jpg")
    assert _open(services, project) is None
    empty = services.projects.create_project("Empty")
    services.projects.set_analyzers(empty.id, ["toy"])
    assert _open(services, empty) is None


async def test_there_is_one_open_task_and_it_looks_again(
    services: Services, switched_on: Projects, toy: ToyAnalyzer
) -> None:
    add_images(services, switched_on.id, "2 cups.jpg")
    first = _open(services, switched_on)
    assert _open(services, switched_on) == first
    task = services.tasks.get_task(first or "")
    assert task.total_count == 1  # one look covers both

    class Slow(ToyAnalyzer):
        async def analyze(self, images, tools):  # type: ignore[no-untyped-def]
            """Add an image while the first one is analyzed."""
            if not self.seen_names:
                services.intake.add_images(switched_on.id, [("5 lids.jpg", _another())])
                assert await asyncio.to_thread(_open, services, switched_on) == first
            return await super().analyze(images, tools)

    slow = Slow()
    with pytest.MonkeyPatch.context() as patch:
        install(patch, slow)
        ended = await _run(services, first)
    assert (ended.status, ended.total_count, ended.processed_count) == ("completed", 4, 4)
    assert slow.seen_names == ["2 cups.jpg", "5 lids.jpg"]


def _another() -> bytes:
    from tests.core.images.pictures import drawn, encoded

    return encoded(drawn(77))


async def test_an_image_that_failed_is_not_tried_again_by_itself(
    services: Services, switched_on: Projects, toy: ToyAnalyzer
) -> None:
    add_images(services, switched_on.id, "bad.jpg", "2 cups.jpg")
    ended = await _run(services, _open(services, switched_on))
    assert (ended.status, ended.failed_count) == ("completed with failures", 1)
    assert _open(services, switched_on) is None
    assert services.tasks.retry_failed(ended.id) == 1


async def test_results_of_another_version_are_left_alone(
    services: Services, switched_on: Projects, toy: ToyAnalyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_images(services, switched_on.id, "2 cups.jpg")
    await _run(services, _open(services, switched_on))
    install(monkeypatch, ToyAnalyzer("toy 2"))
    assert _open(services, switched_on) is None


def test_only_analyzers_that_ask_no_model_can_be_switched_on(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = ToyAnalyzer()
    paid.needs_model = True
    install(monkeypatch, paid)
    with pytest.raises(InvalidInputError, match="The analyzer toy asks a model"):
        services.projects.set_analyzers(project.id, ["toy"])
    with pytest.raises(InvalidInputError, match="There is no analyzer nose"):
        services.projects.set_analyzers(project.id, ["nose"])


def test_a_look_waits_for_the_one_that_runs_so_that_no_image_is_analyzed_twice(
    services: Services, switched_on: Projects, toy: ToyAnalyzer
) -> None:
    add_images(services, switched_on.id, "2 cups.jpg")
    task_id = services.new_images.open_task(switched_on.id)
    with services.db.transaction() as session:
        session.execute(update(TaskItems).values(state="running"))  # as the runner claims the first look
    assert [services.new_images.open_task(switched_on.id) for _ in range(2)] == [task_id, task_id]
    with services.db.reading() as session:
        looks = session.exec(select(TaskItems.state, TaskItems.stage).order_by(col(TaskItems.position))).all()
    assert looks == [("running", 90), ("queued", 91)]


def test_a_task_that_ends_starts_the_analysis_of_what_it_added(
    services: Services, switched_on: Projects, toy: ToyAnalyzer
) -> None:
    """The engine calls back when a run has ended; analyses themselves start nothing."""
    add_images(services, switched_on.id, "2 cups.jpg")
    engine = services.engine  # started later, it would continue the task by itself, and its end be told twice
    task = services.tasks.create_task(
        switched_on.id, "image-import", {"source": "urls", "urls": ["http://127.0.0.1:9/none.jpg"]}
    )
    engine.submit(task.id)
    with services.db.reading() as session:
        wanted = select(Tasks).where(Tasks.project_id == switched_on.id, Tasks.task_type == "image-analysis")
    for _ in range(600):
        with services.db.reading() as session:
            found = list(session.exec(wanted))
            done = session.exec(select(TaskItems).where(col(TaskItems.state) == "done")).all()
        if found and found[0].ended_at is not None:
            break
        asyncio.run(asyncio.sleep(0.05))
    assert len(found) == 1
    assert done
    assert toy.seen_names == ["2 cups.jpg"]
