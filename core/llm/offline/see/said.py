"""What an answer of anyone says in the words of a language: yes or no, a number, sides of the image, colors.

Two answers are compared by what they say, so that "Yes, a dog." agrees with "Yes".
"""

import re
from collections.abc import Iterable
from functools import cache

from core.llm.offline.see.vocabulary import Vocabulary
from core.llm.offline.translations import normalized
from core.measure import COLOR_NAMES
from core.number_values import numbers_in

SIDES = ("left", "right", "top", "bottom", "center")
_OPPOSITE = (("left", "right"), ("top", "bottom"))
_FAMILIES = {"dark blue": "blue", "dark gray": "gray", "light gray": "gray"}
_NEIGHBORS = (
    {"red", "orange"}, {"orange", "yellow"}, {"yellow", "green"}, {"green", "turquoise"}, {"turquoise", "blue"},
    {"blue", "purple"}, {"purple", "pink"}, {"pink", "red"}, {"orange", "brown"}, {"red", "brown"},
    {"yellow", "beige"}, {"orange", "pink"}, {"blue", "gray"}, {"yellow", "brown"}, {"green", "brown"},
)  # fmt: skip
"""Pairs of colors that people call by either name."""
_MOST_WORDS = 8
"""A longer answer with a number may state another number than the one asked for."""


def affirms(answer: str, words: Vocabulary) -> bool | None:
    """Return whether an answer says yes; None when it says neither yes nor no."""
    text = normalized(answer)
    if re.match(words.said("no"), text):
        return False
    return True if re.match(words.said("yes"), text) else None


def number(answer: str, words: Vocabulary) -> int | None:
    """Return the only whole number of a short answer; None for another one or for "about five"."""
    text = normalized(answer)
    if len(text.split()) > _MOST_WORDS or re.search(words.said("hedge"), text):
        return None
    found = {one.value for one in numbers_in(answer, words.language)}
    found |= {float(words.number_words()[word]) for word in _number_pattern(words).findall(text)}
    only = found.pop() if len(found) == 1 else 0.5
    return int(only) if only.is_integer() else None


def sides(answer: str, words: Vocabulary) -> frozenset[str]:
    """Return the sides of the image that an answer names, of :data:`SIDES`."""
    return frozenset(side for side in SIDES if re.search(words.said(side), normalized(answer)))


def colors(answer: str, words: Vocabulary) -> frozenset[str]:
    """Return the families of the colors that an answer names."""
    text = normalized(answer)
    return frozenset(_FAMILIES.get(name, name) for name, pattern in _color_patterns(words) if pattern.search(text))


def agrees(own: str, answer: str, words: Vocabulary) -> bool | None:
    """Return whether *answer* says the same as *own*; None when they cannot be compared."""
    if (ours := affirms(own, words)) is not None:
        theirs = affirms(answer, words)
        return None if theirs is None else ours == theirs
    if (our_sides := sides(own, words)) and (their_sides := sides(answer, words)):
        return _same_sides(our_sides, their_sides)
    if (our_colors := colors(own, words)) and (their_colors := colors(answer, words)):
        return _same_colors(our_colors, their_colors)
    our_number, their_number = number(own, words), number(answer, words)
    return None if our_number is None or their_number is None else our_number == their_number


def _same_sides(ours: frozenset[str], theirs: frozenset[str]) -> bool | None:
    if ours <= theirs or theirs <= ours:
        return True
    for first, second in _OPPOSITE:
        if {first, second} <= ours ^ theirs and not {first, second} <= ours and not {first, second} <= theirs:
            return False
    return False if "center" in ours ^ theirs and frozenset({"center"}) in (ours, theirs) else None


def _same_colors(ours: frozenset[str], theirs: frozenset[str]) -> bool | None:
    if ours & theirs:
        return True
    return None if any({one, other} in _NEIGHBORS for one in ours for other in theirs) else False


@cache
def _color_patterns(words: Vocabulary) -> list[tuple[str, re.Pattern[str]]]:
    named = [(name, normalized(words.color(name))) for name in COLOR_NAMES]
    if words.language.startswith("zh"):
        return [(name, re.compile(re.escape(word.removesuffix("色")))) for name, word in named]
    return [(name, re.compile(rf"\b{re.escape(word)}")) for name, word in named]


@cache
def _pattern_of(number_words: tuple[str, ...], has_spaces: bool) -> re.Pattern[str]:
    longest_first = "|".join(map(re.escape, sorted(number_words, key=len, reverse=True)))
    return re.compile(rf"\b(?:{longest_first})\b" if has_spaces else longest_first)


def _number_pattern(words: Vocabulary) -> re.Pattern[str]:
    return _pattern_of(_sorted(words.number_words()), not words.language.startswith("zh"))


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))
