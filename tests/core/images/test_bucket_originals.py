"""Images whose originals are in a bucket: everything works as with a directory, and nothing is lost when it fails."""

import asyncio
import shutil
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import Projects, connect
from core.backup import find_backup, make_backup, restore_backup
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.db import Database, Images, utc_now
from core.errors import ConfigurationError, MissingFileError, StorageError
from core.images import Tile, cleanup
from core.images.bucket_originals import OWNER_FILE, BucketOriginals
from core.images.opened_storage import examine_storage
from core.images.original_cache import OriginalCache
from core.importing.tasks import image_task_kinds
from core.object_storage import open_bucket
from core.services import Services
from core.tasks import TaskRunner, TaskService
from tests.core.images.pictures import drawn, encoded
from tests.fakes.object_storage import BUCKET, FakeObjectStorage


def added(services: Services, project: Projects, count: int = 1) -> list[Images]:
    files = [(f"{seed}.jpg", encoded(drawn(seed))) for seed in range(count)]
    outcomes = services.intake.add_images(project.id, files)
    return [outcome.image for outcome in outcomes if outcome.image is not None]


def stored_keys() -> set[str]:
    objects = open_bucket(load_settings(), BucketAddress(BUCKET, "vitrine")).list()
    return {one.key for one in objects if "/" in one.key}


def forget_cache(db: Database) -> None:
    shutil.rmtree(db.data_dir / "cache")


pytestmark = pytest.mark.usefixtures("bucket")


def test_an_original_is_in_the_bucket_once_and_everything_is_made_from_it_again(
    bucket: FakeObjectStorage, db: Database, services: Services, project: Projects
) -> None:
    data = encoded(drawn(1, (700, 500)), "PNG")
    for _ in range(2):
        image = asyncio.run(services.images.upload_image(project.id, "shelf.png", data))
    assert stored_keys() == {image.path}
    assert not list(db.settings.images_dir.glob("??/*"))
    made = [
        services.images.thumbnail_path(image).read_bytes(),
        services.images.tile(image, Tile(0, 1, 0)),
        services.images.model_image(image, 128).data,
    ]

    forget_cache(db)
    bucket.requests.clear()

    assert services.images.original_path(image).read_bytes() == data
    assert made == [
        services.images.thumbnail_path(image).read_bytes(),
        services.images.tile(image, Tile(0, 1, 0)),
        services.images.model_image(image, 128).data,
    ]
    assert services.images.get_image_data_url(image.id) is not None
    assert len(bucket.asked("GET")) == 1


def test_a_damaged_file_of_the_cache_is_never_shown_and_a_damaged_object_is_said(
    bucket: FakeObjectStorage, db: Database, services: Services, project: Projects
) -> None:
    (image,) = added(services, project)
    whole = services.images.original_path(image).read_bytes()
    file = db.data_dir / "cache" / "originals" / image.path
    file.write_bytes(whole[:-1])
    assert Services(db).images.original_path(image).read_bytes() == whole

    file.unlink()
    open_bucket(load_settings(), BucketAddress(BUCKET, "vitrine")).put(image.path, whole[:-1])
    with pytest.raises(StorageError, match=r"is damaged in the object storage\. Put it back from a backup"):
        services.images.original_path(image)
    open_bucket(load_settings(), BucketAddress(BUCKET, "vitrine")).delete(image.path)
    with pytest.raises(MissingFileError, match="is missing in the object storage"):
        services.images.original_path(image)
    assert added(services, project)[0].id == image.id
    assert services.images.original_path(image).read_bytes() == whole


