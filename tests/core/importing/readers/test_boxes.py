"""Boxes in the ways that datasets write them, each at its limits."""

from typing import Any

import pytest

from core.importing.readers.boxes import MAX_BOXES, _unit, boxes_of, corners, label_at, with_objects_named
from core.importing.records import ImportedBox

BOX = (1.0, 2.0, 4.0, 6.0)


@pytest.mark.parametrize(
    ("numbers", "is_size", "found"),
    [
        ([1, 2, 4, 6], False, BOX),
        ([4, 6, 1, 2], False, BOX),
        ((1, 2, 3, 4), True, BOX),
        ([4, 6, -3, -4], True, BOX),
        ([1.5, 0, 2, 1], False, (1.5, 0.0, 2.0, 1.0)),
        ([1, 2, 3], False, None),
        ([1, 2, 3, 4, 5], False, None),
        ([1, 2, 3, "4"], False, None),
        ([1, 2, 3, True], False, None),
        ([1, 2, 3, float("nan")], False, None),
        ([0, 0, 1, 1e9], False, None),
        ([0, 0, 1, -1e9], False, None),
        ([0, 0, 1, 999_999_999], False, (0.0, 0.0, 1.0, 999_999_999.0)),
        ("1234", False, None),
    ],
)
def test_four_numbers_are_corners_or_a_corner_and_a_size(
    numbers: Any, is_size: bool, found: tuple[float, ...] | None
) -> None:
    assert corners(numbers, is_size=is_size) == found


@pytest.mark.parametrize(
    ("labels", "index", "label"),
    [
        (["cup", "pot"], 1, "pot"), (["cup"], 3, "cup"), (["cup", "pot"], 2, ""), ((), 0, ""), ("cup", 4, "cup"),
        ([7], 0, "7"), ([10**9], 0, ""), ([999_999_999], 0, "999999999"), ([None], 0, ""), ([1.5], 0, ""),
        (["x" * 201], 0, "x" * 200),
    ],
)  # fmt: skip
def test_a_label_is_found_by_its_position(labels: Any, index: int, label: str) -> None:
    assert label_at(labels, index) == label


def _box(label: str = "cup", unit: Any = "px", image: int = 0) -> ImportedBox:
    return ImportedBox(label, BOX, unit, image)


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]]}, (_box(),)),
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]], "bbox_type": "norm1"}, (_box(unit="relative"),)),
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]], "image_id": [2]}, (_box(image=2),)),
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]], "image_id": [999]}, (_box(image=999),)),
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]], "image_id": [1000]}, (_box(),)),
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]], "image_id": [-1]}, (_box(),)),
        ({"ref": ["cup"], "bbox": [[1, 2, 4, 6]], "image_id": []}, (_box(),)),
        ({"bbox": [[1, 2, 3, 4]], "categories": ["cup"], "image_id": [2]}, (_box(),)),
        ({"bbox": [[1, 2, 3, 4]], "category": ["cup"]}, (_box(),)),
        ({"bbox": [[1, 2, 3, 4]]}, (_box(""),)),
        ({"bbox": [[1], [1, 2, 3, 4]], "label": ["pot", "cup"]}, (_box(),)),
        ({"bbox": "x"}, ()),
        ({}, ()),
        (None, ()),
        ([{"label": "cup", "xyxy": [1, 2, 4, 6], "unit": "relative", "image": 1}], (_box(unit="relative", image=1),)),
        ([{"label": "cup", "bbox": [1, 2, 3, 4], "image": "1"}, "x", {"label": "cup"}], (_box(),)),
    ],
)  # fmt: skip
def test_boxes_of_ms_swift_hugging_face_and_lists(objects: Any, found: tuple[ImportedBox, ...]) -> None:
    assert boxes_of(objects) == found


def test_there_are_at_most_2000_boxes() -> None:
    one = {"label": "cup", "xyxy": [1, 2, 4, 6]}

    assert len(boxes_of([one] * (MAX_BOXES + 1))) == MAX_BOXES
    assert len(boxes_of({"bbox": [[1, 2, 3, 4]] * MAX_BOXES})) == MAX_BOXES
    assert boxes_of({"bbox": [[1, 2, 3, 4]] * (MAX_BOXES + 1)}) == ()


@pytest.mark.parametrize(
    ("text", "objects", "written"),
    [
        ("<ref-object> at <bbox>, <ref-object>", {"ref": ["cup", "pot"], "bbox": [[1, 2.5, 3, 4]]},
         "cup at [1, 2.5, 3, 4], pot"),
        ("<bbox>", {"bbox": [[1, "x", 2] + [3] * 8]}, "[1, 2, 3, 3, 3, 3, 3]"),
        ("<bbox>", {"bbox": [7]}, ""),
        ("<bbox>", {"bbox": "x"}, "<bbox>"),
        ("<bbox>", None, "<bbox>"),
        ("plain", {"ref": ["cup"]}, "plain"),
    ],
)  # fmt: skip
def test_names_and_boxes_are_written_into_the_text(text: str, objects: Any, written: str) -> None:
    assert with_objects_named([text], objects) == [written]


@pytest.mark.parametrize(("xyxy", "unit"), [((0.0, 0.0, 1.0, 1.0), "relative"), ((0.0, 0.0, 1.0, 1.5), "px")])
def test_boxes_up_to_1_are_shares_of_the_sides(xyxy: tuple[float, float, float, float], unit: str) -> None:
    assert _unit(xyxy) == unit
