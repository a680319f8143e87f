"""The entries of a project exported by filters, in each file format."""

import json
from pathlib import Path

import datasets
import pytest

from core import DatasetExporterService, ImageDatasetService, ImageService, Projects
from core.db import Database
from core.errors import InvalidInputError
from tests.pictures import png


@pytest.fixture
def exporter(db: Database, project: Projects) -> DatasetExporterService:
    """An exporter of a project with a confirmed, an open and a rejected entry about one image."""
    images, dataset = ImageService(db), ImageDatasetService(db)
    (outcome,) = images.intake.add_images(project.id, [("red.png", png("red"))])
    assert outcome.image is not None
    for decision in ("confirmed", "open", "rejected"):
        entry = dataset.create_dataset_entry(project.id, outcome.image.id, f"Is it {decision}?", "Yes.", "me")
        if decision != "open":
            dataset.update_dataset_entry(entry.id, **{decision: True})
    return DatasetExporterService(db, images)


@pytest.mark.parametrize("file_format", ["json", "jsonl"])
def test_rows_are_written_to_a_file_without_the_rejected_ones(
    exporter: DatasetExporterService, project: Projects, tmp_path: Path, file_format: str
) -> None:
    path = tmp_path / "rows"
    report = exporter.export_dataset(project.id, path, file_format, "vqa", include_metadata=False)  # type: ignore[arg-type]
    assert report == {"entries": 2, "output_path": str(path)}
    text = path.read_text()
    rows = json.loads(text) if file_format == "json" else [json.loads(line) for line in text.splitlines()]
    assert [row["question"] for row in rows] == ["Is it confirmed?", "Is it open?"]


def test_filters_choose_the_entries(exporter: DatasetExporterService, project: Projects, tmp_path: Path) -> None:
    assert exporter.export_dataset(project.id, tmp_path / "a", confirmed=True)["entries"] == 1
    assert exporter.export_dataset(project.id, tmp_path / "b", rejected=True)["entries"] == 1
    assert exporter.export_dataset(project.id, tmp_path / "c", search="is:rejected is:open")["entries"] == 2


def test_a_bundle_has_rows_and_images(exporter: DatasetExporterService, project: Projects, tmp_path: Path) -> None:
    report = exporter.export_dataset(project.id, tmp_path / "out", "bundle", "llava")
    assert report["entries"] == 2
    assert [path.name for path in (tmp_path / "out" / "images").iterdir()] == ["red.png"]


def test_a_hugging_face_directory_loads(
    exporter: DatasetExporterService, project: Projects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter.export_dataset(project.id, tmp_path / "out", "huggingface")
    loaded = datasets.load_dataset("imagefolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert sorted(loaded["train"]["question"]) == ["Is it confirmed?", "Is it open?"]


def test_an_unknown_file_format_is_refused_with_the_known_ones(
    exporter: DatasetExporterService, project: Projects, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="Use json, jsonl, bundle or huggingface"):
        exporter.export_dataset(project.id, tmp_path / "out", "xml")  # type: ignore[arg-type]
