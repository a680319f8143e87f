"""What an answer says in the words of a language, and whether two say the same."""

import pytest

from core.llm.offline.see import said
from core.llm.offline.see.vocabulary import vocabulary


@pytest.mark.parametrize(
    ("language", "answer", "is_yes"),
    [
        ("en", "Yes", True), ("en", "yes, a dog.", True), ("en", "No", False), ("en", "No, there is none.", False),
        ("en", "A dog", None), ("en", "", None), ("zh-CN", "没有", False), ("tr", "Evet", True), ("tr", "Hayır", False),
    ],
)  # fmt: skip
def test_an_answer_says_yes_or_no_at_its_beginning(language: str, answer: str, is_yes: bool | None) -> None:
    assert said.affirms(answer, vocabulary(language)) is is_yes


@pytest.mark.parametrize(
    ("language", "answer", "number"),
    [
        ("en", "3", 3), ("en", "There are three dogs.", 3), ("en", "3 (three)", 3), ("en", "0", 0),
        ("en", "2 or 3", None), ("en", "about five", None), ("en", "2.5", None), ("en", "none of it", 0),
        ("en", "one two three four five six seven eight", None), ("en", "I count a total of 7 dogs here", 7),
        ("en", "I count a total of exactly 7 dogs here", None), ("en", "someone", None), ("zh-CN", "三只狗", 3),
    ],
)  # fmt: skip
def test_a_short_answer_says_a_number_when_it_has_only_that_one(language: str, answer: str, number: int | None) -> None:
    assert said.number(answer, vocabulary(language)) == number


@pytest.mark.parametrize(
    ("own", "answer", "agree"),
    [
        ("Yes", "Yes, a dog.", True), ("Yes", "No", False), ("No", "No", True), ("Yes", "3", None),
        ("Left", "On the left", True), ("Left", "Right", False), ("Top left", "Left", True), ("Left", "Top left", True),
        ("Top left", "Bottom left", False), ("Top left", "Top right", False), ("Top left", "Right", False),
        ("Left", "Top", None), ("Center", "Left", False), ("Left", "In the center", False), ("Left", "a dog", None),
        ("Left and right", "Top", None), ("Left and right", "Right", True), ("Top", "Left and right", None),
        ("Red", "Red", True), ("Red", "Red and blue", True), ("Red", "Orange", None), ("Red", "Blue", False),
        ("Dark blue", "Blue", True), ("Light gray", "Blue", None), ("Red", "a dog", None), ("a dog", "Red", None),
        ("3", "three", True), ("3", "4", False), ("3", "a dog", None), ("a dog", "3", None), ("a dog", "a cat", None),
    ],
)  # fmt: skip
def test_two_answers_agree_when_they_say_the_same(own: str, answer: str, agree: bool | None) -> None:
    assert said.agrees(own, answer, vocabulary("en")) is agree


@pytest.mark.parametrize(
    ("language", "answer", "colors"),
    [
        ("en", "A dark blue car", {"blue"}), ("en", "reddish and light gray", {"red", "gray"}), ("en", "bored", set()),
        ("zh-CN", "红的", {"red"}), ("tr", "kırmızı", {"red"}),
    ],
)  # fmt: skip
def test_colors_are_named_by_their_families(language: str, answer: str, colors: set[str]) -> None:
    assert said.colors(answer, vocabulary(language)) == colors
