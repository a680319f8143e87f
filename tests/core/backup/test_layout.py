"""The directory of backups: names, manifests, and what is no backup."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.backup import status as status_module
from core.backup.layout import (
    DUMP,
    FileSum,
    Manifest,
    _order,
    find_backup,
    list_backups,
    new_name,
    opened_for_writing,
)
from core.backup.status import backup_status
from core.config import Settings
from core.errors import InvalidInputError, NotFoundError

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)


def _manifest(made_at: datetime = AT, paths: tuple[str, ...] = ("vitrine.db",), missing: int = 0) -> Manifest:
    return Manifest(
        made_at=made_at, schema_version="0001", images=2, image_bytes=100, new_images=1, new_image_bytes=50,
        files=[FileSum(path=path, sha256="a", size_bytes=7) for path in paths], missing_images=["x"] * missing,
    )  # fmt: skip


def _write(target: Path, name: str, manifest: Manifest | None = None) -> None:
    (target / name).mkdir(parents=True)
    (target / name / "backup.json").write_text((manifest or _manifest()).model_dump_json())


@pytest.mark.parametrize("path", ["a", "a/b.png", "files/..a", "a b"])
def test_a_file_lies_inside_the_backup(path: str) -> None:
    assert FileSum(path=path, sha256="a", size_bytes=0).path == path


@pytest.mark.parametrize("path", ["", ".", "/a", "../a", "a/../b", "a\\b", "a\0b"])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        FileSum(path=path, sha256="a", size_bytes=0)


def test_a_manifest_says_what_a_restore_writes_and_of_which_database_it_is(tmp_path: Path) -> None:
    assert (_manifest(paths=("vitrine.db", "files/a")).size_bytes, _manifest().format) == (114, 1)
    _write(tmp_path, "20260301T120000Z", _manifest(paths=("files/a", DUMP)))
    _write(tmp_path, "20260301T130000Z")
    assert [backup.is_dump for backup in list_backups(tmp_path)] == [True, False]


def test_backups_of_one_second_have_numbers_and_are_listed_in_their_order(tmp_path: Path) -> None:
    stem = "20260301T120000Z"
    for number in range(1, 12):
        name = new_name(tmp_path, AT.astimezone())
        assert name == (stem if number == 1 else f"{stem}-{number}")
        _write(tmp_path, name)
    assert [backup.name for backup in list_backups(tmp_path)][:3] == [stem, f"{stem}-2", f"{stem}-3"]
    assert find_backup(tmp_path).name == f"{stem}-11"
    assert find_backup(tmp_path, f"{stem}-2").name == f"{stem}-2"
    assert _order(Path(stem)) < _order(Path(f"{stem}-2")) < _order(Path(f"{stem}-10"))


def test_what_is_no_complete_backup_is_not_listed_and_what_there_is_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"has no complete backup\. Make one with vitrine backup"):
        find_backup(tmp_path / "nothing")
    (tmp_path / "20260301T110000Z").mkdir()
    _write(tmp_path, "copy-of-20260301T120000Z")
    assert list_backups(tmp_path) == []
    _write(tmp_path, "20260301T120000Z")
    with pytest.raises(NotFoundError, match=r"has no backup other\. It has 20260301T120000Z"):
        find_backup(tmp_path, "other")


def test_a_new_directory_is_made_for_backups_that_nobody_else_can_read(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "backups"
    for _ in range(2):  # new, then used before
        with opened_for_writing(target) as incoming:
            (incoming / "left").touch()
            assert [oct(one.stat().st_mode & 0o777) for one in (target, incoming, target / "objects")] == ["0o700"] * 3
        assert not incoming.exists()
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InvalidInputError, match="is a file"), opened_for_writing(file):
        pass
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").touch()
    with pytest.raises(InvalidInputError, match="something other than backups"), opened_for_writing(tmp_path / "used"):
        pass
    (tmp_path / "empty").mkdir()
    with opened_for_writing(tmp_path / "empty"):
        assert (tmp_path / "empty" / ".incoming").is_dir()


@pytest.mark.parametrize(
    ("later", "next_in", "problem"),
    [
        (HOUR, HOUR, ""),
        (2 * HOUR, timedelta(0), ""),
        (3 * HOUR, timedelta(0), ""),
        (4 * HOUR, timedelta(0), ""),
        (4 * HOUR + MOMENT, timedelta(0), "The last backup is 0.2 days old."),
        (60 * HOUR, timedelta(0), "The last backup is 2.5 days old."),
    ],
)
def test_a_backup_is_due_after_its_hours_and_late_after_twice_of_them(
    tmp_path: Path, later: timedelta, next_in: timedelta, problem: str
) -> None:
    _write(tmp_path, "20260301T110000Z", _manifest(AT - HOUR))
    _write(tmp_path, "20260301T120000Z", _manifest(AT))
    settings = Settings(data_dir=tmp_path / "data", backup_dir=tmp_path, backup_every_h=2)
    status = backup_status(settings, AT + later)
    assert status is not None
    assert status.last is not None
    assert (status.backups, status.last.name) == (2, "20260301T120000Z")
    assert (status.next_at - AT - later, status.problem.partition(" Start")[0]) == (next_in, problem)


def test_a_directory_that_cannot_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_target: Path) -> None:
        raise OSError(5, "Input/output error")

    settings = Settings(data_dir=tmp_path / "data", backup_dir=tmp_path)
    assert backup_status(settings, AT) == status_module.BackupStatus(tmp_path, 0, None, AT, "")
    monkeypatch.setattr(status_module, "list_backups", away)
    status = backup_status(settings, AT)
    assert status is not None
    assert (status.backups, status.last, status.next_at) == (0, None, AT)
    assert status.problem.startswith(f"{tmp_path} cannot be read (Input/output error)")
