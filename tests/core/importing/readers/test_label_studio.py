"""What the results of Label Studio say: turned boxes, scores, texts, the short form and the names of images."""

from typing import Any

import pytest

from core.importing.answers import CAPTION_QUESTION, RowError
from core.importing.readers.label_studio import READER, _original, _short, _upright
from tests.core.importing.readers.files import KnownFiles

SIDES = {"original_width": 1000, "original_height": 500}
BOX = (20.0, 60.0, 50.0, 80.0)
"""In percent; in an image of 1000 x 500 px, 300 x 100 px at (200, 300)."""


@pytest.mark.parametrize(
    ("value", "sides", "upright"),
    [
        ({}, SIDES, BOX),
        ({"rotation": 0}, SIDES, BOX),
        ({"rotation": 360}, {}, BOX),
        ({"rotation": True}, {}, BOX),
        ({"rotation": "90"}, {}, BOX),
        ({"rotation": 90}, SIDES, (10, 60, 20, 120)),
        ({"rotation": 180}, SIDES, (-10, 40, 20, 60)),
        ({"rotation": 270}, SIDES, (20, 0, 30, 60)),
        ({"rotation": -90.0}, SIDES, (20, 0, 30, 60)),
        ({"rotation": 30}, SIDES, (15, 60, 45.980762114, 107.320508076)),
        ({"rotation": 90, **SIDES}, {}, (10, 60, 20, 120)),
        ({"rotation": 180}, {}, (-10, 40, 20, 60)),
        ({"rotation": 90}, {}, None),
        ({"rotation": 90}, SIDES | {"original_width": 0}, None),
        ({"rotation": 90}, SIDES | {"original_height": 1e9}, None),
        ({"rotation": 90}, SIDES | {"original_height": "500"}, None),
    ],
)
def test_a_turned_box_becomes_the_upright_one_around_it(
    value: dict[str, Any], sides: dict[str, Any], upright: tuple[float, ...] | None
) -> None:
    assert _upright(BOX, sides, value) == upright


@pytest.mark.parametrize(
    ("name", "value", "results"),
    [
        ("choice", "Dog", [{"text": "Dog"}]),
        ("Caption", ["A", "B"], [{"text": ["A", "B"]}]),
        ("other", "Dog", []),
        ("rating", 4, [{"rating": 4}]),
        ("Score", 4, [{"rating": 4}]),
        ("count", 4, []),
        ("label", '[{"x": 1}, {"x": 2}]', [{"x": 1}, {"x": 2}]),
        ("anything", '{"choices": ["A"]}', [{"choices": ["A"]}]),
        ("text", "[not JSON", [{"text": "[not JSON"}]),
        ("text", '[{"x": 1}, 2]', [{"text": [{"x": 1}, 2]}]),
        ("text", " {}", [{"text": " {}"}]),
        ("text", None, []),
    ],
)
def test_a_column_of_the_short_form_is_a_text_choices_a_rating_or_boxes(
    name: str, value: Any, results: list[Any]
) -> None:
    assert [*_short(name, value)] == [{"from_name": name, "value": result} for result in results]


@pytest.mark.parametrize(
    ("written", "known", "meant"),
    [
        ("/data/local-files/?d=set%2Fy.jpg", (), "set/y.jpg"),
        ("/data/local-files/?x=1", (), "/data/local-files/?x=1"),
        ("/data/upload/3/0123abcd-x.jpg", (), "x.jpg"),
        ("/data/upload/0123abcd-x.jpg", ("0123abcd-x.jpg",), "0123abcd-x.jpg"),
        ("data/upload/x.jpg", (), "x.jpg"),
        ("https://x.org/a.jpg", (), "https://x.org/a.jpg"),
    ],
)
def test_an_image_is_the_file_that_was_uploaded(written: str, known: tuple[str, ...], meant: str) -> None:
    assert _original(written, KnownFiles(*known)) == meant


def read(*results: Any, **more: Any) -> tuple[list[Any], list[str]]:
    """Return question, answer and score of the records of a task, and the notes."""
    files = KnownFiles()
    row = {"data": {"image": "a.jpg", "question": "Q?"}, "annotations": [{"result": [*results]}], **more}
    records = [*READER.read_row(row, "d.json:1", files)]
    found = [(one.turns[0].question, one.turns[0].answer, one.score, len(one.boxes)) for one in records]
    return found, [note.reason for note in files.problems.notes]


def text(name: Any, *lines: Any) -> dict[str, Any]:
    return {"from_name": name, "type": "textarea", "value": {"text": [*lines]}}


def choice(name: str, *choices: str) -> dict[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": [*choices]}}


@pytest.mark.parametrize(
    ("results", "found"),
    [
        ([choice("kind", "cat"), text("words", "A")], [("kind", "cat", 0.0, 0), ("Q?", "A", 0.0, 0)]),
        ([text("words", "A"), choice("Answer", "cat")], [("words", "A", 0.0, 0), ("Q?", "cat", 0.0, 0)]),
        ([choice("one_kind", "a"), choice("two_kinds", "b", "c")],
         [("Q?", "a", 0.0, 0), ("two kinds", '["b", "c"]', 0.0, 0)]),
        ([text("words", "A", 7, "B"), text("transcription", "C")],
         [("Q?", "A\nB", 0.0, 0), (CAPTION_QUESTION, "C", 0.0, 0)]),
        ([text("words", "A"), {"value": {"rating": 5}}], [("Q?", "A", 5.0, 0)]),
        ([text("words", "A"), {"value": {"rating": 1}}], [("Q?", "A", 1.0, 0)]),
        ([text("words", "A"), {"value": {"rating": 6}}, {"value": {"rating": 0}}], [("Q?", "A", 0.0, 0)]),
        ([text("words", "A"), {"value": {"rating": 4.0}}, {"value": None}], [("Q?", "A", 0.0, 0)]),
    ],
)  # fmt: skip
def test_texts_and_choices_answer_the_question_of_the_task_or_one_named_like_their_control(
    results: list[Any], found: list[Any]
) -> None:
    assert read(*results) == (found, [])


def test_boxes_are_of_the_first_answer_and_one_that_cannot_be_turned_is_noted() -> None:
    box = {"value": {"x": 1, "y": 1, "width": 2, "height": 2, "rectanglelabels": ["cup"]}}
    turned = {"value": box["value"] | {"rotation": 45}}

    found, notes = read(text("words", "A"), box, choice("kind", "cat"), turned)

    assert found == [("Q?", "A", 0.0, 1), ("kind", "cat", 0.0, 0)]
    assert notes == ["1 box cannot be read. A turned box needs original_width and original_height."]
    assert read(box, box)[0] == [("Q?", '["cup"]', 0.0, 2)]


def test_cancelled_annotations_do_not_count_and_completions_are_their_earlier_name() -> None:
    one, cancelled = {"result": [text("words", "A")]}, {"result": [text("words", "B")], "was_cancelled": True}

    assert [answer for _, answer, *_ in read(annotations=[cancelled, one, "x"])[0]] == ["A"]
    assert [answer for _, answer, *_ in read(annotations=None, completions=[one])[0]] == ["A"]
    with pytest.raises(RowError, match="no annotation"):
        read(annotations=[cancelled])
