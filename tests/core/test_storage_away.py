"""The long form: SeaweedFS, and a storage that answers 503 during an import, a generation and an export."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from core import DatasetImporter, connect
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.db import Database, Questions
from core.object_storage import open_bucket
from core.services import Services
from core.tasks import TaskRunner
from tests.core.images.pictures import drawn, encoded
from tests.fakes.object_storage import BUCKET, FakeObjectStorage
from tests.fakes.seaweed import seaweed

IMAGES = 60
MODEL = {"provider": "offline", "model": "measure"}


def shelf(directory: Path) -> Path:
    directory.mkdir()
    for seed in range(IMAGES):
        (directory / f"{seed}.jpg").write_bytes(encoded(drawn(seed)))
    return directory


@contextmanager
def away(bucket: FakeObjectStorage, seconds: float) -> Iterator[None]:
    """Let the storage answer 503 for so long, from the next request on."""
    back = threading.Timer(seconds, bucket.fail, [""])
    bucket.fail("slow-down")
    back.start()
    yield
    back.join()


def run(db: Database, services: Services, kind: str, config: dict[str, Any], project_id: str) -> Any:
    task = services.tasks.create_task(project_id, kind, config)
    return asyncio.run(TaskRunner(db, services.kinds).run(task.id))


@pytest.mark.prove
def test_thirty_seconds_of_503_lose_and_double_nothing_in_an_import_a_generation_and_an_export(
    bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bucket.use(monkeypatch, timeout_s=120)
    with connect(tmp_path / "data") as db:
        services = Services(db)
        project_id = services.projects.create_project("Shelf").id
        with away(bucket, 30):
            ended = run(
                db, services, "image-import", {"source": "path", "path": str(shelf(tmp_path / "shelf"))}, project_id
            )
        assert (ended.status, ended.failed_count) == ("completed", 0)
        ids = [image.id for image in services.images.iter_images(project_id)]
        assert len(ids) == IMAGES

        shutil.rmtree(db.data_dir / "cache")
        with away(bucket, 30):
            config = {"image_ids": ids, "num_questions": 1, "llm_config": MODEL}
            ended = run(db, services, "image-question-generation", config, project_id)
        assert (ended.status, ended.failed_count) == ("completed", 0)
        with db.reading() as session:
            assert sorted(session.exec(select(Questions.image_id))) == sorted(ids)
        with away(bucket, 30):
            ended = run(db, services, "image-answer-generation", {"image_ids": ids, "llm_config": MODEL}, project_id)
        assert (ended.status, ended.failed_count) == ("completed", 0)
        answered = [entry.image_id for entry in services.dataset.iter_dataset_entries(project_id)]
        assert sorted(answered) == sorted(ids)

        shutil.rmtree(db.data_dir / "cache")
        with away(bucket, 30):
            recipe = {"format": "llava", "container": "directory", "entries": {"confirmed_only": False}}
            ended = run(db, services, "dataset-export", {"recipe": recipe}, project_id)
        assert (ended.status, ended.failed_count) == ("completed", 0)
        (export,) = services.exports.list_exports(project_id)
        assert len(list(services.exports.export_path(export).rglob("*.jpg"))) == IMAGES


@pytest.mark.prove
def test_seaweedfs_does_what_the_storage_of_the_tests_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weed").mkdir()
    with seaweed(tmp_path / "weed") as address:
        FakeObjectStorage(address).use(monkeypatch, timeout_s=120)
        with connect(tmp_path / "data") as db:
            services = Services(db)
            project_id = services.projects.create_project("Shelf").id
            theirs = open_bucket(load_settings(), BucketAddress(BUCKET, "theirs"))
            for file in shelf(tmp_path / "shelf").iterdir():
                theirs.put(file.name, file)
            importer = DatasetImporter(db, services.images)
            for in_place, images in ((True, IMAGES), (False, 0)):
                report = importer.import_path(project_id, f"s3://{BUCKET}/theirs", in_place=in_place)
                assert (report.images_added, report.problems) == (images, [])
            shutil.rmtree(db.data_dir / "cache")
            for image in services.images.iter_images(project_id):
                assert services.images.original_path(image).read_bytes() == theirs.read(image.source_ref)
            own = open_bucket(load_settings(), BucketAddress(BUCKET, "vitrine"))
            assert len(list(own.list())) == IMAGES
            assert not own.put_new(next(own.list()).key, b"other")
