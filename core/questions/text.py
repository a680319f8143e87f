"""Limits and cleaning of the texts of questions and answers."""

import unicodedata

MAX_QUESTION_CHARS = 2_000
MAX_ANSWER_CHARS = 20_000
GROUNDING = "grounding"
"""The kind of questions that ask where things are; their answers have boxes."""
REPLY_HEAD_CHARS = 2_000
"""How much of an unusable reply is stored, to show what was wrong with it."""


def clean(text: str, max_chars: int) -> str:
    """Return *text* without control characters and lone surrogates, trimmed and cut to *max_chars*."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    printable = (char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
    return "".join(printable).strip()[:max_chars]
