"""Imports from Python run to their end, report what came in, and double nothing when they are repeated."""

import asyncio
import json
import os
import zipfile
from pathlib import Path

import pytest

import core
import vitrine
from core import DatasetImporter, ImportProblem, Projects
from core.errors import InvalidInputError, NotFoundError
from core.export import parse_recipe
from core.services import Services
from tests.core.images.pictures import drawn, encoded


@pytest.fixture
def importer(services: Services) -> DatasetImporter:
    return DatasetImporter(services.db, services.images)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A directory of three images and an annotation file with five questions, one about an image that is missing."""
    root = tmp_path / "shelf"
    (root / "images").mkdir(parents=True)
    for number in range(3):
        (root / "images" / f"{number}.jpg").write_bytes(encoded(drawn(number)))
    rows = [
        {"image": f"images/{number}.jpg", "question": f"Number {number}?", "answer": str(number)} for number in range(4)
    ]
    (root / "rows.json").write_text(
        json.dumps([*rows, {"image": "images/0.jpg", "question": "Color?", "answer": "red"}])
    )
    return root


def test_a_directory_comes_in_with_a_report(importer: DatasetImporter, project: Projects, shelf: Path) -> None:
    report = importer.import_path(project.id, shelf)

    assert (report.images_added, report.images_known, report.entries_added) == (3, 0, 4)
    assert (report.records, report.questions, report.questions_known) == (5, 5, 0)
    problem = ImportProblem("rows.json row 4", "It names an image that is not here: images/3.jpg")
    assert report.problems == [problem]
    assert report.to_pandas().to_dict("records") == [vars(problem)]
    assert str(report) == "3 images added, 0 known; 4 of 5 questions added, 0 known; 1 problem"


def test_importing_again_doubles_nothing(
    importer: DatasetImporter, services: Services, project: Projects, shelf: Path
) -> None:
    importer.import_path(project.id, shelf)
    again = importer.import_path(project.id, shelf)

    assert (again.images_added, again.images_known, again.entries_added, again.questions_known) == (0, 3, 0, 4)
    assert len(services.dataset.list_dataset_entries(project.id)) == 4


def test_an_annotation_file_alone_finds_its_images_in_the_project(
    importer: DatasetImporter, services: Services, project: Projects, shelf: Path, tmp_path: Path
) -> None:
    for number in range(3):
        services.intake.add_images(project.id, [(f"{number}.jpg", encoded(drawn(number)))])
    alone = tmp_path / "alone.json"
    alone.write_bytes((shelf / "rows.json").read_bytes())

    report = importer.import_path(project.id, alone)

    assert (report.images_added, report.images_known, report.entries_added) == (0, 0, 4)
    assert [problem.where for problem in report.problems] == ["alone.json row 4"]


def test_an_image_and_a_zip_alone_come_in(importer: DatasetImporter, project: Projects, shelf: Path) -> None:
    archive = shelf.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(path for path in shelf.rglob("*") if path.is_file()):
            packed.write(file, file.relative_to(shelf))

    assert importer.import_path(project.id, shelf / "images" / "0.jpg").images_added == 1
    report = importer.import_path(project.id, archive)
    assert (report.images_added, report.images_known, report.entries_added) == (2, 1, 4)


async def test_it_works_where_an_event_loop_runs_already(
    importer: DatasetImporter, project: Projects, shelf: Path
) -> None:
    assert asyncio.get_running_loop().is_running()
    assert importer.import_path(project.id, shelf).entries_added == 4


def test_progress_ends_at_one_and_an_error_in_it_cancels_the_import(
    importer: DatasetImporter, services: Services, project: Projects, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.importing.importer._PROGRESS_INTERVAL_S", 0.0)
    shares: list[float] = []
    importer.import_path(project.id, shelf, progress=lambda share, step: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    def stop(share: float, step: str) -> None:
        raise KeyboardInterrupt

    other = services.projects.create_project("Other")
    with pytest.raises(KeyboardInterrupt):
        importer.import_path(other.id, shelf, progress=stop)
    (task,) = services.tasks.list_tasks(other.id)
    assert task.status == "cancelled"


@pytest.mark.parametrize("path", [None, 42, b"/tmp", "", ["a"], "/nowhere/at/all"])
def test_a_path_that_is_none_gets_one_sentence(path: object, importer: DatasetImporter, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match=r"^(Pass path as a path, not|There is nothing at /nowhere)"):
        importer.import_path(project.id, path)  # type: ignore[arg-type]


def test_wrong_arguments_get_one_sentence(importer: DatasetImporter, project: Projects, shelf: Path) -> None:
    with pytest.raises(NotFoundError, match="This project does not exist"):
        importer.import_path("nowhere", shelf)
    with pytest.raises(InvalidInputError, match="There is no format magic"):
        importer.import_path(project.id, shelf, format="magic")
    with pytest.raises(InvalidInputError, match="Enter at least one web address"):
        importer.import_urls(project.id, [])
    (shelf / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="There are no files to import in this directory"):
        importer.import_path(project.id, shelf / "empty")


def test_import_roots_and_passwords_do_not_limit_python(
    services: Services, project: Projects, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = services.db.settings.model_copy(update={"import_roots": [tmp_path / "elsewhere"]})
    monkeypatch.setattr(services.db, "settings", settings)

    assert DatasetImporter(services.db, services.images).import_path(project.id, shelf).images_added == 3


def test_what_an_import_has_read_is_removed_when_it_succeeds(
    importer: DatasetImporter, services: Services, project: Projects, shelf: Path
) -> None:
    importer.import_path(project.id, shelf)

    assert list((services.db.data_dir / "imports").iterdir()) == []


def test_an_archive_of_vitrine_keeps_its_questions_linked_in_the_same_database(
    importer: DatasetImporter, services: Services, project: Projects, shelf: Path
) -> None:
    importer.import_path(project.id, shelf)
    made = services.exports.export(
        project.id, parse_recipe({"format": "vitrine", "entries": {"confirmed_only": False}})
    )
    other = services.projects.create_project("Other")

    report = importer.import_path(other.id, services.db.data_dir / made.path)

    assert (report.images_added, report.entries_added, report.questions, report.problems) == (3, 4, 4, [])
    restored = services.dataset.list_dataset_entries(other.id)
    assert [entry.question_id is not None for entry in restored] == [True] * 4
    questions = {
        question.id: question
        for image in services.images.list_images(other.id)
        for question in services.library.questions_of(image.id)
    }
    assert {entry.question_id for entry in restored} == set(questions)
    assert {question.project_id for question in questions.values()} == {other.id}
    assert services.projects.counts(other.id).images_without_questions == 0
    again = importer.import_path(other.id, services.db.data_dir / made.path)
    assert (again.images_added, again.images_known, again.entries_added, again.questions_known) == (0, 3, 0, 4)


def test_core_and_vitrine_offer_it() -> None:
    assert core.DatasetImporter is DatasetImporter
    assert {"DatasetImporter", "ImportReport", "ImportProblem"} <= set(vitrine.__all__)


def test_a_table_of_text_is_read_once_and_finds_its_images(
    importer: DatasetImporter, services: Services, project: Projects, shelf: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = [{"image": f"images/{number}.jpg", "question": "Text?", "answer": str(number)} for number in range(3)]
    parquet.write_table(pa.Table.from_pylist(rows), shelf / "text.parquet")

    report = importer.import_path(project.id, shelf)

    assert (report.records, report.entries_added, report.questions_known) == (8, 7, 0)


def test_a_row_that_cannot_be_stored_costs_only_itself(
    importer: DatasetImporter, project: Projects, shelf: Path
) -> None:
    kinds = ["", "\ud800", "", "\ud800"]
    rows = [{"image": "images/0.jpg", "question": f"{kind!a}?", "answer": "A", "kind": kind} for kind in kinds]
    (shelf / "rows.json").write_text(json.dumps([*rows, {"image": "\ud800.jpg", "question": "Q?", "answer": "A"}]))

    report = importer.import_path(project.id, shelf)

    assert report.entries_added >= 2
    assert all(problem.where.startswith("rows.json row ") for problem in report.problems)


def test_links_are_named_once_with_annotations_and_without(
    importer: DatasetImporter, project: Projects, shelf: Path
) -> None:
    (shelf / "link.jpg").symlink_to(shelf / "images" / "0.jpg")
    (shelf / "images" / "link.jpg").symlink_to(shelf / "images" / "0.jpg")

    with_annotations = importer.import_path(project.id, shelf).problems
    named = sorted(problem.where for problem in with_annotations if "link" in problem.where)
    assert named == ["images/link.jpg", "link.jpg"]
    without = importer.import_path(project.id, shelf / "images").problems
    assert [problem.where for problem in without] == ["link.jpg"]


def test_a_file_name_that_is_no_text_costs_nothing(importer: DatasetImporter, project: Projects, shelf: Path) -> None:
    try:
        (shelf / "images" / os.fsdecode(b"\xff.jpg")).write_bytes(encoded(drawn(7)))
    except OSError:
        pytest.skip("this file system has only names that are text")

    report = importer.import_path(project.id, shelf)

    assert (report.images_added, report.entries_added) == (4, 4)
