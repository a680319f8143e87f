"""Replies are read tolerantly: what counts as text, a number, a list, a verdict."""

from typing import Any

import pytest
from pydantic import ValidationError

from core.llm.schemas import AnsweredQuestion, AskedQuestion, GivenAnswer, StyleAnalysis, Verdict


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3), ("2.", 2), ("Q12", 12), ("first", 0), (2.9, 2), (None, 0), ([1], 0), (10**9 - 1, 10**9 - 1),
        (10**9, 0), (-(10**9), 0), ("1234567890", 123456789),
    ],
)  # fmt: skip
def test_the_number_of_a_question_is_read_from_what_stands_there(value: Any, number: int) -> None:
    assert GivenAnswer.model_validate({"number": value, "answer": "Red."}).number == number
    assert GivenAnswer.model_validate({"answer": "Red."}).number == 0


@pytest.mark.parametrize(
    ("value", "text"), [("Red.", "Red."), (3, "3"), (True, "true"), (["é"], '["é"]'), ({"a": 1}, '{"a": 1}')]
)
def test_an_answer_that_is_no_text_becomes_json(value: Any, text: str) -> None:
    assert GivenAnswer.model_validate({"answer": value}).answer == text


@pytest.mark.parametrize("value", ["", "  ", None])
def test_an_answer_or_a_question_is_never_empty(value: Any) -> None:
    with pytest.raises(ValidationError):
        GivenAnswer.model_validate({"answer": value})
    with pytest.raises(ValidationError):
        AskedQuestion.model_validate({"question": value})


def test_a_kind_may_be_missing_and_null_is_empty() -> None:
    assert AnsweredQuestion.model_validate({"question": "Q", "answer": "A"}).kind == ""
    assert AnsweredQuestion.model_validate({"question": "Q", "answer": "A", "kind": None}).kind == ""
    assert AnsweredQuestion.model_validate({"question": "Q", "answer": "A", "kind": 3}).kind == "3"


@pytest.mark.parametrize(
    ("value", "words"),
    [("warm, soft,,", ["warm", "soft"]), (["warm", 3, None], ["warm", "3"]), (None, []), ("", []), ([], [])],
)
def test_a_list_of_words_may_be_a_text_with_commas(value: Any, words: list[str]) -> None:
    analysis = {"description": "d", "vibe": None, "lighting": "", "colors": [], "style": 1, "tags": value}

    assert StyleAnalysis.model_validate(analysis).tags == words


@pytest.mark.parametrize(
    ("value", "answer"), [("Yes.", "yes"), (True, "yes"), (False, "no"), (" PARTLY ", "partly"), ("no", "no")]
)
def test_a_verdict_is_one_of_three_words(value: Any, answer: str) -> None:
    assert Verdict.model_validate({"answer": value, "evidence": "e"}).answer == answer
    with pytest.raises(ValidationError):
        Verdict.model_validate({"answer": "maybe", "evidence": "e"})
