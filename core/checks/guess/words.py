"""Words of questions, for a guess from the text alone: of any language, Chinese by characters."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.db.question_key import folded, without_separator

# One character of a script without spaces is a word; "don't" and "3.5" are one word each.
_ALONE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_LETTERS = rf"[^\W_{_ALONE}]+"
_WORD = re.compile(rf"[{_ALONE}]|{_LETTERS}(?:['’.]{_LETTERS})*|[^\w\s]")
PREFIX_WORDS = 4
SUFFIX_WORDS = 3


def words_of(question: str) -> list[str]:
    """Return the words of a question in lower case, with the signs that carry meaning, without punctuation."""
    return [word for match in _WORD.finditer(folded(question)) if (word := without_separator(match))]


def contexts(words: Sequence[str]) -> list[str]:
    """Return what a question begins and ends with, from the general to the whole: what a guess is looked up by.

    The last one is the whole question. Chinese and Turkish ask at the end, English at the beginning.
    """
    found = [f"{' '.join(words[:count])} ..." for count in range(1, min(PREFIX_WORDS, len(words) - 1) + 1)]
    found += [f"... {' '.join(words[-count:])}" for count in range(1, min(SUFFIX_WORDS, len(words) - 1) + 1)]
    return [*found, " ".join(words)]


def features(words: Sequence[str]) -> Iterator[str]:
    """Yield the words and pairs of words of a question."""
    yield from words
    yield from map(" ".join, pairwise(words))
