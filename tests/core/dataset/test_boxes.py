import math

import pytest

from core import Images
from core.dataset.boxes import checked_boxes
from core.errors import InvalidInputError

SHELF = Images(project_id="p", image_name="shelf.jpg", path="", size=1, width=640, height=480, sha256="", format="PNG")
UNKNOWN = Images(
    project_id="p", image_name="old.jpg", path="", size=1, width=None, height=None, sha256="", format="PNG"
)


def test_boxes_are_stored_with_label_corners_and_image() -> None:
    given = [{"xyxy": (1, 2, 3, 4)}, {"label": "  a \n cup\0 ", "xyxy": [0.5, 0, 640, 480], "image": 1}]
    assert checked_boxes(given, [UNKNOWN, SHELF]) == [
        {"label": "", "xyxy": [1, 2, 3, 4], "image": 0},
        {"label": "a cup", "xyxy": [0.5, 0, 640, 480], "image": 1},
    ]


def test_a_side_that_was_rounded_over_the_edge_is_moved_to_it() -> None:
    assert checked_boxes([{"xyxy": [-0.4, -1, 641, 480.9]}], [SHELF]) == [
        {"label": "", "xyxy": [0, 0, 640, 480], "image": 0}
    ]


@pytest.mark.parametrize("none", [None, []])
def test_no_boxes_are_none(none: object) -> None:
    assert checked_boxes(none, [SHELF]) is None


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ("cup", "Box 1 cannot be read"),
        ({"label": "cup"}, "Box 1 cannot be read"),
        ({"xyxy": [1, 2, 3, 4], "weight": 1}, "Box 1 cannot be read"),
        ({"xyxy": [1, 2, 3, 4], "score": 1.2}, "The score of box 1 must lie between 0 and 1"),
        ({"xyxy": [1, 2, 3]}, "needs four numbers"),
        ({"xyxy": [1, 2, 3, math.nan]}, "needs four numbers"),
        ({"xyxy": [1, 2, True, 4]}, "needs four numbers"),
        ({"xyxy": [1, 2, 1, 4]}, "has no area"),
        ({"xyxy": [3, 4, 1, 2]}, "has no area"),
        ({"xyxy": [1, 2, 642, 4]}, "outside of shelf.jpg, which has 640 x 480 px"),
        ({"xyxy": [1, -2, 3, 4]}, "outside of shelf.jpg"),
        ({"xyxy": [1, 2, 3, 4], "image": 1}, "is on image 1, counted from 0; the entry has 1"),
        ({"xyxy": [1, 2, 3, 4], "image": True}, "is on image True"),
        ({"xyxy": [1, 2, 3, 4], "label": "x" * 201}, "at most 200 characters"),
    ],
)
def test_a_box_that_is_none_or_not_on_its_image_is_refused(box: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        checked_boxes([box], [SHELF])


def test_there_are_at_most_500_boxes() -> None:
    box = {"xyxy": [1, 2, 3, 4]}
    assert len(checked_boxes([box] * 500, [SHELF]) or ()) == 500
    with pytest.raises(InvalidInputError, match="at most 500 boxes, not 501"):
        checked_boxes([box] * 501, [SHELF])
