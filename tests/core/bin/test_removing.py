"""What goes with a project that is deleted for good: its files, and the rows that its tasks have."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from core.audit import AuditFilter
from core.bin import removing
from core.db import Exports, Images, LlmCalls, Projects, TaskItems, Tasks
from core.moving import EXPORT_TASK
from core.moving.service import ARCHIVES_DIRECTORY
from core.services import Services


def _write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return path


def _delete_for_good(services: Services, project: Projects) -> None:
    services.projects.delete_project(project.id)
    services.bin.delete_for_good("project", project.id)


def test_exports_archives_and_received_files_go_and_nothing_outside(services: Services, project: Projects) -> None:
    data = services.db.data_dir
    other = services.projects.create_project("Other")
    mine = ["exports/a.zip", "exports/gone.zip", "exports/dir", "", "../outside.txt", "vitrine.txt"]
    tasks = [Tasks(project_id=project.id, task_type=kind) for kind in ("image-import", EXPORT_TASK)]
    theirs = Tasks(project_id=other.id, task_type="image-import")
    with services.db.transaction() as session:
        session.add_all([*tasks, theirs])
        session.add_all(Exports(project_id=project.id, format="llava", path=path) for path in mine)
        session.add(Exports(project_id=other.id, format="llava", path="exports/theirs.zip"))
    gone = [
        _write(data / "exports" / "a.zip"), _write(data / "exports" / "dir" / "b"),
        _write(data / "imports" / tasks[0].id / "c"), _write(data / ARCHIVES_DIRECTORY / tasks[1].id / "d.zip"),
    ]  # fmt: skip
    kept = [
        _write(data.parent / "outside.txt"), _write(data / "vitrine.txt"), _write(data / "exports" / "theirs.zip"),
        _write(data / "imports" / theirs.id / "e"), _write(data / "imports" / tasks[1].id / "f"),
    ]  # fmt: skip
    _delete_for_good(services, project)
    assert [path.exists() for path in gone] == [False] * len(gone)
    assert [path.exists() for path in kept] == [True] * len(kept)


def test_items_and_calls_go_with_the_tasks_of_the_project_part_by_part(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removing, "_PART_ROWS", 1)
    other = services.projects.create_project("Other")
    for owner in (project, project, other):
        with services.db.transaction() as session:
            task = Tasks(project_id=owner.id, task_type="image-import")
            session.add(task)
            session.flush()
            session.add(TaskItems(task_id=task.id, position=0))
            session.add(LlmCalls(model="m", request_hash="a", state="ok", task_id=task.id))

    def counts() -> list[int]:
        with services.db.reading() as session:
            return [session.exec(select(func.count()).select_from(row)).one() for row in (Tasks, TaskItems, LlmCalls)]

    assert counts() == [3, 3, 3]
    _delete_for_good(services, project)
    assert counts() == [1, 1, 1]
    with services.db.reading() as session:
        assert session.exec(select(Projects.id).where(col(Projects.id) == project.id)).first() is None


def test_what_has_expired_goes_and_the_audit_says_how_much_of_each_project(
    services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    monkeypatch.setattr("core.bin.service.utc_now", lambda: now)
    end, moment = now - timedelta(days=services.db.settings.bin_days), timedelta(microseconds=1)
    other = services.projects.create_project("Other")
    with services.db.transaction() as session:
        session.add_all(
            Images(project_id=owner.id, image_name=name, path=name, size=1, width=1, height=1, sha256=name,
                   format="JPEG", deleted_at=at)
            for owner, name, at in (
                (project, "first", end - 3 * moment), (other, "theirs", end - 2 * moment),
                (project, "last", end - moment), (project, "kept", end),
            )
        )  # fmt: skip
    assert services.bin.remove_expired() == 3
    assert [item.label for item in services.bin.find("image").items] == ["kept"]
    assert services.bin.find("image").items[0].until == now
    acts = services.audit.find(AuditFilter(act="bin.empty")).items
    assert {(act.project_id, act.label, act.details["count"]) for act in acts} == {
        (project.id, "last", 2), (other.id, "theirs", 1),
    }  # fmt: skip
    assert services.bin.remove_expired() == 0
