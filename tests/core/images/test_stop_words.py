"""Words that say nothing of an image are not searched for, unless there are no others."""

import pytest

from core.images.stop_words import content_words, word_stem


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("boats on the water", ["boats", "water"]),
        ("ein Hund mit dem Ball", ["hund", "ball"]),
        ("bir kedi ve köpek", ["kedi", "köpek"]),
        ("to be", ["to", "be"]),
        ("Dog dog", ["dog"]),
    ],
)
def test_the_words_that_say_something_are_left(line: str, words: list[str]) -> None:
    assert content_words(line.split()) == words


def test_a_plural_is_found_by_its_singular() -> None:
    assert [word_stem(word) for word in ("boats", "cats", "bus", "glass", "tennis", "gas", "kediler")] == [
        "boat", "cat", "bus", "glass", "tennis", "gas", "kediler",
    ]  # fmt: skip
