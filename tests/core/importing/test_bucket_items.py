"""Imports from a bucket: images come in one by one, or stay there; what only some may read stays theirs."""

import json
import re
import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from core import DatasetImporter, Projects
from core.backup import make_backup
from core.bucket_address import BucketAddress
from core.config import load_settings
from core.db import Database, RegisteredOriginals
from core.errors import InvalidInputError, MissingFileError, ObjectStorageError
from core.images.import_context import ImportContext
from core.object_storage import Bucket, open_bucket
from core.services import Services
from tests.core.images.pictures import drawn, encoded
from tests.fakes.object_storage import BUCKET, FakeObjectStorage

pytestmark = pytest.mark.usefixtures("bucket")


@pytest.fixture
def shelf(bucket: FakeObjectStorage) -> Bucket:
    """Three images and their questions, in a bucket that is not Vitrine's."""
    objects = open_bucket(load_settings(), BucketAddress(BUCKET, "theirs"))
    for seed in range(3):
        objects.put(f"train/{seed}.jpg", encoded(drawn(seed)))
    objects.put("train/broken.jpg", b"\xff\xd8\xff")
    lines = [
        {"file_name": f"{seed}.jpg", "question": f"What is on shelf {seed}?", "answer": "blocks"} for seed in range(3)
    ]
    objects.put("train/metadata.jsonl", "\n".join(map(json.dumps, lines)).encode())
    return objects


def their_keys() -> set[str]:
    return {one.key for one in open_bucket(load_settings(), BucketAddress(BUCKET)).list()}


@pytest.fixture
def importer(db: Database, services: Services) -> DatasetImporter:
    return DatasetImporter(db, services.images)


def test_images_and_annotations_come_in_without_a_copy_of_the_whole(
    shelf: Bucket, bucket: FakeObjectStorage, importer: DatasetImporter, db: Database, services: Services,
    project: Projects,
) -> None:  # fmt: skip
    for images, entries in ((3, 3), (0, 0)):
        report = importer.import_path(project.id, f"s3://{BUCKET}/theirs/")
        assert (report.images_added, report.entries_added) == (images, entries)
        assert [(one.where, one.reason.partition(".")[0]) for one in report.problems][:1] == [
            ("train/broken.jpg", "The file is damaged or truncated and cannot be decoded")
        ]
    images = list(services.images.iter_images(project.id))
    assert sorted(image.image_name for image in images) == ["0.jpg", "1.jpg", "2.jpg"]
    assert {entry.question for entry in services.dataset.iter_dataset_entries(project.id)} == {
        f"What is on shelf {seed}?" for seed in range(3)
    }
    assert {f"vitrine/{image.path}" for image in images} <= their_keys()
    assert not list((db.data_dir / "imports").rglob("*.jpg"))


def test_registered_images_stay_where_they_are_and_are_never_deleted(
    shelf: Bucket, importer: DatasetImporter, db: Database, services: Services, project: Projects
) -> None:
    before = their_keys()
    report = importer.import_path(project.id, f"s3://{BUCKET}/theirs", in_place=True)
    assert (report.images_added, report.entries_added) == (3, 3)
    assert their_keys() == before
    images = list(services.images.iter_images(project.id))
    assert {image.source_ref for image in images} == {f"train/{seed}.jpg" for seed in range(3)}

    shutil.rmtree(db.data_dir / "cache")
    for image in images:
        assert services.images.original_path(image).read_bytes() == shelf.read(image.source_ref)
        assert services.images.thumbnail_path(image).stat().st_size

    for left, image in enumerate(images):
        services.intake.remove_leftovers()
        with db.reading() as session:
            assert len(session.exec(select(RegisteredOriginals)).all()) == 3 - left
        services.images.delete_image(image.id)
        services.bin.delete_for_good("image", image.id)
    services.intake.remove_leftovers()
    assert their_keys() - {"vitrine/vitrine-owner"} == before
    with db.reading() as session:
        assert session.exec(select(RegisteredOriginals)).all() == []


def test_a_registered_original_that_changed_or_is_missing_is_said(
    shelf: Bucket, importer: DatasetImporter, db: Database, services: Services, project: Projects
) -> None:
    importer.import_path(project.id, f"s3://{BUCKET}/theirs", in_place=True)
    changed, missing, _ = sorted(services.images.iter_images(project.id), key=lambda image: image.source_ref)
    shutil.rmtree(db.data_dir / "cache")
    shelf.put(changed.source_ref, encoded(drawn(9)))
    shelf.delete(missing.source_ref)
    for image, said in ((changed, "has changed"), (missing, "is missing")):
        with pytest.raises(MissingFileError, match=rf"theirs/{image.source_ref} {said} .*registered and not copied"):
            services.images.original_path(image)


