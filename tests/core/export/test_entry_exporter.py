"""The public API for lists of entries."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from core import ImageDatasets, Projects
from core.errors import InvalidInputError
from core.export import read_vitrine
from core.services import Services
from tests.core.images.pictures import drawn, encoded

_ORIENTATION = 0x0112


def test_export_json_writes_llava_rows_as_documented(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    count = services.exporter.export_json(entries, tmp_path / "llava.json", format_style="llava")

    assert count == 2
    assert json.loads((tmp_path / "llava.json").read_text())[0] == {
        "id": "entry-0",
        "image": "images/photo.jpg",
        "conversations": [
            {"from": "human", "value": "<image>\nWhat color?"},
            {"from": "gpt", "value": "Blue."},
        ],
    }


def test_export_jsonl_writes_vqa_rows_as_documented(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    count = services.exporter.export_jsonl(iter(entries), str(tmp_path / "vqa.jsonl"), format_style="vqa")

    lines = (tmp_path / "vqa.jsonl").read_text().splitlines()
    assert count == len(lines) == 2
    assert json.loads(lines[1]) == {
        "question_id": "entry-1",
        "image_id": entries[0].image_id,
        "image": "images/photo.jpg",
        "question": "How many?",
        "answer": "3",
        "answer_type": "text",
    }


def test_base64_and_metadata_are_optional(services: Services, entries: list[ImageDatasets], tmp_path: Path) -> None:
    services.exporter.export_json(entries, tmp_path / "a.json", use_base64=True, include_metadata=False)

    row = json.loads((tmp_path / "a.json").read_text())[0]
    assert row["image"].startswith("data:image/jpeg;base64,/9j/")
    assert "metadata" not in row


def test_export_with_images_copies_images_that_are_upright_already(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    report = services.exporter.export_with_images(entries, tmp_path / "out", format_style="llava")

    assert (tmp_path / "out" / "images" / "photo.jpg").read_bytes() == encoded()
    assert (report["entries"], report["images"]) == (2, 1)
    again = services.exporter.export_with_images(entries, tmp_path / "out", format_style="llava")
    assert again["files"] == report["files"]


def test_export_huggingface_format_writes_an_imagefolder(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    report = services.exporter.export_huggingface_format(entries, tmp_path / "hf", dataset_name="Shelf")

    row = json.loads((tmp_path / "hf" / "train" / "metadata.jsonl").read_text().splitlines()[0])
    assert (row["file_name"], row["question"], row["answer"]) == ("images/photo.jpg", "What color?", "Blue.")
    assert (tmp_path / "hf" / "train" / "images" / "photo.jpg").is_file()
    assert report["title"] == "Shelf"


@pytest.fixture
def turned(services: Services, project: Projects) -> list[ImageDatasets]:
    """Two rounds of entries on four photographs that a camera stored on their side, one round after the other."""
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    files = []
    for number in range(4):
        file = io.BytesIO()
        drawn(number).resize((90, 60)).save(file, "JPEG", exif=exif)
        files.append((f"turned {number % 2}.{'jpg' if number < 2 else 'jpeg'}", file.getvalue()))
    outcomes = services.intake.add_images(project.id, files)
    images = [outcome.image for outcome in outcomes if outcome.image is not None]
    return [
        services.dataset.create_dataset_entry(project.id, image.id, f"Round {number}?", "Yes.", "", confirmed=True)
        for number in range(2)
        for image in images
    ]


@pytest.mark.parametrize("name", ["llava", "trl", "finevision", "sidecar", "coco-captions", "parquet", "webdataset"])
def test_entries_come_in_any_order_and_images_are_upright(
    name: str, services: Services, turned: list[ImageDatasets], tmp_path: Path
) -> None:
    report = services.exporter.export_with_images(turned, tmp_path / "out", format_style=name)

    assert (report["entries"], report["images"], report["left_out"]) == (8, 4, {})
    sizes = [Image.open(path).size for path in (tmp_path / "out").rglob("*.jpg")]
    assert sizes == [(60, 90)] * (4 if name in ("llava", "sidecar", "coco-captions") else 0)
    for path in (tmp_path / "out").rglob("*.tar"):
        with tarfile.open(path) as tar:
            names = tar.getnames()
        assert len(names) == len(set(names)) == 8


def test_export_huggingface_format_has_upright_images(
    services: Services, turned: list[ImageDatasets], tmp_path: Path
) -> None:
    services.exporter.export_huggingface_format(turned, tmp_path / "hf")
    assert {Image.open(path).size for path in (tmp_path / "hf").rglob("*.jpg")} == {(60, 90)}


def test_more_entries_than_are_read_at_once_are_grouped_by_image(
    services: Services, turned: list[ImageDatasets], tmp_path: Path
) -> None:
    many = [turned[number % 4].model_copy(update={"id": f"entry-{number}"}) for number in range(2500)]

    report = services.exporter.export_with_images(iter(many), tmp_path / "out", format_style="sidecar")

    assert (report["entries"], report["rows"], report["images"]) == (2500, 4, 4)
    lines = (tmp_path / "out" / "images" / "metadata.jsonl").read_text().splitlines()
    assert [len(json.loads(line)["text"].split()) for line in lines] == [625] * 4


def test_what_cannot_be_exported_is_counted(services: Services, entries: list[ImageDatasets], tmp_path: Path) -> None:
    lost = entries[0].model_copy(update={"id": "lost", "image_id": "gone"})

    report = services.exporter.export_with_images([*entries, lost], tmp_path / "out")

    assert report["left_out"] == {"no answer": 1, "its image was deleted": 1}


def test_an_archive_of_a_list_has_the_originals_and_the_history(
    services: Services, turned: list[ImageDatasets], tmp_path: Path
) -> None:
    services.exporter.export_with_images(turned, tmp_path / "out", format_style="vitrine")

    rows = list(read_vitrine(tmp_path / "out" / "vitrine.jsonl"))
    assert len(rows) == 8
    assert {Image.open(path).size for path in (tmp_path / "out").rglob("*.jp*g")} == {(90, 60)}
    assert all(row["history"] and row["options"] is None for row in rows)


def test_embedding_formats_are_exported_with_images(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    services.exporter.export_with_images(entries, tmp_path / "chat", format_style="openai")

    assert "data:image/jpeg;base64," in (tmp_path / "chat" / "openai.jsonl").read_text()
    with pytest.raises(InvalidInputError, match="does not support images as none"):
        services.exporter.export_with_images(entries, tmp_path / "none", format_style="openai", copy_images=False)


def test_the_printed_command_names_the_directory_as_it_is(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    report = services.exporter.export_with_images(entries, tmp_path / "my set v1.1", format_style="llava")

    assert report["load"].endswith("--data_path 'my set v1.1/llava.json' --image_folder 'my set v1.1'")
    assert "--data_path 'my set v1.1/llava.json'" in (tmp_path / "my set v1.1" / "README.md").read_text()


def test_base64_is_refused_where_readers_open_files(
    services: Services, entries: list[ImageDatasets], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="LLaVA does not support images as base64"):
        services.exporter.export_json(entries, tmp_path / "llava.json", use_base64=True, format_style="llava")
