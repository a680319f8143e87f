import pytest

from core.checks.answers import answer_key, is_long, same_answer
from tests.core.checks.planted import checked


@pytest.mark.parametrize(
    ("first", "second", "answer_type"),
    [
        ("Two.", "2", "text"),
        ("3,5", "3.5", "text"),
        ("5 %", "5%", "text"),
        ("猫。", "猫", "text"),
        ("The dog", "dog", "text"),
        ('["Cat", "dog"]', '["dog", "cat"]', "label"),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', "custom_format"),
        ("not json", "Not JSON", "custom_format"),
    ],
)
def test_equal_answers_have_one_key(first: str, second: str, answer_type: str) -> None:
    assert answer_key(first, answer_type) == answer_key(second, answer_type)


def test_other_answers_have_other_keys() -> None:
    assert answer_key("3", "text") != answer_key("2", "text")
    assert answer_key("3,5", "text") != answer_key("35", "text")
    assert answer_key("1,234", "text", "de") != answer_key("1,234", "text", "en")
    assert answer_key('["cat"]', "label") != answer_key('["cat", "dog"]', "label")


def test_a_text_of_more_than_eight_words_is_long() -> None:
    assert is_long(checked("1", "What?", "one two three four five six seven eight nine", family=0))
    assert not is_long(checked("1", "What?", "one two three four five six seven eight", family=0))


@pytest.mark.parametrize(
    ("given", "stored", "is_same"),
    [
        ("Yes, there is.", "yes", True), ("3 cups", "three", True), ("3.0", "3", True), ("The dog", "dog", True),
        ("not red", "no", False), ("between 3 and 4", "3", False), ("30 %", "3", False), ("13", "3", False),
        ("a red dog", "dog", False), ("nobody", "no", False), ("是的，有一只狗。", "是", True), ("不是。", "是", False),
    ],
)  # fmt: skip
def test_short_answers_that_say_the_same_count_as_the_stored_one(given: str, stored: str, is_same: bool) -> None:
    assert same_answer(given, stored, "text") is is_same
