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
        self._words.add(_words(key))

    def has_near_repeat(self, question: str) -> bool:
        """Return whether one of the questions is *question* in the same or nearly the same words."""
        key = question_key(question)
        if _words(key) in self._words:
            return True
        similar = process.extract_iter(key, self._keys, scorer=fuzz.ratio, processor=None, score_cutoff=_MIN_RATIO)
        return any(not _differ_in_meaning(key, other) for other, _, _ in similar)


def _words(key: str) -> tuple[str, ...]:
    """Return the words in any order, or as they stand when a sign is among them: 5 > 3 is not 3 > 5."""
    words = key.split()
    return tuple(words if re.search(r"[^\w\s]", key) else sorted(words))


def _differ_in_meaning(first: str, second: str) -> bool:
    """Return whether a number or a sign that carries meaning differs, or a word was replaced by another one."""
    if re.findall(r"\d+|[^\w\s]", first) != re.findall(r"\d+|[^\w\s]", second):
        return True
    first_words, second_words = first.split(), second.split()
    if len(first_words) != len(second_words):
        return False
    return any(fuzz.ratio(*pair) < _MIN_WORD_RATIO for pair in zip(first_words, second_words, strict=True))
