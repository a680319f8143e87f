import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from core import Projects, connect
from core.backup import find_backup, list_backups, make_backup, restore_backup, verify_backup
from core.backup import make as make_module
from core.config import Settings
from core.db import Database
from core.errors import ConfigurationError, ConflictError, InvalidInputError, StorageError
from core.images import cleanup
from core.images.storage import ImageStorage
from core.secret_key import secret_key
from tests.core.backup.originals import add_originals

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py


def _files(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def test_a_backup_has_the_database_each_original_and_what_else_cannot_be_made_again(
    db: Database, paths: list[str], target: Path
) -> None:
    secret_key(db.data_dir)
    made_again = ("cache/images/3/a.jpg", "models/m/x.onnx", "imports/u/a.zip", "backups/b.db", "exports/e.zip")
    for file in (*made_again, "exports/.entries/e.txt", "image_models.json", "guides/p/plan.png"):
        (db.data_dir / file).parent.mkdir(parents=True, exist_ok=True)
        (db.data_dir / file).write_text(file)

    made = make_backup(db.settings, target)

    assert _files(made.path) == {
        "backup.json", "vitrine.db", "files/exports/.entries/e.txt", "files/image_models.json",
        "files/guides/p/plan.png",
    }  # fmt: skip
    assert {path for path in _files(target / "objects") if not path.startswith(".")} == set(paths)
    assert (made.manifest.images, made.manifest.image_bytes, made.manifest.new_images) == (5, 1500, 5)
    assert verify_backup(target, made) == []
    assert list_backups(target) == [made]


def test_a_second_backup_copies_only_what_is_new(
    db: Database, project: Projects, paths: list[str], target: Path
) -> None:
    make_backup(db.settings, target)
    before = {path: (target / "objects" / path).stat().st_ino for path in paths}
    add_originals(db, project.id, 2, seed=1)
    second = make_backup(db.settings, target)
    assert (second.manifest.images, second.manifest.new_images, second.manifest.new_image_bytes) == (7, 2, 600)
    assert {path: (target / "objects" / path).stat().st_ino for path in paths} == before
    assert [backup.manifest.images for backup in list_backups(target)] == [5, 7]


def test_others_on_the_machine_cannot_read_a_backup(db: Database, paths: list[str], target: Path) -> None:
    made = make_backup(db.settings, target)
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((target / "objects").stat().st_mode) == 0o700


def test_a_damaged_or_missing_original_costs_only_itself_and_is_named(
    db: Database, paths: list[str], target: Path
) -> None:
    damaged, missing = sorted(paths)[:2]
    (db.settings.images_dir / damaged).write_bytes(b"x" * 300)
    (db.settings.images_dir / missing).unlink()
    made = make_backup(db.settings, target)
    assert made.manifest.missing_images == [damaged, missing]
    assert made.manifest.images == 3
    assert [problem.split()[2] for problem in verify_backup(target, made)] == [damaged, missing]


def test_a_damaged_original_does_not_replace_the_good_one_of_an_earlier_backup(
    db: Database, paths: list[str], target: Path
) -> None:
    make_backup(db.settings, target)
    (db.settings.images_dir / paths[0]).write_bytes(b"x" * 300)
    second = make_backup(db.settings, target)
    assert second.manifest.missing_images == []
    assert verify_backup(target, second) == []


def test_a_partial_file_in_the_target_is_copied_again(db: Database, paths: list[str], target: Path) -> None:
    make_backup(db.settings, target)
    (target / "objects" / paths[0]).write_bytes(b"x")
    assert make_backup(db.settings, target).manifest.new_images == 1
    assert verify_backup(target, find_backup(target)) == []


def test_originals_that_are_deleted_while_a_backup_is_made_are_in_it(
    db: Database, project: Projects, paths: list[str], target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows vanish and the clean-up runs right after the database was copied, before any file was."""
    storage = ImageStorage(db.settings.images_dir, db.data_dir / "cache" / "images")
    copy = make_module.copy_database

    def copy_then_clean(source: Path, destination: Path) -> str:
        version = copy(source, destination)
        with closing(sqlite3.connect(source)) as connection, connection:
            connection.execute("DELETE FROM images")
        with db.reading() as session:
            assert cleanup.remove_orphans(session, storage, now_s=1e12) == 0
        return version

    monkeypatch.setattr(make_module, "copy_database", copy_then_clean)
    made = make_backup(db.settings, target)
    assert (made.manifest.images, verify_backup(target, made)) == (5, [])
    with db.reading() as session:
        assert cleanup.remove_orphans(session, storage, now_s=1e12) == 5


def test_two_backups_of_one_data_directory_exclude_each_other(
    db: Database, paths: list[str], target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_module, "_REMOVAL_TIMEOUT_S", 0)
    make_backup(db.settings, target)
    with (
        FileLock(target / ".lock", thread_local=False),
        pytest.raises(ConflictError, match=r"Another backup to .* is running"),
    ):
        make_backup(db.settings, target)
    storage = ImageStorage(db.settings.images_dir, db.data_dir / "cache")
    with storage.lock_against_removal(0), pytest.raises(ConflictError, match="this data directory is running"):
        make_backup(db.settings, target)
    assert len(list_backups(target)) == 1


@pytest.mark.parametrize("inside", ["", "backups", "cache/x"])
def test_a_target_inside_the_data_directory_is_refused(db: Database, inside: str) -> None:
    with pytest.raises(InvalidInputError, match="inside the data directory"):
        make_backup(db.settings, db.data_dir / inside)


def test_a_directory_of_something_else_is_refused_and_left_alone(db: Database, target: Path) -> None:
    (target / "objects" / "ab").mkdir(parents=True)
    (target / "objects" / "ab" / "git-object").write_text("mine")
    with pytest.raises(InvalidInputError, match="something other than backups"):
        make_backup(db.settings, target)
    assert _files(target) == {"objects/ab/git-object"}


def test_a_full_disk_leaves_no_backup_and_the_next_one_succeeds(
    db: Database, paths: list[str], target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="disk is full"):
            make_backup(db.settings, target)
    assert list_backups(target) == []
    assert not (target / ".incoming").exists()
    assert verify_backup(target, make_backup(db.settings, target)) == []


def test_a_damaged_database_is_refused_and_the_old_backups_stay(db: Database, project: Projects, target: Path) -> None:
    add_originals(db, project.id, 300)
    make_backup(db.settings, target, keep=1)
    db.close()
    file = db.data_dir / "vitrine.db"
    file.write_bytes(file.read_bytes()[:20_000] + b"\xff" * (file.stat().st_size - 20_000))
    with pytest.raises(StorageError, match="Run vitrine doctor"):
        make_backup(db.settings, target, keep=1)
    assert verify_backup(target, find_backup(target)) == []


def test_a_server_without_pg_dump_is_refused_with_what_to_do(tmp_path: Path, target: Path) -> None:
    url = "postgresql+psycopg://somebody@localhost/vitrine"
    settings = Settings(data_dir=tmp_path / "data", database_url=url, postgres_bin=tmp_path)
    with pytest.raises(ConfigurationError, match="Install the client of PostgreSQL"):
        make_backup(settings, target)
    assert list_backups(target) == []


def test_an_interrupted_backup_is_removed_by_the_next_one(db: Database, paths: list[str], target: Path) -> None:
    made = make_backup(db.settings, target)
    shutil.copytree(made.path, target / ".incoming")
    (target / ".incoming" / "backup.json").unlink()
    assert list_backups(target) == [made]
    make_backup(db.settings, target)
    assert not (target / ".incoming").exists()


def test_a_database_beside_its_data_directory_is_backed_up_too(
    db: Database, project: Projects, paths: list[str], tmp_path: Path, target: Path
) -> None:
    db.close()
    elsewhere = tmp_path / "elsewhere.sqlite"
    (db.data_dir / "vitrine.db").rename(elsewhere)
    settings = db.settings.model_copy(update={"database_url": f"sqlite:///{elsewhere}"})
    made = make_backup(settings, target)
    restore_backup(target, made, tmp_path / "new")
    with connect(tmp_path / "new") as restored, restored.reading() as session:
        assert session.get(Projects, project.id) is not None
