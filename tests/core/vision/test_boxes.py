"""Boxes as models write them: each form gives the same place in px of the original."""

from typing import Any

import pytest

from core.vision.boxes import MAX_BOXES, BoxReading, asked_form, read_boxes, seen_size

# The original has 4000 x 3000 px; its right half is sent in 1000 x 750 px.
ORIGINAL, SENT = (4000, 3000), (1000, 750)
RIGHT_HALF = [2000.0, 0.0, 4000.0, 3000.0]
GEMINI, QWEN3, QWEN25 = (
    "gemini/gemini-3.8-flash",
    "openrouter/qwen/qwen3-vl-8b",
    "hosted_vllm/Qwen/Qwen2.5-VL-7B-Instruct",
)
CLAUDE, OTHER = "anthropic/claude-opus-5-5", "openai/some-model"


def read(value: Any, model: str, sent: tuple[int, int] = SENT) -> BoxReading:
    return read_boxes(value, model, sent, ORIGINAL)


def placed(*boxes: list[float], label: str = "cup") -> list[dict[str, Any]]:
    return [{"label": label, "xyxy": box, "image": 0} for box in boxes]


@pytest.mark.parametrize(
    ("model", "corners"),
    [
        (GEMINI, [0, 500, 1000, 1000]),
        (QWEN3, [500, 0, 1000, 1000]),
        (QWEN25, [504, 0, 1008, 756]),  # of 1008 x 756 px, the nearest multiples of 28
        (CLAUDE, [500, 0, 1000, 750]),
        ("zai/glm-4.5v", [500, 0, 1000, 1000]),
        (OTHER, [0.5, 0, 1, 1]),
        (GEMINI, [0, 0.5, 1, 1]),
        (QWEN25, [0.5, 0, 1, 1]),
    ],
)
def test_the_form_follows_from_the_model_and_from_shares(model: str, corners: list[float]) -> None:
    assert read([{"label": "cup", "box": corners}], model) == BoxReading(placed(RIGHT_HALF))


def test_pixels_of_an_unknown_model_are_known_by_values_above_1000() -> None:
    found = read([{"label": "cup", "box": [512, 0, 1024, 768]}], OTHER, (1024, 768))
    assert found == BoxReading(placed(RIGHT_HALF))


def test_a_model_without_a_known_form_is_read_as_it_was_asked_and_marked() -> None:
    found = read([{"label": "cup", "box": [500, 0, 1000, 1000]}], OTHER)
    assert found.boxes == placed(RIGHT_HALF)
    assert found.problem == (
        "It is not known how openai/some-model writes boxes; these were read as it was asked. Check them."
    )


def test_the_name_of_gemini_s_boxes_says_their_form_when_the_model_does_not() -> None:
    assert read([{"label": "cup", "box_2d": [0, 500, 1000, 1000]}], OTHER) == BoxReading(placed(RIGHT_HALF))


@pytest.mark.parametrize(
    "item",
    [
        {"label": "cup", "x1": 500, "y1": 0, "x2": 1000, "y2": 1000},
        {"name": "cup", "xmin": 500, "ymin": 0, "xmax": 1000, "ymax": 1000},
        {"Label": "cup", "X_min": 500, "Y_min": 0, "X_max": 1000, "Y_max": 1000},
        {"object": "cup", "left": 500, "top": 0, "right": 1000, "bottom": 1000},
        {"label": "cup", "bbox": {"x": 500, "y": 0, "width": 500, "height": 1000}},
        {"label": "cup", "bounding_box": [[500, 0], [1000, 1000]]},
        {"label": " cup ", "bbox_2d": [500, 0, 1000, 1000], "score": 0.9},
    ],
)  # fmt: skip
def test_corners_may_have_names(item: dict[str, Any]) -> None:
    assert read([item], QWEN3) == BoxReading(placed(RIGHT_HALF))
    assert read(item, QWEN3) == BoxReading(placed(RIGHT_HALF))


