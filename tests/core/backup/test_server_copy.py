"""Backups of a PostgreSQL database: a dump of one moment with the images that it needs, restored into an empty one."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from core import Projects, ProjectService, connect
from core.backup import find_backup, list_backups, make_backup, restore_backup, server_copy, verify_backup
from core.backup.layout import DUMP, ORIGINALS
from core.backup.status import backup_status
from core.config import Settings
from core.db import Database, Images
from core.errors import ConfigurationError, InvalidInputError, StorageError
from tests import postgresql
from tests.core.backup.originals import add_originals

pytestmark = pytest.mark.postgresql


class _StoppedError(Exception):
    pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("VITRINE_POSTGRES_BIN", str(postgresql.programs()))
    with connect(postgresql.new_empty_database()) as db:
        add_originals(db, ProjectService(db).create_project("Shelf").id, 3)
        yield db


def _paths(db: Database) -> set[str]:
    with db.reading() as session:
        return set(session.exec(select(Images.path)))


def test_a_backup_that_is_made_while_others_write_is_restored_whole(
    server: Database, target: Path, tmp_path: Path
) -> None:
    """Each transaction adds two images: a backup with one of them would be of two moments."""
    with server.reading() as session:
        project_id = session.exec(select(Projects.id)).one()
    stopped, added = threading.Event(), 0

    def write() -> None:
        nonlocal added
        while not stopped.is_set():
            added += 1
            add_originals(server, project_id, 2, seed=added)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made, before = make_backup(server.settings, target), added
        while added < before + 2:  # one that began after the first backup has ended
            time.sleep(0.01)
        second = make_backup(server.settings, target, keep=1)
    finally:
        stopped.set()
        writer.join()
    assert made.manifest.images % 2 == second.manifest.images % 2 == 1
    assert second.manifest.images > made.manifest.images
    assert (list_backups(target), verify_backup(target, second)) == ([second], [])

    url, new = postgresql.new_empty_database(), tmp_path / "new"
    report = restore_backup(target, second, new, to=url)
    assert (report.images, report.missing_images) == (second.manifest.images, [])
    assert not (new / DUMP).exists()
    with connect(url) as restored:
        assert len(_paths(restored)) == second.manifest.rows["images"] == second.manifest.images
        assert all((new / "uploads/images" / path).is_file() for path in _paths(restored))
        ProjectService(restored).create_project("Another")  # the triggers and sequences came too

    with pytest.raises(InvalidInputError, match="has tables already"):
        restore_backup(target, second, tmp_path / "again", to=url)
    with pytest.raises(InvalidInputError, match="Name an empty one with --to"):
        restore_backup(target, second, tmp_path / "again", to="sqlite:///x.db")
    assert not (tmp_path / "again").exists()


def test_a_pg_dump_that_is_absent_or_older_than_the_server_is_one_sentence(
    server: Database, target: Path, tmp_path: Path
) -> None:
    for name in ("pg_dump", "pg_restore"):
        program = tmp_path / "old" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.9'\n")
        program.chmod(0o755)
    old = server.settings.model_copy(update={"postgres_bin": tmp_path / "old", "backup_dir": target})
    with pytest.raises(ConfigurationError, match=r"is of version 13, which cannot dump it\. Install"):
        make_backup(old, target)
    absent = old.model_copy(update={"postgres_bin": tmp_path})
    with pytest.raises(ConfigurationError, match="needs its program pg_dump, which is not in"):
        make_backup(absent, target)
    status = backup_status(absent)
    assert status is not None
    assert "VITRINE_POSTGRES_BIN" in status.problem
    assert list_backups(target) == []


def test_a_damaged_dump_is_found_and_leaves_an_empty_database(server: Database, target: Path, tmp_path: Path) -> None:
    made, url = make_backup(server.settings, target), postgresql.new_empty_database()
    whole = (made.path / DUMP).read_bytes()
    (made.path / DUMP).write_bytes(whole[:-400] + bytes(400))
    assert verify_backup(target, made) == [f"{DUMP} in {made.name} is damaged."]
    with pytest.raises(StorageError, match="is damaged"):
        restore_backup(target, made, tmp_path / "new", to=url)
    server_copy.require_empty(url)
    assert not (tmp_path / "new").exists()


def test_a_restore_that_fails_in_the_database_leaves_nothing(
    server: Database, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, url = make_backup(server.settings, target), postgresql.new_empty_database()
    monkeypatch.setattr(server_copy, "require_empty", lambda _url: None)
    with connect(url) as other, other.transaction() as session:
        session.execute(text("ALTER TABLE images RENAME TO mine"))
    with pytest.raises(StorageError, match=r"pg_restore failed .*already exists.* Nothing was stored"):
        server_copy.restore_dump(server.settings, url, made.path / DUMP, made.manifest.rows, lambda: None)


def test_a_backup_whose_list_of_images_is_missing_removes_no_image(server: Database, target: Path) -> None:
    first = make_backup(server.settings, target)
    make_backup(server.settings, target)
    (find_backup(target).path / ORIGINALS).unlink()
    with pytest.raises(StorageError, match="The list of images"):
        make_backup(server.settings, target, keep=2)
    assert not first.path.exists()
    assert len(list((target / "objects").rglob("*.png"))) == 3


def test_a_backup_that_is_stopped_ends_pg_dump(server: Database, target: Path, tmp_path: Path) -> None:
    program = tmp_path / "slow" / "pg_dump"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ncase $1 in --version) echo 'pg_dump (PostgreSQL) 99.0';; *) exec sleep 600;; esac\n")
    program.chmod(0o755)

    def stop(_share: float, step: str) -> None:
        if step == "Dumping the database":
            raise _StoppedError

    settings: Settings = server.settings.model_copy(update={"postgres_bin": program.parent})
    with pytest.raises(_StoppedError):
        make_backup(settings, target, progress=stop)
    assert list_backups(target) == []
