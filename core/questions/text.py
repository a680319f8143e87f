"""Texts of questions: what makes two of them the same, and what makes them nearly the same."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from core.db import question_key as question_key

MAX_QUESTION_CHARS = 2_000
MAX_ANSWER_CHARS = 20_000
REPLY_HEAD_CHARS = 2_000
"""How much of an unusable reply is kept for the person who looks into it."""

# Two short questions that differ in one content word ("left"/"right") stay apart at this ratio.
_NEAR_REPEAT_RATIO = 0.92


def clean(text: str, max_chars: int) -> str:
    """Return *text* without control characters and lone surrogates, trimmed and cut to *max_chars*."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    kept = (char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(kept).strip()[:max_chars]


def is_near_repeat(question: str, existing: Iterable[str]) -> bool:
    """Tell whether *question* says what one of the *existing* ones says already."""
    key = question_key(question)
    return any(_alike(key, question_key(other)) for other in existing)


def _alike(first: str, second: str) -> bool:
    if first == second:
        return True
    if sorted(first.split()) == sorted(second.split()) and " " in first:
        return True
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    # The quick ratio is an upper bound and spares most of the work.
    if matcher.quick_ratio() < _NEAR_REPEAT_RATIO:
        return False
    return matcher.ratio() >= _NEAR_REPEAT_RATIO and _same_numbers_and_length(first, second)


def _same_numbers_and_length(first: str, second: str) -> bool:
    """Questions that differ in a number or swap a whole word are different questions."""
    words_first, words_second = first.split(), second.split()
    if re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return False
    if len(words_first) != len(words_second):
        return True
    swapped = [(a, b) for a, b in zip(words_first, words_second, strict=True) if a != b]
    return all(SequenceMatcher(None, a, b).ratio() >= 0.8 for a, b in swapped)