def test_named_corners_have_their_order_also_where_the_top_comes_first() -> None:
    assert read([{"label": "cup", "x1": 500, "y1": 0, "x2": 1000, "y2": 1000}], GEMINI).boxes == placed(RIGHT_HALF)


@pytest.mark.parametrize(
    "value",
    [
        '[{"label": "", "box": [500, 0, 1000, 1000]}]', "[500, 0, 1000, 1000]", [500, 0, 1000, 1000],
        [[500, 0, 1000, 1000]], {"boxes": [[500, 0, 1000, 1000]]}, ["[[500, 0, 1000, 1000]]"],
    ],
)  # fmt: skip
def test_a_list_one_box_or_either_as_text_is_read(value: Any) -> None:
    assert read(value, QWEN3) == BoxReading(placed(RIGHT_HALF, label=""))


@pytest.mark.parametrize("model", [GEMINI, QWEN3, OTHER])
def test_values_that_do_not_fit_the_image_are_not_read_in_another_form(model: str) -> None:
    found = read([{"label": "cup", "box": [10, 10, 20, 20]}, {"label": "cup", "box": [500, 0, 1800, 1000]}], model)
    assert found.boxes == []
    assert found.problem.startswith("The boxes of the reply could not be placed")


def test_claude_sees_a_smaller_copy_of_a_large_image_and_says_so() -> None:
    found = read([{"label": "cup", "box": [500, 0, 1000, 750]}], CLAUDE, (2000, 1500))
    assert found.boxes == []
    assert "Send it images of at most 1024 px" in found.problem


def test_edges_a_little_outside_are_moved_to_the_edge() -> None:
    assert read([[500, -5, 1010, 1004]], QWEN3).boxes == placed(RIGHT_HALF, label="")


def test_a_bad_box_costs_only_itself() -> None:
    boxes = [{"label": "cup", "box": [500, 0, 1000, 1000]}, "none", {"box": [1, 2, 3]}, {"box": [1, 2, True, None]}]
    found = read([*boxes, [700, 700, 700, 900]], QWEN3)
    assert found.boxes == placed(RIGHT_HALF)
    assert found.problem == "3 of 5 boxes of the reply could not be read. 1 box of the reply without an area."


@pytest.mark.parametrize("value", [None, [], "", "[]"])
def test_no_boxes_are_no_problem(value: Any) -> None:
    assert read(value, GEMINI) == BoxReading()


@pytest.mark.parametrize("value", ["there is a cup", [float("nan"), 0, 1, 1], [["a", "b", "c", "d"]], 7, [[[[1]]]]])
def test_what_is_no_box_is_said(value: Any) -> None:
    found = read(value, GEMINI)
    assert found.boxes == []
    assert "could not be read" in found.problem


def test_as_many_boxes_are_read_as_an_entry_can_have() -> None:
    found = read([[0, 0, 10, 10]] * (MAX_BOXES + 1), QWEN3)
    assert len(found.boxes) == 500
    assert found.problem == "1 of 501 boxes of the reply could not be read."


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (GEMINI, ("[y1, x1, y2, x2]", "1000", "1000")),
        (QWEN3, ("[x1, y1, x2, y2]", "1000", "1000")),
        (QWEN25, ("[x1, y1, x2, y2]", "1008", "756")),
        (CLAUDE, ("[x1, y1, x2, y2]", "1000", "750")),
        (OTHER, ("[x1, y1, x2, y2]", "1000", "1000")),
    ],
)
def test_each_model_is_asked_for_its_own_form(model: str, asked: tuple[str, str, str]) -> None:
    form = asked_form(SENT, model)
    assert (form["corners"], form["x_max"], form["y_max"]) == asked


def test_a_side_smaller_than_the_grid_is_seen_as_one_step() -> None:
    assert seen_size((5, 300), QWEN25) == (28, 308)
