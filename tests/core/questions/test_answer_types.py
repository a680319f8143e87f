from typing import Any

import pytest

from core.errors import InvalidInputError
from core.questions.answer_types import checked_answer, checked_options, storable_options

SCHEMA = {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}}


def test_a_text_answer_is_kept_as_it_is() -> None:
    assert checked_answer(" three ", "text") == " three "


@pytest.mark.parametrize(
    ("answer", "stored"),
    [('["red", "blue"]', '["red", "blue"]'), ("red", '["red"]'), ('"red"', '["red"]')],
)
def test_labels_are_stored_as_a_json_array(answer: str, stored: str) -> None:
    assert checked_answer(answer, "label", ["red", "blue"]) == stored


def test_a_label_that_is_not_an_option_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="green is not one of the labels"):
        checked_answer("green", "label", ["red", "blue"])


def test_a_document_that_satisfies_its_schema_is_kept() -> None:
    assert checked_answer('{"count": 3}', "custom_format", SCHEMA) == '{"count": 3}'


@pytest.mark.parametrize("answer", ['{"count": "3"}', "{}", "three"])
def test_a_document_that_breaks_its_schema_is_refused(answer: str) -> None:
    with pytest.raises(InvalidInputError):
        checked_answer(answer, "custom_format", SCHEMA)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="Use text, label or custom_format"):
        checked_answer("x", "number")


def test_a_question_with_one_label_takes_exactly_one() -> None:
    assert checked_answer("red", "label", ["red", "blue"], one_label=True) == '["red"]'
    with pytest.raises(InvalidInputError, match="Give exactly one"):
        checked_answer('["red", "blue"]', "label", ["red", "blue"], one_label=True)


def test_references_in_a_schema_are_not_fetched() -> None:
    with pytest.raises(InvalidInputError, match="which is not in it"):
        checked_answer("{}", "custom_format", {"$ref": "http://127.0.0.1:9/schema.json"})


@pytest.mark.parametrize(
    ("options", "stored"),
    [(["rot", "grün"], ["rot", "grün"]), (["a\ud800"], ["a?"]), (None, None), ([], []), ({"a": ["ü"]}, {"a": ["ü"]})],
)
def test_options_are_stored_without_halves_of_letters(options: Any, stored: Any) -> None:
    assert storable_options(options) == stored


def test_options_with_a_number_that_is_none_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="NaN or infinite"):
        storable_options({"least": float("nan")})


@pytest.mark.parametrize("options", [None, {}, [], ["type"], "object"])
def test_a_document_needs_a_schema(options: Any) -> None:
    with pytest.raises(InvalidInputError, match="Give a JSON schema"):
        checked_options("custom_format", options)
