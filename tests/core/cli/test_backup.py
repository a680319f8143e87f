"""vitrine backup and vitrine restore."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import ProjectService, connect
from core.cli import app
from tests.core.backup.originals import add_originals

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is core/backup/test_server_copy.py

runner = CliRunner()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    with connect() as db:
        ProjectService(db).create_project("Shelf")
    return tmp_path / "backups"


def test_what_was_backed_up_and_checked_is_restored(target: Path, tmp_path: Path) -> None:
    made = runner.invoke(app, ["backup", str(target), "--keep", "2"])
    assert made.exit_code == 0, made.output
    assert "0 images, 0 of them new" in made.stdout
    assert made.stdout.endswith("The secret key is not in it.\n")
    checked = runner.invoke(app, ["backup", str(target), "--verify"])
    assert checked.exit_code == 0
    assert checked.stdout.endswith("Z is complete and intact.\n")
    restored = runner.invoke(app, ["restore", str(target), "--data", str(tmp_path / "new")])
    assert restored.exit_code == 0, restored.output
    assert "everybody signs in again" in restored.stdout
    listed = runner.invoke(app, ["--data", str(tmp_path / "new"), "project", "list"])
    assert listed.stdout.endswith("  Shelf\n")


def test_damage_is_named_and_ends_with_code_1(target: Path) -> None:
    assert runner.invoke(app, ["backup", str(target)]).exit_code == 0
    (database,) = target.glob("*/vitrine.db")
    database.write_bytes(b"x")
    checked = runner.invoke(app, ["backup", str(target), "--verify"])
    assert (checked.exit_code, checked.stdout) == (1, f"vitrine.db in {database.parent.name} is damaged.\n")


def test_nothing_to_restore_is_one_message_and_code_1(tmp_path: Path) -> None:
    result = runner.invoke(app, ["restore", str(tmp_path / "none"), "--data", str(tmp_path / "new")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path / 'none'} has no complete backup. Make one with vitrine backup.\n"


def test_a_backup_without_some_of_the_images_ends_with_code_1_and_names_them(target: Path) -> None:
    with connect() as db:
        (path,) = add_originals(db, ProjectService(db).list_projects()[0].id, 1)
        (db.settings.images_dir / path).unlink()
    result = runner.invoke(app, ["backup", str(target)])
    assert result.exit_code == 1
    assert result.stderr.endswith(f"{path}\n")
