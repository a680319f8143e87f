"""What only the rows of a file together say: numbers of options, and boxes that are two corners."""

from typing import Any

import pytest

from core.importing.readers.conventions import converter

Row = dict[str, Any]
AB = ["A", "B"]


def answers(*written: Any, options: Any = AB) -> list[Any]:
    """Return the answers of rows with these *written* ones, after what their file says was read from all of them."""
    rows = [{"options": options, "answer": answer} for answer in written]
    convert = converter(rows)
    return [(convert(row) if convert else row)["answer"] for row in rows]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ([0, 1], ["A", "B"]),
        ([1, 2], ["A", "B"]),
        ([1], ["B"]),
        ([2], ["B"]),
        ([0, 2], [0, 2]),
        ([1, 3], [1, 3]),
        ([-1, 1], [-1, 1]),
        (["0", " 1 ", 1.0], ["A", "B", "B"]),
        ([1.5, 1], [1.5, 1]),
        ([True, 1], [True, 1]),
        (["0001", "00001"], ["0001", "00001"]),
        (["0001", None, ""], ["B", None, ""]),
        (["A", 1], ["A", 1]),
        (["²", 1], ["²", 1]),
    ],
)
def test_answers_are_numbers_of_options_where_all_of_them_can_be(written: list[Any], meant: list[Any]) -> None:
    assert answers(*written) == meant


def test_answers_that_are_all_written_among_the_options_are_no_numbers_of_them() -> None:
    assert answers(0, 1, options=["0", "1"]) == [0, 1]
    assert answers(0, 1, options=["7", "1"]) == ["7", "1"]


def test_a_later_row_beyond_its_options_stays_as_it_is() -> None:
    from_0 = converter([{"options": AB, "answer": 0}])
    from_1 = converter([{"options": AB, "answer": 2}])
    assert from_0
    assert from_1

    assert from_0({"options": AB, "answer": 2})["answer"] == 2
    assert from_1({"options": AB, "answer": 0})["answer"] == 0
    assert from_1({"options": AB, "answer": 3})["answer"] == 3
    assert from_0({"options": AB}) == {"options": AB}
    assert from_0({"answer": 0}) == {"answer": 0}


def corners_of(rows: list[Row]) -> Any:
    """Return what the box of the first row is made to be; None where it stays a corner with width and height."""
    convert = converter(rows)
    return convert(rows[0])["bbox"] if convert else None


BOX = {"bbox": [10, 10, 40, 40]}
CORNERS = [{"label": "", "xyxy": [10.0, 10.0, 40.0, 40.0], "unit": "px"}]


@pytest.mark.parametrize(
    ("rows", "are_corners"),
    [
        ([BOX] * 5, True),
        ([BOX] * 4, False),
        ([BOX] * 5 + [{"bbox": [10, 10, 10, 40]}], False),
        ([BOX] * 5 + [{"bbox": [10, 10, 40, 10]}], False),
        ([BOX] * 5 + [{"bbox": [10, 10, 11, 11]}], True),
        ([BOX | {"width": 48, "height": 900}], True),
        ([BOX | {"width": 49, "height": 900}], False),
        ([BOX | {"width": 900, "height": 48}], True),
        ([BOX | {"width": 900, "height": 49}], False),
        ([BOX | {"image_width": 48, "image_height": 900}], True),
        ([BOX | {"img_width": 900, "img_height": 48}], True),
        ([BOX | {"width": 1, "height": 1}], True),
        ([BOX | {"width": 48}], False),
        ([BOX | {"width": 0, "height": 48}], False),
        ([BOX | {"width": "48", "height": 48}], False),
        ([BOX | {"width": 1, "height": 1}, {"bbox": [9, 9, 5, 5]}], False),
        ([{"bbox": None}], False),
    ],
)
def test_four_numbers_are_corners_by_the_size_of_the_image_or_where_five_look_so(
    rows: list[Row], are_corners: bool
) -> None:
    assert corners_of(rows) == (CORNERS if are_corners else None)


def test_a_name_that_says_corners_needs_no_conversion() -> None:
    assert converter([{"xyxy": [1, 2, 3, 4]}] * 5) is None


@pytest.mark.parametrize(("numbers", "unit"), [([0, 0, 1, 1], "relative"), ([0, 0, 1, 1.5], "px")])
def test_corners_up_to_one_are_shares_of_the_sides(numbers: list[float], unit: str) -> None:
    assert corners_of([{"bbox": numbers}] * 5)[0]["unit"] == unit
