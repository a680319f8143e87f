from functools import partial

import pytest

from core.questions.near_repeats import KnownQuestions
from tests.cpu_time import cost_s, takes_at_most


@pytest.mark.parametrize(
    ("question", "existing"),
    [
        ("How many cups are there?", "how many cups are there"),
        ("How many cups are there on the shelf?", "How many cups are on the shelf there?"),
        ("What colour is the largest mug?", "What color is the largest mug?"),
        ("杯子是什么颜色？", "杯子是什么颜色"),
        ("How many greys are in the picture of the boat?", "How many grays are in the picture of the boat?"),
        ("How many blue cups are on the long shelf?", "How many of blue cups are on the long shelf?"),
    ],
)
def test_the_same_question_in_nearly_the_same_words_is_a_near_repeat(question: str, existing: str) -> None:
    assert KnownQuestions([existing]).has_near_repeat(question)


@pytest.mark.parametrize(
    ("question", "existing"),
    [
        ("What is left of the lamp?", "What is right of the lamp?"),
        ("What is on shelf 1?", "What is on shelf 2?"),
        ("Is the cup blue?", "Is the cup red?"),
        ("What colour is the cup?", "How many cups are there?"),
        ("Which of the languages on the slide is C?", "Which of the languages on the slide is C++?"),
        ("Is the price on the large red label 5 %?", "Is the price on the large red label 5?"),
        ("Is 5 > 3 on this board?", "Is 3 > 5 on this board?"),
    ],
)
def test_a_question_that_differs_in_one_content_word_is_no_repeat(question: str, existing: str) -> None:
    assert not KnownQuestions([existing]).has_near_repeat(question)


def test_the_time_of_a_comparison_grows_no_faster_than_the_texts() -> None:
    def compare(words: int) -> None:
        first, second = "what " * words + "cat", "what " * (words - 1) + "that cat"
        assert not any(KnownQuestions([second]).has_near_repeat(first) for _ in range(20))

    # Sixteen times the words: a quadratic comparison takes 256 times as long.
    assert takes_at_most(120 * cost_s(partial(compare, 100)), partial(compare, 1600))
