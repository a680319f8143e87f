"""When two questions ask nearly the same: in other words around the same content words, in the same order."""

import re

from core.db.question_key import question_key

# What English questions about images are framed with; other languages are compared by all their words.
_WHERE = re.compile(r"\b(?:in|on|of|from) (?:the|this|that) (?:image|picture|photo|photograph|scene)\b")
_FRAME_WORDS = (
    "a an the is are was were be been being there this that these those it its do does did can could you see seen "
    "shown visible please image picture photo photograph scene of"
)
_FRAME = frozenset(_FRAME_WORDS.split())
_MIN_WORDS = 2


def near_key(question: str) -> str:
    """Return a text that is the same for questions that ask nearly the same; the order of words counts.

    With fewer than two content words, such as in "What is this?", it is the normalized question itself.
    """
    whole = question_key(question)
    words = [_singular(word) for word in _WHERE.sub(" ", whole).split() if word not in _FRAME]
    return " ".join(words) if len(words) >= _MIN_WORDS else whole


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