def test_one_object_is_imported_by_its_address_also_an_archive(
    shelf: Bucket, importer: DatasetImporter, project: Projects, tmp_path: Path
) -> None:
    (tmp_path / "zipped").mkdir()
    for seed in (5, 6):
        (tmp_path / "zipped" / f"{seed}.png").write_bytes(encoded(drawn(seed), "PNG"))
    shelf.put("set.zip", Path(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "zipped")))
    assert importer.import_path(project.id, f"s3://{BUCKET}/theirs/set.zip").images_added == 2
    assert importer.import_path(project.id, f"s3://{BUCKET}/theirs/train/1.jpg").images_added == 1
    with pytest.raises(InvalidInputError, match="There is nothing at s3://pictures/theirs/none"):
        importer.import_path(project.id, f"s3://{BUCKET}/theirs/none")


@pytest.mark.parametrize(
    ("allowed", "in_list", "may"),
    [("", False, True), ("", True, False), ("s3://pictures/theirs", True, True), ("s3://pictures/other", False, False)],
)
def test_only_named_buckets_are_read_for_others(
    allowed: str, in_list: bool, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_ALLOWED_BUCKETS", allowed)
    context = ImportContext(load_settings())
    if may:
        assert context.resolve_bucket("s3://pictures/theirs/train", in_list=in_list).prefix == "theirs/train"
    else:
        with pytest.raises(InvalidInputError, match="Allowed by VITRINE_ALLOWED_BUCKETS"):
            context.resolve_bucket("s3://pictures/theirs/train", in_list=in_list)


def test_with_a_sign_in_no_bucket_is_read_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "nine green bottles")
    with pytest.raises(InvalidInputError, match="Allowed by VITRINE_ALLOWED_BUCKETS: none yet"):
        ImportContext(load_settings()).resolve_bucket("s3://pictures/theirs")


def test_a_backup_leaves_registered_originals_where_they_are_and_has_those_that_were_stored_later(
    shelf: Bucket, importer: DatasetImporter, db: Database, services: Services, project: Projects, tmp_path: Path
) -> None:
    importer.import_path(project.id, f"s3://{BUCKET}/theirs", in_place=True)
    made = make_backup(db.settings, tmp_path / "backups")
    assert (made.manifest.images, made.manifest.missing_images) == (0, [])

    services.intake.add_images(project.id, [("again.jpg", encoded(drawn(1)))])
    importer.import_path(project.id, f"s3://{BUCKET}/theirs", in_place=True)
    made = make_backup(db.settings, tmp_path / "backups")
    assert (made.manifest.images, made.manifest.missing_images) == (1, [])
    with db.reading() as session:
        assert len(session.exec(select(RegisteredOriginals)).all()) == 2


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("theirs//a.png", 'A key that begins with "theirs//"'),
        ("theirs/../a.png", 'A key that begins with "theirs/../"'),
        ("theirs/a\x01.png", r'The key "theirs/a\u{1}.png"'),
    ],
)
def test_a_key_that_cannot_be_read_is_named(
    shelf: Bucket, bucket: FakeObjectStorage, importer: DatasetImporter, project: Projects, key: str, named: str
) -> None:
    bucket.put(key, b"")
    said = re.escape(f"{named} in {BUCKET} cannot be read: ")
    with pytest.raises(ObjectStorageError, match=f"{said}.* Rename that object"):
        importer.import_path(project.id, f"s3://{BUCKET}/theirs")


def test_a_key_that_cannot_be_read_costs_its_directory_only(
    shelf: Bucket, bucket: FakeObjectStorage, importer: DatasetImporter, project: Projects
) -> None:
    bucket.put("theirs/odd//a.png", b"")
    shelf.put("odd/lost.jpg", encoded(drawn(8)))
    shelf.put("odd below/deep/9.jpg", encoded(drawn(9)))
    report = importer.import_path(project.id, f"s3://{BUCKET}/theirs")
    assert (report.images_added, report.entries_added) == (4, 3)
    said = {one.where: one.reason for one in report.problems}
    assert said.keys() == {"train/broken.jpg", "odd/"}
    assert said["odd/"].startswith(f'A key that begins with "theirs/odd//" in {BUCKET} cannot be read')
