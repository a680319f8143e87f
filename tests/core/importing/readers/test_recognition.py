"""Which rows each reader takes for its own."""

from typing import Any

import pytest

from core.errors import InvalidInputError
from core.importing.readers import FORMATS, READERS, not_recognized, readers_for, recognized
from core.importing.readers.base import Head, RowReader

Row = dict[str, Any]
Q = {"question": "Q", "answer": "A"}

FITTING: dict[str, list[Row]] = {
    "vitrine": [{"schema_version": 1, "image": {}}, {"schema_version": 2, "image": {"file": "a"}}],
    "preferences": [{"chosen": "a", "rejected": "b"}, {"rejected_response": "b"}, {"chosen": [], "rejected": [{}]}],
    "llava": [{"conversations": []}, {"conversation": []}],
    "messages": [{"messages": []}],
    "finevision": [{"texts": []}, {"texts": {}}],
    "roboflow": [{"prefix": "", "suffix": ""}],
    "ms-swift": [
        {"query": "Q", "response": "A"}, {"instruction": "Q", "output": 3}, {"query": "Q", "response": 1.5},
    ],
    "imagefolder": [{"file_name": "a", **Q}, {"left_file_names": ["a"], "text": "a"}],
    "gemini": [{"contents": {"parts": []}}, {"request": {"contents": [{"parts": []}, {"parts": []}]}}],
    "label-studio": [
        {"data": {}, "annotations": []}, {"data": {}, "predictions": []}, {"data": {}, "completions": []},
        {"annotation_id": 1}, {"lead_time": 1, "annotator": 1},
    ],
    "labelbox": [{"data_row": {}, "projects": {}}],
    "karpathy": [{"filename": "a", "sentences": [{}, {"raw": "A"}]}],
    "img2dataset": [{"key": "1", "status": "x", "url": None}],
    "statements": [
        {"statement": "S", "label": 0}, {"sentence": "S", "label": " TRUE "}, {"caption": "S", "label": "no"},
        {"caption": "S", "label": 1, "relation": "on"},
    ],
    "ocr-vqa": [{"imageURL": "a", "questions": [], "answers": []}],
    "ai2d": [{"imageName": "a", "questions": {"Q": {"answerTexts": []}}}],
    "nested": [
        {"image": "a", "qas": [Q]}, {"Captions": [{"image": "a", "caption": "A"}]}, {"image_id": 7, "qa": [Q]},
    ],
    "detection": [
        {"image": "a", "objects": {}}, {"image": "a", "boxes": []}, {"image_2": "a", "bboxes": []},
    ],
    "classes": [{"image": "a", "label": "cat"}, {"image": "a", "labels": ["cat", 7]}, {"image": "a", "fine_label": 0}],
    "rows": [
        {"image": "a", **Q}, {"image_id": "a", **Q}, {"image_2": "a", "caption": "A"}, {"image": "a", "caption": "A"},
    ],
}  # fmt: skip
OTHERS: dict[str, list[Row]] = {
    "vitrine": [{"schema_version": 3, "image": {}}, {"schema_version": 1, "image": "a"}, {"image": {}}],
    "preferences": [{"rejected": "b"}, {"chosen": "a"}, {"chosen": "a", "rejected": True}],
    "llava": [{"conversations": "x"}, {"messages": []}],
    "messages": [{"messages": "x"}, {"messages": [], "chosen": "a"}, {"messages": [], "rejected_response": "a"}],
    "finevision": [{"texts": "x"}, {}],
    "roboflow": [{"prefix": ""}, {"suffix": ""}],
    "ms-swift": [
        {"query": "Q"}, {"response": "A"}, {"query": ["Q"], "response": "A"}, {"query": "Q", "response": ["A"]},
        {"query": "Q", "response": "A", "rejected_response": "B"},
    ],
    "imagefolder": [{"image": "a", **Q}, {"file_name": "a"}, {"file_name": "a", "question": "Q"}, Q],
    "gemini": [{"contents": []}, {"contents": [{"parts": []}, {}]}, {"contents": ["a"]}, {"request": {}}],
    "label-studio": [{"data": {}}, {"annotations": []}, {"lead_time": 1}, {"annotator": 1}],
    "labelbox": [{"data_row": {}}, {"projects": {}}, {"data_row": {}, "projects": []}],
    "karpathy": [
        {"filename": "a"}, {"sentences": [{"raw": "A"}]}, {"filename": "a", "sentences": [{}]},
        {"filename": "a", "sentences": ["A"]},
    ],
    "img2dataset": [
        {"key": "1", "status": "x"}, {"key": "1", "url": "u"}, {"status": "x", "url": "u"},
        {"key": 1, "status": "x", "url": "u"},
    ],
    "statements": [
        {"statement": "S"}, {"label": 1}, {"statement": "S", "label": 2}, {"statement": "S", "label": True} | Q,
        {"caption": "S", "label": 1}, {"caption": "S", "label": "0"}, {"statement": "S", "label": "maybe"},
    ],
    "ocr-vqa": [
        {"questions": [], "answers": []}, {"imageURL": "a", "questions": []}, {"imageURL": "a", "answers": []},
    ],
    "ai2d": [
        {"imageName": "a", "questions": {}}, {"questions": {"Q": {"answerTexts": []}}}, {"imageName": "a"},
        {"imageName": "a", "questions": {"Q": {"answerTexts": []}, "R": {}}}, {"imageName": "a", "questions": {"Q": 1}},
    ],
    "nested": [
        {"qas": [Q]}, {"image": "a", "qas": []}, {"image": "a", "qas": [{}]}, {"image": "a", "qas": [1]},
        {"image": "a", "others": [Q]}, {"image": "a", "question": "Q", "qas": [Q]},
    ],
    "detection": [
        {"objects": {}}, {"image": "a", "bbox": []}, {"image": "a", "objects": "x"}, {"image": "a", **Q, "boxes": []},
    ],
    "classes": [
        {"label": "cat"}, {"image": "a"}, {"image": "a", "label": True}, {"image": "a", "label": 1.5},
        {"image": "a", "label": "cat", "bbox": [1, 2, 3, 4]}, {"image": "a", "label": "cat", **Q},
        {"image": "a", "label": ["cat", None]},
    ],
    "rows": [Q, {"image": "a"}, {"image": "a", "question": "Q"}],
}  # fmt: skip


