"""Texts of questions and answers: cleaning them, and finding near repeats."""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz import fuzz

from core.db import question_key as question_key

MAX_QUESTION_CHARS = 2_000
MAX_ANSWER_CHARS = 20_000
REPLY_HEAD_CHARS = 2_000
"""How much of an unusable reply is stored, to show what was wrong with it."""

# Percent of characters in common. Short questions that differ in one content word ("left", "right") stay below it.
_MIN_RATIO = 92.0
# The same for words at the same position: "colour" and "color" are above it.
_MIN_WORD_RATIO = 80.0


def clean(text: str, max_chars: int) -> str:
    """Return *text* without control characters and lone surrogates, trimmed and cut to *max_chars*."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    printable = (char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(printable).strip()[:max_chars]


def is_near_repeat(question: str, existing: Iterable[str]) -> bool:
    """Return whether *question* repeats one of the *existing* ones, in the same or nearly the same words."""
    key = question_key(question)
    return any(_is_near_repeat(key, question_key(other)) for other in existing)


def _is_near_repeat(first: str, second: str) -> bool:
    if first == second:
        return True
    if sorted(first.split()) == sorted(second.split()) and " " in first:
        return True
    return fuzz.ratio(first, second, score_cutoff=_MIN_RATIO) >= _MIN_RATIO and not _differ_in_meaning(first, second)


def _differ_in_meaning(first: str, second: str) -> bool:
    """Return whether a number differs, or a whole word was replaced by another one."""
    if re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return True
    first_words, second_words = first.split(), second.split()
    if len(first_words) != len(second_words):
        return False
    return any(fuzz.ratio(*pair) < _MIN_WORD_RATIO for pair in zip(first_words, second_words, strict=True))