def test_originals_of_the_directory_before_the_bucket_are_read_from_there(
    tmp_path: Path, bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITRINE_STORAGE_URL")
    with connect(tmp_path / "data") as db:
        project = Services(db).projects.create_project("Shelf")
        (before,) = added(Services(db), project)
    bucket.use(monkeypatch)
    with connect(tmp_path / "data") as db:
        after = added(Services(db), project, 2)[1]
        assert stored_keys() == {after.path, before.path}
        assert (db.settings.images_dir / before.path).is_file()
        assert Services(db).images.original_path(before) == db.settings.images_dir / before.path


def test_a_server_without_the_setting_says_which_one_to_set(
    tmp_path: Path, bucket: FakeObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(tmp_path / "data") as db:
        services = Services(db)
        (image,) = added(services, services.projects.create_project("Shelf"))
        services.look_for_originals()
        forget_cache(db)
    monkeypatch.delenv("VITRINE_STORAGE_URL")
    with connect(tmp_path / "data") as db:
        with pytest.raises(ConfigurationError, match="Set VITRINE_STORAGE_URL to the bucket that the server uses"):
            Services(db).look_for_originals()
        with pytest.raises(MissingFileError, match="If it is in a bucket, set VITRINE_STORAGE_URL as the server that"):
            Services(db).images.thumbnail_path(image)

    monkeypatch.setenv("VITRINE_STORAGE_SEND_URLS", "openai")
    assert examine_storage(load_settings()) == (
        "the originals are in the data directory, so VITRINE_STORAGE_SEND_URLS has no effect",
        False,
    )


def test_what_is_deleted_for_good_leaves_the_bucket_but_only_by_its_owner(
    bucket: FakeObjectStorage, db: Database, services: Services, project: Projects, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    first, second = added(services, project, 2)
    services.images.delete_image(first.id)
    assert len(stored_keys()) == 2
    with db.transaction() as session:
        session.get_one(Images, first.id).deleted_at = utc_now() - timedelta(days=db.settings.bin_days + 1)
    monkeypatch.setattr(cleanup, "ORPHAN_GRACE_S", -10)

    own = BucketOriginals(db.settings, OriginalCache(tmp_path, 0))
    assert not own.is_of_another()  # nobody has used the bucket for originals that may be removed
    assert own.is_owner()
    assert not own.is_of_another()
    owner = (db.data_dir / OWNER_FILE).read_bytes()
    (db.data_dir / OWNER_FILE).unlink()
    assert own.is_of_another()
    (db.data_dir / OWNER_FILE).write_bytes(b"a copy of the data directory")
    assert own.is_of_another()
    services.intake.remove_leftovers()
    assert services.bin.remove_expired() == 1
    assert len(stored_keys()) == 2

    (db.data_dir / OWNER_FILE).write_bytes(owner)
    services.intake.remove_leftovers()
    assert stored_keys() == {second.path}


def test_a_backup_has_the_originals_of_the_bucket_and_a_restored_copy_reads_them(
    bucket: FakeObjectStorage, db: Database, services: Services, project: Projects, tmp_path: Path
) -> None:
    images = added(services, project, 2)
    forget_cache(db)
    made = make_backup(db.settings, tmp_path / "backups")
    assert (made.manifest.images, made.manifest.missing_images) == (2, [])
    assert not (db.data_dir / "cache" / "originals").exists()

    restored = restore_backup(tmp_path / "backups", find_backup(tmp_path / "backups"), tmp_path / "copy")
    assert (restored.images, restored.missing_images) == (2, [])
    bucket.requests.clear()
    with connect(tmp_path / "copy") as copy:
        assert not (copy.data_dir / OWNER_FILE).exists()
        for image in images:
            assert Services(copy).images.original_path(image).is_file()
    assert bucket.requests == []


def test_an_import_pauses_with_a_sentence_while_the_storage_is_away_and_then_brings_in_each_image_once(
    bucket: FakeObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shelf").mkdir()
    for seed in range(40):
        (tmp_path / "shelf" / f"{seed}.jpg").write_bytes(encoded(drawn(seed)))
    bucket.use(monkeypatch, timeout_s=3)
    with connect(tmp_path / "data") as db:
        services = Services(db)
        project = services.projects.create_project("Shelf")
        kinds = {kind.task_type: kind for kind in image_task_kinds(services.intake)}
        tasks = TaskService(db, lambda: kinds)
        task = tasks.create_task(project.id, "image-import", {"source": "path", "path": str(tmp_path / "shelf")})

        bucket.fail("slow-down", only="PUT")
        paused = asyncio.run(TaskRunner(db, kinds).run(task.id))
        assert (paused.status, paused.failed_count) == ("paused", 0)
        assert "asks to slow down or is not available (503). Nothing is lost" in paused.note
        assert services.images.list_images(project.id).total == 0

    bucket.fail("")
    bucket.use(monkeypatch)
    with connect(tmp_path / "data") as db:
        services = Services(db)
        kinds = {kind.task_type: kind for kind in image_task_kinds(services.intake)}
        TaskService(db, lambda: kinds).resume(task.id)
        ended = asyncio.run(TaskRunner(db, kinds).run(task.id))
        assert (ended.status, ended.failed_count) == ("completed", 0)
        assert services.images.list_images(project.id).total == 40
        assert stored_keys() == {image.path for image in services.images.iter_images(project.id)}


@pytest.mark.parametrize(
    ("storage_url", "sends", "said", "is_good"),
    [
        (None, False, "the originals are in the data directory", True),
        (None, True, "so VITRINE_STORAGE_SEND_URLS has no effect", False),
        (f"s3://{BUCKET}/vitrine", False, f"the originals are in s3://{BUCKET}/vitrine, at most 2.0 GB of them", True),
    ],
)
def test_what_is_said_of_the_storage_follows_the_settings(
    db: Database, storage_url: str | None, sends: bool, said: str, is_good: bool
) -> None:
    changed = {"storage_url": storage_url, "storage_send_urls": sends, "storage_cache_bytes": 2_000_000_000}

    text, found = examine_storage(db.settings.model_copy(update=changed))

    assert said in text
    assert found is is_good


def test_an_original_has_a_link_unless_links_are_unwanted_or_it_is_in_the_directory(
    db: Database, services: Services, project: Projects
) -> None:
    (image,) = added(services, project)
    cache = OriginalCache(db.data_dir / "other", 0)
    with_links = BucketOriginals(db.settings.model_copy(update={"storage_links_s": 60}), cache)
    without = BucketOriginals(db.settings.model_copy(update={"storage_links_s": 0}), cache)

    assert (with_links.has(image.path), with_links.has("ab/gone.jpg")) == (True, False)
    assert image.path in str(with_links.link(image.path))
    assert without.link(image.path) is None
    local = db.settings.images_dir / "ab" / "local.jpg"
    local.parent.mkdir(parents=True)
    local.write_bytes(b"x")
    again = BucketOriginals(db.settings.model_copy(update={"storage_links_s": 60}), cache)
    assert (again.has("ab/local.jpg"), again.link("ab/local.jpg")) == (True, None)


def test_a_bucket_belongs_to_the_data_directory_that_used_it_first(db: Database, tmp_path: Path) -> None:
    def originals(data_dir: Path) -> BucketOriginals:
        data_dir.mkdir(exist_ok=True)
        return BucketOriginals(db.settings.model_copy(update={"data_dir": data_dir}), OriginalCache(data_dir, 0))

    own, other, unused = (originals(tmp_path / name) for name in ("own", "other", "unused"))
    assert not own.is_of_another()
    assert own.is_owner()
    assert not own.is_of_another()
    assert unused.is_of_another()
    assert not other.is_owner()
    assert other.is_of_another()


@dataclass
class Bucket:
    """A bucket with one object, which is *stored* or None; it keeps what is put over it."""

    stored: Any
    put_over: list[str] = field(default_factory=list)

    def put_new(self, path: str, file: Path) -> bool:
        return False

    def find(self, path: str) -> Any:
        return self.stored

    def put(self, path: str, file: Path) -> None:
        self.put_over.append(path)


@pytest.mark.parametrize(
    ("size_bytes", "age_s", "is_put"),
    [(3, 0, False), (3, 1_700, False), (3, 1_900, True), (2, 0, True), (None, 0, True)],
)
def test_an_original_that_is_there_is_written_again_when_it_is_old_or_of_another_size(
    size_bytes: int | None, age_s: float, is_put: bool, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"123")
    (tmp_path / "cache" / "ab").mkdir(parents=True)
    stored = SimpleNamespace(size_bytes=size_bytes, modified_s=time.time() - age_s)
    originals = BucketOriginals(load_settings(), OriginalCache(tmp_path / "cache", 1_000))
    fake = Bucket(None if size_bytes is None else stored)
    originals.__dict__["bucket"] = fake

    originals.place([(tmp_path / "file", "ab/x.jpg"), (tmp_path / "gone", "ab/y.jpg")])

    assert fake.put_over == (["ab/x.jpg"] if is_put else [])
