import math
from typing import Any

import pytest

from core.dataset.values import checked, normal_score, normal_tags
from core.errors import InvalidInputError


@pytest.mark.parametrize(("score", "expected"), [(0, 0.0), (0.5, 0.5), (4.5, 4.5), (4.2, 4.2), (5, 5.0), ("3.5", 3.5)])
def test_a_score_is_a_number_from_0_to_5(score: object, expected: float) -> None:
    assert normal_score(score) == expected


@pytest.mark.parametrize("score", [-0.5, 5.5, 6, math.nan, math.inf, True, None])
def test_a_score_outside_0_to_5_is_refused(score: object) -> None:
    with pytest.raises(InvalidInputError, match="A score is a number from 0 to 5"):
        normal_score(score)


def test_a_tag_has_at_most_60_characters() -> None:
    assert normal_tags("x" * 60) == "x" * 60
    with pytest.raises(InvalidInputError, match="Shorten the tag to at most 60 characters"):
        normal_tags("x" * 61)


def _stored(**changes: Any) -> dict[str, Any]:
    return checked(changes, answer_type="text", options=None)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("turn", 0, 0), ("turn", 10_000, 10_000), ("conversation_id", "x" * 200, "x" * 200),
        ("conversation_id", "", None), ("conversation_id", None, None), ("origin", "", ""),
        ("origin", "imported", "imported"), ("ratings", {"relevance": 1, "formatting": 5},
                                             {"relevance": 1, "formatting": 5}),
        ("ratings", {}, None), ("options", ["a"], ["a"]), ("options", {"type": "object"}, {"type": "object"}),
        ("options", None, None), ("options", ["\ud83d", "a"], ["?", "a"]),
        ("options", {"enum": ["\ud83d"]}, {"enum": ["?"]}),
        ("note", "a\0b", "ab"), ("note", "\ud83d", "?"), ("note", "x" * 20_000, "x" * 20_000),
        ("note", "", ""), ("answer", ["é"], '["é"]'), ("tags", " Red,red ,  Big  one", "red,big one"),
        ("flagged", True, True),
    ],
)  # fmt: skip
def test_a_value_is_stored_in_one_form(name: str, value: Any, stored: Any) -> None:
    assert _stored(**{name: value}) == {name: stored}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("turn", -1, "turn must be an integer from 0 to 10,000"), ("turn", 10_001, "turn must be"),
        ("turn", True, "turn must be"), ("turn", 1.0, "turn must be"),
        ("conversation_id", "x" * 201, "at most 200 characters"), ("conversation_id", 3, "at most 200 characters"),
        ("origin", "model", "origin is imported, or empty"), ("ratings", {"relevance": 0}, "integers from 1 to 5"),
        ("ratings", {"relevance": 6}, "integers from 1 to 5"), ("ratings", {"relevance": True}, "integers from 1 to 5"),
        ("ratings", {"beauty": 3}, "integers from 1 to 5"), ("ratings", [3], "integers from 1 to 5"),
        ("options", ["a", 1], "a list of labels or a JSON schema"), ("options", "a", "a list of labels"),
        ("options", {"minimum": float("nan")}, "NaN or infinite"),
        ("note", "x" * 20_001, "Shorten the note to at most 20,000"), ("note", 3, "note must be a text"),
        ("question", " ", "Write a question"), ("confirmed", 1, "confirmed must be true or false"),
        ("create_at", "now", "create_at cannot be changed"),
    ],
)  # fmt: skip
def test_a_value_that_breaks_its_rule_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as raised:
        _stored(**{name: value})
    assert raised.value.field == name


def test_an_entry_is_not_confirmed_and_rejected() -> None:
    assert _stored(confirmed=True, rejected=False) == {"confirmed": True, "rejected": False}
    with pytest.raises(InvalidInputError, match="confirmed or rejected, not both"):
        _stored(confirmed=True, rejected=True)
