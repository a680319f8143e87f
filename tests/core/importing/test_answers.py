"""Answers of any shape become what they mean, or a sentence why they do not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset.values import MAX_TEXT_CHARS
from core.importing.answers import RowError, turn
from core.importing.records import Turn
from core.importing.texts import clean_text
from core.questions.answer_types import ANSWER_TYPES, checked_answer


@pytest.mark.parametrize(
    ("answer", "answer_type", "options", "expected"),
    [
        (["red", "blue"], None, None, ('["red", "blue"]', "label", None)),
        (["red", "red", "blue"], None, None, ("red", "text", None)),
        (["14"], None, None, ("14", "text", None)),
        (["red"], "label", None, ('["red"]', "label", None)),
        ([1, 2], None, None, ('["1", "2"]', "label", None)),
        ([10, 10, 20, 20], None, None, ("[10, 10, 20, 20]", "custom_format", None)),
        ([0.5, 2], None, None, ("[0.5, 2]", "custom_format", None)),
        ([1, 1, 2], "label", None, ('["1", "2"]', "label", None)),
        (0, None, None, ("0", "text", None)),
        (False, None, None, ("false", "text", None)),
        (2.5, None, None, ("2.5", "text", None)),
        ("yes", "yes/no", None, ("yes", "text", None)),
        ("yes", ["x"], None, ("yes", "text", None)),
        ("red", "label", None, ('["red"]', "label", None)),
        ("5", "label", None, ('["5"]', "label", None)),
        ('["red"]', "label", ["red", "blue"], ('["red"]', "label", ["red", "blue"])),
        ([{"answer": "cat"}, {"answer": "dog"}, {"answer": "cat"}], None, None, ("cat", "text", None)),
        ({"answer": "cat"}, None, None, ("cat", "text", None)),
        ({"text": ["Paris"], "answer_start": [3]}, None, None, ("Paris", "text", None)),
        ({"x": 1, "y": [1, 2]}, None, None, ('{"x": 1, "y": [1, 2]}', "custom_format", None)),
        ('{"x": 1}', "custom_format", {"type": "object"}, ('{"x": 1}', "custom_format", {"type": "object"})),
        ([[1, 2], [3, 4]], None, None, ("[[1, 2], [3, 4]]", "custom_format", None)),
        (1, None, ["red", "blue"], ('["blue"]', "label", ["red", "blue"])),
        ("1", None, ["red", "blue"], ('["blue"]', "label", ["red", "blue"])),
        ("B", None, ["red", "blue"], ('["blue"]', "label", ["red", "blue"])),
        ("(b)", None, ["red", "blue"], ('["blue"]', "label", ["red", "blue"])),
        ("blue", None, ["red", "blue"], ('["blue"]', "label", ["red", "blue"])),
        ("blue", "text", ["red", "blue"], ("blue", "text", ["red", "blue"])),
        ("Blue", "multiple choice", "red; blue", ('["blue"]', "label", ["red", "blue"])),
        (["A", "C"], None, ["red", "blue", "tan"], ('["red", "tan"]', "label", ["red", "blue", "tan"])),
        (["blue", "blue", "red"], None, ["red", "blue"], ('["blue"]', "label", ["red", "blue"])),
        ('"yes"', None, ['"yes"', "no"], ('["\\"yes\\""]', "label", ['"yes"', "no"])),
        ("B", None, {"A": "red", "B": "blue", "C": None}, ('["blue"]', "label", ["red", "blue"])),
        ("red", None, ["red"], ("red", "text", ["red"])),
        ("green", None, ["red", "blue"], ("green", "text", ["red", "blue"])),
        (2, None, [1, 2, 3], ('["2"]', "label", ["1", "2", "3"])),
        ("lone \ud83d", None, None, ("lone \ufffd", "text", None)),
        ("<image>\nRed\x00 \x1bcar ", None, None, ("Red car", "text", None)),
    ],
)
def test_an_answer_becomes_what_it_means(
    answer: Any, answer_type: Any, options: Any, expected: tuple[Any, ...]
) -> None:
    assert turn("Q?", answer, answer_type, options) == Turn("Q?", *expected)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("Q?", None, "There is no answer."),
        ("Q?", "", "There is no answer."),
        ("Q?", " <image>\n", "There is no answer."),
        ("Q?", [], "There is no answer."),
        ("Q?", float("nan"), "There is no answer."),
        ("", "A", "The question is empty."),
        (None, "A", "The question is empty."),
        (["Q?"], "A", "A text was expected, not a list or an object."),
        ("Q" * (MAX_TEXT_CHARS + 1), "A", "The question has 20,001 characters; 20,000 is the limit."),
        ("Q?", "A" * (MAX_TEXT_CHARS + 1), "The answer has 20,001 characters; 20,000 is the limit."),
        pytest.param("Q?", 10**5000, "A number in this row has too many digits.", id="5,001 digits"),
    ],
)
def test_what_is_no_pair_says_why(question: Any, answer: Any, reason: str) -> None:
    with pytest.raises(RowError) as raised:
        turn(question, answer)
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("answer", "answer_type", "options", "reason"),
    [
        ("green", "label", ["red", "blue"], "green is not one of the labels. Choose from red, blue."),
        (7, None, ["red", "blue"], "The answer is choice 7, but there are 2 choices, counted from 0."),
        (2, None, ["red", "blue"], "The answer is choice 2, but there are 2 choices, counted from 0."),
        (-(10**9) + 1, None, ["a", "b"], "The answer is choice -999999999, but there are 2 choices, counted from 0."),
        (-(10**9), None, ["a", "b"], "A number in this row has too many digits."),
        ("{not json", "custom_format", None, "This answer is not usable JSON"),
    ],
)
def test_an_answer_that_breaks_its_type_says_why(answer: Any, answer_type: str, options: Any, reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        turn("Q?", answer, answer_type, options)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<image>\nWhat?", "What?"),
        ("<image><image>\nWhat?\n<image>", "What?"),
        ("Compare <image> with <IMAGE>.", "Compare with."),
        ("a < b and <b>bold</b>", "a < b and <b>bold</b>"),
        ("<|vision_start|><|image_pad|><|image_pad|><|vision_end|>What?", "What?"),
        ("👩\u200d🚀 می\u200cروم", "👩\u200d🚀 می\u200cروم"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("a\0b, c\x7fd", "ab, cd"),
        ("a\x85b, c\xa0d", "ab, c\xa0d"),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_placeholders_and_control_characters_are_taken_out_of_texts(text: str, clean: str) -> None:
    assert clean_text(text) == clean


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["[1]", "A", "['a']"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["answer", "text", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(question=ANY, answer=ANY, answer_type=ANY | st.sampled_from(ANSWER_TYPES), options=ANY)
def test_whatever_comes_is_a_turn_that_may_be_stored_or_a_reason(
    question: Any, answer: Any, answer_type: Any, options: Any
) -> None:
    try:
        made = turn(question, answer, answer_type, options)
    except RowError:
        return
    assert made.question.strip() == made.question != ""
    assert 0 < len(made.answer) <= MAX_TEXT_CHARS
    allowed = made.options if isinstance(made.options, list) and made.answer_type == "label" else None
    assert checked_answer(made.answer, made.answer_type, allowed) == made.answer
    assert json.loads(json.dumps(made.options)) == made.options
    assert "{'" not in made.answer or isinstance(answer, str | list | dict)
