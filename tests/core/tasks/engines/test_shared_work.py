"""Imports and exports on workers that share nothing with the server but the database and the bucket."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import connect
from core.bucket_address import parse_address
from core.config import load_settings
from core.db import Database
from core.export import parse_recipe
from core.images.staged_source import STAGING
from core.object_storage import open_bucket
from core.services import Services, lanes_of_task
from core.tasks import make_worker
from core.tasks.engines import coordinator, membership
from core.tasks.service import ACTIVE
from tests import postgresql
from tests.core.images.pictures import drawn, encoded
from tests.core.tasks.engines.conftest import until, wait_for
from tests.core.tasks.engines.test_killed import ROOT
from tests.fakes.object_storage import BUCKET, FakeObjectStorage

pytestmark = pytest.mark.postgresql

IMAGES = 20
RECIPE = parse_recipe({"format": "llava", "entries": {"confirmed_only": False}}).as_dict()


@pytest.fixture
def server(bucket: FakeObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("VITRINE_TASK_ENGINE", "dbos")
    with connect(tmp_path / "server") as db:
        monkeypatch.setenv("VITRINE_DATABASE_URL", postgresql.target_of(db))
        services = Services(db)
        assert services.engine.health().runs_here
        yield services
        services.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A directory of images with questions about them, two of which name no image."""
    root = tmp_path / "A shelf ü"
    (root / "images").mkdir(parents=True)
    for number in range(IMAGES):
        (root / "images" / f"{number}.jpg").write_bytes(encoded(drawn(number)))
    rows = [{"image": f"{number}.jpg", "question": "Which?", "answer": str(number)} for number in range(IMAGES + 2)]
    (root / "rows.json").write_text(json.dumps(rows))
    return root


@contextmanager
def worker_at(data_dir: Path) -> Iterator[Database]:
    """Run a worker in this process, with a data directory of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_DATA_DIR", str(data_dir))
        opened = connect()
    with opened as db:
        assert db.data_dir == data_dir
        services = Services(db)
        worker = make_worker(db, services.kinds, services.loop, lanes_of_task, concurrency=4, tell=print)
        worker.start()
        try:
            yield db
        finally:
            worker.stop(10)
            services.close(keep_image_workers=True)


def started(server: Services, project_id: str, kind: str, **config: object) -> str:
    task = server.tasks.create_task(project_id, kind, config)
    server.engine.submit(task.id)
    return task.id


def run(server: Services, project_id: str, kind: str, **config: object) -> str:
    task_id = started(server, project_id, kind, **config)
    until(lambda: server.tasks.get_task(task_id).status not in ACTIVE, timeout_s=120)
    assert [item.error for item in server.tasks.items(task_id) if item.error] == []
    assert server.tasks.get_task(task_id).status == "completed"
    return task_id


def in_bucket(prefix: str) -> list[str]:
    return [one.key for one in open_bucket(load_settings(), parse_address(f"s3://{BUCKET}/vitrine/{prefix}")).list()]


def exported(server: Services, project_id: str) -> Path:
    run(server, project_id, "dataset-export", recipe=RECIPE)
    (export,) = server.exports.list_exports(project_id)
    return server.exports.export_path(export)


def check(server: Services, project_id: str) -> None:
    """Check that everything came in once and goes out once."""
    ids = [entry.answer for entry in server.dataset.list_dataset_entries(project_id)]
    assert sorted(ids, key=int) == [str(number) for number in range(IMAGES)]
    assert len(server.images.list_images(project_id)) == IMAGES
    with zipfile.ZipFile(exported(server, project_id)) as archive:
        assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == IMAGES


def test_a_directory_of_the_server_comes_in_and_goes_out_by_a_worker_elsewhere(
    server: Services, shelf: Path, tmp_path: Path
) -> None:
    project_id = server.projects.create_project("Shelf").id
    with worker_at(tmp_path / "worker") as own:
        task_id = run(server, project_id, "image-import", source="path", path=str(shelf))
        until(lambda: in_bucket(STAGING) == [])
        check(server, project_id)
    assert server.tasks.get_task(task_id).config["staged"] == "source"
    assert server.tasks.get_task(task_id).result["left_out"] == {"image": 2}
    assert (own.data_dir / "imports" / task_id / "fetched" / "source" / "rows.json").is_file()
    assert not (server.db.data_dir / "imports" / task_id).exists()
    assert list((own.data_dir / "exports").glob("*.zip")) == []
    assert len(list((server.db.data_dir / "exports").glob("*.zip"))) == 1
    assert len(in_bucket("exports")) == 2  # and the index of what is in it


def test_a_cancelled_import_leaves_nothing_in_the_bucket(server: Services, shelf: Path, tmp_path: Path) -> None:
    project_id = server.projects.create_project("Shelf").id
    task_id = started(server, project_id, "image-import", source="path", path=str(shelf))
    until(lambda: bool(server.tasks.get_task(task_id).config.get("staged")))
    assert in_bucket(STAGING) == [f"{task_id}/fetched/source.tar"]
    server.tasks.cancel(task_id)
    with worker_at(tmp_path / "worker"):
        until(lambda: in_bucket(STAGING) == [], timeout_s=30)


@pytest.mark.prove
def test_crash_workers_that_die_in_the_middle_of_an_import_and_an_export_lose_and_double_nothing(
    server: Services, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in (
        (membership, "SILENT_S", 4.0), (coordinator, "SILENT_S", 4.0), (coordinator, "PASS_S", 0.5),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)

    def worker(number: int, dies_after: str = "") -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.core.tasks.engines.working", dies_after]
        environment = {**os.environ, "VITRINE_DATA_DIR": str(tmp_path / f"worker-{number}")}
        return subprocess.Popen(command, cwd=ROOT, env=environment)

    project_id = server.projects.create_project("Shelf").id
    task_id = started(server, project_id, "image-import", source="path", path=str(shelf))
    for number, name in enumerate(("records.jsonl", "matches-")):
        assert worker(number, name).wait(120) == -9
    last = worker(2)
    try:
        wait_for(server.tasks, task_id, "completed", timeout_s=120)
    finally:
        last.terminate()
        assert last.wait(60) == 0
    export_id = started(server, project_id, "dataset-export", recipe=RECIPE)
    assert worker(3, f"{server.tasks.items(export_id)[0].payload['export_id']}-").wait(120) == -9
    assert len([key for key in in_bucket("exports") if key.endswith(".zip")]) == 1
    last = worker(4)
    try:
        wait_for(server.tasks, export_id, "completed", timeout_s=120)
        assert len(server.exports.list_exports(project_id)) == 1
        assert len([key for key in in_bucket("exports") if key.endswith(".zip")]) == 2  # one is lost
        (export,) = server.exports.list_exports(project_id)
        with zipfile.ZipFile(server.exports.export_path(export)) as archive:
            assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == IMAGES
    finally:
        last.terminate()
        assert last.wait(60) == 0
    answers = [entry.answer for entry in server.dataset.list_dataset_entries(project_id)]
    assert sorted(answers, key=int) == [str(number) for number in range(IMAGES)]
