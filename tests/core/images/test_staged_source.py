"""What a task reads is put into the bucket for workers, and taken out when no task will read it any more."""

from datetime import timedelta

import pytest

from core import Projects
from core.config import Settings, load_settings
from core.db import Database, Tasks, utc_now
from core.errors import InvalidInputError
from core.images.import_context import ImportContext
from core.images.staged_source import StagedSource, remove_staged, staged_files, staged_task_ids
from core.tasks import TaskStatus
from tests.fakes.object_storage import FakeObjectStorage


@pytest.fixture
def workers(db: Database, bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of workers with a bucket, also those of the database, and a directory to import."""
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    monkeypatch.setattr(db, "settings", load_settings())
    shelf = db.data_dir / "imports" / "shelf"
    shelf.mkdir(parents=True)
    (shelf / "a.txt").write_text("one")
    return db.settings


def test_a_path_is_staged_once_where_workers_have_a_bucket(workers: Settings) -> None:
    server = workers.model_copy(update={"task_engine": "embedded"})
    configs = ({}, {"path": "shelf"}, {"path": "shelf", "staged": "shelf"}, {"path": "s3://pictures/a"})
    at_workers, at_server = (StagedSource(ImportContext(settings)) for settings in (workers, server))

    assert [at_workers.staging(config) for config in configs] == ["none", "needed", "done", "none"]
    assert [at_server.staging(config) for config in configs] == ["none"] * 4
    assert (at_workers.why_on_server, "there is no bucket" in at_server.why_on_server) == ("", True)


@pytest.mark.parametrize(
    ("name", "staged"), [("shelf", "shelf"), ("ü.v2", "source.v2"), ("x" * 201, "source"), ("ü." + "x" * 21, "source")]
)
def test_what_was_staged_is_read_from_its_copy(workers: Settings, db: Database, name: str, staged: str) -> None:
    source = StagedSource(ImportContext(workers))
    (workers.data_dir / "imports" / "shelf").rename(workers.data_dir / "imports" / name)
    task = Tasks(id="task", project_id="p", task_type="image-import", config={"path": name})

    assert source.stage(task, lambda share, note: None, lambda: None) == staged
    assert source.path({"path": name}, "task") == workers.data_dir / "imports" / name
    copy = source.path({"path": name, "staged": staged}, "task")
    assert copy == workers.data_dir / "imports" / "task" / "fetched" / staged
    assert (copy / "a.txt").read_text() == "one"
    with pytest.raises(InvalidInputError, match="There is no gone on the server"):
        source.path({"path": "gone"}, "task")


def test_files_leave_the_bucket_when_no_task_will_read_them_any_more(
    workers: Settings, db: Database, project: Projects
) -> None:
    ends = {
        "running": ("running", None), "done": ("completed", timedelta()),
        "to-repeat": (TaskStatus.COMPLETED_WITH_FAILURES, timedelta(days=6, hours=23)),
        "given-up": (TaskStatus.COMPLETED_WITH_FAILURES, timedelta(days=7, seconds=1)),
        "cancelled": ("cancelled", timedelta()),
    }  # fmt: skip
    tasks = [
        Tasks(
            id=id_, project_id=project.id, task_type="image-import", status=status,
            ended_at=None if ago is None else utc_now() - ago,
        )
        for id_, (status, ago) in ends.items()
    ]  # fmt: skip
    with db.transaction() as session:
        session.add_all(tasks)
    for id_ in (*ends, "unknown"):
        staged_files(workers, id_).put("fetched/shelf", workers.data_dir / "imports" / "shelf")

    assert remove_staged(db, tasks[0]) == 0
    assert remove_staged(db, tasks[1]) == 1
    assert list(staged_task_ids(workers)) == ["cancelled", "given-up", "running", "to-repeat", "unknown"]
    assert remove_staged(db) == 3
    assert list(staged_task_ids(workers)) == ["running", "to-repeat"]


def test_a_server_without_workers_has_nothing_to_remove(db: Database, bucket: FakeObjectStorage) -> None:
    assert remove_staged(db) == 0
    assert bucket.requests == []
