"""The public API for lists of entries."""

import json
from pathlib import Path

from core import ImageDatasets
from core.services import Services
from tests.core.images.pictures import encoded


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


def test_export_with_images_copies_the_originals(
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
