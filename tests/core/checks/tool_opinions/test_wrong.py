"""Right answers made wrong, by what their question asks."""

import pytest

from core.checks.tool_opinions.wrong import misread, wrong_answers
from core.llm.offline.see.vocabulary import Asked, vocabulary


@pytest.mark.parametrize(
    ("topic", "answer", "wrong"),
    [
        ("present", "Yes", ["No"]), ("has_text", "No, none", ["Yes"]), ("says", "Yes", ["No"]),
        ("present", "a dog", []),
        ("count", "3", ["2", "4"]), ("count", "one", ["0", "2"]), ("count", "0", ["1"]), ("count", "many", []),
        ("place", "Left", ["on the right"]), ("side", "On the right", ["on the left"]),
        ("beside", "Left", ["on the right"]),
        ("place", "Top left", ["on the right"]), ("place", "Bottom", ["at the top"]),
        ("place", "Center", ["at the top left"]),
        ("place", "a dog", []), ("color", "Red", ["blue"]), ("color", "Blue", ["red"]), ("color", "Purple", ["red"]),
        ("color", "a dog", []), ("written", "EXIT", ["EXXT"]), ("written", "", []),
    ],
)  # fmt: skip
def test_a_wrong_answer_contradicts_the_right_one(topic: str, answer: str, wrong: list[str]) -> None:
    made = wrong_answers(Asked(topic, "dog"), vocabulary("en"), answer)

    assert [text.lower() for text in made] == [text.lower() for text in wrong]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("EXIT", ["EXXT"]), ("box", ["bXx"]), ("axe", ["aKe"]), ("aXe", ["aKe"]), ("a5e", ["a8e"]), ("a9e", ["a2e"]),
        ("a", ["X"]), ("--a-b--", ["--a-X--"]), ("--", []), ("", []),
    ],
)  # fmt: skip
def test_a_misread_text_has_another_letter_or_digit_in_its_middle(text: str, wrong: list[str]) -> None:
    assert misread(text) == wrong
