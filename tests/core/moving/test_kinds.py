"""Moving projects as tasks: paused, cancelled, resumed; and what is removed at the next start."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from core import Tasks
from core.db import Events, ImageDatasets, ImageHashes, Images, IncomingProjects, LlmCalls, Questions, TaskItems
from core.errors import ItemInterrupted
from core.moving import EXPORT_TASK, exporting, service
from core.moving.contents import STAGED
from core.moving.loading import Loader
from core.moving.packing import ContinuedZip
from core.services import Services
from core.tasks import TaskRunner


def _run(services: Services, task: Tasks) -> Tasks:
    return asyncio.run(TaskRunner(services.db, services.kinds).run(task.id))


def _after_parts(monkeypatch: pytest.MonkeyPatch, parts: int, act: Callable[[], object]) -> None:
    """Call *act* when so many parts of an import are stored."""
    real, calls = service._Steps.stored, []

    def stored(steps: Any, rows: int) -> None:
        calls.append(rows)
        if len(calls) == parts:
            act()
        real(steps, rows)

    monkeypatch.setattr(service._Steps, "stored", stored)


def _insertions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that gets the table of each part that is inserted."""
    real, inserted = Loader._insert, list[str]()

    def insert(loader: Any, session: Any, table: Any, part: Any) -> None:
        inserted.append(table.name)
        real(loader, session, table, part)

    monkeypatch.setattr(Loader, "_insert", insert)
    return inserted


def _is_empty(services: Services) -> bool:
    tables = (Images, ImageHashes, Questions, ImageDatasets, Events, LlmCalls)
    with services.db.reading() as session:
        return all(session.exec(select(table)).first() is None for table in tables)  # type: ignore[call-overload]


def test_an_import_that_is_paused_continues_where_it_was(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = services.projects.export_project(project_id, tmp_path / "a.zip")
    task = elsewhere.project_imports.from_path(str(archive))
    with monkeypatch.context() as patched:
        before = _insertions(patched)
        _after_parts(patched, 12, lambda: elsewhere.tasks.pause(task.id))
        assert _run(elsewhere, task).status == "paused"
    assert elsewhere.projects.list_projects() == []
    assert elsewhere.mover.remove_leftovers() == 0

    after = _insertions(monkeypatch)
    elsewhere.tasks.resume(task.id)
    assert _run(elsewhere, task).status == "completed"

    assert [*before, *after] == [table.name for table in STAGED]
    assert before
    assert after
    assert [project.id for project in elsewhere.projects.list_projects()] == [project_id]
    counts = [made.projects.counts(project_id) for made in (services, elsewhere)]
    assert counts[0] == counts[1]


def test_an_import_that_is_cancelled_leaves_nothing_and_can_be_made_again(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = services.projects.export_project(project_id, tmp_path / "a.zip")
    task = elsewhere.project_imports.from_path(str(archive))
    with monkeypatch.context() as patched:
        _after_parts(patched, 24, lambda: elsewhere.tasks.cancel(task.id))
        assert _run(elsewhere, task).status == "cancelled"
    assert _is_empty(elsewhere)
    assert elsewhere.projects.list_projects() == []

    again = elsewhere.project_imports.from_path(str(archive))
    assert _run(elsewhere, again).status == "completed"
    assert again.project_id == project_id
    with elsewhere.db.reading() as session:
        assert session.exec(select(IncomingProjects)).all() == []


def test_an_import_that_fails_says_why_and_leaves_nothing(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path
) -> None:
    archive = services.projects.export_project(project_id, tmp_path / "a.zip")
    task = elsewhere.project_imports.from_path(str(archive))
    archive.write_bytes(archive.read_bytes().replace(b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", 1))

    assert _run(elsewhere, task).status == "completed with failures"

    (failure,) = elsewhere.tasks.summary(task.id).failures
    assert "damaged" in failure.example
    assert _is_empty(elsewhere)


def test_what_a_killed_import_left_is_removed_at_the_next_start(
    services: Services, elsewhere: Services, project_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    archive = services.projects.export_project(project_id, tmp_path / "a.zip")
    with monkeypatch.context() as patched:
        _after_parts(patched, 24, die)
        with pytest.raises(KeyboardInterrupt):
            elsewhere.projects.import_project(archive)
    assert not _is_empty(elsewhere)

    assert elsewhere.mover.remove_leftovers() == 1

    assert _is_empty(elsewhere)
    assert elsewhere.mover.remove_leftovers() == 0


def test_an_export_that_was_interrupted_keeps_the_images_it_has_written(
    services: Services, project_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = services.projects.export_project(project_id, tmp_path / "whole.zip").read_bytes()
    monkeypatch.setattr(exporting, "_IMAGES_PER_STEP", 1)
    steps: list[str] = []

    def stop_at_the_third_image() -> None:
        if any("Writing images, 2" in step for step in steps):
            raise ItemInterrupted

    def progress(share: float, step: str) -> None:
        steps.append(step)

    target = tmp_path / "out" / "a.zip"
    with pytest.raises(ItemInterrupted):
        services.mover.export_project(project_id, target, progress=progress, raise_if_cancelled=stop_at_the_third_image)
    assert not target.exists()
    added: list[str] = []
    real = ContinuedZip.add_bytes
    monkeypatch.setattr(
        ContinuedZip, "add_bytes", lambda archive, name, data: (added.append(name), real(archive, name, data))[1]
    )

    services.projects.export_project(project_id, target)

    assert target.read_bytes() == whole
    # Of five images one has no file.
    assert 1 <= sum(name.startswith("images/") for name in added) < 4
    assert [path.name for path in target.parent.iterdir()] == ["a.zip"]


def test_an_export_that_is_cancelled_leaves_nothing(
    services: Services, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = services.tasks.create_task(project_id, EXPORT_TASK)

    def cancelled(writer: Any, path: Path) -> None:
        services.tasks.cancel(task.id)
        writer._raise_if_cancelled()

    monkeypatch.setattr(exporting.ArchiveWriter, "_read_back", cancelled)
    assert _run(services, task).status == "cancelled"
    assert list((services.db.data_dir / "archives").iterdir()) == []


def test_tasks_that_move_projects_do_not_move(services: Services, elsewhere: Services, project_id: str) -> None:
    task = services.tasks.create_task(project_id, EXPORT_TASK)
    assert _run(services, task).status == "completed"
    with services.db.reading() as session:
        items = session.exec(select(TaskItems).where(TaskItems.task_id == task.id)).one()
    assert items.result["rows"]["image_datasets"] == 3
    assert (items.result["images"], items.result["missing_images"]) == (4, 1)

    copy = elsewhere.projects.import_project(services.mover.archive_path(task.id))

    assert [moved.task_type for moved in elsewhere.tasks.list_tasks(copy.id)] == ["image-question-generation"]


def test_the_archive_of_a_cancelled_task_is_removed_at_the_next_start(services: Services, project_id: str) -> None:
    task = services.tasks.create_task(project_id, EXPORT_TASK)
    assert _run(services, task).status == "completed"
    abandoned = services.mover.archive_directory("a-task-that-was-not")
    abandoned.mkdir()
    assert services.mover.remove_leftovers() == 1
    assert services.mover.archive_path(task.id).is_file()


def test_an_export_goes_on_in_the_directory_that_it_has_begun(services: Services, project_id: str) -> None:
    task = services.tasks.create_task(project_id, EXPORT_TASK)
    services.mover.archive_directory(task.id).mkdir(parents=True)
    assert _run(services, task).status == "completed"
    assert services.mover.archive_path(task.id).is_file()
