"""vitrine project."""

from pathlib import Path

from typer.testing import CliRunner

from core import ProjectService, connect
from core.cli import app

runner = CliRunner()


def test_a_project_is_exported_by_name_and_imported_into_another_data_directory(tmp_path: Path) -> None:
    with connect() as db:
        project = ProjectService(db).create_project("Shelf")
    archive = tmp_path / "out" / "shelf.zip"

    exported = runner.invoke(app, ["project", "export", "Shelf", str(archive)])
    assert (exported.exit_code, exported.stdout) == (0, f"{archive}\n")
    imported = runner.invoke(app, ["--data", str(tmp_path / "other"), "project", "import", str(archive)])
    assert (imported.exit_code, imported.stdout) == (0, f"{project.id}  Shelf\n")
    listed = runner.invoke(app, ["--data", str(tmp_path / "other"), "project", "list"])
    assert listed.stdout == f"{project.id}  Shelf\n"


def test_a_project_or_an_archive_that_does_not_exist_ends_with_one_message_and_code_1(tmp_path: Path) -> None:
    refused = runner.invoke(app, ["project", "export", "Nothing", str(tmp_path)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "There is no project Nothing. Run: vitrine project list\n"
    refused = runner.invoke(app, ["project", "import", str(tmp_path / "nothing.zip")])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert (
        refused.stderr
        == "nothing.zip cannot be read (No such file or directory). Check the path and who may read it.\n"
    )


def test_a_quota_is_set_shown_and_removed() -> None:
    with connect() as db:
        ProjectService(db).create_project("Shelf")
    set_ = runner.invoke(app, ["project", "quota", "Shelf", "--images", "5000", "--megabytes", "3000"])
    assert set_.stdout == "Shelf may have at most 5,000 images with at most 3,000 MB together. It has 0.\n"
    assert runner.invoke(app, ["project", "quota", "Shelf"]).stdout == set_.stdout
    removed = runner.invoke(app, ["project", "quota", "Shelf", "--none"])
    assert removed.stdout == "Shelf may have any number of images. It has 0.\n"
