import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from core import ImageService, Projects, ProjectService, connect
from core.backup import Backup, find_backup, make_backup, restore_backup
from core.db import Database
from core.errors import ConfigurationError, ConflictError, InvalidInputError, NotFoundError, StorageError
from core.secret_key import secret_key
from tests.core.backup.originals import add_originals

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py


@pytest.fixture
def backup(db: Database, paths: list[str], target: Path) -> Backup:
    (db.data_dir / "image_models.json").write_text("[]")
    secret_key(db.data_dir)
    return make_backup(db.settings, target)


def _beside(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.parent.iterdir() if directory.name in path.name)


def test_a_restored_directory_opens_with_every_row_and_file(
    backup: Backup, db: Database, project: Projects, paths: list[str], target: Path, tmp_path: Path
) -> None:
    new = tmp_path / "deep" / "new"
    report = restore_backup(target, backup, new)
    assert (report.images, report.missing_images, report.set_aside) == (5, [], None)
    with connect(new) as restored:
        assert [one.name for one in ProjectService(restored).list_projects()] == ["Shelf"]
        assert {image.path for image in ImageService(restored).list_images(project.id)} == set(paths)
    for path in paths:
        assert (new / "uploads/images" / path).read_bytes() == (db.settings.images_dir / path).read_bytes()
    assert (new / "image_models.json").read_text() == "[]"
    assert secret_key(new) != secret_key(db.data_dir)
    assert _beside(new) == ["new"]
    assert new.stat().st_mode & 0o077 == 0


def test_an_earlier_backup_is_restored_by_its_name(
    backup: Backup, db: Database, project: Projects, target: Path, tmp_path: Path
) -> None:
    add_originals(db, project.id, 2, seed=1)
    make_backup(db.settings, target)
    assert restore_backup(target, find_backup(target, backup.name), tmp_path / "new").images == 5
    assert restore_backup(target, find_backup(target), tmp_path / "newest").images == 7
    with pytest.raises(NotFoundError, match="has no backup 20200101T000000Z"):
        find_backup(target, "20200101T000000Z")
    with pytest.raises(NotFoundError, match="no complete backup"):
        find_backup(tmp_path / "nothing")


def test_a_directory_that_is_not_empty_is_kept_unless_it_is_to_be_replaced_and_then_set_aside(
    backup: Backup, target: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match="--replace"):
        restore_backup(target, backup, there)
    assert [path.name for path in there.iterdir()] == ["mine.txt"]
    report = restore_backup(target, backup, there, replace=True)
    assert report.set_aside is not None
    assert (report.set_aside / "mine.txt").read_text() == "mine"
    assert (there / "vitrine.db").is_file()
    assert _beside(there) == sorted(["there", report.set_aside.name])


def test_a_directory_that_a_server_uses_is_not_replaced(backup: Backup, db: Database, target: Path) -> None:
    with FileLock(db.data_dir / "runner.lock", thread_local=False), pytest.raises(ConflictError, match="Stop it"):
        restore_backup(target, backup, db.data_dir, replace=True)
    assert (db.data_dir / "secret.key").is_file()


def test_a_mounted_disk_and_a_file_are_refused(backup: Backup, target: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match="is a file"):
        restore_backup(target, backup, tmp_path / "file")
    with pytest.raises(InvalidInputError, match="disk is mounted"):
        restore_backup(target, backup, Path("/"))


def test_an_image_that_is_damaged_in_the_backup_costs_only_itself(
    backup: Backup, paths: list[str], target: Path, tmp_path: Path
) -> None:
    (target / "objects" / paths[0]).write_bytes(b"x" * 300)
    (target / "objects" / paths[1]).unlink()
    report = restore_backup(target, backup, tmp_path / "new")
    assert (report.images, set(report.missing_images)) == (3, set(paths[:2]))


@pytest.mark.parametrize("file", ["vitrine.db", "files/image_models.json"])
def test_a_damaged_file_ends_the_restore_and_nothing_is_left(
    backup: Backup, file: str, target: Path, tmp_path: Path
) -> None:
    with (backup.path / file).open("ab") as damaged:
        damaged.write(b"x")
    with pytest.raises(StorageError, match=r"is damaged\. Restore another one"):
        restore_backup(target, backup, tmp_path / "new")
    assert _beside(tmp_path / "new") == []


def test_a_backup_of_a_newer_version_is_refused(backup: Backup, target: Path, tmp_path: Path) -> None:
    manifest = backup.path / "backup.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"schema_version": "9999"}))
    with pytest.raises(ConfigurationError, match=r"newer version of Vitrine\. Update Vitrine"):
        restore_backup(target, find_backup(target), tmp_path / "new")


@pytest.mark.parametrize("path", ["../outside", "/outside", "files/../../outside", "a\\b", ""])
def test_a_manifest_with_a_path_outside_is_no_backup(backup: Backup, path: str, target: Path) -> None:
    manifest = backup.path / "backup.json"
    content = json.loads(manifest.read_text())
    content["files"][0]["path"] = path
    manifest.write_text(json.dumps(content))
    with pytest.raises(NotFoundError):
        find_backup(target)


def test_a_full_disk_leaves_nothing(
    backup: Backup, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        restore_backup(target, backup, tmp_path / "new")
    assert _beside(tmp_path / "new") == []