def _fit(name: str, *rows: Any) -> float:
    (reader,) = readers_for(name)
    assert isinstance(reader, RowReader)
    return reader.fit(Head("a.json", "rows", tuple(rows)))


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, rows in FITTING.items() for row in rows])
def test_a_reader_takes_its_own_rows(name: str, row: Row) -> None:
    assert _fit(name, row) == 1.0


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, rows in OTHERS.items() for row in rows])
def test_a_reader_leaves_rows_without_one_of_its_columns(name: str, row: Row) -> None:
    assert _fit(name, row) == 0.0


TSV = {"index": "1", "question": "Q", "answer": "A", "image": "a"}


@pytest.mark.parametrize(
    ("name", "head", "fit"),
    [
        ("vlmevalkit", Head("a.TSV", "rows", (TSV,)), 1.0),
        ("vlmevalkit", Head("a.tsv", "rows", (TSV | {"more": 1}, Q)), 0.5),
        ("vlmevalkit", Head("a.tsv"), 0.0),
        ("vlmevalkit", Head("a.csv", "rows", (TSV,)), 0.0),
        ("coco", Head("a", "object", lists={"images": ({"id": 1, "file_name": "a"},)}), 1.0),
        ("coco", Head("a", "object", lists={"annotations": ({}, {"image_id": 1, "bbox": []})}), 1.0),
        ("coco", Head("a", "object", lists={"annotations": ({"image_id": 1, "caption": "A"},)}), 1.0),
        ("coco", Head("a", "object", lists={"annotations": ({"image_id": 1},)}), 0.0),
        ("coco", Head("a", "object", lists={"images": ({"id": 1}, 7), "annotations": ({"caption": "A"}, 7)}), 0.0),
        ("labelme", Head("a", "single", ({"imagePath": "a", "shapes": []},)), 3.0),
        ("labelme", Head("a", "object", lists={"shapes": ()}, values={"imagePath": "a"}), 3.0),
        ("labelme", Head("a", "object", lists={"shapes": ()}), 0.0),
        ("labelme", Head("a", "rows", ({"imagePath": "a", "shapes": []},)), 0.0),
        ("vqa-v2", Head("a", "object", lists={"questions": ({"question_id": 1},)}), 1.0),
        ("vqa-v2", Head("a", "object", lists={"annotations": (7, {"question_id": 1})}), 1.0),
        ("vqa-v2", Head("a", "object", lists={"questions": ({},), "others": ({"question_id": 1},)}), 0.0),
        ("sidecar", Head("a", "text"), 1.0),
        ("sidecar", Head("a", "single", beside="a.jpg"), 2.0),
        ("sidecar", Head("a", "rows", beside="a.jpg"), 0.5),
        ("sidecar", Head("a", "single"), 0.0),
        ("sidecar", Head("a", beside="a.jpg"), 0.0),
    ],
)  # fmt: skip
def test_a_reader_of_whole_files_takes_its_own(name: str, head: Head, fit: float) -> None:
    (reader,) = readers_for(name)
    assert reader.fit(head) == fit


def test_a_reader_counts_the_share_of_rows_that_it_understands() -> None:
    own = FITTING["roboflow"][0]

    assert _fit("roboflow", own, {}, {}, own) == 0.5
    assert _fit("roboflow") == 0.0


def test_the_more_specific_reader_wins_and_none_is_chosen_when_none_fits() -> None:
    both = {"image": "a", "prefix": "Q", "suffix": "A", "text": "A"}
    found = recognized(Head("a.json", "rows", (both,)))

    assert found is not None
    assert found.name == "roboflow"
    assert recognized(Head("a.json", "rows", ({"x": 1},))) is None
    assert recognized(Head("a.json", reason="It is empty.")) is None


def test_a_format_is_chosen_by_its_name() -> None:
    assert readers_for("auto") == READERS
    assert [reader.name for reader in readers_for("coco")] == ["coco"]
    assert next(iter(FORMATS)) == "auto"
    with pytest.raises(InvalidInputError, match="There is no format " + "x" * 60 + r"\. Use one of auto"):
        readers_for("x" * 70)


def test_a_file_that_is_not_recognized_says_what_was_seen() -> None:
    many = Head("a.json", "rows", ({"y" * 50: 1, **{f"c{number}": 1 for number in range(20)}},))

    assert not_recognized(Head("a.json", reason="It is empty.")) == "This file was not read. It is empty."
    said = not_recognized(many)
    assert f"Seen: {'y' * 40}, c0" in said
    assert "c10." in said
    assert "c11" not in said
    assert not_recognized(Head("a.json"), readers_for("roboflow")) == (
        "This file was not read as Roboflow multimodal. That needs image, prefix and suffix. Seen: nothing."
    )
    assert Head("a.json", lists={"a": ()}, values={"b": 1}).columns == ["a", "b"]
