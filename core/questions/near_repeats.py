"""Finding questions that are asked again in nearly the same words."""

import re
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from core.db import question_key

# Percent of characters in common. Short questions that differ in one content word ("left", "right") stay below it.
_MIN_RATIO = 92.0
# The same for words at the same position: "colour" and "color" are above it.
_MIN_WORD_RATIO = 80.0


class KnownQuestions:
    """Questions to compare others with: is one of them the same in nearly the same words."""

    def __init__(self, questions: Iterable[str] = ()) -> None:
        self._keys: list[str] = []
        self._words: set[tuple[str, ...]] = set()
        for question in questions:
            self.add(question)

    def add(self, question: str) -> None:
        """Add a question; later ones are compared with it too."""
        key = question_key(question)
        self._keys.append(key)
        self._words.add(tuple(sorted(key.split())))

    def has_near_repeat(self, question: str) -> bool:
        """Return whether one of the questions is *question* in the same or nearly the same words."""
        key = question_key(question)
        if tuple(sorted(key.split())) in self._words:
            return True
        similar = process.extract_iter(key, self._keys, scorer=fuzz.ratio, processor=None, score_cutoff=_MIN_RATIO)
        return any(not _differ_in_meaning(key, other) for other, _, _ in similar)


def _differ_in_meaning(first: str, second: str) -> bool:
    """Return whether a number differs, or a whole word was replaced by another one."""
    if re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return True
    first_words, second_words = first.split(), second.split()
    if len(first_words) != len(second_words):
        return False
    return any(fuzz.ratio(*pair) < _MIN_WORD_RATIO for pair in zip(first_words, second_words, strict=True))
