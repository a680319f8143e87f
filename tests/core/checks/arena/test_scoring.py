"""The measure of each type of answer, with values worked out by hand."""

import pytest

from core.checks.arena.scoring import Score, Truth, measure_of, score


@pytest.mark.parametrize(
    ("answer", "truths", "expected"),
    [
        ("Coca Cola", ("coca  cola",), 1.0),
        ("coca colo", ("coca cola",), 1 - 1 / 9),
        ("ab", ("abcd",), 0.0),  # a distance of half of the length is too much
        ("abc", ("abcde",), 0.6),
        ("", ("abc",), 0.0),
        ("pepsi", ("coca cola", "pepsi max", "Pepsi"), 1.0),
    ],
)
def test_anls_has_the_published_values(answer: str, truths: tuple[str, ...], expected: float) -> None:
    """Biten et al., Scene Text Visual Question Answering (2019), section 5."""
    found = score(Truth(truths[0], "text", "text", truths), answer)
    assert found == Score("anls", pytest.approx(expected), expected > 0)


@pytest.mark.parametrize(
    ("truth", "reply", "expected"),
    [
        (Truth("a cat", "text"), "The cat.", ("exact", 1.0, True)),
        (Truth("a cat", "text"), "a dog", ("exact", 0.0, False)),
        (Truth("three", "text"), "There are 3.", ("number", 1.0, True)),
        (Truth("3.5 %", "text"), "3.54", ("number", 1.0, True)),
        (Truth("3.5", "text"), "3.6", ("number", 0.0, False)),
        (Truth("Café Nero", "text", "text"), "<answer>cafe nero</answer>", ("anls", 8 / 9, True)),
        (Truth("12", "text", "text"), "13", ("number", 0.0, False)),
        (Truth('["red", "blue"]', "label"), '["blue", "red"]', ("labels", 1.0, True)),
        (Truth('["red", "blue"]', "label"), "red", ("labels", 2 / 3, False)),
        (Truth('{"brand": "A", "price": 3}', "custom_format"), '```json\n{"brand": "a", "price": 4}\n```',
         ("json", 0.5, False)),
        (Truth('[{"label": "dog", "bbox_2d": [0, 0, 10, 10]}]', "custom_format"),
         '[{"label": "dog", "bbox_2d": [0, 0, 10, 9]}]', ("iou", 1.0, True)),
        (Truth("red", "text", "", ("red",) * 6 + ("dark red",) * 4), "Red", ("vqa", 1.0, True)),
        (Truth("red", "text", "", ("red",) * 8 + ("brown",) * 2), "<think>hm</think>brown", ("vqa", 0.6, True)),
        (Truth("red", "text", "", ("red",) * 9 + ("brown",)), "brown", ("vqa", 0.3, False)),
        (Truth("red", "text", "", ("red", "brown")), "brown", ("exact", 1.0, True)),
    ],
)  # fmt: skip
def test_answers_are_scored_by_their_type(truth: Truth, reply: str, expected: tuple[str, float, bool]) -> None:
    found = score(truth, reply)
    assert found is not None
    assert found == Score(expected[0], pytest.approx(expected[1]), expected[2])


def test_descriptions_have_no_measure() -> None:
    truth = Truth("A man in a blue coat walks two small dogs along a wet street at night.", "text")
    assert measure_of(truth) is None
    assert score(truth, truth.answer) is None
    assert measure_of(Truth("not json", "custom_format")) is None
    assert measure_of(Truth("", "text")) is None
